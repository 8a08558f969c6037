// SPDX-License-Identifier: BSL-1.0
// The root of an increasing function on the whole line. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/convergence.hpp>

#include <cmath>
#include <limits>

namespace metapool::detail {

/// A function's value and its derivative at one point.
template <class Real>
struct value_and_slope {
  Real value{};
  Real slope{};
};

/// What to hand to increasing_root for the equation excess = 0, excess being an increasing function with values from -below to above: the logarithm of
/// (below + excess) / (above - excess) less that at 0, which is close to linear in a logarithm of odds or of a ratio and has no cancellation
/// near 0. slope: of the excess. below and above are positive; rounding may carry excess beyond them.
template <class Real>
value_and_slope<Real> logit_of_excess(const Real& excess, const Real& slope, const Real& below, const Real& above) {
  using std::log1p;
  const auto log_share = [](const Real& x) { return Real(log1p(x > -1 ? x : Real(-1))); };
  return {log_share(Real(excess / below)) - log_share(Real(-excess / above)), slope * (1 / (below + excess) + 1 / (above - excess))};
}

/// The root of an increasing function f(x) -> value_and_slope on the whole line, by Newton steps that never leave the bracket known so
/// far. Before both ends of the bracket are known, the steps are at most `reach`, which doubles; inside it, a step that is not usable
/// (or too many of them) becomes a bisection. So it converges for every continuous increasing f with a root, without a bracket given.
/// Stops one step after |value| <= eps^0.55: scale f so that it is close to linear with values of order one, then the last step
/// squares that error away. Where f is flat to the last digit it may return values of -infinity or infinity and any slope.
/// state: iterations are added, converged stays false once it was, residual is the largest |value| one step before an answer.
template <class Real, class F>
Real increasing_root(F f, Real x, Real reach, convergence<Real>& state) {
  using std::abs, std::isfinite, std::pow;
  const Real tolerance = pow(std::numeric_limits<Real>::epsilon(), Real(0.55));
  Real left = x, right = x, answer = x, residual = 0;
  bool has_left = false, has_right = false, converged = false;
  for (int i = 1; i <= 400; ++i) {
    ++state.iterations;
    const value_and_slope<Real> at = f(x);
    answer = x;
    residual = abs(at.value);
    if (at.value < 0) {
      left = x;
      has_left = true;
    } else if (at.value > 0) {
      right = x;
      has_right = true;
    } else {
      converged = at.value == 0;  // else it is not a number
      break;
    }
    Real next = x - at.value / at.slope;
    const bool usable = at.slope > 0 && isfinite(at.slope) && isfinite(next);
    const bool inside = (!has_left || next >= left) && (!has_right || next <= right);
    if (usable && inside && residual <= tolerance) {
      answer = next;
      converged = true;
      break;
    }
    if (has_left && has_right) {
      const bool slow = i > 20 && i % 2 == 0;
      if (!usable || slow || !(next > left && next < right)) next = left + (right - left) / 2;
      if (next == left || next == right) {  // neighbouring numbers: nothing lies between them
        converged = true;
        break;
      }
    } else if (!usable || !(abs(Real(next - x)) <= reach)) {
      next = at.value < 0 ? Real(x + reach) : Real(x - reach);
      reach *= 2;
    }
    x = next;
  }
  state.converged = state.converged && converged;
  if (!(residual <= state.residual)) state.residual = residual;
  return answer;
}

}  // namespace metapool::detail
