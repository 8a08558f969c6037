// SPDX-License-Identifier: BSL-1.0
// Roots of several equations side by side, one in each place of a pack.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// The root of f in each place: f(0) > 0 with slope s(0) given, f(upper) <= 0. evaluate(t, live, f, s) gives value and slope. t comes in as a guess; where it is none (NaN, or not
/// between 0 and upper) Newton's step from 0 takes its place. Steps are those of the cubic through the last two points and slopes of the inverse, unless they lead more than 4 times as
/// far as the points are apart, whose rounding would then be all; else Newton's, else bisections. Stops where the error of a step, relative to origin + t, is no more than rounding: it is
/// like the square of the step and the one before for a cubic, like the square of the step for Newton's. done is 1 where that happened (or nothing was wanted) within 40 evaluations.
template <class Real, std::size_t N, class Evaluate>
[[gnu::always_inline]] inline void solve_packs(const Evaluate& evaluate, const pack<Real, N>& f0, const pack<Real, N>& s0, const pack<Real, N>& origin, const pack<Real, N>& upper,
                                               pack<Real, N>& t, pack<Real, N>& done) {
  using P = pack<Real, N>;
  constexpr int digits = std::numeric_limits<Real>::digits;
  P zero, one, half, three, far, small, coarse, live;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(half, Real(0.5));
  fill(three, Real(3));
  fill(far, Real(16));  // of 4
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
    const P ahead = next - t, apart = t - left;
    const auto inside = (next >= lower) & (next <= higher) & (ahead * ahead <= far * (apart * apart));
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
    P other_error;
    greatest(last, last, step);
    choose(other_error, inside, last, size);
    choose(live, (step * other_error <= small * (now * size)) & (step <= coarse * now) & (inside | inside_newton | (f == zero)), zero, live);
    last = step;
    size = now;
    if (!any_of<N>(live > zero)) break;
  }
  choose(done, live > zero, zero, one);
}

}  // namespace metapool::detail
