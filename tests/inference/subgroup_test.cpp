// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/subgroup_test.hpp>

#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
subgroup_fits<double> groups(const std::vector<double>& estimates, const std::vector<double>& variances) {
  subgroup_fits<double> g;
  for (std::size_t i = 0; i < estimates.size(); ++i) g.groups.push_back({"g", {}, common_effect(known_effects<double>({estimates[i]}, {variances[i]}))});
  return g;
}
}  // namespace

TEST_CASE("two subgroups are compared by the squared z of their difference") {
  const auto test = test_between(groups({1, 3}, {0.5, 1.5}));
  CHECK(close(test.statistic, 4 / 2.0, digits14));
  CHECK(test.df == 1);
  CHECK(close(test.p, std::erfc(1.0), digits12));
}

TEST_CASE("the test between subgroups is Cochran's Q of their estimates") {
  const auto test = test_between(groups({1, 4, 2, 2.5}, {2, 3, 1, 0.25}));
  const auto all = common_effect(known_effects<double>({1, 4, 2, 2.5}, {2, 3, 1, 0.25}));
  CHECK(close(test.statistic, all.q, digits12));
  CHECK(test.df == 3);
  std::vector<mean_inference<double>> means;
  for (const auto& g : groups({1, 4, 2, 2.5}, {2, 3, 1, 0.25}).groups) means.push_back(wald_z{}(g.fit));
  CHECK(close(test_between(means).statistic, all.q, digits12));
  CHECK(test_between(means).p == test.p);
}

TEST_CASE("fewer than two subgroups cannot be compared") {
  CHECK(message_of<not_estimable>([] { test_between(groups({1}, {1})); }) == "test_between: fewer than two subgroups have an estimate");
  CHECK_THROWS_AS(test_between(subgroup_fits<double>{}), not_estimable);
}
