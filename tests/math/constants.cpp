// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/constants.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("pi has all digits of its type") {
  CHECK(metapool::detail::pi<double>() == std::acos(-1.0));
  using wide = boost::multiprecision::cpp_bin_float_50;
  // Machin's formula, 16 atan(1/5) - 4 atan(1/239)
  const wide machin = 16 * atan(wide(1) / 5) - 4 * atan(wide(1) / 239);
  CHECK(fabs(metapool::detail::pi<wide>() - machin) < wide(1e-48));
}
