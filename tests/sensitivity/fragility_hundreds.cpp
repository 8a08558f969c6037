// SPDX-License-Identifier: BSL-1.0
// Indices that no trial of all tables reaches.
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/sensitivity/fragility_mantel_haenszel.hpp>

using namespace metapool;
using metapool_test::trial;

TEST_CASE("Indices of hundreds are proven for a common effect, and are far below those of the greedy search") {
  const auto bcg = metapool_test::bcg();
  const auto ratio = fragility(bcg, risk_ratio{}, fixed_tau2{0}, wald_z{}, {.max_evaluations = 0});
  CHECK(ratio.greedy == 397u);
  CHECK(ratio.index == 252u);
  CHECK(ratio.proven);
  const auto after = infer(common_effect(effect_sizes(ratio.tables, risk_ratio{})));
  CHECK(after.upper >= 0);
  CHECK(after.lower <= 0);
  const auto peto = fragility(bcg, peto_odds_ratio{}, fixed_tau2{0}, wald_z{}, {.max_evaluations = 0});
  CHECK(peto.index == 410u);
  CHECK(peto.proven);
}

TEST_CASE("Indices of hundreds are proven for Mantel-Haenszel estimators") {
  const auto bcg = metapool_test::bcg();
  const fragility_options by_bounds{.max_evaluations = 0};
  const auto ratio = fragility_mantel_haenszel(bcg, risk_ratio{}, wald_z{}, by_bounds);
  CHECK(ratio.index == 410u);
  CHECK(ratio.proven);
  CHECK(infer(mantel_haenszel(ratio.tables, risk_ratio{})).upper >= 0);
  const auto difference = fragility_mantel_haenszel(bcg, risk_difference{}, wald_z{}, by_bounds);
  CHECK(difference.index == 410u);
  CHECK(difference.proven);
  CHECK(infer(mantel_haenszel(difference.tables, risk_difference{})).upper >= 0);
}

TEST_CASE("A side of no effect that is not decided leaves bounds for the other") {
  std::vector<binary_trial<>> t;
  for (int i = 0; i < 9; ++i) t.push_back(trial("", 40 + 5 * i, 100 + 11 * i, 42 + 4 * i, 103 + 9 * i));
  const auto r = fragility(t, odds_ratio{}, fixed_tau2{0}, wald_z{}, {.max_bounds = 1e5, .max_evaluations = 0});
  CHECK_FALSE(r.significant);
  CHECK(r.index == 47u);
  CHECK_FALSE(r.proven);
  CHECK(r.at_least > 20);
}
