// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/power_prior.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("a power prior is the beta distribution of discounted counts: nothing, half and all of history") {
  const std::vector<proportion<double>> history{{.label = "a", .events = 30, .total = 40}, {.label = "b", .events = 8, .total = 10}};
  for (double power : {0.0, 0.5, 1.0}) {
    const auto prior = power_prior(history, power);
    CHECK(close(prior.mean(), (1 + 38 * power) / (2 + 50 * power), digits10));
    CHECK(close(effective_sample_size(prior), 2 + 50 * power, digits6));
  }
  const auto after = update(power_prior(history, 0.2, 0.5, 0.5), proportion<double>{.label = "new", .events = 2, .total = 13});
  CHECK(close(after.rate.mean(), (0.5 + 7.6 + 2) / (1 + 10 + 13), digits10));
}

TEST_CASE("powers outside 0 to 1 and wrong counts are refused") {
  const std::vector<proportion<double>> history{{.label = "a", .events = 30, .total = 40}}, wrong{{.label = "a", .events = 41, .total = 40}}, missing{{.label = "a"}};
  CHECK_THROWS_AS(power_prior(history, 1.1), input_error);
  CHECK_THROWS_AS(power_prior(history, -0.1), input_error);
  CHECK_THROWS_AS(power_prior(wrong, 0.5), input_error);
  CHECK_THROWS_AS(power_prior(missing, 0.5), input_error);
  CHECK_THROWS_AS(power_prior(history, 0.0, 0.0), input_error);
}
