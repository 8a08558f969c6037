// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/line_distribution.hpp>

#include "support/close.hpp"

#include <metapool/bayes/summarise.hpp>
#include <metapool/data/error.hpp>

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

namespace {

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }
constexpr tolerance nine{1e-9, 0.01, 0, "the promise"};

}  // namespace

TEST_CASE("a normal density, not normalised, gives the normal distribution back") {
  const auto f = [](double x) { return 5 - (x - 3) * (x - 3) / 8; };
  const line_distribution<double> d(f, 2.5, 0.7, 2);  // neither centre nor scale need be right
  CHECK(close(d.log_integral(), 5 + std::log(2 * std::sqrt(2 * M_PI)), nine));
  CHECK(close(*d.mean(), 3.0, nine));
  CHECK(close(*d.sd(), 2.0, nine));
  CHECK(close(d.mode(), 3.0, nine));
  for (const double x : {-3.0, 0.0, 3.0, 8.0}) {
    CHECK(close(d.cdf(x), normal_cdf((x - 3) / 2), tolerance{1e-8, 0.01, 0, "the promise"}));
    CHECK(close(d.upper_tail(x), normal_cdf((3 - x) / 2), tolerance{1e-8, 0.01, 0, "the promise"}));
    const auto at = d.density_and_slope(x);
    CHECK(close(at.value, std::exp(-(x - 3) * (x - 3) / 8) / (2 * std::sqrt(2 * M_PI)), digits8));
    CHECK(close(at.slope, -(x - 3) / 4 * at.value, tolerance{1e-7, 1e-3, 0, "a derivative"}));
  }
  CHECK(close(d.quantile(0.975), 3 + 2 * 1.959963984540054, nine));
  CHECK(close(d.upper_quantile(0.975), 3 - 2 * 1.959963984540054, nine));
  const auto s = d.shortest(0.95);
  CHECK(close(s.first, 3 - 2 * 1.959963984540054, digits6));
  CHECK(close(s.second, 3 + 2 * 1.959963984540054, digits6));
  CHECK(d.density(1e9) == 0);
  CHECK_THROWS_AS(d.quantile(0.0), input_error);
  CHECK_THROWS_AS(d.upper_quantile(1.0), input_error);
  CHECK_THROWS_AS(d.shortest(1.0), input_error);
}

TEST_CASE("a Cauchy density has no mean and keeps its tails") {
  const line_distribution<double> d([](double x) { return -std::log1p(x * x); }, 0.0, 1.0, 0);
  CHECK_FALSE(d.mean());
  CHECK_FALSE(d.sd());
  CHECK(close(d.upper_tail(1e4), std::atan(1e-4) / M_PI, digits6));
  CHECK(close(d.quantile(0.75), 1.0, nine));
}

TEST_CASE("two peaks: the higher is the mode, and the shortest interval is not taken for that of one peak") {
  const auto f = [](double x) { return std::log(0.7 * std::exp(-(x + 2) * (x + 2) * 2) + 0.3 * std::exp(-(x - 2) * (x - 2) * 2)); };
  const line_distribution<double> d(f, 0.0, 1.0, 2);
  CHECK(close(d.mode(), -2.0, digits6));
  CHECK(close(*d.mean(), -0.8, nine));
  const auto s = d.shortest(0.6);
  CHECK(close(d.cdf(s.second) - d.cdf(s.first), 0.6, digits8));
  CHECK(s.second < 0);
}
