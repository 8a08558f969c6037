// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/incidence_rate_difference.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
const std::vector<rate_trial<>> trials{{.label = "both", .treated = {5, 100}, .control = {8, 90}},
                                       {.label = "none treated", .treated = {0, 50}, .control = {4, 45}},
                                       {.label = "none", .treated = {0, 30}, .control = {0, 35}},
                                       {.label = "not told", .treated = {3, {}}, .control = {0, 50}}};
}

TEST_CASE("by default a rate ratio gets 0.5 in both arms of trials with a zero, and drops trials without events") {
  const auto e = effect_sizes(trials, incidence_rate_ratio{});
  REQUIRE(e.size() == 2);
  CHECK(e.audit[0].corrected() == false);
  CHECK(close(e.y[1], std::log((0.5 / 50) / (4.5 / 45)), digits14));
  CHECK(close(e.v[1], 1 / 0.5 + 1 / 4.5, digits14));
  CHECK(e.audit[1].added == std::array<double, 4>{0.5, 0, 0.5, 0});
  CHECK(describe(e.audit[1]) == "added 0.5 to treated events, 0.5 to control events");
  CHECK(e.audit[2].status == study_status::double_zero);
  CHECK(e.audit[3].status == study_status::not_reported);
  CHECK(e.trial == std::vector<std::size_t>{0, 1});
}

TEST_CASE("kept trials without events, corrections in all studies and in all if any") {
  const auto kept = effect_sizes(trials, incidence_rate_ratio{}, constant_correction{.double_zeros = double_zero::keep});
  REQUIRE(kept.size() == 3);
  CHECK(close(kept.y[2], std::log(35.0 / 30), digits14));
  const auto all = effect_sizes(trials, incidence_rate_ratio{}, constant_correction{.when = correct_when::all_if_any});
  CHECK(close(all.y[0], std::log((5.5 / 100) / (8.5 / 90)), digits14));
  // the dropped trial is the only one with a zero: it triggers nothing
  const std::vector<rate_trial<>> two{trials[0], trials[2]};
  const auto untouched = effect_sizes(two, incidence_rate_ratio{}, constant_correction{.when = correct_when::all_if_any});
  CHECK_FALSE(untouched.audit[0].corrected());
  CHECK(effect_sizes(two, incidence_rate_ratio{}, constant_correction{.when = correct_when::all}).audit[0].corrected());
}

TEST_CASE("shares of the person-time give a trial without events a ratio of 1, the opposite shares do not") {
  const auto own = effect_sizes(trials, incidence_rate_ratio{}, treatment_arm_correction{.double_zeros = double_zero::keep});
  CHECK(std::fabs(own.y[2]) < 1e-15);
  const auto opposite = effect_sizes(trials, incidence_rate_ratio{}, treatment_arm_correction{.share = arm_share::opposite, .double_zeros = double_zero::keep});
  CHECK(close(opposite.y[2], 2 * std::log(35.0 / 30), digits14));
}

TEST_CASE("without a correction a ratio with a zero is left out, and so is a difference without variance") {
  const auto ratio = effect_sizes(trials, incidence_rate_ratio{}, no_correction{});
  CHECK(ratio.audit[1].status == study_status::zero_cell);
  const auto difference = effect_sizes(trials, incidence_rate_difference{}, no_correction{});
  CHECK(close(difference.y[1], -4.0 / 45, digits14));
  CHECK(difference.audit[2].status == study_status::zero_variance);
  CHECK(effect_sizes(trials, incidence_rate_difference{}, constant_correction{.double_zeros = double_zero::drop}).audit[2].status == study_status::double_zero);
}

TEST_CASE("the difference of rates is corrected by default as in metafor, that of square roots is not") {
  const auto difference = effect_sizes(trials, incidence_rate_difference{});
  CHECK(close(difference.y[2], 0.5 / 30 - 0.5 / 35, digits14));
  CHECK(close(difference.v[2], 0.000963718820861678, digits14));  // metafor 3.8
  const auto roots = effect_sizes(trials, square_root_rate_difference{});
  CHECK(close(roots.y[1], -0.298142396999972, digits14));  // metafor 3.8
  CHECK_FALSE(roots.audit[1].corrected());
}

TEST_CASE("counts that break their contract and amounts that are not positive are refused") {
  CHECK_THROWS_AS(effect_sizes(std::vector<rate_trial<>>{{"a", {-1, 5}, {1, 5}}}, incidence_rate_ratio{}), input_error);
  CHECK_THROWS_AS(effect_sizes(std::vector<rate_trial<>>{{"a", {1, 0}, {1, 5}}}, incidence_rate_ratio{}), input_error);
  CHECK_THROWS_AS(effect_sizes(std::vector<rate_trial<>>{{"a", {1.5, 5}, {1, 5}}}, incidence_rate_ratio{}), input_error);
  CHECK(effect_sizes(std::vector<rate_trial<>>{{"a", {1.5, 5}, {1, 5}}}, incidence_rate_ratio{}, constant_correction{}, fractional_counts::allowed).size() == 1);
  CHECK_THROWS_AS(effect_sizes(trials, incidence_rate_ratio{}, constant_correction{.add = 0}), input_error);
}
