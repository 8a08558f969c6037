// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/paired_effects.hpp>

#include <metapool/effect/paired_conditional.hpp>
#include <metapool/effect/paired_marginal.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("zero cells of matched pairs: corrected as metafor does, dropped where there is nothing to know, and recorded") {
  const std::vector<matched_pairs<>> studies{{"zero", 20, 0, 12, 63}, {"concordant", 10, 0, 0, 5}, {"no events", 0, 0, 0, 10}, {"missing"}};
  const tolerance printed_digits{1e-14, 0, 0, "metafor 3.8, 15 printed digits"};
  const auto conditional = effect_sizes(studies, paired_conditional_odds_ratio{});
  REQUIRE(conditional.size() == 1);
  CHECK(close(conditional.y[0], -3.2188758248682, printed_digits));
  CHECK(close(conditional.v[0], 2.08, printed_digits));
  CHECK(conditional.audit[1].status == study_status::concordant);
  CHECK(conditional.audit[3].status == study_status::not_reported);
  const auto ratio = effect_sizes(studies, paired_risk_ratio{});
  CHECK(close(ratio.y[0], -0.4519851237430572, printed_digits));
  CHECK(close(ratio.v[0], 0.0187590187590188, printed_digits));
  CHECK(ratio.audit[2].status == study_status::double_zero);
  CHECK(effect_sizes(studies, paired_risk_ratio{}, no_correction{}).audit[1].status == study_status::zero_variance);
  CHECK(effect_sizes(studies, paired_conditional_odds_ratio{}, no_correction{}).audit[0].status == study_status::zero_cell);
  const auto kept = effect_sizes(studies, paired_conditional_odds_ratio{}, constant_correction{.double_zeros = double_zero::keep});
  CHECK(kept.size() == 3);
  const auto peto = effect_sizes(studies, paired_peto_odds_ratio{});
  CHECK(close(peto.y[0], -2.0, printed_digits));
  CHECK(describe(conditional.audit[0]) == "0.5 added to all four cells");
}

TEST_CASE("impossible counts of pairs are refused") {
  CHECK(message_of<input_error>([] { effect_sizes(std::vector<matched_pairs<>>{{"s", -1, 2, 3, 4}}, paired_risk_ratio{}); }) ==
        "effect_sizes: study 's': both = -1 must not be negative");
  CHECK_THROWS_AS(effect_sizes(std::vector<matched_pairs<>>{{"s", 0, 0, 0, 0}}, paired_risk_ratio{}), input_error);
}
