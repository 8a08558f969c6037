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

TEST_CASE("different measures do not combine") {
  const auto message = message_of<input_error>([] { (void)combine(effect_sizes(bcg(), risk_ratio{}), effect_sizes(bcg(), odds_ratio{})); });
  CHECK(contains(message, "risk ratio (log scale) and odds ratio (log scale)"));
  effects<> a, b;
  a.measure.scale = scale::log;
  CHECK_THROWS_AS((void)combine(a, b), input_error);
}
