// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/arithmetic.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace metapool::detail;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

TEST_CASE("a difference of products keeps its digits where the plain form loses all") {
  // 1 + 2^-52 and its neighbours: the difference of products is 2^-104 in exact arithmetic
  const double e = std::ldexp(1.0, -52);
  CHECK(difference_of_products(1 + e, 1 + e, 1.0, 1 + 2 * e) == e * e);
  CHECK(difference_of_products(1.0, 1 + 2 * e, 1 + e, 1 + e) == -e * e);  // here c d is the product that rounds
  CHECK(difference_of_products(3.0, 5.0, 2.0, 4.0) == 7.0);
  const double a = 94906267.0, b = 94906267.0, c = 94906266.0, d = 94906268.0;  // a^2 - (a - 1)(a + 1) = 1, products beyond 2^53
  CHECK(difference_of_products(a, b, c, d) == 1.0);
  CHECK(difference_of_products(wide(a), wide(b), wide(c), wide(d)) == 1);
  CHECK(difference_of_products(8193.0f, 8193.0f, 8192.0f, 8194.0f) == 1.0f);
}

TEST_CASE("the log of a ratio near 1 keeps its relative accuracy") {
  const double x = 1e9 + 1, y = 1e9;
  CHECK(close(log_ratio(x, y, 1.0), static_cast<double>(log(wide(x) / wide(y))), digits15));
  CHECK(close(log_ratio(y, x, -1.0), -log_ratio(x, y, 1.0), digits15));
  CHECK(log_ratio(7.0, 7.0, 0.0) == 0.0);
  CHECK(close(log_ratio(8.0, 2.0, 6.0), std::log(4.0), digits15));
  CHECK(close(log_ratio(2.0, 8.0, -6.0), -std::log(4.0), digits15));
  CHECK(close(log_ratio(1.9, 1.0, 0.9), std::log(1.9), digits15));
}

TEST_CASE("the tail of a level keeps levels near 1 apart from 1") {
  CHECK(close(tail_of_level<double>(0.95), 0.025, digits14));
  CHECK(tail_of_level<float>(0.999999999999) > 0.0f);
  CHECK(close(tail_of_level<float>(0.9), 0.05f, digits5));
  CHECK(tail_of_level<wide>(0.75) == wide(1) / 8);
}
