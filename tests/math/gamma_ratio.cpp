// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/gamma_ratio.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace metapool::detail;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

TEST_CASE("the ratio of gammas half apart has its closed forms") {
  CHECK(close(gamma_half_ratio(0.5), std::sqrt(std::acos(-1.0)), digits14));
  CHECK(close(gamma_half_ratio(1.0), 2 / std::sqrt(std::acos(-1.0)), digits14));
  // r(x) r(x + 1/2) = 1/x
  for (double x : {0.5, 3.0, 40.0, 1e4, 1e8}) CHECK(close(gamma_half_ratio(x) * gamma_half_ratio(x + 0.5), 1 / x, digits12));
}

TEST_CASE("the ratio of gammas half apart does not overflow and keeps 13 digits up to 10^9 and beyond") {
  for (double x : {170.0, 200.0, 1e4, 1e9, 1e15}) {
    // x^(-1/2) (1 + 1/(8x) + 1/(128 x^2) - 5/(1024 x^3) - 21/(32768 x^4) ...)
    const wide w(x);
    const wide series = (1 + 1 / (8 * w) + 1 / (128 * w * w) - 5 / (1024 * w * w * w) - 21 / (32768 * w * w * w * w)) / sqrt(w);
    CHECK(close(gamma_half_ratio(x), static_cast<double>(series), {1e-13, 0, 0, "one gamma ratio"}));
  }
}
