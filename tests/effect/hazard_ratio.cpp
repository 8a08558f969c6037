// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/hazard_ratio.hpp>
#include <metapool/model/common_effect.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("log-rank statistics pool to Peto's sum of O - E over sum of V") {
  const std::vector<log_rank<>> trials{{"a", -8.4, 31.2}, {"b", 2.5, 11.0}, {"c", -3.1, 20.7}};
  const auto e = effect_sizes(trials, hazard_ratio{});
  CHECK(close(e.y[0], -8.4 / 31.2, digits15));
  CHECK(close(e.v[0], 1 / 31.2, digits15));
  const auto fit = common_effect(e);
  CHECK(close(fit.estimate, (-8.4 + 2.5 - 3.1) / (31.2 + 11.0 + 20.7), digits14));
  CHECK(close(fit.se * fit.se, 1 / (31.2 + 11.0 + 20.7), digits14));
  CHECK(e.measure.symbol == "HR");
  CHECK(e.measure.scale == scale::log);
}

TEST_CASE("reported log hazard ratios and standard errors are effects as they are") {
  const auto e = hazard_ratios<double>({-0.2, 0.1}, {0.1, 0.3}, {"x", "y"});
  CHECK(e.y == std::vector<double>{-0.2, 0.1});
  CHECK(close(e.v[1], 0.09, digits15));
  CHECK(e.labels[1] == "y");
  CHECK(e.measure.name == "hazard_ratio");
}

TEST_CASE("a standard error or variance that is not positive is refused, and a missing one told of") {
  CHECK_THROWS_AS(hazard_ratios<double>({0.1}, {0.0}), input_error);
  CHECK_THROWS_AS(hazard_ratios<double>({0.1}, {-1.0}, {"x"}), input_error);
  CHECK_THROWS_AS(hazard_ratios<double>({0.1, 0.2}, {1.0}), input_error);
  CHECK_THROWS_AS(hazard_ratios<double>({std::numeric_limits<double>::quiet_NaN()}, {1.0}), input_error);
  CHECK_THROWS_AS(effect_sizes(std::vector<log_rank<>>{{"a", 1, 0}}, hazard_ratio{}), input_error);
  CHECK(effect_sizes(std::vector<log_rank<>>{{"a", 1, {}}}, hazard_ratio{}).audit[0].status == study_status::not_reported);
}
