// SPDX-License-Identifier: BSL-1.0
#include <metapool/plot/forest_groups.hpp>

#include "plot/scene_check.hpp"

#include <metapool/effect/change_differences.hpp>
#include <metapool/effect/change_measures.hpp>
#include <metapool/effect/correlation_measures.hpp>
#include <metapool/effect/hazard_ratio.hpp>
#include <metapool/effect/mean_measures.hpp>
#include <metapool/effect/paired_effects.hpp>
#include <metapool/effect/paired_marginal.hpp>
#include <metapool/effect/partial_correlation_measures.hpp>
#include <metapool/effect/proportion_measures.hpp>
#include <metapool/effect/rate_measures.hpp>
#include <metapool/effect/reliability_measures.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/plot/forest.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using metapool_test::joined;
using metapool_test::layout_faults;
using metapool_test::texts;

namespace {

const std::string minus = "\xE2\x88\x92";

struct shown {
  std::string headings, cells, footnotes, faults;
};

template <class Studies, class Measure>
shown show(const Studies& studies, const Measure& measure) {
  const auto fit = common_effect(effect_sizes(studies, measure));
  const scene s = forest_plot(studies, fit, infer(fit, wald_z{}), {.title = "A title", .treated = "Never shown beside one group"});
  return {joined(s, "heading"), joined(s, "cell"), joined(s, "footnote"), layout_faults(s)};
}

}  // namespace

TEST_CASE("studies of one group show their numbers under headings of their own, without an arm's name, and sums where sums mean something") {
  const shown p = show(std::vector<proportion<>>{{"a", 5, 20}, {"b", 30, 42}, {"c", {}, 10}}, logit_proportion{});
  CHECK(p.headings == "Events Total Study PR [95% CI] Weight");
  CHECK(p.cells == "5 20 30 42 NR 10 35 62");  // the last two beside the diamond, the study not pooled left out
  CHECK(p.footnotes.find("NR: not reported") != std::string::npos);
  CHECK(p.faults == "");
  const shown r = show(std::vector<rate<>>{{"a", 5, 1344.5}, {"b", 8, 1600}}, log_rate{});
  CHECK(r.headings.rfind("Events Time Study", 0) == 0);
  CHECK(r.cells == "5 1344.5 8 1600 13 2944.5");
  CHECK(r.faults == "");
  const shown m = show(std::vector<group_mean<>>{{"a", -3.25, 2, 10}, {"b", 4, 2.5, 12}}, raw_mean{});
  CHECK(m.headings.rfind("Mean SD Total Study", 0) == 0);
  CHECK(m.cells == minus + "3.25 2 10 4 2.5 12 22");
  CHECK(m.faults == "");
}

TEST_CASE("correlations and reliabilities show their sizes") {
  const shown c = show(std::vector<correlation<>>{{"a", 0.3, 50}, {"b", -0.1, 60}}, fisher_z_correlation{});
  CHECK(c.headings.rfind("Total Study", 0) == 0);
  CHECK(c.cells == "50 60 110");
  const shown p = show(std::vector<partial_correlation<>>{{"a", 0.3, 5, 90, {}}, {"b", 0.2, 4, 70, {}}}, fisher_z_partial_correlation{});
  CHECK(p.headings.rfind("Predictors Total Study", 0) == 0);
  CHECK(p.cells == "5 90 4 70 160");
  const shown a = show(std::vector<reliability<>>{{"a", 0.93, 20, 103}, {"b", 0.9, 20, 64}}, bonett_reliability{});
  CHECK(a.headings.rfind("Items Total Study", 0) == 0);
  CHECK(a.cells == "20 103 20 64 167");
  for (const shown* s : {&c, &p, &a}) CHECK(s->faults == "");
}

TEST_CASE("matched pairs, log-rank statistics and changes show their numbers") {
  const shown pairs = show(std::vector<matched_pairs<>>{{"Approval", 794, 86, 150, 570}, {"Other", 20, 3, 9, 30}}, paired_risk_difference{});
  CHECK(pairs.headings.rfind("Both Treated only Control only Neither Study", 0) == 0);
  CHECK(pairs.cells == "794 86 150 570 20 3 9 30 814 89 159 600");
  const shown ranks = show(std::vector<log_rank<>>{{"12", -8.4, 31.25}, {"13", 2.5, 10}}, hazard_ratio{});
  CHECK(ranks.headings.rfind("O " + minus + " E V Study", 0) == 0);
  CHECK(ranks.cells == minus + "8.4 31.25 2.5 10 " + minus + "5.9 41.25");
  const shown changes = show(std::vector<pre_post<>>{{"Smith", {26, 5.2}, {30.5, 6.1}, 24, 0.61}, {"Jones", {20, 4}, {22, 4}, 30, 0.5}}, mean_change{});
  CHECK(changes.headings.rfind("Before SD After SD Total r Study", 0) == 0);
  CHECK(changes.cells == "26 5.2 30.5 6.1 24 0.61 20 4 22 4 30 0.5 54");
  for (const shown* s : {&pairs, &ranks, &changes}) CHECK(s->faults == "");
}

TEST_CASE("two arms measured twice stand side by side under the arms' names") {
  const std::vector<pre_post_trial<>> trials{{"A", {{26, 5.2}, {30.5, 6.1}, 24, 0.61}, {{25.5, 5}, {26, 5.5}, 23, 0.7}},
                                             {"B", {{20, 4}, {22, 4}, 30, 0.5}, {{21, 4}, {21.5, 4}, 31, 0.5}}};
  const auto fit = common_effect(effect_sizes(trials, mean_change_difference{}));
  const scene s = forest_plot(trials, fit, infer(fit, wald_z{}), {.treated = "Exercise", .control = "Usual care"});
  CHECK(joined(s, "heading").rfind("Exercise Before SD After SD Total r Usual care Before SD After SD Total r Study", 0) == 0);
  CHECK(joined(s, "cell").find("26 5.2 30.5 6.1 24 0.61 25.5 5 26 5.5 23 0.7") == 0);
  CHECK(layout_faults(s) == "");
}

TEST_CASE("reported effects have no columns, and must be those of the fit") {
  std::vector<reported<>> studies{{.label = "Matthay", .estimate = 0.36, .se = 0.4}, {.label = "Zhu", .estimate = -0.2, .lower = -1, .upper = 0.6}};
  const shown r = show(studies, risk_ratio{});
  CHECK(r.headings.rfind("Study RR", 0) == 0);
  CHECK(r.cells.empty());
  CHECK(r.faults == "");
  const auto fit = common_effect(effect_sizes(studies, risk_ratio{}));
  studies.pop_back();
  CHECK_THROWS_WITH_AS((void)forest_plot(studies, fit, infer(fit, wald_z{})), "forest_plot: 1 trials, but the fit was made from 2", input_error);
}
