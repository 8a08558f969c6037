// SPDX-License-Identifier: BSL-1.0
#include <metapool/report/plausibility.hpp>

#include <metapool/data/csv.hpp>
#include <metapool/report/plausible_counts.hpp>
#include <metapool/report/plausible_effects.hpp>
#include <metapool/report/plausible_trials.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using odd = plausibility_rule;

namespace {
continuous_trial<> means(const char* label, double m1, double s1, double n1, double m2, double s2, double n2) {
  return {.label = label, .treated = {.mean = m1, .sd = s1, .total = n1}, .control = {.mean = m2, .sd = s2, .total = n2}};
}
std::vector<continuous_trial<>> hospital() {
  return {means("a", 11, 4.6, 29, 15, 6.1, 29), means("b", 8, 3.9, 12, 9, 4.4, 14), means("c", 20, 7.2, 40, 21, 6.9, 39), means("d", 14, 5.5, 18, 17, 5.1, 19)};
}
}  // namespace

TEST_CASE("nothing is found in sound trials") {
  CHECK(audit_plausibility(hospital()).empty());
  CHECK(summary(audit_plausibility(hospital())) == "nothing odd was found\n");
  CHECK(audit_plausibility(bcg(), risk_ratio{}, std::vector<printed_claims<>>(13)).empty());
}

TEST_CASE("a standard error and a variance in the place of a standard deviation are recognised") {
  auto trials = hospital();
  trials[2].treated.sd = 7.2 / std::sqrt(40.0);
  trials[2].control.sd = 6.9 / std::sqrt(39.0);
  auto f = audit_plausibility(trials);
  REQUIRE(f.size() == 2);
  CHECK(f[0].label == "c");
  CHECK(f[0].rule == odd::se_for_sd);
  CHECK(f[0].what == "treated.sd");
  CHECK(close(f[0].expected, 4.85, digits12));  // median of 4.6 6.1 3.9 4.4 5.5 5.1
  trials = hospital();
  trials[0].control.sd = 6.1 * 6.1;
  f = audit_plausibility(trials);
  REQUIRE(f.size() == 1);
  CHECK(f[0].rule == odd::variance_for_sd);
  CHECK(close(f[0].stated, 37.21, digits12));
  trials[0].control.sd = 500;
  CHECK(audit_plausibility(trials)[0].rule == odd::sd_unlike_others);
}

TEST_CASE("trials that differ among themselves are not all odd: nothing is found in Normand's lengths of stay, and the BCG trials' variances fit their patients") {
  // Normand (1999) Stat Med 18:321, table 3: standard deviations from 4 to 64 days
  std::vector<continuous_trial<>> stay{means("1", 55, 47, 155, 75, 64, 156), means("2", 27, 7, 31, 29, 4, 32),     means("3", 64, 17, 75, 119, 29, 71),
                                       means("4", 66, 20, 18, 137, 48, 18),  means("5", 14, 8, 8, 18, 11, 13),     means("6", 19, 7, 57, 18, 4, 52),
                                       means("7", 52, 45, 34, 41, 34, 33),   means("8", 21, 16, 110, 31, 27, 183), means("9", 30, 27, 60, 23, 20, 52)};
  CHECK(audit_plausibility(stay).empty());
  stay[2].treated.sd = 17 / std::sqrt(75.0);  // a standard error there shows in the standardised difference
  stay[2].control.sd = 29 / std::sqrt(71.0);
  const auto f = audit_plausibility(stay);
  REQUIRE(f.size() == 1);
  CHECK(f[0].label == "3");
  CHECK(f[0].rule == odd::large_smd);
  CHECK(f[0].stated < -19);
  CHECK(close(f[0].expected, -2.305, printed(1)));
  const auto tb = bcg();
  std::vector<double> patients;
  for (const auto& t : tb) patients.push_back(*t.treated.total + *t.control.total);
  auto e = effect_sizes(tb, risk_ratio{});
  CHECK(audit_plausibility(e, patients).empty());
  e.v[3] = std::sqrt(e.v[3]);  // 1 of 13: a standard error in the place of a variance
  CHECK(audit_plausibility(e, patients).size() == 0);  // 62 and 248 events among 26465: the risks of these trials differ too much to tell
  e.v[3] = 1e-9;
  CHECK(audit_plausibility(e, patients).at(0).rule == odd::variance_unlike_others);
}

TEST_CASE("within one trial, an arm's standard error or variance is guessed from the other arm") {
  const auto rule = [](double s1, double n1, double s2, double n2) {
    const auto f = audit_plausibility(std::vector<continuous_trial<>>{means("one", 10, s1, n1, 11, s2, n2)});
    REQUIRE(f.size() == 1);
    return std::make_pair(f[0].rule, f[0].what);
  };
  CHECK(rule(1, 25, 5, 25) == std::make_pair(odd::se_for_sd, std::string("treated.sd")));
  CHECK(rule(5, 25, 1.1, 25) == std::make_pair(odd::se_for_sd, std::string("control.sd")));
  CHECK(rule(30, 4, 5, 25) == std::make_pair(odd::variance_for_sd, std::string("treated.sd")));
  CHECK(rule(5, 4, 30, 4) == std::make_pair(odd::variance_for_sd, std::string("control.sd")));
  CHECK(rule(5, 4, 500, 4) == std::make_pair(odd::sd_unlike_others, std::string("treated.sd")));
}

TEST_CASE("an arm's standard deviation far from its trial's other is found where there are no others to compare with") {
  const auto f = audit_plausibility(std::vector<continuous_trial<>>{means("one", 10, 1.2, 20, 12, 5, 20)});
  REQUIRE(f.size() == 1);
  CHECK(f[0].expected == 5);
}

TEST_CASE("a standardised mean difference beyond 3 is found") {
  const auto f = audit_plausibility(std::vector<continuous_trial<>>{means("far", 10, 1, 20, 14, 1, 20)});
  REQUIRE(f.size() == 1);
  CHECK(f[0].rule == odd::large_smd);
  CHECK(close(f[0].stated, -4 * hedges_j(38.0), digits12));
  CHECK(close(f[0].expected, -4 * hedges_j(38.0) / std::sqrt(20.0), digits12));
  CHECK(f[0].against == "the same if its deviations were standard errors");
  const std::vector<reported<>> r{{.label = "x", .estimate = 3.4, .se = 0.5}};
  CHECK(audit_plausibility(r, standardized_mean_difference::info).size() == 1);
  CHECK(audit_plausibility(r, measure_info{"mean_difference", "MD", "mean difference", scale::identity}).empty());
}

TEST_CASE("a risk ratio that its own counts contradict is found, with both: 0.49 printed, 0.82 from 3 of 11 and 8 of 24") {
  const std::vector<binary_trial<>> trials{trial("Zarrabi", 3, 11, 8, 24)};
  const auto f = audit_plausibility(trials, risk_ratio{}, std::vector<printed_claims<>>{{.effect = 0.49}});
  REQUIRE(f.size() == 1);
  CHECK(f[0].rule == odd::effect_unlike_counts);
  CHECK(f[0].stated == 0.49);
  CHECK(close(f[0].expected, 0.82, printed(2)));
  // and 0.49 is not in the middle of (0.14, 1.11): sqrt(0.14 x 1.11) = 0.394
  const std::vector<reported<>> r{{.label = "Zarrabi", .estimate = 0.49, .lower = 0.14, .upper = 1.11, .on = stated_on::natural_scale}};
  const auto g = audit_plausibility(r, risk_ratio::info);
  REQUIRE(g.size() == 1);
  CHECK(g[0].rule == odd::asymmetric_interval);
  CHECK(close(g[0].expected, 0.394, printed(3)));
  const std::string text = summary(f);
  for (const char* part : {"Zarrabi", "0.49", "0.8182", "risk ratio of its counts", "contradict"}) CHECK(contains(text, part));
}

TEST_CASE("of the file of cell-therapy trials, what their papers print is held against the counts: the misprints are found, and nothing else") {
  const auto table = read_csv<binary_trial<>>(METAPOOL_SOURCE_DIR "/examples/data/msc_trials.csv");
  struct print {
    const char* label;
    printed_claims<> claim;
  };
  const print prints[] = {{"Lanzoni", {.treated_percent = 8, .randomised = 24}},
                          {"Shu", {.control_percent = 7.31, .percent_decimals = 2}},  // table 3; the abstract has 10.34
                          {"Bowdish", {.effect = 0.88, .randomised = 222}},
                          {"Bowdish D14", {.effect = 0.86}},
                          {"Bowdish D7", {.effect = 1.18}},
                          {"Zarrabi (MSC arm)", {.effect = 0.49}},
                          {"Zarrabi (MSC+EV arm)", {.effect = 0.08}}};
  std::vector<binary_trial<>> trials;
  std::vector<printed_claims<>> claims;
  for (const print& p : prints) {
    for (const auto& t : table) {
      if (t.label != p.label) continue;
      trials.push_back(t);
      claims.push_back(p.claim);
    }
  }
  REQUIRE(trials.size() == 7);
  const auto f = audit_plausibility(trials, risk_ratio{}, claims);
  REQUIRE(f.size() == 3);
  CHECK(f[0].label == "Shu");
  CHECK(f[0].rule == odd::percentage_unlike_count);
  CHECK(f[0].stated == 7.31);
  CHECK(close(f[0].expected, 10.34, printed(2)));
  CHECK(f[1].label == "Zarrabi (MSC arm)");
  CHECK(f[1].rule == odd::effect_unlike_counts);
  CHECK(f[1].stated == 0.49);
  CHECK(close(f[1].expected, 0.82, printed(2)));
  CHECK(f[2].label == "Zarrabi (MSC+EV arm)");
  CHECK(close(f[2].expected, 0.16, printed(2)));
  CHECK(f[2].against == "risk ratio of its counts, 0.5 added to each");
}

TEST_CASE("an odds ratio that is the risk ratio of its counts is found, and the reverse") {
  // Ercelen et al. (2021) Stem Cell Rev Rep 17:1917, doi:10.1007/s12015-021-10214-x: 86 of 111 and 52 of 99 left intensive care, "OR = 1.475"
  const std::vector<binary_trial<>> trials{trial("Ercelen 2021", 86, 111, 52, 99)};
  auto f = audit_plausibility(trials, odds_ratio{}, std::vector<printed_claims<>>{{.effect = 1.475, .decimals = 3}});
  REQUIRE(f.size() == 1);
  CHECK(f[0].rule == odd::other_measure);
  CHECK(f[0].what == "odds ratio");
  CHECK(f[0].against == "risk ratio of its counts");
  CHECK(close(f[0].expected, 86.0 * 99 / (111.0 * 52), digits12));
  CHECK(f[0].stated == 1.475);
  const std::string text = summary(f);
  for (const char* part : {"Ercelen 2021", "effect that is another measure's", "1.475", "risk ratio of its counts"}) CHECK(contains(text, part));
  f = audit_plausibility(trials, risk_ratio{}, std::vector<printed_claims<>>{{.effect = 3.11}});
  CHECK(f[0].against == "odds ratio of its counts");
  CHECK(audit_plausibility(trials, odds_ratio{}, std::vector<printed_claims<>>{{.effect = 3.11}}).empty());
}

TEST_CASE("percentages and totals are held against the counts") {
  const std::vector<binary_trial<>> trials{trial("s", 3, 11, 8, 24)};  // 27.27 % and 33.33 %
  CHECK(audit_plausibility(trials, risk_ratio{}, std::vector<printed_claims<>>{{.treated_percent = 27, .control_percent = 33, .randomised = 35}}).empty());
  const auto f = audit_plausibility(trials, risk_ratio{}, std::vector<printed_claims<>>{{.treated_percent = 27.4, .control_percent = 33.3, .randomised = 34, .percent_decimals = 1}});
  REQUIRE(f.size() == 2);
  CHECK(f[0].rule == odd::percentage_unlike_count);
  CHECK(close(f[0].expected, 300.0 / 11, digits12));
  CHECK(f[1].rule == odd::arms_exceed_trial);
  CHECK(f[1].stated == 35);
  CHECK(f[1].expected == 34);
  CHECK_THROWS_AS((void)audit_plausibility(trials, risk_ratio{}, std::vector<printed_claims<>>{}), input_error);
  CHECK_THROWS_AS((void)audit_plausibility(trials, risk_ratio{}, std::vector<printed_claims<>>{{.decimals = -1}}), input_error);
}

TEST_CASE("an interval that is symmetric as a ratio, not as a logarithm, is said to be so") {
  const std::vector<reported<>> r{{.label = "ratio", .estimate = 1.5, .lower = 0.5, .upper = 2.5, .on = stated_on::natural_scale},
                                  {.label = "log", .estimate = 1.0, .lower = 0.5, .upper = 2.0, .on = stated_on::natural_scale}};
  const auto f = audit_plausibility(r, risk_ratio::info);
  REQUIRE(f.size() == 1);
  CHECK(f[0].label == "ratio");
  CHECK(contains(f[0].against, "without logarithms"));
}

TEST_CASE("variances are held against the patients: a standard error entered as a variance, and the reverse") {
  const std::vector<double> n{100, 200, 400, 50, 100};
  std::vector<double> v{0.04, 0.02, 0.01, 0.08, 0.0016};
  auto f = audit_plausibility(known_effects(std::vector<double>(5, 0.1), v), n);
  REQUIRE(f.size() == 1);
  CHECK(f[0].rule == odd::variance_for_se);
  CHECK(close(f[0].expected, 0.04, digits12));
  v = {0.004, 0.002, 0.001, 0.008, 0.0632};
  f = audit_plausibility(known_effects(std::vector<double>(5, 0.1), v), n);
  REQUIRE(f.size() == 1);
  CHECK(f[0].rule == odd::se_for_variance);
  CHECK_THROWS_AS((void)audit_plausibility(known_effects(std::vector<double>(5, 0.1), v), std::vector<double>(4, 1.0)), input_error);
  CHECK_THROWS_AS((void)audit_plausibility(known_effects(std::vector<double>(5, 0.1), v), std::vector<double>(5, 0.0)), input_error);
}

TEST_CASE("the audits run in 50 digits") {
  using wide = boost::multiprecision::cpp_bin_float_50;
  const std::vector<binary_trial<wide>> trials{trial<wide>("Zarrabi", 3, 11, 8, 24)};
  std::vector<printed_claims<wide>> claims(1);
  claims[0].effect = wide("0.49");
  CHECK(close(audit_plausibility(trials, risk_ratio{}, claims)[0].expected, wide(9) / 11, digits40));
}
