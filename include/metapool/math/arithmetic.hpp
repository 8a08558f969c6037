// SPDX-License-Identifier: BSL-1.0
// Arithmetic that keeps its digits where the plain form cancels. Neither Boost nor Eigen.
#pragma once

#include <cmath>
#include <type_traits>

namespace metapool::detail {

/// a b - c d without cancellation (Kahan): for built-in types within 1.5 ulp, since the rounding error of c d is computed by fma and
/// put back (Jeannerod, Louvet & Muller 2013 Math Comp 82:2245). Wider types have digits to spare.
template <class Real>
Real difference_of_products(const Real& a, const Real& b, const Real& c, const Real& d) {
  if constexpr (std::is_floating_point_v<Real>) {
    const Real cd = c * d;
    const Real error = std::fma(-c, d, cd);
    return std::fma(a, b, -cd) + error;
  } else {
    return a * b - c * d;
  }
}

/// log(x / y) for positive x and y, given their difference x - y computed without cancellation: log1p((x - y) / y) where the ratio is
/// within a factor of two of 1, so that ratios near 1 keep their relative accuracy.
template <class Real>
Real log_ratio(const Real& x, const Real& y, const Real& x_minus_y) {
  using std::log;
  using std::log1p;
  if (x < 2 * y && y < 2 * x) return log1p(Real(x_minus_y / y));
  return log(Real(x / y));
}

/// (1 - level) / 2, the probability beyond each end of a two-sided interval. The difference is taken in double, where it is exact for
/// levels of 0.5 and more, so that a level close to 1 does not become 1 in float.
template <class Real>
Real tail_of_level(double level) {
  return Real(1.0 - level) / 2;
}

}  // namespace metapool::detail
