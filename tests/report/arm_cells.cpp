// SPDX-License-Identifier: BSL-1.0
#include <metapool/report/arm_cells.hpp>

#include <metapool/effect/change_differences.hpp>
#include <metapool/effect/change_measures.hpp>
#include <metapool/effect/common_language.hpp>
#include <metapool/effect/correlation_measures.hpp>
#include <metapool/effect/hazard_ratio.hpp>
#include <metapool/effect/mean_measures.hpp>
#include <metapool/effect/paired_effects.hpp>
#include <metapool/effect/paired_marginal.hpp>
#include <metapool/effect/partial_correlation_measures.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/effect/reliability_measures.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/report/summary.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::contains;

namespace {

/// The heading of the table of studies and its first row, runs of blanks made one.
template <class Studies, class Measure>
std::string first_rows(const Studies& studies, const Measure& measure) {
  const auto fit = common_effect(effect_sizes(studies, measure));
  std::istringstream lines(summary(studies, fit, infer(fit, wald_z{}), {.treated = "New", .control = "Old"}));
  std::string line, out;
  for (int n = 0; std::getline(lines, line) && n < 5; ++n) {
    if (n != 2 && n != 4) continue;
    std::istringstream words(line);
    for (std::string w; words >> w;) out += w + " ";
    out += "| ";
  }
  return out;
}

}  // namespace

TEST_CASE("the table of studies has the numbers of one group under headings of their own") {
  CHECK(contains(first_rows(std::vector<proportion<>>{{"a", 5, 20}, {"b", 30, 42}}, logit_proportion{}), "Study Events/total PR [95 % interval] Weight | a 5/20 0.250"));
  CHECK(contains(first_rows(std::vector<rate<>>{{"a", 5, 1344.5}, {"b", 8, 1600}}, log_rate{}), "Study Events/time IR [95 % interval] Weight | a 5/1344.5 "));
  CHECK(contains(first_rows(std::vector<group_mean<>>{{"a", -3.25, 2, 10}, {"b", 4, 2.5, 12}}, raw_mean{}), "Study Mean (SD), total Mean [95 % interval] Weight | a -3.25 (2), 10 "));
  CHECK(contains(first_rows(std::vector<correlation<>>{{"a", 0.3, 50}, {"b", -0.1, 60}}, fisher_z_correlation{}), "Study Total COR [95 % interval] Weight | a 50 0.300"));
  CHECK(contains(first_rows(std::vector<partial_correlation<>>{{"a", 0.3, 5, 90, {}}, {"b", 0.2, 4, 70, {}}}, fisher_z_partial_correlation{}), "Study Predictors Total "));
  CHECK(contains(first_rows(std::vector<partial_correlation<>>{{"a", 0.3, 5, 90, {}}, {"b", 0.2, 4, 70, {}}}, fisher_z_partial_correlation{}), "| a 5 90 "));
  CHECK(contains(first_rows(std::vector<reliability<>>{{"a", 0.93, 20, 103}, {"b", 0.9, 20, 64}}, bonett_reliability{}), "Study Items Total alpha [95 % interval] Weight | a 20 103 "));
}

TEST_CASE("the table of studies has pairs, log-rank statistics and changes, one group's or two arms'") {
  CHECK(contains(first_rows(std::vector<matched_pairs<>>{{"Approval", 794, 86, 150, 570}, {"Other", 20, 3, 9, 30}}, paired_risk_difference{}),
                 "Study Both New/Old only Neither RD [95 % interval] Weight | Approval 794 86/150 570 "));
  CHECK(contains(first_rows(std::vector<log_rank<>>{{"12", -8.4, 31.25}, {"13", 2.5, 10}}, hazard_ratio{}), "Study O - E V HR [95 % interval] Weight | 12 -8.4 31.25 "));
  CHECK(contains(first_rows(std::vector<pre_post<>>{{"Smith", {26, 5.2}, {30.5, 6.1}, 24, 0.61}, {"Jones", {20, 4}, {22, 4}, 30, 0.5}}, mean_change{}),
                 "Study Before to after (SD), total MC [95 % interval] Weight | Smith 26 (5.2) to 30.5 (6.1), 24 "));
  CHECK(contains(first_rows(std::vector<pre_post_trial<>>{{"A", {{26, 5.2}, {30.5, 6.1}, 24, 0.61}, {{25.5, 5}, {26, 5.5}, 23, 0.7}}}, mean_change_difference{}),
                 "Study New Old MD [95 % interval] Weight | A 26 (5.2) to 30.5 (6.1), 24 25.5 (5) to 26 (5.5), 23 "));
}

TEST_CASE("the probability of a larger outcome is not tested against 0, for 0.5 is no effect") {
  const std::vector<continuous_trial<>> trials{{"a", {69.7, 2.8, 100}, {64.3, 2.6, 100}}, {"b", {70, 3, 30}, {64, 3, 30}}};
  const auto fit = common_effect(effect_sizes(trials, common_language{}));
  CHECK_FALSE(contains(summary(trials, fit, infer(fit, wald_z{})), "Test of no effect"));
  CHECK(contains(summary(trials, fit, infer(fit, wald_z{})), "Pooled probability of a larger outcome  0.92"));
}

TEST_CASE("a number that was not reported is shown as a question mark") {
  CHECK(detail::arm_cells(log_rank<>{"x", {}, 2.0}) == std::vector<std::string>{"?", "2"});
  CHECK(detail::arm_cells(matched_pairs<>{"x", 1, {}, 3, 4}) == std::vector<std::string>{"1", "?/3", "4"});
}
