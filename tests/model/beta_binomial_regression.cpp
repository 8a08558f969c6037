// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/correlation_test.hpp>
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/glmm_regression.hpp>
#include <metapool/model/beta_binomial_regression.hpp>

#include "model/regression_data.hpp"
#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::printed;
using metapool_test::treated_hundreds;
using metapool_test::trial;

namespace {

using trials_type = std::vector<binary_trial<>>;

metapool_test::tolerance peer(double relative) { return {relative, 0, 0, "where R's search stops"}; }

/// log-likelihood by gamma functions: risks by the link, x[0] the moderator in the design's second column.
template <class Link>
double by_gamma(const trials_type& trials, const design<double>& d, const Link& link, const std::vector<double>& baseline, const std::vector<double>& effect, double treated_rho, double control_rho) {
  double sum = 0;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    for (const bool treated : {true, false}) {
      const auto& arm = treated ? trials[i].treated : trials[i].control;
      double eta = 0;
      for (std::size_t j = 0; j < effect.size(); ++j) {
        const double x = d.x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        if (j < baseline.size()) eta += baseline[j] * x;
        if (treated) eta += effect[j] * x;
      }
      const double y = *arm.events, n = *arm.total, mean = link(eta), rho = treated ? treated_rho : control_rho;
      const double a = mean * (1 - rho) / rho, b = (1 - mean) * (1 - rho) / rho;
      sum += std::lgamma(n + 1) - std::lgamma(y + 1) - std::lgamma(n - y + 1) + std::lgamma(a + y) + std::lgamma(b + n - y) - std::lgamma(a + b + n) - std::lgamma(a) - std::lgamma(b) + std::lgamma(a + b);
    }
  }
  return sum;
}

template <class Fit>
void check_fit(const Fit& fit, double b0, double b1, double se0, double se1, double log_likelihood) {
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(fit.state == estimate_state::finite);
  CHECK(close(fit.coefficients(0), b0, peer(2e-6)));
  CHECK(close(fit.coefficients(1), b1, peer(2e-6)));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), se0, peer(1e-6)));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), se1, peer(1e-6)));
  CHECK(close(fit.log_likelihood, log_likelihood, metapool_test::digits10));
}

}  // namespace

TEST_CASE("Catheters by size: beta-binomial regressions as in R") {
  // R 4.2: VGAM 1.1-7's vglm(cbind(y, n - y) ~ x + t + t:x, betabinomial) for the first; dbetabinom written out and optim for all, standard errors by numDeriv
  const auto trials = metapool_test::catheters();
  const auto d = design_of(treated_hundreds(trials), "n");
  const auto fit = beta_binomial_regression(trials, odds_ratio{}, d);
  check_fit(fit, -1.454827508, 0.263331897, 0.702580703, 0.435192213, -77.6784666717);
  CHECK(close(fit.baseline_coefficients(0), -2.477252811, peer(1e-8)));
  CHECK(close(fit.baseline_coefficients(1), -0.512402896, peer(1e-8)));
  CHECK(close(std::sqrt(fit.baseline_covariance(1, 1)), 0.263611072, peer(1e-6)));
  CHECK(fit.baseline.names[1] == "baseline: n");
  const double rho = *fit.correlation_treated;
  CHECK(close(std::log(rho / (1 - rho)), -4.148276188, peer(1e-7)));
  CHECK(*fit.correlation_control == rho);
  CHECK(fit.correlations == 1);
  CHECK(fit.df == 16);
  const auto arms = beta_binomial_regression(trials, odds_ratio{}, d, arm_correlations{});
  check_fit(arms, -1.47774, 0.153107, 0.688865, 0.441233, -77.057889819);
  CHECK(close(*arms.correlation_treated, 1 / (1 + std::exp(4.870615)), printed(4)));
  CHECK(close(*arms.correlation_control, 1 / (1 + std::exp(3.811853)), printed(4)));
  CHECK(arms.correlations == 2);
  // all of the moderator's work on the treatment: another answer
  check_fit(beta_binomial_regression(trials, odds_ratio{}, d, common_correlation{}, baseline_risk::common), -0.680258, -0.2201835, 0.6167942, 0.3567536, -79.7256485531);
  // logarithmic link
  check_fit(beta_binomial_regression(trials, risk_ratio{}, d), -1.405526, 0.248589, 0.686099, 0.426897, -77.6788239236);
  check_fit(beta_binomial_regression(trials, risk_ratio{}, d, arm_correlations{}, intercept_only(18)), -0.810703, -0.3156185, 0.589245, 0.338626, -78.5826849772);
}

TEST_CASE("Germination of Orobanche seed by variety and extract, as by VGAM") {
  // Crowder (1978) Appl Stat 27:34, the data; VGAM 1.1-7's vglm(cbind(y, n - y) ~ variety * extract, betabinomial): log-likelihood -53.7667633649,
  // logit of the correlation -4.380779; standard errors by numDeriv
  const double n[21] = {39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7};
  const double y[21] = {10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3};
  std::vector<proportion<>> plates;
  matrix_of<double> x(21, 3);
  for (Eigen::Index i = 0; i < 21; ++i) {
    plates.push_back({"plate", y[i], n[i]});
    const double variety = i < 11 ? 0 : 1, extract = (i >= 5 && i < 11) || i >= 16 ? 1 : 0;
    x.row(i) << variety, extract, variety * extract;
  }
  const auto d = design_of(x, {"variety", "extract", "both"});
  const auto fit = beta_binomial_regression(plates, logit_proportion{}, d);
  const double expected[4] = {-0.541950532246, 0.097390498891, 1.320068274060, -0.797924753563}, se[4] = {0.163784473326, 0.273668608656, 0.233976771856, 0.377954842958};
  for (Eigen::Index j = 0; j < 4; ++j) {
    CHECK(close(fit.coefficients(j), expected[j], peer(2e-6)));
    CHECK(close(std::sqrt(fit.covariance(j, j)), se[j], peer(1e-6)));
  }
  CHECK(close(fit.log_likelihood, -53.7667633649, metapool_test::digits10));
  CHECK(close(*fit.correlation_treated, 1 / (1 + std::exp(4.380779)), printed(5)));
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(fit.baseline.columns() == 0);
  CHECK_FALSE(fit.correlation_control);
  // four groups with a mean each: on the logarithmic scale the same model
  const auto logs = beta_binomial_regression(plates, log_proportion{}, d);
  CHECK(close(logs.log_likelihood, fit.log_likelihood, metapool_test::digits10));
  CHECK(close(std::exp(logs.coefficients(0)), 1 / (1 + std::exp(-fit.coefficients(0))), metapool_test::digits8));
  CHECK(close(std::exp(logs.coefficients(0) + logs.coefficients(1)), 1 / (1 + std::exp(-fit.coefficients(0) - fit.coefficients(1))), metapool_test::digits8));
  const auto test = correlation_test(fit);
  CHECK(close(test.statistic, 2 * (fit.log_likelihood - fit.binomial_log_likelihood), metapool_test::digits12));
  CHECK(test.p < 0.5);
  const auto alone = beta_binomial_regression(plates, log_proportion{}, intercept_only(21));
  CHECK(close(alone.coefficients(0), beta_binomial(plates, log_proportion{}).estimate, metapool_test::digits10));
  CHECK(close(*fit.log_likelihood_without_moderators, alone.log_likelihood, metapool_test::digits10));
}

TEST_CASE("An intercept alone is beta_binomial") {
  const auto same = [](const auto& one, const auto& fit, bool profile) {
    CHECK(close(fit.coefficients(0), one.estimate, metapool_test::digits10));
    CHECK(close(std::sqrt(fit.covariance(0, 0)), one.se, metapool_test::digits8));
    CHECK(close(fit.log_likelihood, one.log_likelihood, metapool_test::digits12));
    CHECK(close(fit.binomial_log_likelihood, one.binomial_log_likelihood, metapool_test::digits12));
    CHECK(close(fit.binomial_coefficients(0), one.binomial_estimate, metapool_test::digits10));
    CHECK(close(*fit.correlation_treated, *one.correlation_treated, metapool_test::digits8));
    CHECK(close(*fit.correlation_control, *one.correlation_control, metapool_test::digits8));
    CHECK(close(*fit.se_correlation_control, *one.se_correlation_control, metapool_test::digits8));
    CHECK(fit.df == one.df);
    CHECK_FALSE(fit.log_likelihood_without_moderators);
    if (!profile) return;
    const auto a = infer(fit, glmm_profile_likelihood{});
    const auto b = infer(one, glmm_profile_likelihood{});
    CHECK(close(a.lower[0], b.lower, metapool_test::digits8));
    CHECK(close(a.upper[0], b.upper, metapool_test::digits8));
    CHECK(close(a.p[0], b.p, metapool_test::digits6));
  };
  const auto trials = metapool_test::hahn();
  same(beta_binomial(trials, odds_ratio{}), beta_binomial_regression(trials, odds_ratio{}, intercept_only(12)), true);
  same(beta_binomial(trials, risk_ratio{}, arm_correlations{}), beta_binomial_regression(trials, risk_ratio{}, intercept_only(12), arm_correlations{}), false);
}

TEST_CASE("A factor in effect and baseline: a mean for each group and arm, whatever the link") {
  const auto trials = metapool_test::catheters();
  std::vector<double> late, moved;
  for (std::size_t i = 0; i < 18; ++i) {
    late.push_back(i < 7 ? 0 : 1);
    moved.push_back(i < 7 ? 1000 : 1003);
  }
  const auto odds = beta_binomial_regression(trials, odds_ratio{}, design_of(late, "late"));
  const auto risks = beta_binomial_regression(trials, risk_ratio{}, design_of(late, "late"));
  CHECK(close(odds.log_likelihood, risks.log_likelihood, metapool_test::digits10));
  const auto risk = [](double logit) { return 1 / (1 + std::exp(-logit)); };
  const double control = risk(odds.baseline_coefficients(0)), treated = risk(odds.baseline_coefficients(0) + odds.coefficients(0));
  CHECK(close(risks.coefficients(0), std::log(treated / control), metapool_test::digits8));
  const auto far = beta_binomial_regression(trials, odds_ratio{}, design_of(moved, "late"));
  CHECK(close(3 * far.coefficients(1), odds.coefficients(1), metapool_test::digits6));
  CHECK(close(far.log_likelihood, odds.log_likelihood, metapool_test::digits10));
  CHECK(close(9 * far.covariance(1, 1), odds.covariance(1, 1), metapool_test::digits6));
  const auto flipped = beta_binomial_regression(metapool_test::swapped(trials), odds_ratio{}, design_of(late, "late"));
  CHECK(close(flipped.coefficients(1), -odds.coefficients(1), metapool_test::digits8));
  CHECK(close(flipped.log_likelihood, odds.log_likelihood, metapool_test::digits10));
  // without differences between the trials of a group: the tables of sums
  const trials_type even{trial("1", 5, 50, 10, 50), trial("2", 10, 100, 20, 100), trial("3", 3, 30, 6, 30), trial("4", 8, 40, 10, 40), trial("5", 16, 80, 20, 80)};
  const auto fit = beta_binomial_regression(even, odds_ratio{}, design_of(std::vector<double>{0, 0, 0, 1, 1}, "x"), arm_correlations{});
  CHECK(*fit.correlation_treated == 0);
  CHECK_FALSE(fit.se_correlation_treated);
  CHECK(close(fit.coefficients(0), std::log((18.0 / 162) / (36.0 / 144)), metapool_test::digits10));
  CHECK(close(fit.coefficients(0) + fit.coefficients(1), std::log((24.0 / 96) / (30.0 / 90)), metapool_test::digits10));
  CHECK(close(fit.log_likelihood, fit.binomial_log_likelihood, metapool_test::digits12));
}

TEST_CASE("The likelihood of a beta-binomial regression is that of gamma functions, highest at the fit, and its profile's slope is right") {
  const auto trials = metapool_test::hahn();
  const auto d = design_of(treated_hundreds(trials), "n");
  const auto fit = beta_binomial_regression(trials, risk_ratio{}, d, arm_correlations{});
  const auto f = [&](double a0, double a1, double b0, double b1, double r, double s) {
    return by_gamma(trials, d, [](double x) { return std::exp(x); }, {fit.baseline_coefficients(0) + a0, fit.baseline_coefficients(1) + a1}, {fit.coefficients(0) + b0, fit.coefficients(1) + b1},
                    *fit.correlation_treated + r, *fit.correlation_control + s);
  };
  CHECK(close(fit.log_likelihood, f(0, 0, 0, 0, 0, 0), metapool_test::digits10));
  for (const double h : {-1e-3, 1e-3}) {
    CHECK(f(h, 0, 0, 0, 0, 0) < fit.log_likelihood);
    CHECK(f(0, h, 0, 0, 0, 0) < fit.log_likelihood);
    CHECK(f(0, 0, h, 0, 0, 0) < fit.log_likelihood);
    CHECK(f(0, 0, 0, h, 0, 0) < fit.log_likelihood);
    CHECK(f(0, 0, 0, 0, h, 0) < fit.log_likelihood);
    CHECK(f(0, 0, 0, 0, 0, h) < fit.log_likelihood);
  }
  const auto r = infer(fit, glmm_profile_likelihood{});
  for (const double end : {r.lower[1], r.upper[1]}) {
    const auto at = fit.profile(1, end);
    CHECK(close(2 * (fit.log_likelihood - at.log_likelihood), 3.841458820694124, metapool_test::digits8));
    CHECK(close(at.slope, (fit.profile(1, end + 1e-4).log_likelihood - fit.profile(1, end - 1e-4).log_likelihood) / 2e-4, metapool_test::digits6));
  }
  CHECK(close(r.moderators->statistic, r.statistic[1] * r.statistic[1], metapool_test::digits8));
}

TEST_CASE("A mean risk of 1 is met where arms of nothing but events ask for it, and has no standard error") {
  // all control patients of the second group have an event
  const trials_type trials{trial("1", 3, 20, 6, 20), trial("2", 5, 21, 9, 20), trial("3", 9, 12, 10, 10), trial("4", 7, 9, 8, 8)};
  const auto d = design_of(std::vector<double>{0, 0, 1, 1}, "x");
  const auto fit = beta_binomial_regression(trials, risk_ratio{}, d);
  CHECK(fit.convergence.converged);
  CHECK(fit.state == estimate_state::at_boundary);
  CHECK(std::fabs(fit.baseline_coefficients(0) + fit.baseline_coefficients(1)) < 1e-12);
  CHECK(close(fit.coefficients(0) + fit.coefficients(1), std::log(16.0 / 21), metapool_test::digits10));
  CHECK_THROWS_AS(infer(fit), not_estimable);
  const auto r = infer(fit, glmm_profile_likelihood{});
  CHECK(r.lower[1] < fit.coefficients(1));
  CHECK(r.upper[1] > fit.coefficients(1));
  for (const double end : {r.lower[1], r.upper[1]}) CHECK(close(2 * (fit.log_likelihood - fit.profile(1, end).log_likelihood), 3.841458820694124, metapool_test::digits8));
  // as an odds ratio it is infinite, and said to be by name
  CHECK(contains(message_of<not_estimable>([&] { beta_binomial_regression(trials, odds_ratio{}, d); }), "'baseline: x' rises"));
  // means that a common slope keeps below 1: no wall is met
  CHECK(beta_binomial_regression(trials, risk_ratio{}, d, common_correlation{}, baseline_risk::common).state == estimate_state::finite);
}

TEST_CASE("A correlation of which no arm tells, since the means of all its arms of two patients are 1, is not made up") {
  const trials_type trials{trial("1", 1, 2, 1, 1), trial("2", 0, 2, 3, 3), trial("3", 2, 4, 3, 3)};
  const auto d = design_of(std::vector<double>{2, 2.01, 4.02}, "n");
  const auto fit = beta_binomial_regression(trials, risk_ratio{}, d, arm_correlations{});
  const auto whole = beta_binomial(trials, risk_ratio{}, arm_correlations{});
  for (const bool told : {fit.correlation_control.has_value(), fit.se_correlation_control.has_value(), whole.correlation_control.has_value()}) CHECK_FALSE(told);
  CHECK(fit.correlation_treated.has_value());
  CHECK(whole.correlation_treated.has_value());
  CHECK(fit.correlations == 1);
  CHECK(whole.correlations == 1);
  const auto common = beta_binomial_regression(trials, risk_ratio{}, d);  // the treated arms tell of it
  CHECK(common.correlations == 1);
  CHECK(common.correlation_control == common.correlation_treated);
  CHECK(common.correlation_treated.has_value());
  // a wall that follows from others is no less one
  const trials_type more{trial("1", 1, 20, 6, 6), trial("2", 5, 21, 9, 9), trial("3", 9, 22, 10, 10), trial("4", 7, 19, 8, 8), trial("5", 8, 31, 7, 7)};
  CHECK_FALSE(beta_binomial_regression(more, risk_ratio{}, design_of(std::vector<double>{0.31, 0.77, 1.93, 2.2, 3.7}, "x"), arm_correlations{}).correlation_control.has_value());

  // the same of one group and one level of a factor: the others are single patients
  const std::vector<proportion<>> patients{{"1", 7.0, 7.0}, {"2", 5.0, 5.0}, {"3", 9.0, 9.0}, {"4", 1.0, 1.0}, {"5", 0.0, 1.0}, {"6", 0.0, 1.0}};
  const auto x = design_of(std::vector<double>{0.3, 0.3, 0.3, 1.7, 1.7, 1.7}, "x");
  const auto single = beta_binomial_regression(patients, log_proportion{}, x);
  CHECK(single.state == estimate_state::at_boundary);
  CHECK(close(single.log_likelihood, std::log(4.0 / 27), metapool_test::digits10));
  CHECK_FALSE(single.correlation_treated.has_value());
  CHECK(single.correlations == 0);
  CHECK(std::any_of(single.notes.begin(), single.notes.end(), [](const std::string& note) { return contains(note, "no correlation can be told"); }));
  // one pair away from the wall tells of it, and so do arms of one outcome that a mean below 1 is forced on: all alike, whatever the risk
  auto pair = patients;
  pair.back() = {"6", 1.0, 2.0};
  CHECK(beta_binomial_regression(pair, log_proportion{}, x).correlation_treated.has_value());
  const std::vector<proportion<>> alike{{"1", 7.0, 7.0}, {"2", 0.0, 5.0}, {"3", 9.0, 9.0}, {"4", 0.0, 4.0}};
  const auto forced = beta_binomial_regression(alike, logit_proportion{}, intercept_only(4));
  REQUIRE(forced.correlation_treated.has_value());
  CHECK(*forced.correlation_treated == 1);
}

TEST_CASE("What a beta-binomial regression refuses, and what it cannot tell") {
  const trials_type trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 25, 2, 24), trial("4", 0, 40, 9, 39)};
  const auto d = design_of(std::vector<double>{0, 0, 1, 1}, "exposure");
  CHECK(contains(message_of<not_estimable>([&] { beta_binomial_regression(trials, odds_ratio{}, d); }), "'exposure' falls"));
  CHECK(contains(message_of<not_estimable>([&] { beta_binomial_regression(trials, risk_ratio{}, d); }), "'exposure' falls"));
  CHECK_THROWS_AS(beta_binomial_regression(trials, odds_ratio{}, design_of(std::vector<double>{2, 2, 2, 2}, "x")), rank_error);
  CHECK_THROWS_AS(beta_binomial_regression(trials, odds_ratio{}, design_of(std::vector<double>{1, 2}, "x")), input_error);
  CHECK_THROWS_AS(beta_binomial_regression(trials, odds_ratio{}, intercept_only(4), common_correlation{}, intercept_only(3)), input_error);
  CHECK_THROWS_AS(beta_binomial_regression(trials, odds_ratio{}, design_of(std::vector<double>{1, std::numeric_limits<double>::quiet_NaN(), 2, 3}, "x")), input_error);
  CHECK_THROWS_AS(beta_binomial_regression(trials_type{}, odds_ratio{}, intercept_only(0)), input_error);
  CHECK_THROWS_AS(beta_binomial_regression(trials_type{trial("1", 0, 12, 0, 12)}, odds_ratio{}, intercept_only(1)), not_estimable);
  const trials_type single{trial("1", 0, 1, 1, 1), trial("2", 1, 1, 0, 1), trial("3", 0, 1, 1, 1), trial("4", 1, 1, 0, 1), trial("5", 0, 1, 0, 1)};
  const auto bernoulli = beta_binomial_regression(single, odds_ratio{}, intercept_only(5), arm_correlations{});
  CHECK_FALSE(bernoulli.correlation_treated);
  CHECK(bernoulli.correlations == 0);
  CHECK(contains(bernoulli.notes.at(0), "binomial"));
  CHECK(close(bernoulli.coefficients(0), 0.0, metapool_test::tolerance{0, 0, 1e-12, "2 of 5 in either arm"}));
  // as many coefficients as studies: no t
  const auto full = beta_binomial_regression(trials_type(trials.begin(), trials.begin() + 2), odds_ratio{}, design_of(std::vector<double>{0, 1}, "x"));
  CHECK(full.df == 0);
  CHECK_THROWS_AS(infer(full, glmm_wald_t{}), not_estimable);
  CHECK_THROWS_AS(full.profile(2, 0.0), input_error);
}

TEST_CASE("A summit where the correlation is all but 0, and one whose correlations are unequal, are found") {
  // at a correlation of 9e-6 the last rise is below the rounding of the likelihood
  const trials_type flat{trial("1", 2, 39, 3, 26), trial("2", 2, 24, 0, 10), trial("3", 0, 25, 1, 52)};
  const auto fit = beta_binomial_regression(flat, risk_ratio{}, design_of(std::vector<double>{39, 24.01, 25.02}, "x"), common_correlation{}, baseline_risk::common);
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(*fit.correlation_treated > 1e-6);
  CHECK(*fit.correlation_treated < 1e-4);
  // an end of the interval is where the control arms alone are correlated, which they are not at the estimate
  const trials_type uneven{trial("1", 2, 60, 2, 48), trial("2", 0, 46, 1, 7), trial("3", 2, 16, 0, 42)};
  const auto by_arm = beta_binomial_regression(uneven, risk_ratio{}, design_of(std::vector<double>{60, 46.01, 16.02}, "x"), arm_correlations{});
  const auto intervals = infer(by_arm, glmm_profile_likelihood{});
  for (std::size_t j = 0; j < 2; ++j) {
    for (const double end : {intervals.lower[j], intervals.upper[j]}) {
      CHECK(close(2 * (by_arm.log_likelihood - by_arm.profile(j, end).log_likelihood), 3.841458820694124, metapool_test::digits8));
    }
  }
}

TEST_CASE("Means of 1 in all arms of a study, and values whose rounding hides the last rise, leave a maximum") {
  const trials_type full{trial("1", 2, 3, 3, 3), trial("2", 2, 2, 2, 2)};
  const auto fit = beta_binomial_regression(full, risk_ratio{}, design_of(std::vector<double>{3, 2.01}, "x"), arm_correlations{});
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(fit.state == estimate_state::at_boundary);
  CHECK(close(fit.log_likelihood, 2 * std::log(2.0 / 3) + std::log(1.0 / 3) + std::log(3.0), metapool_test::digits10));
}

TEST_CASE("Means are brought below 1 by the coefficients that are not held, if those can") {
  metapool::detail::beta_binomial_regression_likelihood<double> likelihood(metapool::detail::mean_scale::log, 2, 1);
  likelihood.add(3, 10, Eigen::Vector2d(1, 0), 0);
  likelihood.add(4, 10, Eigen::Vector2d(1, 1), 0);
  std::vector<double> x{-0.5, 0.9, 0};
  REQUIRE(likelihood.make_feasible(x, {true, false}));
  CHECK(x[0] == -0.5);
  CHECK(close(x[1], 0.4, metapool_test::digits8));  // not to the edge, but 0.1 below it
  x = {-0.5, 0.9, 0};
  REQUIRE(likelihood.make_feasible(x, {false, true}));
  CHECK(x[1] == 0.9);
  CHECK(close(x[0], -1.0, metapool_test::digits8));
  x = {0.1, 0.9, 0};
  CHECK_FALSE(likelihood.make_feasible(x, {true, false}));
  CHECK(x[0] == 0.1);
  x = {-2, 0.9, 0};  // is so already
  REQUIRE(likelihood.make_feasible(x, {false, false}));
  CHECK(x == std::vector<double>{-2, 0.9, 0});
}

TEST_CASE("Means are brought below 1 where there is hardly room for that") {
  metapool::detail::beta_binomial_regression_likelihood<double> likelihood(metapool::detail::mean_scale::log, 2, 1);
  likelihood.add(3, 10, Eigen::Vector2d(1, 1), 0);
  likelihood.add(4, 10, Eigen::Vector2d(1, -2), 0);
  std::vector<double> x{-1e-4, 5.0, 0};  // the second must come to between -5e-5 and 1e-4
  REQUIRE(likelihood.make_feasible(x, {true, false}));
  CHECK(x[0] == -1e-4);
  CHECK(x[1] < 1e-4);
  CHECK(x[1] > -5e-5);
}

TEST_CASE("On and at a mean of 1 arms of nothing but events have the probability 1, whatever the correlation, which then stays") {
  using metapool::detail::edge_side;
  metapool::detail::beta_binomial_regression_likelihood<double> likelihood(metapool::detail::mean_scale::log, 1, 1);
  const Eigen::VectorXd one = Eigen::VectorXd::Ones(1);
  likelihood.add(50, 50, one, 0);  // so many that rounding would leave something of 1
  likelihood.add(1, 1, one, 0);
  likelihood.add(0, 0, one, 0);  // nobody: no wall
  REQUIRE(likelihood.edges().size() == 2);
  CHECK(likelihood.largest_total() == 50);
  CHECK(likelihood.has_pairs(0));
  for (const double off : {0.0, 1e-17, -1e-17, 1e-3}) {  // as a search knows it, but for rounding
    const auto on = likelihood({off, 0.3}, {edge_side::on, edge_side::on});
    CHECK(on.value == 0);
    CHECK(on.gradient[1] == 0);
    CHECK(on.hessian[3] == -1);
    const auto below = likelihood({-1e-7, 0.3}, {edge_side::below, edge_side::below});
    CHECK(close(on.gradient[0], below.value / -1e-7, metapool_test::digits6));
  }
  const auto rounded = likelihood({1e-17, 0.3}, {edge_side::below, edge_side::below});
  CHECK(std::fabs(rounded.value) < 1e-15);
  CHECK(likelihood({1e-3, 0.3}, {edge_side::below, edge_side::below}).value == likelihood({0.0, 0.3}, {edge_side::below, edge_side::below}).value);
}

TEST_CASE("Without an intercept the model without moderators has means of one half, and on the logarithmic scale none") {
  const std::vector<proportion<>> patients{{"1", 1.0, 1.0}, {"2", 0.0, 1.0}, {"3", 0.0, 1.0}, {"4", 1.0, 1.0}, {"5", 0.0, 1.0}};
  const auto through = design_of(std::vector<double>{1, 2, 3, -1, -2}, "x", with_intercept::no);
  const auto fit = beta_binomial_regression(patients, logit_proportion{}, through);
  REQUIRE(fit.log_likelihood_without_moderators);
  CHECK(close(*fit.log_likelihood_without_moderators, 5 * std::log(0.5), metapool_test::digits12));
  CHECK(fit.correlations == 0);
  CHECK_FALSE(fit.correlation_treated);
  const auto logs = beta_binomial_regression(patients, log_proportion{}, design_of(std::vector<double>{1, 2, 3, 1, 2}, "x", with_intercept::no));
  CHECK_FALSE(logs.log_likelihood_without_moderators);
  CHECK(std::any_of(logs.notes.begin(), logs.notes.end(), [](const std::string& note) { return contains(note, "without moderators there is no likelihood"); }));
}

TEST_CASE("A profile says where it is far from all data, and where no mean is below 1") {
  const trials_type trials{trial("1", 3, 20, 6, 20), trial("2", 5, 21, 9, 20), trial("3", 9, 22, 10, 20), trial("4", 7, 19, 8, 18)};
  const auto fit = beta_binomial_regression(trials, odds_ratio{}, intercept_only(4));
  CHECK_FALSE(fit.profile(0, 1.0).at_limit);
  CHECK(fit.profile(0, 400.0).at_limit);
  const std::vector<proportion<>> arms{{"1", 3.0, 20.0}, {"2", 5.0, 21.0}, {"3", 9.0, 22.0}};
  const auto logs = beta_binomial_regression(arms, log_proportion{}, intercept_only(3));
  CHECK(logs.profile(0, 0.1).log_likelihood == -std::numeric_limits<double>::infinity());
  CHECK(logs.profile(0, 0.1).converged);
}

TEST_CASE("A profile climbs to the higher of two summits, from other correlations than the estimate's") {
  const trials_type trials{trial("1", 2, 41, 3, 58), trial("2", 1, 41, 0, 21), trial("3", 3, 20, 2, 15), trial("4", 0, 22, 0, 14)};
  const auto fit = beta_binomial_regression(trials, risk_ratio{}, design_of(std::vector<double>{41, 41.01, 20.02, 22.03}, "n"), arm_correlations{});
  CHECK(*fit.correlation_treated == 0);
  CHECK(*fit.correlation_control == 0);
  const auto at = fit.profile(1, 0.25);  // from correlations of 0 the climb ends at -15.1505
  CHECK(at.converged);
  CHECK(at.log_likelihood > -15.1288);
}
