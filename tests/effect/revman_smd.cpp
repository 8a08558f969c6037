// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/revman_smd.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("RevMan's standardised mean difference by hand") {
  // s = 2, d = 2, N = 20, J = 1 - 3 / 71
  const auto e = revman_standardized_mean_difference{}(two_means<double>{10, 2, 10, 6, 2, 10});
  const double g = 2 * (1 - 3.0 / 71);
  CHECK(close(e.y, g, digits15));
  CHECK(close(e.v, 0.2 + g * g / (2 * 16.06), digits15));
}

TEST_CASE("RevMan's standardised mean difference has 12 digits with few and with many patients") {
  using wide = boost::multiprecision::cpp_bin_float_50;
  for (const int n : {2, 7, 1000000000}) {
    const auto e = revman_standardized_mean_difference{}(two_means<double>{1.25, 3, double(n), 1, 2.5, double(n)});
    const auto w = revman_standardized_mean_difference{}(two_means<wide>{wide(1.25), 3, wide(n), 1, wide(2.5), wide(n)});
    CHECK(close(e.y, static_cast<double>(w.y), digits12));
    CHECK(close(e.v, static_cast<double>(w.v), digits12));
  }
  CHECK_FALSE(revman_standardized_mean_difference::defined(two_means<double>{1, 1, 2, 1, 1, 1}));
}
