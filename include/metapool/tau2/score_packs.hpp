// SPDX-License-Identifier: BSL-1.0
// The score of REML of several meta-analyses side by side, and bounds that prove that the likelihood has no other maximum.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// The two terms of the score of REML at t, and minus their derivatives: a = y'PPy, g = tr P (tau2/likelihood.hpp).
template <class Real, std::size_t N>
struct score_pack {
  using P = pack<Real, N>;
  P t{}, a{}, da{}, g{}, dg{};

  /// Takes the place of p where the mask is above 0.
  [[gnu::always_inline]] inline void take(const P& where, const score_pack& p) {
    P zero;
    fill(zero, Real(0));
    const auto mask = where > zero;
    choose(t, mask, p.t, t);
    choose(a, mask, p.a, a);
    choose(da, mask, p.da, da);
    choose(g, mask, p.g, g);
    choose(dg, mask, p.dg, dg);
  }

  /// All but t and a from sums over the studies but the most precise: of w, w^2, w^3, w (u - u_top)^2 and w (u - u_top), as in tau2/kernel.hpp; top: its weight; inverse: of the sum of all.
  [[gnu::always_inline]] inline void put(const P& top, const P& rest, const P& rest2, const P& rest3, const P& inverse, const P& square, const P& shift) {
    P two;
    fill(two, Real(2));
    const P share = top * inverse;
    da = two * (square - shift * (shift * inverse));
    g = top * (rest * inverse) + (rest - rest2 * inverse);
    dg = share * share * (rest * rest + rest2) + (rest2 - two * rest3 * inverse + (rest2 * inverse) * ((top * top + rest2) * inverse));
  }

  /// f = 1 - g / a, which a search takes for the score, and its slope.
  [[gnu::always_inline]] inline void ratio(P& f, P& slope) const {
    P one;
    fill(one, Real(1));
    const P over = one / a;
    const P r = g * over;
    f = one - r;
    slope = (dg - r * da) * over;
  }
};

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
  using point = score_pack<Real, N>;
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

  /// Moves `from`, up to where all is proved, on to the last point if nothing lies between them. proved: 1 where nothing lies beyond that either.
  [[gnu::always_inline]] inline void look(point& from, const point& last, P& proved) const {
    P zero, shown;
    constant(zero, 0);
    between(from, last, shown);
    choose(shown, from.t < last.t, shown, zero);
    from.take(shown, last);
    beyond(from, shown);
    choose(proved, from.t >= last.t, shown, zero);
  }

  /// Where to evaluate next: between `from` and the last point, or beyond it.
  [[gnu::always_inline]] inline void aim(const point& from, const point& last, P& trial) const {
    P four, farther;
    constant(four, 4);
    halve(from.t, last.t, trial);
    farther = four * (v_min + from.t) - v_min;
    choose(trial, from.t < last.t, trial, farther);
  }

  /// The harmonic mean of two points, counted from -v_min.
  [[gnu::always_inline]] inline void halve(const P& a, const P& b, P& middle) const {
    P two;
    constant(two, 2);
    const P x = v_min + a, y = v_min + b;
    middle = two * x * (y / (x + y)) - v_min;
  }
};

}  // namespace metapool::detail
