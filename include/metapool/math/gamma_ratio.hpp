// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/policy.hpp>

#include <boost/math/special_functions/gamma.hpp>

#include <cmath>

namespace metapool::detail {

/// Gamma(x) / Gamma(x + 1/2) for x > 0, without overflow however large x is.
template <class Real>
Real gamma_half_ratio(const Real& x) {
  return boost::math::tgamma_delta_ratio(x, Real(Real(1) / 2), math_policy());
}

}  // namespace metapool::detail
