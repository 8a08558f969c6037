// SPDX-License-Identifier: BSL-1.0
#include "support/published.hpp"

#include <metapool/inference/infer.hpp>
#include <metapool/report/small_trials_text.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::trial;

namespace {

// The published randomised trials of mesenchymal stromal cells in COVID-19 (those of examples/data/msc_trials.csv that are small and have a death).
std::vector<mp::binary_trial<>> cells() {
  return {trial("Lanzoni", 1, 12, 7, 12), trial("Shu", 0, 12, 3, 29), trial("Shi", 0, 65, 0, 35), trial("Monsel", 5, 21, 4, 24), trial("Dilogo", 10, 20, 16, 20)};
}

// Two of them, where it does not matter which: the likelihood models take their time.
std::vector<mp::binary_trial<>> two() { return {trial("Lanzoni", 1, 12, 7, 12), trial("Monsel", 5, 21, 4, 24)}; }

const mp::small_trial_analysis<>& row(const mp::small_trial_analyses<>& all, const std::string& method, const std::string& measure) {
  for (const auto& r : all.rows) {
    if (r.method == method && r.measure == measure) return r;
  }
  FAIL("no row " << method << " (" << measure << ")");
  return all.rows.front();
}

void same(const mp::small_trial_analysis<>& r, const mp::mean_inference<>& m) {
  const auto n = m.natural();
  REQUIRE(r.estimate);
  CHECK(*r.estimate == n.estimate);
  CHECK(r.lower == n.lower);
  CHECK(r.upper == n.upper);
  CHECK(r.p.value() == m.p);
}

}  // namespace

TEST_CASE("each row of the small-trial report is what its method says when it is called alone") {
  const auto t = cells();
  const auto all = mp::small_trial_report(t);
  CHECK(all.trials == 5);
  CHECK(all.rows.size() == 21);
  CHECK(all.double_zeros == 1);
  CHECK(all.of_trials.zero_cells == 2);
  CHECK(all.of_trials.events == 46);
  CHECK(all.of_trials.patients == 250);
  same(row(all, "Mantel-Haenszel", "RR"), mp::infer(mp::mantel_haenszel(t, mp::risk_ratio{})));
  same(row(all, "Mantel-Haenszel", "OR"), mp::infer(mp::mantel_haenszel(t, mp::odds_ratio{})));
  same(row(all, "Mantel-Haenszel, trials without events counted", "RD"), mp::infer(mp::mantel_haenszel(t, mp::risk_difference{})));
  CHECK(row(all, "Mantel-Haenszel, trials without events counted", "RD").k == 5);
  same(row(all, "Peto", "OR"), mp::infer(mp::peto(t)));
  same(row(all, "Log-binomial, profile likelihood", "RR"), mp::infer(mp::log_binomial(t), mp::glmm_profile_likelihood{}));
  same(row(all, "Firth's penalised logistic, profile likelihood", "OR"), mp::infer(mp::penalised_logistic(t), mp::glmm_profile_likelihood{}));
  const auto liu = mp::liu_liu_xie(t);
  CHECK(row(all, "Liu, Liu and Xie's combination of mid-p-values", "OR").estimate.value() == liu.odds_ratio.value());
  CHECK(row(all, "Liu, Liu and Xie's combination of mid-p-values", "OR").lower == liu.lower);
  CHECK(row(all, "Liu, Liu and Xie's combination of mid-p-values", "OR").p.value() == liu.p);
  const auto tian = mp::tian_combination(t, mp::risk_difference{});
  CHECK(row(all, "Tian's combination of exact intervals", "RD").estimate.value() == tian.estimate.value());
  CHECK(row(all, "Tian's combination of exact intervals", "RD").upper == tian.upper);
  CHECK(contains(row(all, "Tian's combination of exact intervals", "RR").refused, "every value is compatible"));
  const auto exact = mp::exact_common_odds_ratio(t);
  CHECK(row(all, "Conditional, exact interval", "OR").lower == exact.exact.lower);
  CHECK(row(all, "Conditional, exact interval", "OR").upper == exact.exact.upper);
  CHECK(row(all, "Conditional, exact interval", "OR").p.value() == exact.p_central);
  CHECK(row(all, "Conditional, mid-p interval", "OR").lower == exact.mid_p.lower);
  CHECK(row(all, "Conditional, mid-p interval", "OR").upper == exact.mid_p.upper);
  CHECK(row(all, "Conditional, mid-p interval", "OR").p.value() == exact.p_mid);
  CHECK(row(all, "Conditional, mid-p interval", "OR").k == 4);
  const auto effects = mp::effect_sizes(t, mp::risk_ratio{});
  const auto dl = mp::random_effects(effects, mp::dersimonian_laird{}), reml = mp::random_effects(effects, mp::reml{});
  same(row(all, "DerSimonian-Laird, Wald", "RR"), mp::infer(dl));
  same(row(all, "REML, Hartung-Knapp at least Wald", "RR"), mp::infer(reml, mp::hartung_knapp{.floor = 1.0}));
  CHECK(row(all, "REML, Hartung-Knapp at least Wald", "RR").tau.value() == std::sqrt(*reml.tau2));
  const auto mixed = mp::glmm(t, mp::odds_ratio{}, mp::conditional_exact{});
  same(row(all, "Hypergeometric-normal (CM.EL)", "OR"), mp::infer(mixed, mp::glmm_profile_likelihood{}));
  CHECK(row(all, "Hypergeometric-normal (CM.EL)", "OR").tau.value() == std::sqrt(mixed.tau2));
  same(row(all, "Binomial-normal, a level for each trial (UM.FS)", "OR"), mp::infer(mp::glmm(t, mp::odds_ratio{}, mp::fixed_study_effects{}), mp::glmm_profile_likelihood{}));
  same(row(all, "Binomial-normal, normal levels (UM.RS)", "OR"), mp::infer(mp::glmm(t, mp::odds_ratio{}, mp::random_study_effects{}), mp::glmm_profile_likelihood{}));
  same(row(all, "Conditional binomial-normal (CM.AL)", "RR"), mp::infer(mp::glmm(t, mp::risk_ratio{}, mp::conditional_approximate{}), mp::glmm_profile_likelihood{}));
  same(row(all, "Beta-binomial, common correlation", "RR"),
       mp::infer(mp::beta_binomial(t, mp::risk_ratio{}, mp::common_correlation{}), mp::glmm_profile_likelihood{}));
  const auto posterior = mp::normal_normal(effects, mp::half_normal(0.5));
  const auto& bayes = row(all, "Bayes, normal-normal", "RR");
  CHECK(bayes.estimate.value() == std::exp(posterior.mean().quantile(0.5)));
  CHECK(bayes.lower == doctest::Approx(std::exp(posterior.mean().quantile(0.025))).epsilon(1e-13));
  CHECK(bayes.probability_below.value() == posterior.mean().cdf(0.0));
  CHECK_FALSE(bayes.p);
  const auto risks = mp::binomial_normal(t, mp::risk_ratio{}, mp::half_normal(0.5)), odds = mp::binomial_normal(t, mp::odds_ratio{}, mp::half_normal(0.5));
  CHECK(row(all, "Bayes, binomial likelihood", "RR").estimate.value() == std::exp(risks.mean().quantile(0.5)));
  CHECK(row(all, "Bayes, binomial likelihood", "RR").probability_below.value() == risks.mean().cdf(0.0));
  CHECK(row(all, "Bayes, binomial likelihood", "RR").tau.value() == risks.tau().quantile(0.5));
  CHECK(row(all, "Bayes, binomial likelihood", "RR").k == 5);
  CHECK(row(all, "Bayes, binomial likelihood given the margins", "OR").estimate.value() == std::exp(odds.mean().quantile(0.5)));
  CHECK(row(all, "Bayes, binomial likelihood given the margins", "OR").k == 4);
}

// quantile(0.025) and the tail of level 0.95 are not the same double: hence 1e-13 above and below.
TEST_CASE("the level and the prior of the small-trial report are the caller's") {
  const auto t = two();
  const auto all = mp::small_trial_report(t, {.level = 0.9, .tau_scale = 0.25});
  same(row(all, "Mantel-Haenszel", "RR"), mp::infer(mp::mantel_haenszel(t, mp::risk_ratio{}), mp::wald_z{.level = 0.9}));
  const auto posterior = mp::normal_normal(mp::effect_sizes(t, mp::risk_ratio{}), mp::half_normal(0.25));
  CHECK(row(all, "Bayes, normal-normal", "RR").upper == doctest::Approx(std::exp(posterior.mean().upper_quantile(0.05))).epsilon(1e-13));
  const auto tian = mp::tian_combination(t, mp::risk_ratio{}, {.level = 0.9});
  CHECK(row(all, "Tian's combination of exact intervals", "RR").estimate.value() == tian.estimate.value());
  CHECK(row(all, "Tian's combination of exact intervals", "RR").upper == tian.upper);
  CHECK(row(all, "Tian's combination of exact intervals", "RR").p.value() == tian.p);
  CHECK(contains(mp::describe(all), "Estimate [90 % interval]"));
  CHECK(contains(row(all, "Bayes, normal-normal", "RR").assumes, "half-normal with scale 0.25"));
  CHECK(row(all, "Bayes, binomial likelihood given the margins", "OR").estimate.value() ==
        std::exp(mp::binomial_normal(t, mp::odds_ratio{}, mp::half_normal(0.25)).mean().quantile(0.5)));
}

TEST_CASE("the small-trial report marks the methods whose failure is known with trials like these") {
  const auto all = mp::small_trial_report(cells());
  CHECK(row(all, "Peto", "OR").fails_here);                      // risks of 20 %, arms of 12 and 29
  CHECK(row(all, "DerSimonian-Laird, Wald", "RR").fails_here);   // four trials, a zero cell
  CHECK_FALSE(row(all, "Conditional, exact interval", "OR").fails_here);
  const std::vector<mp::binary_trial<>> rare{trial("1", 2, 1000, 4, 1000), trial("2", 6, 1500, 9, 1500), trial("3", 10, 2000, 12, 2000)};
  CHECK_FALSE(row(mp::small_trial_report(rare), "Peto", "OR").fails_here);
}

TEST_CASE("a mark is set by varying effects, few events, few trials, zeros, common events or unequal arms, each where it matters") {
  const auto marked = [](const std::vector<mp::binary_trial<>>& t) {
    std::string marks;
    for (const auto& r : mp::small_trial_report(t).rows) marks += r.fails_here ? '!' : '.';
    return marks;
  };
  // Rows: Mantel-Haenszel RR, OR, RD, Peto, exact, mid-p, Liu, log-binomial, Firth, Tian RD, RR; DerSimonian-Laird, REML, CM.EL, UM.FS, UM.RS, CM.AL, beta-binomial, Bayes three times
  CHECK(marked({trial("a", 20, 401, 22, 401), trial("b", 21, 401, 20, 401), trial("c", 22, 401, 19, 401)}) == "...!.......!!!!!!..!!");  // risks of 5 %, three trials
  CHECK(marked({trial("a", 2, 2000, 5, 6000), trial("b", 3, 2000, 7, 6000)}) == "!!!!...!...!!!!!!!.!!");  // 17 events in 16000 patients, arms of 1 to 3
  CHECK(marked({trial("a", 3, 401, 40, 401), trial("b", 40, 401, 3, 401)}) == "!!!!!!!!!!!!!!!!!..!!");  // opposite effects
  CHECK(marked({trial("a", 10, 401, 12, 401), trial("b", 11, 401, 0, 401)}).substr(11) == "!!!!!!.!!!");  // a zero cell
  std::vector<mp::binary_trial<>> ten;
  for (int i = 0; i < 10; ++i) ten.push_back(trial("one of ten", 3 + i % 3, 100, 4, 101));
  ten[9] = trial("one too large for Tian's combination", 16, 401, 17, 401);
  CHECK(marked(ten) == "...!.......!.........");
  ten[0] = trial("common", 11, 100, 11, 101);
  CHECK(marked(ten) == "...!.......!....!....");  // a risk above 10 %
}

TEST_CASE("without an event anywhere every ratio says that it has no answer, and nothing is thrown") {
  const std::vector<mp::binary_trial<>> none{trial("a", 0, 29, 0, 30), trial("b", 0, 65, 0, 35)};
  const auto all = mp::small_trial_report(none);
  CHECK(all.double_zeros == 2);
  for (const auto& r : all.rows) {
    if (r.measure == "RD") continue;
    if (r.estimate) continue;
    CHECK_MESSAGE(!r.refused.empty(), r.method);
  }
  CHECK(row(all, "Mantel-Haenszel", "RR").refused != "");
  CHECK(contains(mp::describe(all), "no answer (below)"));
  CHECK(contains(mp::describe(all, mp::small_trial_notes::left_out), "- Peto: No OR here: peto: no study has"));
  CHECK(contains(mp::describe(all), "2 trials, 0 events in 159 patients; 2 with a zero cell, of which 2 without any event"));
}

TEST_CASE("a method that takes too long for a table says so and how to call it") {
  const auto all = mp::small_trial_report(std::vector<mp::binary_trial<>>{trial("a", 2, 401, 4, 30), trial("b", 1, 65, 3, 35)});
  CHECK(contains(row(all, "Tian's combination of exact intervals", "RR").refused, "more than 400 patients"));
  CHECK(row(all, "Mantel-Haenszel", "RR").estimate);
}

TEST_CASE("one arm without events: open intervals are shown as such") {
  const std::vector<mp::binary_trial<>> one_sided{trial("a", 0, 29, 2, 30), trial("b", 0, 65, 3, 35)};
  const auto all = mp::small_trial_report(one_sided);
  const auto& exact = row(all, "Conditional, exact interval", "OR");
  CHECK(*exact.estimate == 0);
  CHECK(exact.state == mp::interval_state::open_lower);
  CHECK(exact.lower == 0);
  CHECK(exact.upper < 1);
  const std::vector<mp::binary_trial<>> other_side{trial("a", 2, 30, 0, 29), trial("b", 3, 35, 0, 65)};
  CHECK(row(mp::small_trial_report(other_side), "Conditional, exact interval", "OR").upper == std::numeric_limits<double>::infinity());
  CHECK(contains(mp::describe(mp::small_trial_report(other_side)), "∞]"));
  // likelihood models with random effects give the end that two trials allow, and no tau, of which the data say nothing
  for (const char* name : {"Hypergeometric-normal (CM.EL)", "Binomial-normal, a level for each trial (UM.FS)", "Binomial-normal, normal levels (UM.RS)"}) {
    const auto& r = row(all, name, "OR");
    CHECK(*r.estimate == 0);
    CHECK(r.lower == 0);
    CHECK(r.p.value() < 0.2);
    CHECK_FALSE(r.tau);
  }
  CHECK(row(all, "Conditional binomial-normal (CM.AL)", "RR").state == mp::interval_state::unbounded);
  const auto levels = mp::glmm(one_sided, mp::odds_ratio{}, mp::fixed_study_effects{});
  same(row(all, "Binomial-normal, a level for each trial (UM.FS)", "OR"), mp::infer(levels, mp::glmm_profile_likelihood{}));
  CHECK(row(all, "Binomial-normal, a level for each trial (UM.FS)", "OR").state == mp::interval_state::open_lower);
}

TEST_CASE("the small-trial report leaves out trials with a missing count and refuses bad ones") {
  auto t = two();
  mp::binary_trial<> missing;
  missing.label = "Rebelatto";
  missing.treated.total = 11;
  missing.control.total = 6;
  t.push_back(missing);
  CHECK(mp::small_trial_report(t).trials == 2);
  t.push_back(trial("bad", 3, 2, 0, 2));
  CHECK(contains(message_of<mp::input_error>([&] { mp::small_trial_report(t); }), "'bad'"));
  CHECK_THROWS_AS(mp::small_trial_report(std::vector<mp::binary_trial<>>{missing}), mp::input_error);
  CHECK_THROWS_AS(mp::small_trial_report(two(), {.level = 95}), mp::input_error);
  CHECK_FALSE(contains(mp::describe(mp::small_trial_report(two()), mp::small_trial_notes::left_out), "takes for granted"));
}
