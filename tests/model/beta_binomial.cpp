// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/correlation_test.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/model/beta_binomial.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

using metapool::arm_correlations;
using metapool::beta_binomial;
using metapool::estimate_state;
using metapool::glmm_profile_likelihood;
using metapool::infer;
using metapool::interval_state;
using metapool::odds_ratio;
using metapool::risk_ratio;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::printed;
using metapool_test::trial;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// log-likelihood of arms by gamma functions.
double by_gamma(const std::vector<std::array<double, 2>>& arms, double mean, double rho) {
  const double a = mean * (1 - rho) / rho, b = (1 - mean) * (1 - rho) / rho;
  double sum = 0;
  for (const auto& [y, n] : arms) {
    sum += std::lgamma(n + 1) - std::lgamma(y + 1) - std::lgamma(n - y + 1) + std::lgamma(a + y) + std::lgamma(b + n - y) -
           std::lgamma(a + b + n) - std::lgamma(a) - std::lgamma(b) + std::lgamma(a + b);
  }
  return sum;
}

/// Trials with no event in any treated arm.
std::vector<metapool::binary_trial<>> no_treated_event() {
  return {trial("1", 0, 10, 3, 12), trial("2", 0, 20, 1, 21), trial("3", 0, 5, 0, 6)};
}

}  // namespace

TEST_CASE("Beta-binomial odds ratio of the catheter trials is that of two R programs") {
  // R 4.2: VGAM 1.1-7's vglm with betabinomial gives -1.01213653, log-likelihood -79.9272195815; optim and uniroot on dbetabinom written out: se
  // 0.343297, correlation 0.0213523, 95 % profile interval -1.71358127 to -0.34639192, likelihood ratio of the effect 8.76145383
  const auto fit = beta_binomial(metapool_test::catheters(), odds_ratio{});
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-9);
  CHECK(fit.k == 18);  // the trial without events too
  CHECK(close(fit.estimate, -1.012137, printed(6)));
  CHECK(close(fit.se, 0.343297, printed(6)));
  CHECK(close(*fit.correlation_treated, 0.0213523, printed(6)));
  CHECK(*fit.correlation_control == *fit.correlation_treated);
  CHECK(close(fit.log_likelihood, -79.9272195815, printed(8)));
  CHECK(close(std::log(fit.mean_control / (1 - fit.mean_control)), -3.203059, printed(5)));
  const auto profile = infer(fit, glmm_profile_likelihood{});
  CHECK(close(profile.lower, -1.71358127, printed(6)));
  CHECK(close(profile.upper, -0.34639192, printed(6)));
  CHECK(close(profile.statistic, -std::sqrt(8.76145383), printed(7)));
  const auto wald = infer(fit);
  CHECK(close(wald.lower, fit.estimate - 1.959963984540054 * fit.se, metapool_test::digits12));
  const auto t = infer(fit, metapool::glmm_wald_t{});
  CHECK(*t.df == 17);
  CHECK(t.lower < wald.lower);
}

TEST_CASE("A correlation for each arm, and the risk ratio, as by optim in R") {
  // -1.30149253, se 0.37897208, correlations 0.00947628 and 0.02963270, log-likelihood -79.0390317445, profile -2.06432108 to -0.52300505
  const auto fit = beta_binomial(metapool_test::catheters(), odds_ratio{}, arm_correlations{});
  CHECK(close(fit.estimate, -1.301493, printed(6)));
  CHECK(close(fit.se, 0.378972, printed(6)));
  CHECK(close(*fit.correlation_treated, 0.009476, printed(6)));
  CHECK(close(*fit.correlation_control, 0.029633, printed(6)));
  CHECK(close(fit.log_likelihood, -79.0390317445, printed(8)));
  const auto profile = infer(fit, glmm_profile_likelihood{});
  CHECK(close(profile.lower, -2.064321, printed(6)));
  CHECK(close(profile.upper, -0.523005, printed(6)));
  // logarithmic link: -0.98696, se 0.33602, profile -1.67592425 to -0.33715112; with arm correlations -1.27049, profile -2.01374696 to -0.50933994
  const auto ratio = beta_binomial(metapool_test::catheters(), risk_ratio{});
  CHECK(close(ratio.estimate, -0.98696, printed(5)));
  CHECK(close(ratio.se, 0.33602, printed(5)));
  const auto ends = infer(ratio, glmm_profile_likelihood{});
  CHECK(close(ends.lower, -1.675924, printed(6)));
  CHECK(close(ends.upper, -0.337151, printed(6)));
  const auto own = infer(beta_binomial(metapool_test::catheters(), risk_ratio{}, arm_correlations{}), glmm_profile_likelihood{});
  CHECK(close(own.lower, -2.013747, printed(6)));
  CHECK(close(own.upper, -0.509340, printed(6)));
}

TEST_CASE("Germination of Orobanche seed: the beta-binomial fits of Crowder's data") {
  // Crowder (1978) Appl Stat 27:34, the data; VGAM 1.1-7's vglm: logit -0.0257120, log-likelihood -64.5162829273, logit of the correlation -2.4211728
  const double n[21] = {39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7};
  const double y[21] = {10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3};
  std::vector<metapool::proportion<>> plates;
  for (int i = 0; i < 21; ++i) plates.push_back({"plate", y[i], n[i]});
  const auto fit = beta_binomial(plates, metapool::logit_proportion{});
  CHECK(close(fit.estimate, -0.0257120, printed(6)));
  CHECK(close(fit.log_likelihood, -64.5162829273, printed(8)));
  const double rho = *fit.correlation_treated;
  CHECK(close(std::log(rho / (1 - rho)), -2.42117, printed(4)));
  const auto log_scale = beta_binomial(plates, metapool::log_proportion{});
  CHECK(close(log_scale.estimate, std::log(fit.mean_treated), metapool_test::digits12));
  CHECK(close(log_scale.se, fit.se * (1 - fit.mean_treated), metapool_test::digits10));
  const auto interval = infer(fit, glmm_profile_likelihood{}), on_log = infer(log_scale, glmm_profile_likelihood{});
  CHECK(close(std::exp(on_log.upper), 1 / (1 + std::exp(-interval.upper)), metapool_test::digits8));
  CHECK(close(std::exp(on_log.lower), 1 / (1 + std::exp(-interval.lower)), metapool_test::digits8));
}

TEST_CASE("The beta-binomial likelihood is that of gamma functions, and highest at the fit") {
  const auto fit = beta_binomial(metapool_test::hahn(), odds_ratio{}, arm_correlations{});
  std::vector<std::array<double, 2>> treated, control;
  for (const auto& t : metapool_test::hahn()) {
    treated.push_back({*t.treated.events, *t.treated.total});
    control.push_back({*t.control.events, *t.control.total});
  }
  const auto f = [&](double a, double b, double c, double d) {
    return by_gamma(treated, fit.mean_treated + a, *fit.correlation_treated + b) +
           by_gamma(control, fit.mean_control + c, *fit.correlation_control + d);
  };
  CHECK(close(fit.log_likelihood, f(0, 0, 0, 0), metapool_test::digits10));
  for (const double h : {-1e-3, 1e-3}) {
    CHECK(f(h, 0, 0, 0) < fit.log_likelihood);
    CHECK(f(0, h, 0, 0) < fit.log_likelihood);
    CHECK(f(0, 0, h, 0) < fit.log_likelihood);
    CHECK(f(0, 0, 0, h) < fit.log_likelihood);
  }
}

TEST_CASE("Homogeneous risks: the correlation is 0 and the answer that of the table of sums") {
  const std::vector<metapool::binary_trial<>> trials{trial("1", 5, 50, 10, 50), trial("2", 10, 100, 20, 100), trial("3", 3, 30, 6, 30)};
  const auto fit = beta_binomial(trials, odds_ratio{});
  CHECK(*fit.correlation_treated == 0);
  CHECK(!fit.se_correlation_treated);
  CHECK(close(fit.estimate, std::log((18.0 / 162) / (36.0 / 144)), metapool_test::digits12));
  CHECK(close(fit.se, std::sqrt(1.0 / 18 + 1.0 / 162 + 1.0 / 36 + 1.0 / 144), metapool_test::digits12));
  CHECK(fit.log_likelihood == fit.binomial_log_likelihood);
  const auto test = metapool::correlation_test(fit);
  CHECK(test.statistic == 0);
  CHECK(test.p == 1);
  const auto ratio = beta_binomial(trials, risk_ratio{});
  CHECK(close(ratio.estimate, std::log(0.5), metapool_test::digits12));
  CHECK(close(ratio.se, std::sqrt(1.0 / 18 - 1.0 / 180 + 1.0 / 36 - 1.0 / 180), metapool_test::digits12));
}

TEST_CASE("Swapped arms flip the sign, order does not matter, double-zero trials count") {
  const auto trials = metapool_test::catheters();
  const auto fit = beta_binomial(trials, risk_ratio{}), flipped = beta_binomial(metapool_test::swapped(trials), risk_ratio{});
  CHECK(close(flipped.estimate, -fit.estimate, metapool_test::digits12));
  CHECK(close(flipped.log_likelihood, fit.log_likelihood, metapool_test::digits12));
  const auto a = infer(fit, glmm_profile_likelihood{}), b = infer(flipped, glmm_profile_likelihood{});
  CHECK(close(a.lower, -b.upper, metapool_test::digits8));
  auto without = trials;
  without.erase(without.begin() + 14);  // 0 of 118, 0 of 105
  CHECK(beta_binomial(without, risk_ratio{}).log_likelihood != fit.log_likelihood);
  CHECK(std::fabs(beta_binomial(without, risk_ratio{}).estimate - fit.estimate) > 1e-3);
}

TEST_CASE("The slope of the beta-binomial profile is that of differences") {
  const auto slope_is_right = [](const auto& fit) {
    for (const double theta : {-1.5, 0.4}) {
      const double h = 1e-4, difference = (fit.profile(theta + h).log_likelihood - fit.profile(theta - h).log_likelihood) / (2 * h);
      CHECK(close(fit.profile(theta).slope, difference, metapool_test::digits6));
    }
  };
  const auto trials = metapool_test::hahn();
  slope_is_right(beta_binomial(trials, odds_ratio{}));
  slope_is_right(beta_binomial(trials, odds_ratio{}, arm_correlations{}));
  slope_is_right(beta_binomial(trials, risk_ratio{}));
}

TEST_CASE("No event in the treated arms: a state, and an interval with one end") {
  for (const bool flip : {false, true}) {
    const auto trials = flip ? metapool_test::swapped(no_treated_event()) : no_treated_event();
    const auto fit = beta_binomial(trials, odds_ratio{});
    CHECK(fit.state == (flip ? estimate_state::plus_infinity : estimate_state::minus_infinity));
    CHECK(fit.estimate == (flip ? infinity : -infinity));
    CHECK_THROWS_AS(infer(fit), metapool::not_estimable);
    CHECK_THROWS_AS(infer(fit, metapool::glmm_wald_t{}), metapool::not_estimable);
    const auto interval = infer(fit, glmm_profile_likelihood{});
    CHECK(interval.state == (flip ? interval_state::open_upper : interval_state::open_lower));
    const double end = flip ? interval.lower : interval.upper;
    CHECK((flip ? interval.upper : interval.lower) == (flip ? infinity : -infinity));
    // there the likelihood is 3.84 / 2 below its supremum, the control arms' own
    CHECK(close(2 * (fit.log_likelihood - fit.profile(end).log_likelihood), 3.841458820694124, metapool_test::digits8));
    CHECK(close(fit.profile(flip ? 40.0 : -40.0).log_likelihood, fit.log_likelihood, metapool_test::digits8));
    CHECK(interval.p < 0.05);
    CHECK((interval.statistic > 0) == flip);
  }
}

TEST_CASE("Nothing but events in the control arms: an infinite odds ratio, a finite risk ratio without a standard error") {
  const std::vector<metapool::binary_trial<>> trials{trial("1", 3, 10, 12, 12), trial("2", 11, 20, 21, 21)};
  CHECK(beta_binomial(trials, odds_ratio{}).state == estimate_state::minus_infinity);
  const auto fit = beta_binomial(trials, risk_ratio{});
  CHECK(fit.state == estimate_state::at_boundary);
  CHECK(close(fit.estimate, std::log(14.0 / 30), metapool_test::digits12));
  CHECK_THROWS_AS(infer(fit), metapool::not_estimable);
  const auto interval = infer(fit, glmm_profile_likelihood{});
  CHECK(interval.state == interval_state::regular);
  CHECK(interval.lower < fit.estimate);
  CHECK(interval.upper > fit.estimate);
  CHECK(interval.upper < 0);
}

TEST_CASE("Arms whose patients all fare alike have a correlation of 1, arms of one patient none") {
  const std::vector<metapool::binary_trial<>> alike{trial("1", 0, 10, 12, 12), trial("2", 20, 20, 0, 21)};
  const auto fit = beta_binomial(alike, odds_ratio{});
  CHECK(*fit.correlation_treated == 1);
  CHECK(close(fit.log_likelihood, 4 * std::log(0.5), metapool_test::digits12));  // each arm is one observation
  CHECK(close(fit.se, 2.0, metapool_test::digits12));                            // four cells of one
  const std::vector<metapool::binary_trial<>> single{trial("1", 0, 1, 1, 1), trial("2", 1, 1, 0, 1), trial("3", 0, 1, 1, 1)};
  const auto bernoulli = beta_binomial(single, odds_ratio{}, arm_correlations{});
  CHECK(!bernoulli.correlation_treated);
  CHECK(bernoulli.correlations == 0);
  CHECK(close(bernoulli.estimate, -2 * std::log(2.0), metapool_test::digits12));
  CHECK(contains(bernoulli.notes.at(0), "binomial"));
  CHECK(infer(bernoulli, glmm_profile_likelihood{}).state == interval_state::regular);
}

TEST_CASE("No event at all: of one group an interval, of two nothing") {
  const std::vector<metapool::proportion<>> none{{"a", 0.0, 10.0}, {"b", 0.0, 30.0}};
  const auto fit = beta_binomial(none, metapool::logit_proportion{});
  CHECK(fit.state == estimate_state::minus_infinity);
  CHECK(fit.mean_treated == 0);
  const auto interval = infer(fit, glmm_profile_likelihood{});
  CHECK(interval.state == interval_state::open_lower);
  // the correlation that suits a mean best is 1, where each study is one observation: (1 - p)^2 = exp(-3.84 / 2)
  CHECK(close(interval.upper, std::log(std::expm1(3.841458820694124 / 4)), metapool_test::digits8));
  const std::vector<metapool::proportion<>> all{{"a", 10.0, 10.0}, {"b", 30.0, 30.0}};
  const auto full = beta_binomial(all, metapool::log_proportion{});
  CHECK(full.state == estimate_state::at_boundary);
  const auto below = infer(full, glmm_profile_likelihood{});
  CHECK(below.upper == 0);
  CHECK(close(below.lower, -3.841458820694124 / 4, metapool_test::digits8));
  const std::vector<metapool::binary_trial<>> nothing{trial("1", 0, 10, 0, 12)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { beta_binomial(nothing, odds_ratio{}); }), "no arm has an event"));
  const std::vector<metapool::binary_trial<>> everything{trial("1", 10, 10, 12, 12)};
  CHECK(contains(message_of<metapool::not_estimable>([&] { beta_binomial(everything, risk_ratio{}); }), "nothing but events"));
  CHECK_THROWS_AS(beta_binomial(std::vector<metapool::binary_trial<>>{}, odds_ratio{}), metapool::input_error);
}

TEST_CASE("One trial has an odds ratio and a profile interval but no t") {
  const std::vector<metapool::binary_trial<>> one{trial("1", 2, 20, 7, 21)};
  const auto fit = beta_binomial(one, odds_ratio{});
  CHECK(close(fit.estimate, std::log(2.0 * 14 / (18 * 7)), metapool_test::digits12));
  CHECK_THROWS_AS(infer(fit, metapool::glmm_wald_t{}), metapool::not_estimable);
  CHECK(infer(fit, glmm_profile_likelihood{}).state == interval_state::regular);
}

TEST_CASE("The correlation is tested by a mixture of chi-squared distributions") {
  const auto one = beta_binomial(metapool_test::catheters(), odds_ratio{});
  const auto common = metapool::correlation_test(one);
  CHECK(close(common.statistic, 2 * (103.26853998 - 79.92721958), printed(6)));
  CHECK(close(common.p, std::erfc(std::sqrt(common.statistic / 2)) / 2, metapool_test::digits10));
  const auto arms = metapool::correlation_test(beta_binomial(metapool_test::catheters(), odds_ratio{}, arm_correlations{}));
  CHECK(close(arms.p, std::erfc(std::sqrt(arms.statistic / 2)) / 2 + std::exp(-arms.statistic / 2) / 4, metapool_test::digits10));
}

TEST_CASE("A common correlation is told by one arm where the other has one outcome, or no two patients") {
  // no event in one arm: its likelihood is 1 at any correlation, and the other arm's is its own
  for (const bool flip : {false, true}) {
    const auto trials = flip ? metapool_test::swapped(no_treated_event()) : no_treated_event();
    const auto fit = beta_binomial(trials, odds_ratio{}), own = beta_binomial(trials, odds_ratio{}, arm_correlations{});
    const auto& told = flip ? own.correlation_treated : own.correlation_control;
    const auto& se = flip ? own.se_correlation_treated : own.se_correlation_control;
    REQUIRE(told);
    REQUIRE(se);
    CHECK(*told > 0);
    CHECK(fit.correlations == 1);
    CHECK(own.correlations == 1);
    CHECK(fit.correlation_treated == told);
    CHECK(fit.correlation_control == told);
    CHECK(fit.se_correlation_treated == se);
    CHECK(fit.se_correlation_control == se);
    CHECK_FALSE((flip ? own.correlation_control : own.correlation_treated));
    CHECK(fit.notes.empty());
  }
  // single patients in one arm are binomial whatever the correlation: with pairs in the other, the fit is that of each arm by itself
  for (const bool flip : {false, true}) {
    std::vector<metapool::binary_trial<>> trials{trial("1", 0, 1, 4, 12), trial("2", 1, 1, 1, 20), trial("3", 0, 1, 9, 15), trial("4", 0, 1, 2, 18)};
    if (flip) trials = metapool_test::swapped(trials);
    const auto fit = beta_binomial(trials, odds_ratio{}), own = beta_binomial(trials, odds_ratio{}, arm_correlations{});
    CHECK(fit.correlations == 1);
    CHECK(close(fit.estimate, own.estimate, metapool_test::digits10));
    CHECK(close(fit.log_likelihood, own.log_likelihood, metapool_test::digits12));
    const double rho = *(flip ? own.correlation_treated : own.correlation_control);
    CHECK(rho > 0.01);
    CHECK(close(*fit.correlation_control, rho, metapool_test::digits8));
    const auto a = infer(fit, glmm_profile_likelihood{}), b = infer(own, glmm_profile_likelihood{});
    CHECK(close(a.lower, b.lower, metapool_test::digits8));
    CHECK(close(a.upper, b.upper, metapool_test::digits8));
  }
  const std::vector<metapool::binary_trial<>> single{trial("1", 0, 1, 1, 1), trial("2", 1, 1, 0, 1), trial("3", 0, 1, 1, 1)};
  const auto none = beta_binomial(single, odds_ratio{});
  CHECK(none.correlations == 0);
  CHECK_FALSE(none.correlation_treated);
  CHECK(contains(none.notes.at(0), "binomial"));
  const std::vector<metapool::binary_trial<>> single_and_none{trial("1", 0, 10, 1, 1), trial("2", 0, 11, 0, 1)};
  const auto neither = beta_binomial(single_and_none, odds_ratio{});
  CHECK(neither.correlations == 0);
  CHECK_FALSE(neither.correlation_control);
  const std::vector<metapool::proportion<>> patients{{"a", 0.0, 1.0}, {"b", 1.0, 1.0}};
  CHECK(beta_binomial(patients, metapool::logit_proportion{}).correlations == 0);
}

TEST_CASE("The convergence of a fit arm by arm is that of both searches") {
  const auto trials = metapool_test::hahn();
  std::vector<metapool::proportion<>> treated, control;
  for (const auto& t : trials) {
    treated.push_back({t.label, t.treated.events, t.treated.total});
    control.push_back({t.label, t.control.events, t.control.total});
  }
  const auto fit = beta_binomial(trials, odds_ratio{}, arm_correlations{});
  const auto a = beta_binomial(treated, metapool::logit_proportion{}), b = beta_binomial(control, metapool::logit_proportion{});
  CHECK(fit.convergence.iterations == a.convergence.iterations + b.convergence.iterations);
  CHECK(fit.convergence.residual == (std::max)(a.convergence.residual, b.convergence.residual));
  CHECK(a.convergence.residual != b.convergence.residual);
  CHECK(close(fit.log_likelihood, a.log_likelihood + b.log_likelihood, metapool_test::digits12));
}

TEST_CASE("Opposite outcomes in the arms: an infinite odds ratio with a finite end, and all events among the treated a risk ratio without a standard error") {
  const std::vector<metapool::binary_trial<>> opposite{trial("1", 0, 10, 12, 12), trial("2", 0, 20, 21, 21)};
  for (const bool flip : {false, true}) {
    const auto trials = flip ? metapool_test::swapped(opposite) : opposite;
    const auto fit = beta_binomial(trials, odds_ratio{});
    CHECK(fit.state == (flip ? estimate_state::plus_infinity : estimate_state::minus_infinity));
    CHECK(fit.log_likelihood == 0);
    CHECK((flip ? fit.mean_treated : fit.mean_control) == 1);
    CHECK((flip ? fit.mean_control : fit.mean_treated) == 0);
    const auto interval = infer(fit, glmm_profile_likelihood{});
    // each arm is one observation at a correlation of 1: the likelihood of logits -x and x is (1 + exp(-x))^-4
    const double end = 2 * std::log(1 / std::expm1(3.841458820694124 / 8));
    CHECK(close(flip ? interval.lower : interval.upper, flip ? end : -end, metapool_test::digits8));
  }
  const std::vector<metapool::binary_trial<>> full{trial("1", 12, 12, 3, 10), trial("2", 21, 21, 11, 20)};
  const auto fit = beta_binomial(full, risk_ratio{});
  CHECK(fit.state == estimate_state::at_boundary);
  CHECK(fit.mean_treated == 1);
  CHECK(close(fit.estimate, std::log(30.0 / 14), metapool_test::digits12));
  CHECK_THROWS_AS(infer(fit), metapool::not_estimable);
}

TEST_CASE("The profile of one group on the logarithmic scale ends at a proportion of 1") {
  const std::vector<metapool::proportion<>> some{{"a", 3.0, 10.0}, {"b", 30.0, 30.0}}, all{{"a", 10.0, 10.0}, {"b", 30.0, 30.0}};
  const auto fit = beta_binomial(some, metapool::log_proportion{}), full = beta_binomial(all, metapool::log_proportion{});
  CHECK(fit.profile(0.0).log_likelihood == -infinity);
  CHECK(fit.profile(0.5).log_likelihood == -infinity);
  CHECK(fit.profile(0.0).converged);
  CHECK(std::fabs(full.profile(0.0).log_likelihood) < 1e-15);
  CHECK(full.profile(0.5).log_likelihood == -infinity);
}
