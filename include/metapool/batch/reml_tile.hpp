// SPDX-License-Identifier: BSL-1.0
// REML of a tile of columns: a root of the score, and bounds that prove that the likelihood has no other.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_root.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// The two terms of the score of REML at t, and minus their derivatives: a = y'PPy, g = tr P (tau2/likelihood.hpp).
template <class Real, std::size_t N>
struct score_tile {
  pack<Real, N> t{}, a{}, da{}, g{}, dg{};

  /// This point where p is later than... where > 0, p's values take the place of these.
  [[gnu::always_inline]] inline void take(const pack<Real, N>& where, const score_tile& p) {
    pack<Real, N> zero;
    fill(zero, Real(0));
    const auto mask = where > zero;
    choose(t, mask, p.t, t);
    choose(a, mask, p.a, a);
    choose(da, mask, p.da, da);
    choose(g, mask, p.g, g);
    choose(dg, mask, p.dg, dg);
  }
};

/// Weighed: the tile holds the weights at this point already.
template <bool Weighed = false, class Real, std::size_t N>
[[gnu::always_inline]] inline void score_at(const tile<Real, N>& t, const pack<Real, N>& at, score_tile<Real, N>& out) {
  using P = pack<Real, N>;
  P zero, one, two;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  const P top = one / (t.v_top + at);
  P rest = zero, rest2 = zero, rest3 = zero, offset = zero;
  for (std::size_t i = 0; i < t.k; i += 2) {
    P da, db, wa, wb;
    if constexpr (Weighed) {
      load(wa, t.w + i * N);
      load(wb, t.w + (i + 1) * N);
    } else {
      two_weights(t, i, at, wa, wb);
    }
    load(da, t.d + i * N);
    load(db, t.d + (i + 1) * N);
    const P aa = wa * wa, bb = wb * wb;
    rest = rest + (wa + wb);
    rest2 = rest2 + (aa + bb);
    rest3 = rest3 + (aa * wa + bb * wb);
    offset = offset + (wa * da + wb * db);
  }
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

/// What proves between points and beyond one that there is no other maximum; margins leave room for rounding.
///
/// The score is a - g up to a factor, a = sum c_j^2 / (m_j + t)^2 and g = sum 1 / (m_j + t) over k - 1 contrasts (tau2/likelihood.hpp). a^(-1/2) and 1/g are concave in t, as
/// power means of the m_j + t are. So a/da - t/2 and g/dg - t/2 (da, dg: minus the derivatives) do not fall: a/g falls on all of [t1, t2] if the former at t2 lies
/// below the latter at t1. At infinity the former is half the mean of the m_j with weights c_j^2, z'Vz / (2 z'z) with z the effects less their plain mean. Between two points
/// with a > g there is no root if a tangent of a^(-1/2) stays below the chord of 1/g, in squares. Beyond a point with a <= g, a^(-1/2) has slope s = 1/sqrt(z'z) or more and
/// 1/g slope h = dg / g^2 or less: no root if (a^(-1/2) + s x)^2 > 1/g + h x for all x > 0, thus if 2 s a^(-1/2) >= h, or if the quadratic in x has no root.
template <class Real, std::size_t N>
struct score_bounds {
  using P = pack<Real, N>;
  using point = score_tile<Real, N>;
  P v_min{}, square{}, flat{};  ///< smallest variance, z'z, and no less than z'Vz / (2 z'z)

  [[gnu::always_inline]] static inline void constant(P& out, double x) { fill(out, Real(x)); }
  [[gnu::always_inline]] static inline void margin_of(P& out) { fill(out, std::numeric_limits<Real>::digits > 30 ? Real(1e-9) : Real(1e-4)); }

  /// 1 where no minimum of the likelihood lies between two points, else 0.
  [[gnu::always_inline]] inline void between(const point& p, const point& q, P& proved) const {
    P one, half, margin;
    constant(one, 1);
    constant(half, 0.5);
    margin_of(margin);
    const P at_left = p.g / p.dg - half * p.t;
    const P delta = q.t - p.t, keep = one - margin, rise = half * delta;
    const auto falls = q.a / q.da - half * q.t + margin * (v_min + q.t) < at_left;
    const P up = p.a + rise * p.da, down = q.a - rise * q.da;  // times a, so that nothing is divided: g (up / a)^2 < a
    const auto above = (p.a > p.g) & (q.a > q.g) & ((q.g * up * up < p.a * p.a * p.a * keep) | (p.g * down * down < q.a * q.a * q.a * keep));
    const auto below = p.a < q.g * keep;
    choose(proved, falls | above | below, one, one - one);
  }

  /// Nor beyond a point.
  [[gnu::always_inline]] inline void beyond(const point& p, P& proved) const {
    P one, half, four, margin;
    constant(one, 1);
    constant(half, 0.5);
    constant(four, 4);
    margin_of(margin);
    const P keep = one - margin;
    const P over = one / p.g;
    const P h = p.dg * over * over, spread = p.a * square;
    const P sum = h * h * square + four * over;  // (h^2 + 4 s^2 / g) / s^2
    const auto flatter = flat + margin * (v_min + p.t) < p.g / p.dg - half * p.t;
    const auto steep = (p.a <= p.g) & (four * keep >= h * h * spread);
    const auto apart = (p.a < p.g * keep) & (sum * sum * p.a < four * four * h * h * square * keep);
    choose(proved, flatter | steep | apart, one, one - one);
  }
};

/// The first root of the score that a search from 0 finds, given a tile with the weights at 0: tau2 and the points at 0 and last; done is 1 where it settled.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void search_reml_tile(const tile<Real, N>& t, score_bounds<Real, N>& bounds, score_tile<Real, N>& first, score_tile<Real, N>& last,
                                                    pack<Real, N>& tau2, pack<Real, N>& done) {
  using P = pack<Real, N>;
  P zero, one, half, far, slack, sum, vd, vdd, vs;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(half, Real(0.5));
  fill(far, far_variance<Real>());
  fill(slack, std::numeric_limits<Real>::digits > 30 ? Real(1 + 1e-9) : Real(1 + 1e-4));
  // sums about the most precise study's effect, then about the plain mean: z'z loses a factor k at the most, and what z'Vz may lose is added to it
  sum = vd = vdd = zero;
  vs = t.v_top;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, v;
    load(d, t.d + i * N);
    load(v, t.v + i * N);
    choose(v, v < far, v, zero);
    const P part = v * d;
    sum = sum + d;
    vs = vs + v;
    vd = vd + part;
    vdd = vdd + part * d;
  }
  const P centre = sum / t.count;
  P lost;
  fill(lost, 16 * std::numeric_limits<Real>::epsilon() * static_cast<Real>(t.k));
  const P z2 = t.square - centre * sum;
  const P vz2 = vdd - centre * (vd + vd) + centre * centre * vs + lost * t.v_max * t.square;
  bounds.v_min = t.v_top;
  bounds.square = z2;
  choose(bounds.flat, z2 > zero, half * vz2 / z2, zero);

  score_at<true>(t, zero, first);
  last = first;
  const auto newton = [&](const score_tile<Real, N>& p, P& f, P& slope) __attribute__((always_inline)) {
    const P over = one / p.a;
    const P ratio = p.g * over;
    f = one - ratio;
    slope = (p.dg - ratio * p.da) * over;
  };
  P f, slope;
  newton(first, f, slope);
  const P s = z2 / (t.count - one);
  const P upper = (s + half * (s + (t.v_max - t.v_top))) * slack;  // beyond the bound of likelihood_objective
  const auto rises = first.a > first.g;
  choose(done, rises, zero, one);
  choose(f, rises, f, one);
  choose(slope, rises, slope, zero - one);
  tau2 = zero;
  if (!any_of<N>(rises)) return;
  // g / a tends to the line A + B t; a guess is where this line and a hyperbola C / (t + D) with it, which agree with value and slope at 0, are 1
  const P n = t.count - one;
  const P over = one / z2, b = n * over, a = over * (n * (vz2 + vz2) * over - vs * (n / t.count));
  const P e = one - a;
  const P shift = (e - f) / (b + slope);
  const P linear = e - b * shift;
  P root;
  square_root(root, linear * linear + (b + b) * (shift + shift) * f);
  choose(tau2, (rises) & (shift > zero), (linear + root) / (b + b), zero);
  const auto evaluate = [&](const P& at, const P& live, P& value, P& derivative) __attribute__((always_inline)) {
    score_tile<Real, N> now;
    score_at(t, at, now);
    newton(now, value, derivative);
    last.take(live, now);  // a place that is done keeps its last point, so that nothing hangs on how long its neighbours take
  };
  solve_tile<Real, N>(evaluate, f, slope, t.v_top, upper, tau2, done);
}

}  // namespace metapool::detail
