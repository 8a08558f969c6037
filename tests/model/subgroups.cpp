// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/subgroups.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/mantel_haenszel.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
const auto by_mantel_haenszel = [](const std::vector<binary_trial<>>& t) { return mantel_haenszel(t, risk_ratio{}); };
}

TEST_CASE("each subgroup's fit is that of its members alone, in the order in which the names first stand") {
  const auto trials = msc();
  const std::vector<std::string> names{"severe", "mild", "mild", "severe", "severe", "mild", "severe"};
  const auto groups = fit_subgroups(trials, std::span<const std::string>(names), by_mantel_haenszel);
  REQUIRE(groups.groups.size() == 2);
  CHECK(groups.groups[0].name == "severe");
  CHECK(groups.groups[0].members == std::vector<std::size_t>{0, 3, 4, 6});
  CHECK(groups.groups[1].members == std::vector<std::size_t>{1, 2, 5});
  CHECK(groups.groups[0].fit.estimate == by_mantel_haenszel({trials[0], trials[3], trials[4], trials[6]}).estimate);
  CHECK(groups.groups[1].fit.se == by_mantel_haenszel({trials[1], trials[2], trials[5]}).se);
  CHECK(groups.not_estimable.empty());
}

TEST_CASE("a subgroup in which nothing can be pooled is listed with the reason") {
  const auto trials = msc();
  const std::vector<std::string> names{"a", "a", "empty", "a", "a", "a", "a"};
  const auto groups = fit_subgroups(trials, std::span<const std::string>(names), by_mantel_haenszel);
  CHECK(groups.groups.size() == 1);
  REQUIRE(groups.not_estimable.size() == 1);
  CHECK(contains(groups.not_estimable[0], "empty: mantel_haenszel: none of the 1 studies can be pooled; the first, 'Shi'"));
}

TEST_CASE("subgroups refuse sizes that differ, no studies, and bad data") {
  const std::vector<std::string> one{"a"}, none;
  auto trials = msc();
  CHECK(message_of<input_error>([&] { fit_subgroups(trials, std::span<const std::string>(one), by_mantel_haenszel); }) == "fit_subgroups: 1 subgroup names for 7 trials");
  CHECK(message_of<input_error>([&] { fit_subgroups(std::vector<binary_trial<>>{}, std::span<const std::string>(none), by_mantel_haenszel); }) == "fit_subgroups: no studies");
  trials.resize(1);
  trials[0].treated.events = 99;
  CHECK(contains(message_of<input_error>([&] { fit_subgroups(trials, std::span<const std::string>(one), by_mantel_haenszel); }), "must not exceed"));
}
