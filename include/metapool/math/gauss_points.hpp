// SPDX-License-Identifier: BSL-1.0
// The points of Gauss-Legendre quadrature themselves, by Boost.Math: for sums that are used again and again.
#pragma once

#include <metapool/math/policy.hpp>

#include <boost/math/quadrature/gauss.hpp>

#include <cstddef>

namespace metapool::detail {

/// Calls take(x, weight) for 15 Gauss-Legendre points of (a, b) in ascending order.
template <class Real, class Take>
void for_gauss_points(const Real& a, const Real& b, Take take) {
  using rule = boost::math::quadrature::gauss<Real, 15, math_policy>;
  const auto& x = rule::abscissa();  // 0 and the seven points above it
  const auto& w = rule::weights();
  const Real middle = (a + b) / 2, half = (b - a) / 2;
  for (std::size_t i = x.size(); i-- > 1;) take(Real(middle - half * x[i]), Real(half * w[i]));
  for (std::size_t i = 0; i < x.size(); ++i) take(Real(middle + half * x[i]), Real(half * w[i]));
}

}  // namespace metapool::detail
