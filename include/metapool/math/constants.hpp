// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/math/constants/constants.hpp>

namespace metapool::detail {

/// The circle's number, to all digits of Real.
template <class Real>
Real pi() {
  return boost::math::constants::pi<Real>();
}

}  // namespace metapool::detail
