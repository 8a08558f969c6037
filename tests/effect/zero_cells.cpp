// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/zero_cells.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using cells = std::array<double, 4>;

namespace {

/// One plain study, one single-zero, one double-zero, one with nothing but events.
std::vector<binary_trial<>> four() { return {trial("plain", 4, 20, 8, 20), trial("zero", 0, 10, 3, 30), trial("none", 0, 100, 0, 50), trial("all", 7, 7, 9, 9)}; }

bool same(const cells& a, const cells& b) {
  for (std::size_t i = 0; i < 4; ++i) {
    if (!close(a[i], b[i], digits14)) return false;
  }
  return true;
}

constexpr cells nothing{0, 0, 0, 0}, halves{0.5, 0.5, 0.5, 0.5};

}  // namespace

TEST_CASE("a table has a zero cell if any of the four is zero") {
  CHECK_FALSE(has_zero_cell(two_by_two<double>{1, 1, 1, 1}));
  CHECK(has_zero_cell(two_by_two<double>{0, 1, 1, 1}));
  CHECK(has_zero_cell(two_by_two<double>{1, 0, 1, 1}));
  CHECK(has_zero_cell(two_by_two<double>{1, 1, 0, 1}));
  CHECK(has_zero_cell(two_by_two<double>{1, 1, 1, 0}));
}

TEST_CASE("0.5 goes to all four cells of the studies with a zero cell, and to no other") {
  const auto e = effect_sizes(four(), odds_ratio{}, constant_correction{.double_zeros = double_zero::keep});
  CHECK(same(e.audit[0].added, nothing));
  CHECK(same(e.audit[1].added, halves));
  CHECK(same(e.audit[2].added, halves));
  CHECK(same(e.audit[3].added, halves));
  REQUIRE(e.size() == 4);
  CHECK(close(e.y[1], std::log(0.5 / 10.5 / (3.5 / 27.5)), digits14));
  CHECK(close(e.v[1], 2 + 1 / 10.5 + 1 / 3.5 + 1 / 27.5, digits14));
  CHECK(close(e.y[2], std::log(0.5 / 100.5 / (0.5 / 50.5)), digits14));  // metafor's escalc: a pseudo odds ratio of about n2/n1
}

TEST_CASE("the correction reaches all studies as asked: if one has a zero cell, or always") {
  const auto every = effect_sizes(four(), odds_ratio{}, constant_correction{.add = 0.1, .when = correct_when::all});
  CHECK(close(every.audit[0].added[2], 0.1, digits15));
  const auto if_any = effect_sizes(four(), odds_ratio{}, constant_correction{.when = correct_when::all_if_any});
  CHECK(same(if_any.audit[0].added, halves));
  const auto no_zero = effect_sizes(std::vector<binary_trial<>>{four()[0]}, odds_ratio{}, constant_correction{.when = correct_when::all_if_any});
  CHECK(same(no_zero.audit[0].added, nothing));
}

TEST_CASE("double-zero studies are dropped by the measure, always or never") {
  const auto statuses = [](const auto& measure, double_zero rule) {
    std::string s;
    for (const auto& a : effect_sizes(four(), measure, constant_correction{.double_zeros = rule}).audit) s += a.status == study_status::double_zero ? '0' : a.status == study_status::double_full ? '1' : '+';
    return s;
  };
  CHECK(statuses(risk_ratio{}, double_zero::by_measure) == "++0+");
  CHECK(statuses(odds_ratio{}, double_zero::by_measure) == "++01");
  CHECK(statuses(risk_difference{}, double_zero::by_measure) == "++++");
  CHECK(statuses(risk_difference{}, double_zero::drop) == "++01");
  CHECK(statuses(risk_ratio{}, double_zero::drop) == "++01");
  CHECK(statuses(odds_ratio{}, double_zero::keep) == "++++");
}

TEST_CASE("with nothing added a study is left out where its measure is not defined or has no variance") {
  const auto ratio = effect_sizes(four(), risk_ratio{}, no_correction{});
  CHECK(ratio.audit[1].status == study_status::zero_cell);
  CHECK(ratio.audit[2].status == study_status::double_zero);
  CHECK(ratio.audit[3].status == study_status::zero_variance);  // RR = 1 with certainty
  CHECK(ratio.size() == 1);
  const auto difference = effect_sizes(four(), risk_difference{}, no_correction{});
  CHECK(difference.audit[1].status == study_status::pooled);
  CHECK(difference.audit[2].status == study_status::zero_variance);
  CHECK(close(*difference.audit[1].y, -0.1, digits14));
  CHECK(effect_sizes(four(), odds_ratio{}, no_correction{.double_zeros = double_zero::keep}).audit[2].status == study_status::zero_cell);
}

TEST_CASE("the treatment-arm correction gives an arm its own share, and a double-zero study an odds ratio of 1") {
  const auto e = effect_sizes(four(), odds_ratio{}, treatment_arm_correction{.double_zeros = double_zero::keep});
  CHECK(same(e.audit[1].added, {0.25, 0.25, 0.75, 0.75}));
  CHECK(same(e.audit[2].added, {100.0 / 150, 100.0 / 150, 50.0 / 150, 50.0 / 150}));
  CHECK(std::fabs(*e.audit[2].y) < 1e-15);
  const auto rr = effect_sizes(four(), risk_ratio{}, treatment_arm_correction{.double_zeros = double_zero::keep});
  CHECK(std::fabs(*rr.audit[2].y) < 1e-15);
}

TEST_CASE("the opposite arm's share shows an effect in a double-zero study of unequal arms") {
  const auto e = effect_sizes(four(), risk_ratio{}, treatment_arm_correction{.sum = 3, .share = arm_share::opposite, .double_zeros = double_zero::keep});
  CHECK(same(e.audit[2].added, {1, 1, 2, 2}));
  CHECK(close(*e.audit[2].y, std::log(1.0 / 102 / (2.0 / 54)), digits14));
}

TEST_CASE("the empirical correction gives a double-zero study the pooled odds ratio back, but for terms of order 1/n") {
  // studies without a zero cell: only "plain", 4/20 v 8/20: W = 4*12 / (16*8) = 3/8
  std::vector<binary_trial<>> trials = four();
  const auto e = effect_sizes(trials, odds_ratio{}, empirical_correction{.double_zeros = double_zero::keep});
  // "none": R = 50/100; W / (R + W) = 3/7, R / (R + W) = 4/7
  CHECK(same(e.audit[2].added, {3.0 / 7, 3.0 / 7, 4.0 / 7, 4.0 / 7}));
  CHECK(close(*e.audit[2].y, std::log(3.0 / 7 / (100 + 3.0 / 7) / (4.0 / 7 / (50 + 4.0 / 7))), digits12));
  trials[2] = trial("none, large", 0, 1e8, 0, 5e7);
  CHECK(close(*effect_sizes(trials, odds_ratio{}, empirical_correction{.double_zeros = double_zero::keep}).audit[2].y, std::log(3.0 / 8), {1e-7, 0, 0, "terms of order 1/n"}));
  // two studies: W = (4*12/40 + 5*6/20) / (16*8/40 + 5*4/20) = 2.7 / 4.2
  trials[0] = trial("first", 4, 20, 8, 20);
  trials.push_back(trial("second", 5, 10, 4, 10));
  const double w = 2.7 / 4.2;
  const auto two = effect_sizes(trials, odds_ratio{}, empirical_correction{.sum = 2});
  CHECK(same(two.audit[1].added, {2 * w / (3 + w), 2 * w / (3 + w), 6 / (3 + w), 6 / (3 + w)}));  // R = 30/10
}

TEST_CASE("the empirical correction is not estimable where every study has a zero cell") {
  const std::vector<binary_trial<>> zero{trial("zero", 0, 10, 3, 30)};
  CHECK(contains(message_of<not_estimable>([&] { effect_sizes(zero, odds_ratio{}, empirical_correction{}); }), "empirical_correction: every study has a zero cell"));
}

TEST_CASE("a risk ratio's correction of the events alone leaves the other cells and the other measures as they are") {
  const constant_correction events{.totals = rr_totals::events_only};
  const auto rr = effect_sizes(four(), risk_ratio{}, events);
  CHECK(same(rr.audit[1].added, {0.5, 0, 0.5, 0}));
  CHECK(close(rr.y[1], std::log(0.5 / 10.5 / (3.5 / 30.5)), digits14));
  CHECK(close(rr.v[1], 2 - 1 / 10.5 + 1 / 3.5 - 1 / 30.5, digits14));
  CHECK(close(rr.v[2], 1.0 / 7 - 1 / 7.5 + 1.0 / 9 - 1 / 9.5, digits14));  // only events in both arms
  CHECK(same(effect_sizes(four(), odds_ratio{}, events).audit[1].added, halves));
  const auto arm = effect_sizes(four(), risk_ratio{}, treatment_arm_correction{.totals = rr_totals::events_only});
  CHECK(same(arm.audit[1].added, {0.25, 0, 0.75, 0}));
  CHECK(close(arm.y[1], std::log(0.25 / 10.25 / (3.75 / 30.75)), digits14));
}

TEST_CASE("a policy chosen at run time does the same as one chosen at compile time") {
  const zero_cell_policy policy = treatment_arm_correction{};
  CHECK(effect_sizes(four(), odds_ratio{}, policy).y == effect_sizes(four(), odds_ratio{}, treatment_arm_correction{}).y);
  CHECK(effect_sizes(four(), odds_ratio{}, zero_cell_policy{no_correction{}}).size() == 1);
}

TEST_CASE("an amount that is not positive and finite is refused by name") {
  const auto refusal = [](const zero_cell_policy& p) { return message_of<input_error>([&] { effect_sizes(four(), odds_ratio{}, p); }); };
  CHECK(refusal(constant_correction{.add = 0}) == "constant correction: the amount added = 0 must be positive and finite (no_correction{} adds nothing)");
  CHECK(contains(refusal(constant_correction{.add = -0.5}), "the amount added = -0.5"));
  CHECK(contains(refusal(treatment_arm_correction{.sum = std::numeric_limits<double>::quiet_NaN()}), "treatment arm correction: the amount added = nan"));
  CHECK(contains(refusal(empirical_correction{.sum = std::numeric_limits<double>::infinity()}), "empirical correction: the amount added = inf"));
}
