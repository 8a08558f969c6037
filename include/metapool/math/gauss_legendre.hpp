// SPDX-License-Identifier: BSL-1.0
// One panel of Gauss-Legendre quadrature, by Boost.Math.
#pragma once

#include <metapool/math/policy.hpp>

#include <boost/math/quadrature/gauss.hpp>

namespace metapool::detail {

/// Integral of f from a to b by 15 Gauss-Legendre points: exact for polynomials of degree 29. The caller divides the range until that is enough.
template <class Real, class F>
Real gauss_panel(F f, const Real& a, const Real& b) {
  return boost::math::quadrature::gauss<Real, 15, math_policy>::integrate(f, a, b);
}

}  // namespace metapool::detail
