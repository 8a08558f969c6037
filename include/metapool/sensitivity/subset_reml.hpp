// SPDX-License-Identifier: BSL-1.0
// REML of eight subsets side by side: the maximum of the likelihood, with a proof that there is no other.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/subset_group.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// The two terms of the score of REML at t, and minus their derivatives: a = y'PPy, g = tr P (tau2/likelihood.hpp).
template <class Real, std::size_t N>
struct subset_score {
  using P = pack<Real, N>;
  P t{}, a{}, da{}, g{}, dg{};

  /// Takes the places of p where the mask is above 0.
  void take(const P& where, const subset_score& p) {
    P zero{};
    const auto mask = where > zero;
    choose(t, mask, p.t, t);
    choose(a, mask, p.a, a);
    choose(da, mask, p.da, da);
    choose(g, mask, p.g, g);
    choose(dg, mask, p.dg, dg);
  }
};

/// N of the eight subsets of a group, from the place `at` on: their effects less that of the most precise study, and the score of their likelihoods.
template <class Real, std::size_t N>
class subset_likelihood {
 public:
  using P = pack<Real, N>;
  static constexpr std::size_t size = subset_group<Real>::size;

  /// room: 2 numbers a row and place.
  subset_likelihood(const subset_source<Real>& source, const subset_group<Real>& group, std::size_t at, Real* room)
      : s(source), g(group), first(at), d(room), w(room + N * group.rows) {
    P zero{}, largest{}, origin{}, keep{}, difference{}, v{};
    fill(zero, Real(0));
    fill(largest, (std::numeric_limits<Real>::max)());
    load(top, g.v_top + first);
    load(count, g.count + first);
    load(origin, g.origin + first);
    choose(v_max, top <= largest, top, zero);
    for (std::size_t r = 0; r < g.rows; ++r) {
      fill(difference, s.y[g.study[r]]);
      fill(v, s.v[g.study[r]]);
      difference = difference - origin;
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + first);
        difference = difference * keep;
        v = v * keep;
      }
      choose(v_max, v_max > v, v_max, v);
      store(d + r * N, difference);
    }
  }

  P top{}, count{}, v_max{};  ///< smallest variance (infinite without studies), studies, largest variance

  /// z'z and z'Vz / (2 z'z), z the effects less their plain mean.
  void spread(P& square, P& flat) const {
    P zero{}, half{}, sum{}, x{}, v{}, keep{};
    fill(zero, Real(0));
    fill(half, Real(0.5));
    sum = zero;
    for (std::size_t r = 0; r < g.rows; ++r) {
      load(x, d + r * N);
      sum = sum + x;
    }
    const P centre = sum / count;
    square = centre * centre;
    P weighted = top * square;
    for (std::size_t r = 0; r < g.rows; ++r) {
      load(x, d + r * N);
      fill(v, s.v[g.study[r]]);
      x = (x - centre) * (x - centre);
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + first);
        x = x * keep;
      }
      square = square + x;
      weighted = weighted + v * x;
    }
    choose(flat, square > zero, half * weighted / square, zero);
  }

  /// Two weights by one division, within 2 ulp.
  void score(const P& at, subset_score<Real, N>& out) const {
    P zero{}, one{}, two{}, va{}, vb{}, keep{}, da{}, db{};
    fill(zero, Real(0));
    fill(one, Real(1));
    fill(two, Real(2));
    P rest = zero, rest2 = zero, rest3 = zero, offset = zero;
    const auto add = [&](std::size_t r, P& weight) {
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + first);
        weight = weight * keep;
      }
      load(da, d + r * N);
      store(w + r * N, weight);
      const P square = weight * weight;
      rest = rest + weight;
      rest2 = rest2 + square;
      rest3 = rest3 + square * weight;
      offset = offset + weight * da;
    };
    std::size_t r = 0;
    for (; r + 1 < g.rows; r += 2) {
      fill(va, s.v[g.study[r]]);
      fill(vb, s.v[g.study[r + 1]]);
      va = va + at;
      vb = vb + at;
      const P inverse = one / (va * vb);
      P wa = vb * inverse, wb = va * inverse;
      add(r, wa);
      add(r + 1, wb);
    }
    if (r < g.rows) {
      fill(va, s.v[g.study[r]]);
      P wa = one / (va + at);
      add(r, wa);
    }
    const P largest = one / (top + at);
    const P inverse = one / (largest + rest);
    const P centre = offset * inverse;
    const P u_top = zero - largest * centre;
    P square = zero, shift = zero, a = u_top * u_top;
    for (r = 0; r < g.rows; ++r) {
      load(da, d + r * N);
      load(db, w + r * N);
      const P u = db * (da - centre);
      a = a + u * u;
      const P e = u - u_top;
      const P we = db * e;
      square = square + we * e;
      shift = shift + we;
    }
    const P share = largest * inverse, part2 = rest2 * inverse;
    out.t = at;
    out.a = a;
    out.da = two * (square - shift * (shift * inverse));
    out.g = largest * (rest * inverse) + (rest - part2);
    out.dg = share * share * (rest * rest + rest2) + (rest2 - two * rest3 * inverse + part2 * ((largest * largest + rest2) * inverse));
  }

 private:
  const subset_source<Real>& s;
  const subset_group<Real>& g;
  std::size_t first;
  Real* d;
  Real* w;
};

/// Where bounds show that the likelihood has one maximum only. a^(-1/2) and 1/g are concave in t, as power means of the m_j + t of likelihood.hpp are; so
/// a/da - t/2 and g/dg - t/2 do not fall, and a/g falls on all of [t1, t2] if the former at t2 lies below the latter at t1. At infinity the former is `flat`.
template <class Real, std::size_t N>
struct subset_bounds {
  using P = pack<Real, N>;
  using point = subset_score<Real, N>;
  P v_min{}, square{}, flat{}, one{}, half{}, margin{};  ///< margins leave room for rounding

  /// 1 where no minimum of the likelihood lies between two points, else 0. With a > g at both there is no root if a tangent of a^(-1/2) stays below the chord of 1/g.
  void between(const point& p, const point& q, P& proved) const {
    const P delta = q.t - p.t, keep = one - margin;
    const auto falls = q.a / q.da - half * q.t + margin * (v_min + q.t) < p.g / p.dg - half * p.t;
    const P up = one + half * delta * (p.da / p.a), down = one - half * delta * (q.da / q.a);
    const auto above = (p.a > p.g) & (q.a > q.g) & ((q.g * up * up < p.a * keep) | (p.g * down * down < q.a * keep));
    const auto below = p.a < q.g * keep;
    choose(proved, falls | above | below, one, one - one);
  }

  /// Nor beyond a point. With a <= g there is none if 4 g^4 >= a z'z dg^2: a^(-1/2) has slope 1/sqrt(z'z) or more there, and 1/g no more than at the point.
  void beyond(const point& p, P& proved) const {
    const P gg = (p.g + p.g) * p.g;
    const auto shown = (flat + margin * (v_min + p.t) < p.g / p.dg - half * p.t) |
                       ((p.a <= p.g) & (gg * gg * (one - margin) >= ((p.a * square) * p.dg) * p.dg));
    choose(proved, shown, one, one - one);
  }
};

}  // namespace metapool::detail
