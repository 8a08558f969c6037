// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/change_measures.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using occasions = std::vector<pre_post<>>;
occasions one(double before, double sd_before, double after, double sd_after, double n, double r) { return {{"s", {before, sd_before}, {after, sd_after}, n, r}}; }
}  // namespace

TEST_CASE("changes as metafor 3.8 prints them") {
  const tolerance printed_digits{1e-13, 0, 0, "15 printed digits"};
  const auto s = one(26, 5.2, 30.5, 6.1, 24, 0.61);
  const auto check = [&](const effects<double>& e, double y, double v) {
    REQUIRE(e.size() == 1);
    CHECK(close(e.y[0], y, printed_digits));
    CHECK(close(e.v[0], v, printed_digits));
  };
  check(effect_sizes(s, mean_change{}), 4.5, 1.06465);
  check(effect_sizes(s, standardized_mean_change{.standard = change_standard::sd_of_change}), 0.8608300455939328, 0.0571047576541094);
  check(effect_sizes(s, standardized_mean_change{}), 0.8368027971488328, 0.0470883108607523);
  const double j = hedges_j(23.0);
  check(effect_sizes(s, standardized_mean_change{.standard = change_standard::sd_before_unequal}), 0.8368027971488328, 0.0526495929067946 / (j * j));
  check(effect_sizes(one(26, 6.1, 30.5, 5.2, 24, 0.61), ratio_of_means_change{ratio_correction::none}), 0.15963014559188393, 0.00147132640347683);
}

TEST_CASE("change of which nothing is known, or that has no meaning, is recorded and not pooled") {
  CHECK(effect_sizes(one(26, 5, 30, 5, 24, 1), mean_change{}).audit[0].status == study_status::zero_variance);
  CHECK(effect_sizes(one(26, 5, 30, 5, 24, 1), standardized_mean_change{}).audit[0].status == study_status::not_defined);
  CHECK(effect_sizes(one(26, 5, 30, 5, 2, 0.5), standardized_mean_change{}).audit[0].status == study_status::too_small);
  CHECK(effect_sizes(one(-26, 5, 30, 5, 9, 0.5), ratio_of_means_change{}).audit[0].status == study_status::not_defined);
  CHECK_THROWS_AS(effect_sizes(one(26, 5, 30, 5, 9, 1.5), mean_change{}), input_error);
  occasions unknown = one(26, 5, 30, 5, 9, 0.5);
  unknown[0].correlation.reset();
  CHECK(effect_sizes(unknown, mean_change{}).audit[0].status == study_status::not_reported);
}

TEST_CASE("before and after exchanged turn the sign of changes") {
  const auto there = one(26, 5, 30, 7, 9, -0.5), back = one(30, 7, 26, 5, 9, -0.5);
  CHECK(close(effect_sizes(there, mean_change{}).y[0], -effect_sizes(back, mean_change{}).y[0], digits15));
  CHECK(close(effect_sizes(there, ratio_of_means_change{}).y[0], -effect_sizes(back, ratio_of_means_change{}).y[0], digits14));
  CHECK(close(effect_sizes(there, mean_change{}).v[0], (25 + 49 + 35.0) / 9, digits14));
}
