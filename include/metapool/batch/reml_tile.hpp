// SPDX-License-Identifier: BSL-1.0
// REML of a tile of columns: the maximum of the likelihood, with a proof that there is no other.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_root.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// The two terms of the score of REML at t, and minus their derivatives: a = y'PPy, g = tr P (tau2/likelihood.hpp).
template <class Real, std::size_t N>
struct score_tile {
  pack<Real, N> t{}, a{}, da{}, g{}, dg{};
};

template <class Real, std::size_t N>
void score_at(const tile<Real, N>& t, const pack<Real, N>& at, score_tile<Real, N>& out) {
  using P = pack<Real, N>;
  P zero, one, two;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  weights_at(t, at);
  P rest = zero, rest2 = zero, rest3 = zero, offset = zero;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, w;
    load(d, t.d + i * N);
    load(w, t.w + i * N);
    const P ww = w * w;
    rest = rest + w;
    rest2 = rest2 + ww;
    rest3 = rest3 + ww * w;
    offset = offset + w * d;
  }
  const P top = one / (t.v_top + at);
  const P inverse = one / (top + rest);
  const P centre = offset * inverse;
  const P u_top = zero - top * centre;
  P square = zero, shift = zero, a = u_top * u_top;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, w;
    load(d, t.d + i * N);
    load(w, t.w + i * N);
    const P u = w * (d - centre);
    a = a + u * u;
    const P e = u - u_top;
    const P we = w * e;
    square = square + we * e;
    shift = shift + we;
  }
  const P share = top * inverse;
  out.t = at;
  out.a = a;
  out.da = two * (square - shift * (shift * inverse));
  out.g = top * (rest * inverse) + (rest - rest2 * inverse);
  out.dg = share * share * (rest * rest + rest2) + (rest2 - two * rest3 * inverse + (rest2 * inverse) * ((top * top + rest2) * inverse));
}

/// What the bounds of reml_tile prove between points and beyond one; margins leave room for rounding.
template <class Real, std::size_t N>
struct score_bounds {
  using P = pack<Real, N>;
  using point = score_tile<Real, N>;
  P v_min{}, square{}, flat{};  ///< smallest variance, z'z, z'Vz / (2 z'z)
  P one{}, half{}, margin{};

  void left(const point& p, P& out) const { out = p.g / p.dg - half * p.t; }

  /// 1 where no minimum of the likelihood lies between two points, else 0.
  void between(const point& p, const point& q, P& proved) const {
    P at_left;
    left(p, at_left);
    const P delta = q.t - p.t, keep = one - margin;
    const auto falls = q.a / q.da - half * q.t + margin * (v_min + q.t) < at_left;
    const P up = one + half * delta * (p.da / p.a), down = one - half * delta * (q.da / q.a);
    const auto above = (p.a > p.g) & (q.a > q.g) & ((q.g * up * up < p.a * keep) | (p.g * down * down < q.a * keep));
    const auto below = p.a < q.g * keep;
    choose(proved, falls | above | below, one, one - one);
  }

  /// Nor beyond a point.
  void beyond(const point& p, P& proved) const {
    P at_left;
    left(p, at_left);
    const P gg = (p.g + p.g) * p.g;
    const auto shown = (flat + margin * (v_min + p.t) < at_left) | ((p.a <= p.g) & (gg * gg * (one - margin) >= ((p.a * square) * p.dg) * p.dg));
    choose(proved, shown, one, one - one);
  }
};

/// REML, where bounds prove that the likelihood has one maximum.
///
/// The score is a - g up to a factor, a = sum c_j^2 / (m_j + t)^2 and g = sum 1 / (m_j + t) over k - 1 contrasts (tau2/likelihood.hpp). a^(-1/2) and 1/g are concave in t, as
/// power means of the m_j + t are. So a/da - t/2 and g/dg - t/2 (da, dg: minus the derivatives) do not fall: a/g falls on all of [t1, t2] if the former at t2 lies
/// below the latter at t1. At infinity the former is half the mean of the m_j with weights c_j^2, z'Vz / (2 z'z) with z the effects less their plain mean. Between two points
/// with a > g there is no root if a tangent of a^(-1/2) stays below the chord of 1/g, in squares. Beyond a point with a <= g there is none if 4 g^4 >= a z'z dg^2, since
/// a^(-1/2) has slope 1/sqrt(z'z) or more there, and 1/g no more than at the point.
template <class Real, std::size_t N>
void reml_tile(const tile<Real, N>& t, pack<Real, N>& tau2, pack<Real, N>& doubt) {
  using P = pack<Real, N>;
  score_bounds<Real, N> bounds;
  P zero, one, largest, sum;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(largest, (std::numeric_limits<Real>::max)());
  fill(bounds.half, Real(0.5));
  fill(bounds.margin, std::numeric_limits<Real>::digits > 30 ? Real(1e-9) : Real(1e-4));
  bounds.one = one;
  bounds.v_min = t.v_top;
  const P half = bounds.half;

  // squares about the plain mean
  sum = zero;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d;
    load(d, t.d + i * N);
    sum = sum + d;
  }
  const P centre = sum / t.count;
  P z2 = centre * centre, vz2 = t.v_top * z2;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, v, part;
    load(d, t.d + i * N);
    load(v, t.v + i * N);
    const P z = d - centre;
    choose(part, v <= largest, z * z, zero);
    choose(v, v <= largest, v, zero);
    z2 = z2 + part;
    vz2 = vz2 + v * part;
  }
  // the most precise study has v = infinity in the tile, and was counted first
  bounds.square = z2;
  choose(bounds.flat, z2 > zero, half * vz2 / z2, zero);

  prepare_search(t);
  score_tile<Real, N> first, last;
  score_at(t, zero, first);
  last = first;
  const auto rises = first.a > first.g;
  const auto newton = [&](const score_tile<Real, N>& p, P& f, P& slope) {
    const P over = one / p.a;
    const P ratio = p.g * over;
    f = one - ratio;
    slope = (p.dg - ratio * p.da) * over;
  };
  const auto move = [&](const P& where, const score_tile<Real, N>& p, score_tile<Real, N>& to) {
    const auto mask = where > zero;
    choose(to.t, mask, p.t, to.t);
    choose(to.a, mask, p.a, to.a);
    choose(to.da, mask, p.da, to.da);
    choose(to.g, mask, p.g, to.g);
    choose(to.dg, mask, p.dg, to.dg);
  };
  P f, slope, done;
  newton(first, f, slope);
  const P s = z2 / (t.count - one);
  const P upper = (s + half * (s + (t.v_max - t.v_top))) * (one + bounds.margin);  // beyond the bound of likelihood_objective
  choose(done, rises, zero, one);
  choose(f, rises, f, one);
  choose(slope, rises, slope, zero - one);
  tau2 = zero;
  if (any_of<N>(rises)) {
    const auto evaluate = [&](const P& at, const P& live, P& value, P& derivative) {
      score_tile<Real, N> now;
      score_at(t, at, now);
      newton(now, value, derivative);
      move(live, now, last);  // a place that is done keeps its last point, so that nothing hangs on how long its neighbours take
    };
    solve_tile<Real, N>(evaluate, f, slope, t.v_top, upper, tau2, done);
  }

  // from 0 to the last point, and on without end
  score_tile<Real, N> from = first, next;
  P proved, two;
  fill(two, Real(2));
  choose(proved, t.count < two, one, zero);
  const auto look = [&] {
    P shown;
    bounds.between(from, last, shown);
    choose(shown, from.t < last.t, shown, zero);
    move(shown, last, from);
    bounds.beyond(from, shown);
    choose(proved, (from.t >= last.t) & (shown > zero), one, proved);
  };
  look();
  P four, trial;
  fill(four, Real(4));
  const auto aim = [&] {
    const P x = t.v_top + from.t;
    choose(trial, from.t < last.t, two * x * ((t.v_top + last.t) / (x + (t.v_top + last.t))), four * x);
    trial = trial - t.v_top;
  };
  aim();
  for (int i = 0; i < 24 && any_of<N>((proved == zero) & (done > zero)); ++i) {
    score_at(t, trial, next);
    P reached;
    bounds.between(from, next, reached);
    choose(reached, next.t > from.t, reached, zero);
    const P x = t.v_top + from.t, y = t.v_top + trial;
    const P nearer = two * x * (y / (x + y)) - t.v_top;
    move(reached, next, from);
    look();
    aim();
    choose(trial, reached > zero, trial, nearer);
  }
  choose(doubt, (proved > zero) & (done > zero), zero, one);
}

}  // namespace metapool::detail
