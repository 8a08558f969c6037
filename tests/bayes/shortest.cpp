// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/shortest.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool_test;

namespace {

struct pair_of_values {
  double value, slope;
};

/// Gamma with shape 2 and scale 1: density x exp(-x), P(X > x) = (1 + x) exp(-x).
struct gamma2 {
  double cdf(double x) const { return 1 - upper_tail(x); }
  double upper_tail(double x) const { return (1 + x) * std::exp(-x); }
  pair_of_values density_and_slope(double x) const { return {x * std::exp(-x), (1 - x) * std::exp(-x)}; }
  double upper_quantile(double q) const {
    double a = 0, b = 700;
    for (int i = 0; i < 200; ++i) (upper_tail((a + b) / 2) > q ? a : b) = (a + b) / 2;
    return a;
  }
  double quantile(double p) const { return upper_quantile(1 - p); }
};

}  // namespace

TEST_CASE("Newton's method and the scan find the same shortest interval: equal densities at its ends") {
  const gamma2 x;
  double a = 0.06, b = 4.5;
  REQUIRE(metapool::detail::shortest_by_newton(x, 0.05, a, b));
  CHECK(close(x.upper_tail(a) - x.upper_tail(b), 0.95, digits12));
  CHECK(close(a * std::exp(-a), b * std::exp(-b), digits12));
  for (int cells : {1, 8, 48}) {
    const auto scan = metapool::detail::shortest_by_scan(x, 0.05, cells);
    CHECK(close(scan.first, a, tolerance{1e-6, 0, 0, "the quantiles of this test are differences from 1"}));
    CHECK(close(scan.second, b, tolerance{1e-6, 0, 0, "the same"}));
  }
}

TEST_CASE("Newton's method says so where it cannot work: on the outer side of the peak") {
  const gamma2 x;
  double a = 3, b = 9;
  CHECK_FALSE(metapool::detail::shortest_by_newton(x, 0.05, a, b));
  CHECK(a == 3);
  CHECK(b == 9);
}
