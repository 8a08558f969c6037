// SPDX-License-Identifier: BSL-1.0
// Integrals over a finite interval, by Boost.Math.
#pragma once

#include <metapool/math/policy.hpp>

#include <boost/math/quadrature/gauss_kronrod.hpp>

#include <cmath>
#include <limits>

namespace metapool::detail {

/// Integral of f from a to b by adaptive Gauss-Kronrod quadrature with 31 points. For functions that are smooth inside; relative accuracy about the
/// square root of epsilon to the power 1.75 (1e-14 for double) unless an end is singular.
template <class Real, class F>
Real integrate(F f, const Real& a, const Real& b) {
  using std::pow;
  const Real tolerance = pow(std::numeric_limits<Real>::epsilon(), Real(Real(7) / 8));
  return boost::math::quadrature::gauss_kronrod<Real, 31, math_policy>::integrate(f, a, b, 15, tolerance);
}

}  // namespace metapool::detail
