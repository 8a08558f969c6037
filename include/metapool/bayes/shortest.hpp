// SPDX-License-Identifier: BSL-1.0
// The shortest interval that holds a given probability. Neither Boost nor Eigen.
#pragma once

#include <cmath>
#include <limits>
#include <utility>

namespace metapool::detail {

/// Newton's method on P(X < a) + P(X > b) = beyond, density(a) = density(b), from the equal-tailed interval; false if it does not settle.
template <class Distribution, class Real>
bool shortest_by_newton(const Distribution& x, const Real& beyond, Real& a, Real& b) {
  using std::abs, std::pow;
  const Real tolerance = pow(std::numeric_limits<Real>::epsilon(), Real(0.45));  // of the last step; what it leaves falls with its square
  Real low = a, high = b;
  for (int i = 0; i < 12; ++i) {
    const auto at_low = x.density_and_slope(low), at_high = x.density_and_slope(high);
    const Real mass = x.cdf(low) + x.upper_tail(high) - beyond;
    const Real gap = at_low.value - at_high.value;
    // mass + f(low) da - f(high) db = 0, gap + f'(low) da - f'(high) db = 0
    const Real determinant = at_high.value * at_low.slope - at_low.value * at_high.slope;
    if (!(determinant > 0)) return false;
    const Real da = (mass * at_high.slope - gap * at_high.value) / determinant;
    const Real db = (mass * at_low.slope - gap * at_low.value) / determinant;
    const Real width = high - low;
    if (!(abs(da) < width / 3 && abs(db) < width / 3)) return false;
    low += da;
    high += db;
    if (abs(da) + abs(db) <= tolerance * width) {
      a = low;
      b = high;
      return true;
    }
  }
  return false;
}

/// For any density: the width as a function of the probability p below the interval, on `cells` + 1 values of p, and its stationary point
/// (equal densities at both ends) in the best of them.
template <class Distribution, class Real>
std::pair<Real, Real> shortest_by_scan(const Distribution& x, const Real& beyond, int cells) {
  const auto interval = [&](const Real& p) { return std::pair<Real, Real>(x.quantile(p), x.upper_quantile(Real(beyond - p))); };
  const auto inside = [&](int i) { return Real(beyond * Real(2 * i + 1) / Real(2 * cells)); };
  int best = 0;
  Real least{};
  for (int i = 0; i < cells; ++i) {
    const std::pair<Real, Real> at = interval(inside(i));
    if (i == 0 || at.second - at.first < least) {
      least = at.second - at.first;
      best = i;
    }
  }
  // the width falls while density(a) < density(b)
  Real left = best == 0 ? Real(beyond * std::numeric_limits<Real>::epsilon()) : inside(best - 1);
  Real right = best == cells - 1 ? Real(beyond * (1 - 4 * std::numeric_limits<Real>::epsilon())) : inside(best + 1);
  std::pair<Real, Real> at = interval(inside(best));
  for (int i = 0; i < 400 && right - left > 8 * std::numeric_limits<Real>::epsilon() * right; ++i) {
    const Real middle = left + (right - left) / 2;
    at = interval(middle);
    if (x.density_and_slope(at.first).value < x.density_and_slope(at.second).value) {
      left = middle;
    } else {
      right = middle;
    }
  }
  return at;
}

}  // namespace metapool::detail
