// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/combine.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("computed and reported effects of one measure combine, and pool as all of them together") {
  const auto all = bcg();
  const std::vector<binary_trial<>> first(all.begin(), all.begin() + 6);
  std::vector<reported<>> rest;
  const auto known = effect_sizes(all, risk_ratio{});
  for (std::size_t i = 6; i < all.size(); ++i) rest.push_back({.label = known.labels[i], .estimate = known.y[i], .variance = known.v[i]});
  const auto both = combine(effect_sizes(first, risk_ratio{}), effect_sizes(rest, risk_ratio{}));
  const auto fit = common_effect(both);
  const auto whole = common_effect(effect_sizes(all, risk_ratio{}));
  CHECK(close(fit.estimate, whole.estimate, digits12));
  CHECK(close(fit.q, whole.q, digits12));
  for (std::size_t i = 0; i < 13; ++i) CHECK(both.trial[i] == i);
  CHECK(both.audit.size() == 13);
  CHECK(both.warnings.empty());
  CHECK(combine(both, effect_sizes(first, risk_ratio{})).warnings.size() == 6);
}

TEST_CASE("two tables and an odds ratio printed as 0.64 (0.33 to 1.22), or with p = 0.17, are -0.5500, -0.6864 and -0.4463 with the variances of metafor's help page of conv.wald") {
  const auto counts = effect_sizes(std::vector<binary_trial<>>{trial("1", 23, 194, 38, 201), trial("3", 4, 46, 7, 44)}, odds_ratio{});
  const reported<> interval{.label = "2", .estimate = 0.64, .lower = 0.33, .upper = 1.22, .on = stated_on::natural_scale};
  const reported<> p{.label = "2", .estimate = 0.64, .p = 0.17, .on = stated_on::natural_scale};
  const auto by_interval = combine(counts, effect_sizes(std::vector<reported<>>{interval}, odds_ratio{}));
  const auto by_p = combine(counts, effect_sizes(std::vector<reported<>>{p}, odds_ratio{}));
  const double y[] = {-0.5500, -0.6864, -0.4463}, v[] = {0.0818, 0.4437, 0.1113};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(close(by_interval.y[i], y[i], printed(4)));
    CHECK(close(by_interval.v[i], v[i], printed(4)));
  }
  CHECK(close(by_p.v[2], 0.1058, printed(4)));
}

TEST_CASE("different measures do not combine") {
  const auto message = message_of<input_error>([] { (void)combine(effect_sizes(bcg(), risk_ratio{}), effect_sizes(bcg(), odds_ratio{})); });
  CHECK(contains(message, "risk ratio (log scale) and odds ratio (log scale)"));
  effects<> a, b;
  a.measure.scale = scale::log;
  CHECK_THROWS_AS((void)combine(a, b), input_error);
}
