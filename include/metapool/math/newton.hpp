// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

namespace metapool::detail {

/// A function's value and its derivative at one point.
template <class Real>
struct value_and_slope {
  Real value{};
  Real slope{};
};

/// A root with how it was found. residual: the function's value one Newton step before x.
template <class Real>
struct newton_root {
  Real x{};
  bool converged = false;
  std::size_t iterations = 0;
  Real residual{};
};

/// The root of an increasing function f(x) -> value_and_slope on the whole line, by Newton steps that never leave the bracket known so
/// far. Before both ends of the bracket are known the steps are at most `reach`, which doubles; inside it, a step that is not usable
/// (or too many of them) becomes a bisection. So it converges for every continuous increasing f with a root, without a bracket given.
/// Stops one step after |value| <= eps^0.55: scale f so that it is close to linear with values of order one, then the
/// last step squares that error away. An f with plateaus may return slopes of zero or infinity and values of -infinity or infinity there.
template <class Real, class F>
newton_root<Real> increasing_root(F f, Real x, Real reach) {
  using std::abs, std::isfinite, std::pow;
  const Real tolerance = pow(std::numeric_limits<Real>::epsilon(), Real(0.55));
  Real left = x, right = x;
  bool has_left = false, has_right = false;
  newton_root<Real> root;
  for (root.iterations = 1; root.iterations <= 400; ++root.iterations) {
    const value_and_slope<Real> at = f(x);
    root.x = x;
    root.residual = at.value;
    if (at.value < 0) {
      left = x;
      has_left = true;
    } else if (at.value > 0) {
      right = x;
      has_right = true;
    } else {
      root.converged = at.value == 0;  // or not a number
      return root;
    }
    Real next = x - at.value / at.slope;
    const bool usable = at.slope > 0 && isfinite(at.slope) && isfinite(next);
    if (usable && abs(at.value) <= tolerance) {
      root.x = next;
      root.converged = true;
      return root;
    }
    if (has_left && has_right) {
      const bool slow = root.iterations > 20 && root.iterations % 2 == 0;
      if (!usable || slow || !(next > left && next < right)) next = left + (right - left) / 2;
      if (next == left || next == right) {  // neighbouring numbers: nothing lies between them
        root.converged = true;
        return root;
      }
    } else if (!usable || !(abs(next - x) <= reach)) {
      next = at.value < 0 ? Real(x + reach) : Real(x - reach);
      reach *= 2;
    }
    x = next;
  }
  return root;
}

}  // namespace metapool::detail
