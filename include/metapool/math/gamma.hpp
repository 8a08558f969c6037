// SPDX-License-Identifier: BSL-1.0
// The gamma function and the gamma distribution, by Boost.Math.
#pragma once

#include <metapool/math/policy.hpp>

#include <boost/math/special_functions/gamma.hpp>

namespace metapool::detail {

/// Gamma(x), x > 0; infinity where it is above the largest number.
template <class Real>
Real gamma_function(const Real& x) {
  return boost::math::tgamma(x, math_policy());
}

/// P(X <= x) of the gamma distribution with this shape and scale 1, x >= 0.
template <class Real>
Real gamma_cdf(const Real& shape, const Real& x) {
  return boost::math::gamma_p(shape, x, math_policy());
}

/// The density of the same distribution.
template <class Real>
Real gamma_density(const Real& shape, const Real& x) {
  return boost::math::gamma_p_derivative(shape, x, math_policy());
}

/// x with P(X <= x) = p of the gamma distribution with this shape and scale 1, 0 < p < 1.
template <class Real>
Real gamma_quantile(const Real& shape, const Real& p) {
  return boost::math::gamma_p_inv(shape, p, math_policy());
}

}  // namespace metapool::detail
