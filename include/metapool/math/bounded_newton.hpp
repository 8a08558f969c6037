// SPDX-License-Identifier: BSL-1.0
// The maximum of a smooth function of a few parameters, some of them bounded, by Newton's method with exact derivatives.
#pragma once

#include <metapool/math/linear_algebra.hpp>
#include <metapool/math/newton_maximum.hpp>
#include <metapool/math/symmetric_eigen.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// From a point without a slope, the way on along the direction of the largest positive second derivative (in coordinates whose own second derivatives are 1 in size): the
/// first of ever shorter steps there and back that raises f. Parameters at a bound count if the slope presses them against it by no more than rounding. False,
/// and nothing changed, if there is no such direction or no step raises f: the point is a maximum then, if not of rounding's making.
template <class Real, std::size_t P, class F>
bool leave_saddle(F& f, values_of<Real, P>& x, curvature<Real, P>& at, const values_of<newton_bound<Real>, P>& bounds, std::size_t& evaluations) {
  using std::fabs, std::isfinite, std::sqrt;
  const Real epsilon = std::numeric_limits<Real>::epsilon(), size = 1 + fabs(at.value);
  const std::size_t all = x.size();
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < all; ++i) {
    if (is_free(x[i], at.gradient[i], bounds[i]) || (!bounds[i].held && fabs(at.gradient[i]) * bounds[i].reach <= 4096 * epsilon * size)) open.push_back(i);
  }
  const std::size_t n = open.size();
  std::vector<Real> scale(n), a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    const Real own = fabs(at.hessian[open[i] * all + open[i]]);
    scale[i] = own > 0 ? Real(1 / sqrt(own)) : Real(1);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = at.hessian[open[i] * all + open[j]] * scale[i] * scale[j];
  }
  const auto eigen = symmetric_eigen(std::move(a), n);
  std::size_t best = n;
  for (std::size_t j = 0; j < n; ++j) {
    if (eigen.values[j] > sqrt(epsilon) && (best == n || eigen.values[j] > eigen.values[best])) best = j;
  }
  if (best == n) return false;
  Real longest = std::numeric_limits<Real>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    const Real move = fabs(eigen.vectors[best * n + i]) * scale[i];
    if (move > 0) longest = (std::min)(longest, Real((bounds[open[i]].reach + bounds[open[i]].growth * fabs(x[open[i]])) / move));
  }
  for (int halved = 0; halved < 20; ++halved, longest /= 2) {
    for (const int side : {1, -1}) {
      values_of<Real, P> next = x;
      for (std::size_t i = 0; i < n; ++i) {
        const auto& b = bounds[open[i]];
        next[open[i]] = (std::min)(b.upper, (std::max)(b.lower, Real(x[open[i]] + Real(side) * longest * eigen.vectors[best * n + i] * scale[i])));
      }
      const curvature<Real, P> there = f(next);
      ++evaluations;
      if (!(isfinite(there.value) && there.value > at.value + 64 * epsilon * size)) continue;
      x = next;
      at = there;
      return true;
    }
  }
  return false;
}

/// A local maximum of f(x) -> curvature near x. Newton's step over the free parameters, the matrix of second derivatives made negative definite
/// by a multiple of its diagonal where it is not (Levenberg), cut to the reach, projected onto the bounds, and halved (with more of the
/// diagonal) until the function rises. A value that is not finite counts as no rise. Stops after a step that promised to raise the function by no
/// more than `enough` / 2 or by its rounding squared, or when rounding is all that moves; 200 evaluations at most. A point without a slope that is no
/// maximum (a saddle, or a bound from which the function rises by its second derivative) is left along the latter.
template <class Real, std::size_t P, class F>
newton_maximum<Real, P> bounded_newton(F f, values_of<Real, P> x, const values_of<newton_bound<Real>, P>& bounds, const Real& enough = Real(0)) {
  using std::fabs, std::isfinite, std::pow;
  const Real epsilon = std::numeric_limits<Real>::epsilon();
  const Real square = pow(epsilon, Real(1.4)), nothing = pow(epsilon, Real(1.6));
  const std::size_t all = x.size();
  newton_maximum<Real, P> result;
  curvature<Real, P> at = f(x);
  result.convergence.iterations = 1;
  result.convergence.converged = false;
  Real damping = 0, last_gain = std::numeric_limits<Real>::infinity();
  bool no_way_off = false;  // where none was found none is sought again
  const auto leave = [&] {  // each time the function is higher
    no_way_off = no_way_off || !leave_saddle<Real, P>(f, x, at, bounds, result.convergence.iterations);
    if (no_way_off) return false;
    damping = 0;
    last_gain = std::numeric_limits<Real>::infinity();
    return true;
  };
  while (result.convergence.iterations < 200 && isfinite(at.value)) {
    auto free = zeros<values_of<std::size_t, P>>(all);
    std::size_t n = 0;
    for (std::size_t i = 0; i < all; ++i) {
      if (is_free(x[i], at.gradient[i], bounds[i])) free[n++] = i;
    }
    const bool some_bound = n < all;
    if (n == 0) {
      if (leave()) continue;
      result.convergence.converged = true;
      break;
    }
    auto a = zeros<values_of<Real, squared(P)>>(all * all);
    auto step = zeros<values_of<Real, P>>(all);
    const auto factor = [&] {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) a[i * n + j] = -at.hessian[free[i] * all + free[j]];
        const Real size = fabs(a[i * n + i]);
        a[i * n + i] += damping * (size > 0 ? size : Real(1));
      }
      return cholesky(a.data(), n);
    };
    while (!factor()) {
      damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 64);
      if (damping > Real(1e6)) break;
    }
    if (damping > Real(1e6)) break;
    for (std::size_t i = 0; i < n; ++i) step[i] = at.gradient[free[i]];
    cholesky_solve(a.data(), n, step.data());
    Real gain = 0;  // twice what the quadratic model promises
    for (std::size_t i = 0; i < n; ++i) gain += step[i] * at.gradient[free[i]];
    Real share = 1;
    for (std::size_t i = 0; i < n; ++i) {
      const auto& b = bounds[free[i]];
      const Real longest = b.reach + b.growth * fabs(x[free[i]]);
      if (fabs(step[i]) * share > longest) share = longest / fabs(step[i]);
    }
    values_of<Real, P> next = x;
    Real slope = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto& b = bounds[free[i]];
      next[free[i]] = (std::min)(b.upper, (std::max)(b.lower, Real(x[free[i]] + share * step[i])));
      slope += at.gradient[free[i]] * (next[free[i]] - x[free[i]]);
    }
    const bool tiny = gain <= 16 * epsilon * (1 + fabs(at.value));  // the value can no longer tell a rise
    if (tiny && damping > 0 && leave()) continue;
    if (damping == 0 && gain <= nothing) {
      if (some_bound && leave()) continue;
      result.convergence.converged = true;
      break;
    }
    const curvature<Real, P> there = f(next);
    ++result.convergence.iterations;
    const auto slopes_tell_rise = [&] {
      if (damping > 0 || share < 1) return false;
      for (std::size_t i = 0; i < n; ++i) step[i] = there.gradient[free[i]];
      return slopes_tell(a, n, step, gain, at.value, there.value);
    };
    if (tiny && damping == 0) {
      const bool done = gain <= square || gain > last_gain / 4;
      if (gain > last_gain) {  // rounding is all that is left: the point before is as good
        if (some_bound && leave()) continue;
        result.convergence.converged = true;
        break;
      }
      last_gain = gain;
      x = next;
      at = there;
      if (done) {
        if (some_bound && leave()) continue;
        result.convergence.converged = true;
        break;
      }
    } else if (isfinite(there.value) && (there.value >= at.value + slope / 10000 || (tiny && there.value >= at.value - 16 * epsilon * (1 + fabs(at.value))) || slopes_tell_rise())) {
      x = next;
      at = there;
      if (damping == 0 && gain <= enough && share == 1) {
        result.convergence.converged = true;
        break;
      }
      damping = damping > Real(1) / 64 ? Real(damping / 8) : Real(0);
    } else {
      damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 4);
      if (damping > Real(1e9)) break;
    }
  }
  result.x = x;
  result.at = at;
  for (std::size_t i = 0; i < all; ++i) {
    if (is_free(x[i], at.gradient[i], bounds[i])) result.convergence.residual = (std::max)(result.convergence.residual, Real(fabs(at.gradient[i])));
  }
  return result;
}

}  // namespace metapool::detail
