// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/normal.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace metapool::detail;
using namespace metapool_test;

TEST_CASE("normal tails are those of the error function, also far out") {
  for (double z : {-6.0, -1.5, 0.0, 0.3, 1.96, 5.0, 20.0, 37.0}) {
    CHECK(close(normal_upper_tail(z), std::erfc(z / std::sqrt(2.0)) / 2, digits12));
    CHECK(close(normal_cdf(z), std::erfc(-z / std::sqrt(2.0)) / 2, digits12));
  }
  CHECK(close(normal_upper_tail(10.0), 7.6198530241605260660e-24, digits12));  // Mills' ratio by its asymptotic series
}

TEST_CASE("normal quantiles invert the tails, and the critical value of a 95 % interval is 1.96") {
  CHECK(close(normal_critical<double>(0.95), 1.959963984540054, digits14));
  CHECK(close(normal_critical<double>(0.99), 2.575829303548901, digits14));
  CHECK(close(normal_critical<double>(0.5), 0.674489750196082, digits14));
  for (double q : {1e-300, 1e-20, 1e-5, 0.2, 0.5, 0.9}) CHECK(close(normal_upper_tail(normal_upper_quantile(q)), q, digits12));
  for (double p : {1e-300, 1e-20, 1e-5, 0.2, 0.5, 0.9}) CHECK(close(normal_cdf(normal_quantile(p)), p, digits12));
}

TEST_CASE("a level close to 1 stays apart from 1 in float") {
  CHECK(close(normal_critical<float>(0.99999999999), static_cast<float>(normal_critical<double>(0.99999999999)), digits5));
  CHECK(normal_critical<float>(0.99999999999) > 6.0f);
}

TEST_CASE("two-sided p is even in z, and 1 at 0") {
  CHECK(normal_two_sided_p(0.0) == 1.0);
  CHECK(normal_two_sided_p(-1.3) == normal_two_sided_p(1.3));
  CHECK(close(normal_two_sided_p(1.959963984540054), 0.05, digits12));
}

TEST_CASE("the log of the normal tail goes on where the tail is below the smallest double") {
  for (double z : {-3.0, 0.0, 2.0, 36.0}) CHECK(close(log_normal_upper_tail(z), std::log(normal_upper_tail(z)), digits14));
  for (double z : {37.6, 38.0, 40.0, 100.0, 1e4, 1e8}) {
    // phi(z) / z (1 - 1/z^2 + 3/z^4 - 15/z^6 + 105/z^8 - ...), asymptotic; from z = 37 on below 1e-16 after six terms
    const double s = 1 / (z * z);
    const double series = std::log1p(-s * (1 - 3 * s * (1 - 5 * s * (1 - 7 * s * (1 - 9 * s)))));
    CHECK(close(log_normal_upper_tail(z), -z * z / 2 - std::log(z) - std::log(2 * std::acos(-1.0)) / 2 + series, digits14));
  }
}

TEST_CASE("the normal distribution in double agrees with long double") {
  for (double z : {0.1, 1.0, 3.0, 8.0, 37.0}) {
    CHECK(close(normal_upper_tail(z), static_cast<double>(normal_upper_tail(static_cast<long double>(z))), digits12));
  }
  CHECK(close(log_normal_upper_tail(60.0), static_cast<double>(log_normal_upper_tail(60.0L)), digits14));
}
