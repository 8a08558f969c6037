// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/chi_squared.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace metapool::detail;
using namespace metapool_test;

namespace {
/// P(X > x) for an even number of degrees of freedom: e^(-x/2) sum of (x/2)^j / j!, j < df/2.
double even_tail(double x, int df) {
  double term = 1, sum = 1;
  for (int j = 1; j < df / 2; ++j) sum += term *= x / 2 / j;
  return std::exp(-x / 2) * sum;
}
}  // namespace

TEST_CASE("chi-squared with an even number of degrees of freedom has its finite sum as tail") {
  for (int df : {2, 4, 12, 40}) {
    for (double x : {0.01, 1.0, 8.0, 60.0, 600.0}) CHECK(close(chi_squared_upper_tail(x, static_cast<double>(df)), even_tail(x, df), digits12));
  }
}

TEST_CASE("chi-squared with one degree of freedom is a squared normal") {
  for (double z : {0.1, 1.0, 1.96, 6.0, 30.0}) CHECK(close(chi_squared_upper_tail(z * z, 1.0), std::erfc(z / std::sqrt(2.0)), digits12));
}

TEST_CASE("chi-squared quantiles invert either tail and are those of the printed tables") {
  CHECK(close(chi_squared_upper_quantile(0.05, 1.0), 3.841, printed(3)));
  CHECK(close(chi_squared_upper_quantile(0.025, 12.0), 23.337, printed(3)));
  CHECK(close(chi_squared_quantile(0.025, 12.0), 4.404, printed(3)));
  for (double p : {1e-10, 0.025, 0.5, 0.975}) {
    for (double df : {1.0, 5.0, 200.0}) {
      CHECK(close(1 - chi_squared_upper_tail(chi_squared_quantile(p, df), df), p, {1e-12, 1e-3, 0, "1 - tail"}));
      CHECK(close(chi_squared_upper_tail(chi_squared_upper_quantile(p, df), df), p, digits12));
    }
  }
}

TEST_CASE("the log of the chi-squared tail goes on where the tail is below the smallest double") {
  for (double x : {0.5, 10.0, 1000.0}) CHECK(close(log_chi_squared_upper_tail(x, 3.0), std::log(chi_squared_upper_tail(x, 3.0)), digits14));
  for (int df : {2, 4, 12}) {
    for (double x : {1500.0, 1e4, 1e7}) {
      double term = 1, sum = 1;
      for (int j = 1; j < df / 2; ++j) sum += term *= x / 2 / j;
      CHECK(close(log_chi_squared_upper_tail(x, static_cast<double>(df)), -x / 2 + std::log(sum), digits12));
    }
  }
  // an odd number, against the even ones on both sides
  const double at = log_chi_squared_upper_tail(2000.0, 5.0);
  CHECK(at > log_chi_squared_upper_tail(2000.0, 4.0));
  CHECK(at < log_chi_squared_upper_tail(2000.0, 6.0));
  CHECK(close(at, static_cast<double>(log_chi_squared_upper_tail<long double>(2000.0L, 5.0L)), digits12));
}
