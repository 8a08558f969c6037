// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/prior_sensitivity.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<double> y{-1.2, -0.3, 0.1}, v{0.4, 0.1, 0.3};

}  // namespace

TEST_CASE("each row is the posterior under its priors") {
  const auto data = known_effects<double>(y, v);
  const auto s = sensitivity_to_priors(data, {half_normal{0.5}, half_cauchy{1}, jeffreys_tau{}, uniform_tau{2}}, {flat_mean{}, normal_mean{0, 1}, t_mean{0, 1, 4}}, std::log(0.8), 0.9);
  REQUIRE(s.rows.size() == 12);
  const auto check = [&](const auto& row, const auto& p) {
    REQUIRE(row.mean);
    CHECK(row.reason.empty());
    CHECK(row.tau_prior == p.tau_prior_name());
    CHECK(row.mean_prior == p.mean_prior_name());
    CHECK(close(row.mean->median, p.mean().quantile(0.5), digits12));
    CHECK(close(row.mean->lower, p.mean().quantile(0.05), digits12));
    CHECK(close(row.tau->upper, p.tau().quantile(0.95), digits12));
    CHECK(close(*row.mean_below, p.mean().cdf(std::log(0.8)), digits12));
    CHECK(close(*row.next_below, p.next().cdf(std::log(0.8)), digits12));
    CHECK(row.log_marginal_likelihood == p.log_marginal_likelihood());
  };
  check(s.rows[1], normal_normal(data, half_normal{0.5}, normal_mean{0, 1}));
  check(s.rows[5], normal_normal(data, half_cauchy{1}, t_mean{0, 1, 4}));
  check(s.rows[6], normal_normal(data, jeffreys_tau{}));
  check(s.rows[9], normal_normal(data, uniform_tau{2}));
  const auto range = s.range_of_median();
  REQUIRE(range);
  for (const auto& row : s.rows) {
    CHECK(row.mean->median >= range->first);
    CHECK(row.mean->median <= range->second);
    CHECK(*row.mean_below >= s.range_of_mean_below()->first);
    CHECK(*row.mean_below <= s.range_of_mean_below()->second);
  }
  CHECK(range->first < range->second);
}

TEST_CASE("a pair of priors without a posterior is a row that says why; the default grid has three families and four scales") {
  const auto two = known_effects<double>(std::vector<double>{-1.2, -0.3}, std::vector<double>{0.4, 0.1});
  const auto s = sensitivity_to_priors(two, {flat_tau{}, half_normal{0.5}});
  REQUIRE(s.rows.size() == 2);
  CHECK_FALSE(s.rows[0].mean);
  CHECK(s.rows[0].reason.find("improper") != std::string::npos);
  CHECK(s.rows[1].mean);
  CHECK(s.range_of_median()->first == s.range_of_median()->second);
  CHECK_FALSE(sensitivity_to_priors(two, {flat_tau{}}).range_of_median());
  const auto grid = sensitivity_to_priors(two);
  CHECK(grid.rows.size() == 12);
  // a wider prior of tau gives a wider interval of the mean
  for (std::size_t i : {0u, 1u, 2u, 4u, 5u, 6u, 8u, 9u, 10u}) {
    CHECK(grid.rows[i + 1].mean->upper - grid.rows[i + 1].mean->lower > grid.rows[i].mean->upper - grid.rows[i].mean->lower);
  }
  CHECK_THROWS_AS(sensitivity_to_priors(two, {}), input_error);
  CHECK_THROWS_AS(sensitivity_to_priors(two, {half_normal{0.5}}, {}), input_error);
  CHECK_THROWS_AS(sensitivity_to_priors(known_effects<double>(std::vector<double>{}, std::vector<double>{})), input_error);
  CHECK_THROWS_AS(sensitivity_to_priors(two, {half_normal{0.5}}, {flat_mean{}}, 0.0, 1.0), input_error);
  CHECK_THROWS_AS(sensitivity_to_priors(two, {half_normal{0.5}}, {flat_mean{}}, double(NAN)), input_error);
}
