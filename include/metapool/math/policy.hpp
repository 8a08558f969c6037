// SPDX-License-Identifier: BSL-1.0
// The one policy under which the library calls Boost.Math.
#pragma once

#include <boost/math/policies/policy.hpp>

namespace metapool::detail {

/// double stays double: the default promotes to long double, 3 to 9 times slower for digits that double cannot keep. A tail below the
/// smallest double is 0 (the log_* functions go on from there).
using math_policy = boost::math::policies::policy<boost::math::policies::promote_double<false>, boost::math::policies::promote_float<false>,
                                                  boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
                                                  boost::math::policies::overflow_error<boost::math::policies::ignore_error>>;

}  // namespace metapool::detail
