// SPDX-License-Identifier: BSL-1.0
// Roots in each column of a tile, and the between-study variance by Paule and Mandel.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_sums.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// Weights 1 / (v + at) of rows i and i + 1 by one division (float: two): within 2 ulp, which is enough while searching. Divisions are most of what a search costs.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void two_weights(const tile<Real, N>& t, std::size_t i, const pack<Real, N>& at, pack<Real, N>& wa, pack<Real, N>& wb) {
  using P = pack<Real, N>;
  P a, b, inverse;
  load(a, t.v + i * N);
  load(b, t.v + (i + 1) * N);
  a = a + at;
  b = b + at;
  if constexpr (std::numeric_limits<Real>::digits > 30) {
    reciprocal_within(inverse, a * b);
    wa = b * inverse;
    wb = a * inverse;
  } else {
    reciprocal_within(wa, a);
    reciprocal_within(wb, b);
  }
  store(t.w + i * N, wa);
  store(t.w + (i + 1) * N, wb);
}

/// The root of f in each place: f(0) > 0 with slope s(0) given, f(upper) <= 0. evaluate(t, live, f, s) gives value and slope. t comes in as a guess; where it is none (NaN, or not
/// between 0 and upper) Newton's step from 0 takes its place. Steps are those of the cubic through the last two points and slopes of the inverse, else Newton's, else bisections. Stops where two steps in a row, relative to origin + t, have a product so small that
/// rounding is left. done is 1 where that happened (or nothing was wanted) within 40 evaluations.
template <class Real, std::size_t N, class Evaluate>
[[gnu::always_inline]] inline void solve_tile(const Evaluate& evaluate, const pack<Real, N>& f0, const pack<Real, N>& s0, const pack<Real, N>& origin, const pack<Real, N>& upper, pack<Real, N>& t,
                pack<Real, N>& done) {
  using P = pack<Real, N>;
  constexpr int digits = std::numeric_limits<Real>::digits;
  P zero, one, half, three, small, coarse, live;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(half, Real(0.5));
  fill(three, Real(3));
  fill(small, digits > 60 ? Real(1e-12) : digits > 30 ? Real(3e-8) : Real(1e-5));
  fill(coarse, digits > 30 ? Real(1e-3) : Real(1e-2));
  P left = zero, f_left = f0, over_left = one / s0;  // the last point before t; the inverse of its slope
  P lower = zero, higher = upper, step;
  choose(live, done > zero, zero, one);
  step = zero - f0 * over_left;
  choose(step, (t > zero) & (t < upper), t, step);
  const P middle0 = upper * half;
  choose(step, (step > zero) & (step < upper), step, middle0);
  choose(t, live > zero, step, t);
  P last = step, size = origin + t;
  for (int evaluation = 0; evaluation < 40; ++evaluation) {
    P f, s;
    evaluate(t, live, f, s);
    choose(lower, f > zero, t, lower);
    choose(higher, f > zero, higher, t);
    // inverse_cubic of math/roots.hpp through (left, f_left, s_left) and (t, f, s)
    const P gap = f - f_left;
    const P inverse = one / (gap * s);
    const P at = (zero - f_left) * (inverse * s), over = inverse * gap;
    const P rest = one - at;
    P next = left + (t - left) * (at * at * (three - (at + at))) + gap * at * rest * (rest * over_left - at * over);
    const P newton = t - f * over;
    const auto inside = (next >= lower) & (next <= higher);
    const auto inside_newton = (newton >= lower) & (newton <= higher);
    P other = lower + (higher - lower) * half;
    choose(other, inside_newton, newton, other);
    choose(next, inside, next, other);
    choose(next, f == zero, t, next);
    step = next - t;
    choose(step, step < zero, zero - step, step);
    const P now = origin + next;
    left = t;
    f_left = f;
    over_left = over;
    choose(t, live > zero, next, t);
    choose(live, (step * last <= small * (now * size)) & (step <= coarse * now) & (inside | inside_newton | (f == zero)), zero, live);
    last = step;
    size = now;
    if (!any_of<N>(live > zero)) break;
  }
  choose(done, live > zero, zero, one);
}

/// Paule and Mandel: Q(tau2) = count - 1. s: the sums at 0. done is 0 where one meta-analysis at a time must decide.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void paule_mandel_tile(const tile<Real, N>& t, const tile_sums<Real, N>& s, pack<Real, N>& tau2, pack<Real, N>& done) {
  using P = pack<Real, N>;
  P zero, one, above;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(above, Real(1.000001));
  const P n = t.count - one;
  const auto evaluate = [&](const P& at, const P&, P& f, P& slope) __attribute__((always_inline)) {
    P rest = zero, offset = zero;
    for (std::size_t i = 0; i < t.k; i += 2) {
      P wa, wb, da, db;
      two_weights(t, i, at, wa, wb);
      load(da, t.d + i * N);
      load(db, t.d + (i + 1) * N);
      rest = rest + wa + wb;
      offset = offset + wa * da + wb * db;
    }
    const P top = one / (t.v_top + at);
    const P centre = offset / (top + rest);
    const P u_top = top * centre;
    P q = u_top * centre, a = u_top * u_top;
    for (std::size_t i = 0; i < t.k; ++i) {
      P d, w;
      load(d, t.d + i * N);
      load(w, t.w + i * N);
      const P r = d - centre;
      const P u = w * r;
      q = q + u * r;
      a = a + u * u;
    }
    const P ratio = n / q;
    f = one - ratio;
    slope = zero - ratio * (a / q);
  };
  P a = (s.largest * s.centre) * (s.largest * s.centre);
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, w;
    load(d, t.d + i * N);
    load(w, t.w + i * N);
    const P u = w * (d - s.centre);
    a = a + u * u;
  }
  const auto wanted = s.q > n;
  P f, slope;
  const P ratio = n / s.q;
  choose(f, wanted, one - ratio, one);
  choose(slope, wanted, zero - ratio * (a / s.q), zero - one);
  choose(done, wanted, zero, one);
  tau2 = zero;  // no guess
  const P upper = t.square / n * above;  // the sum of squares about any centre is no less than that about the mean, and Q(t) <= that / t
  if (any_of<N>(wanted)) solve_tile<Real, N>(evaluate, f, slope, t.v_top, upper, tau2, done);
}

}  // namespace metapool::detail
