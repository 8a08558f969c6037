// SPDX-License-Identifier: BSL-1.0
// Roots of one equation in a bracket, by Boost.Math.
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/math/policy.hpp>

#include <boost/math/tools/roots.hpp>
#include <boost/math/tools/toms748_solve.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace metapool::detail {

/// Root of f in [lower, upper], where f(lower) and f(upper) differ in sign (an end that is a root is returned). TOMS 748
/// (Alefeld, Potra & Shi 1995) to the last bits. Without a change of sign, or after 500 evaluations, state.converged is false
/// and the better end is returned.
template <class Real, class F>
Real bracketed_root(F f, Real lower, Real upper, convergence<Real>& state) {
  using std::fabs;
  const Real at_lower = f(lower);
  const Real at_upper = f(upper);
  state.iterations += 2;
  const auto finish = [&](const Real& x, const Real& value, bool converged) {
    state.residual = value;
    state.converged = converged;
    return x;
  };
  if (at_lower == 0) return finish(lower, at_lower, true);
  if (at_upper == 0) return finish(upper, at_upper, true);
  if (!((at_lower < 0) != (at_upper < 0))) {
    return fabs(at_lower) < fabs(at_upper) ? finish(lower, at_lower, false) : finish(upper, at_upper, false);
  }
  std::uintmax_t evaluations = 500;
  // the solver keeps a few ulps off the bracket's ends, so that one of three ulps would never shrink to 2 epsilon
  const auto close = [](const Real& a, const Real& b) {
    return fabs(Real(a - b)) <= 4 * std::numeric_limits<Real>::epsilon() * (std::min)(Real(fabs(a)), Real(fabs(b)));
  };
  const std::pair<Real, Real> bracket =
      boost::math::tools::toms748_solve(f, lower, upper, at_lower, at_upper, close, evaluations, math_policy());
  state.iterations += static_cast<std::size_t>(evaluations);
  const Real at_first = f(bracket.first);
  const Real at_second = f(bracket.second);
  const bool converged = evaluations < 500 || close(bracket.first, bracket.second);
  return fabs(at_first) <= fabs(at_second) ? finish(bracket.first, at_first, converged) : finish(bracket.second, at_second, converged);
}

/// Where a function with the values f1, f2 and slopes s1, s2 at x1 and x2 is 0, by the cubic through both in its inverse: a start for Newton's
/// method. Not a number, or outside [x1, x2], where that has no meaning.
template <class Real>
Real inverse_cubic(const Real& x1, const Real& x2, const Real& f1, const Real& f2, const Real& s1, const Real& s2) {
  const Real gap = f2 - f1, at = -f1 / gap, rest = 1 - at;
  return x1 + (x2 - x1) * (at * at * (3 - 2 * at)) + gap * at * rest * (rest / s1 - at / s2);
}

/// Root of a continuous function in [lower, upper] that is positive at lower and not positive at upper, and returns the pair (f, f'), by
/// Newton's method from `guess`. Whatever f' is, each step stays in the bracket, which shrinks with each value; a step that would leave
/// it, or too many steps, become bisections. To the last bits; 400 evaluations at most. state.residual is not set.
template <class Real, class F>
Real newton_root(F f, Real guess, Real lower, Real upper, convergence<Real>& state) {
  using std::fabs;
  const Real eps = std::numeric_limits<Real>::epsilon();
  Real x = guess > lower && guess < upper ? guess : lower;
  Real last_step = upper - lower;
  bool newton_before = false;
  for (int i = 1; i <= 400; ++i) {
    const std::pair<Real, Real> at = f(x);
    ++state.iterations;
    if (at.first == 0) return x;
    if (at.first > 0) {
      lower = x;
    } else {
      upper = x;
    }
    Real next = x - at.first / at.second;
    const bool newton = next >= lower && next <= upper && !(i > 40 && i % 3 == 0);
    if (!newton) next = lower + (upper - lower) / 2;
    const Real step = fabs(Real(next - x));
    if (!(upper - lower > 2 * eps * upper)) return next;
    if (newton && (step <= 2 * eps * next || (step >= last_step && step <= 1000 * eps * next))) return next;  // the latter: f is down to its rounding
    // Two steps of Newton's and the second below 1e-5 of x: the next would be step (step / last_step)^2 or less, as they fall with the square
    if (newton && newton_before && step <= next / 100000 && step * (step / last_step) * (step / last_step) <= eps / 4 * next) return next;
    newton_before = newton;
    last_step = step;
    x = next;
  }
  state.converged = false;
  return x;
}

}  // namespace metapool::detail
