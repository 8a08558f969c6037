// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/contrasts.hpp>
#include <metapool/inference/glmm_regression.hpp>
#include <metapool/model/log_binomial_regression.hpp>

#include "model/regression_data.hpp"
#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::printed;
using metapool_test::trial;

namespace {

using trials_type = std::vector<binary_trial<>>;

const std::vector<double> latitudes = metapool_test::bcg_latitude();

/// log-likelihood of one log risk ratio a trial, each level by golden sections.
double brute_force(const trials_type& trials, const std::vector<double>& theta) {
  double sum = 0;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const double a = *trials[i].treated.events, n = *trials[i].treated.total, c = *trials[i].control.events, m = *trials[i].control.total;
    const auto part = [](double y, double total, double p) {
      return std::lgamma(total + 1) - std::lgamma(y + 1) - std::lgamma(total - y + 1) + (y > 0 ? y * std::log(p) : 0) + (y < total ? (total - y) * std::log1p(-p) : 0);
    };
    const double top = std::log(std::min(1.0, std::exp(-theta[i])));
    const auto f = [&](double level) { return part(a, n, std::min(1.0, std::exp(level + theta[i]))) + part(c, m, std::exp(level)); };
    double low = top - 40, high = top;
    for (int j = 0; j < 200; ++j) {
      const double x = low + 0.382 * (high - low), y = low + 0.618 * (high - low);
      (f(x) < f(y) ? low : high) = f(x) < f(y) ? x : y;
    }
    sum += std::max(f(low), f(high));
  }
  return sum;
}

}  // namespace

TEST_CASE("BCG by latitude is log-binomial regression as by glm") {
  // R 4.2, glm(cbind(y, n - y) ~ 0 + study + t + t:latitude, binomial("log")): 0.3518758067951, -0.0297314907919, log-likelihood -84.6220213545, deviance 30.9021540115;
  // without latitude -152.331094849. (Its standard errors, 0.08084 and 0.0026256, are from the expected information.)
  const auto fit = log_binomial_regression(metapool_test::bcg(), risk_ratio{}, design_of(latitudes, "latitude"));
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(close(fit.coefficients(0), 0.3518758067951, metapool_test::digits10));
  CHECK(close(fit.coefficients(1), -0.0297314907919, metapool_test::digits10));
  CHECK(close(fit.log_likelihood, -84.6220213545, metapool_test::digits10));
  CHECK(close(*fit.log_likelihood_without_moderators, -152.331094849, metapool_test::digits10));
  CHECK(close(fit.q_lrt, 30.9021540115, metapool_test::digits10));
  CHECK(fit.df == 11);
  CHECK(fit.p_lrt < 0.01);
  CHECK(close(std::sqrt(fit.covariance(0, 0)), 0.08084, printed(3)));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), 0.0026256, printed(3)));
  const auto profile = infer(fit, glmm_profile_likelihood{});
  for (std::size_t j = 0; j < 2; ++j) {
    for (const double end : {profile.lower[j], profile.upper[j]}) {
      const auto at = fit.profile(j, end);
      CHECK(close(2 * (fit.log_likelihood - at.log_likelihood), 3.841458820694124, metapool_test::digits8));
      const double h = 1e-4 * profile.se[j];
      CHECK(close(at.slope, (fit.profile(j, end + h).log_likelihood - fit.profile(j, end - h).log_likelihood) / (2 * h), metapool_test::digits6));
    }
  }
  CHECK(close(profile.moderators->statistic, 2 * (152.331094849 - 84.6220213545), printed(9)));
  CHECK(close(profile.statistic[1] * profile.statistic[1], profile.moderators->statistic, metapool_test::digits8));
  const auto wald = infer(fit, glmm_wald_t{});
  CHECK(*wald.df[1] == 11);
  CHECK(close(wald.statistic[1], fit.coefficients(1) / std::sqrt(fit.covariance(1, 1)), metapool_test::digits12));
}

TEST_CASE("Standard errors of a log-binomial regression are those of the profile's curvature") {
  const auto trials = metapool_test::catheters();
  std::vector<double> n;
  for (const auto& t : trials) n.push_back(*t.treated.total);
  const auto fit = log_binomial_regression(trials, risk_ratio{}, design_of(n, "n"));
  CHECK(fit.k == 17);  // one without events
  CHECK(fit.audit[14].status == study_status::double_zero);
  for (std::size_t j = 0; j < 2; ++j) {
    const double se = std::sqrt(fit.covariance(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(j))), b = fit.coefficients(static_cast<Eigen::Index>(j));
    const double h = 1e-3 * se, curve = (fit.profile(j, b + h).slope - fit.profile(j, b - h).slope) / (2 * h);
    CHECK(close(-1 / curve, se * se, metapool_test::digits6));
  }
}

TEST_CASE("An intercept alone is log_binomial; a factor's levels are as if fitted apart") {
  const auto trials = metapool_test::catheters();
  const auto one = log_binomial(trials);
  const auto fit = log_binomial_regression(trials, risk_ratio{}, intercept_only(18));
  CHECK(close(fit.coefficients(0), one.estimate, metapool_test::digits12));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), one.se, metapool_test::digits12));
  CHECK(close(fit.log_likelihood, one.log_likelihood, metapool_test::digits12));
  CHECK(close(fit.q_lrt, one.q_lrt, metapool_test::digits12));
  CHECK_FALSE(fit.log_likelihood_without_moderators);
  CHECK(close(infer(fit, glmm_profile_likelihood{}).upper[0], infer(one, glmm_profile_likelihood{}).upper, metapool_test::digits8));

  const trials_type first(trials.begin(), trials.begin() + 7), second(trials.begin() + 7, trials.end());
  matrix_of<double> groups(18, 2);
  std::vector<double> late;
  for (Eigen::Index i = 0; i < 18; ++i) {
    groups.row(i) << (i < 7 ? 1 : 0), (i < 7 ? 0 : 1);
    late.push_back(i < 7 ? 0 : 1);
  }
  const auto means = log_binomial_regression(trials, risk_ratio{}, design_of(groups, {"early", "late"}, with_intercept::no));
  const auto a = log_binomial(first), b = log_binomial(second);
  CHECK(close(means.coefficients(0), a.estimate, metapool_test::digits12));
  CHECK(close(means.coefficients(1), b.estimate, metapool_test::digits12));
  CHECK(close(std::sqrt(means.covariance(1, 1)), b.se, metapool_test::digits12));
  CHECK(close(means.log_likelihood, a.log_likelihood + b.log_likelihood, metapool_test::digits12));
  CHECK(close(means.q_lrt, a.q_lrt + b.q_lrt, metapool_test::digits10));
  const auto difference = log_binomial_regression(trials, risk_ratio{}, design_of(late, "late"));
  CHECK(close(difference.coefficients(1), b.estimate - a.estimate, metapool_test::digits10));
  CHECK(close(difference.log_likelihood, means.log_likelihood, metapool_test::digits12));
  CHECK(close(*difference.log_likelihood_without_moderators, one.log_likelihood, metapool_test::digits12));
}

TEST_CASE("A moderator's units and origin do not matter to a log-binomial regression, nor the order of the arms but for the sign") {
  std::vector<double> years;
  for (const double x : latitudes) years.push_back(1950 + x / 100);
  const auto a = log_binomial_regression(metapool_test::bcg(), risk_ratio{}, design_of(latitudes, "x"));
  const auto b = log_binomial_regression(metapool_test::bcg(), risk_ratio{}, design_of(years, "x"));
  CHECK(close(b.log_likelihood, a.log_likelihood, metapool_test::digits12));
  CHECK(close(b.coefficients(1), 100 * a.coefficients(1), metapool_test::digits8));
  CHECK(close(b.covariance(1, 1), 1e4 * a.covariance(1, 1), metapool_test::digits8));
  const auto flipped = log_binomial_regression(metapool_test::swapped(metapool_test::bcg()), risk_ratio{}, design_of(latitudes, "x"));
  CHECK(close(flipped.coefficients(1), -a.coefficients(1), metapool_test::digits12));
  CHECK(close(flipped.log_likelihood, a.log_likelihood, metapool_test::digits12));
}

TEST_CASE("The likelihood of a log-binomial regression is that of levels searched one by one, and highest at the fit") {
  const trials_type trials{trial("1", 3, 12, 5, 12), trial("2", 9, 10, 3, 8), trial("3", 0, 20, 4, 21), trial("4", 7, 7, 6, 9), trial("5", 2, 4, 4, 4)};
  const std::vector<double> x{0.5, 2, 1, 3, -1};
  const auto fit = log_binomial_regression(trials, risk_ratio{}, design_of(x, "x"));
  const auto at = [&](double b0, double b1) {
    std::vector<double> theta;
    for (const double v : x) theta.push_back(b0 + b1 * v);
    return brute_force(trials, theta);
  };
  const double b0 = fit.coefficients(0), b1 = fit.coefficients(1);
  CHECK(close(fit.log_likelihood, at(b0, b1), metapool_test::digits10));
  for (const double h : {-1e-2, 1e-2}) {
    CHECK(at(b0 + h, b1) < fit.log_likelihood);
    CHECK(at(b0, b1 + h) < fit.log_likelihood);
    CHECK(at(b0 + h, b1 - h) < fit.log_likelihood);
  }
}

TEST_CASE("Trials of nothing but events: a maximum on their edge has a state, no standard errors, and a profile interval") {
  const trials_type trials{trial("1", 4, 4, 5, 5), trial("2", 3, 3, 4, 4), trial("3", 3, 10, 3, 9), trial("4", 2, 12, 3, 12)};
  const std::vector<double> x{0, 1, 0, 1};
  const auto fit = log_binomial_regression(trials, risk_ratio{}, design_of(x, "x"));
  CHECK(fit.convergence.converged);
  CHECK(fit.state == estimate_state::at_boundary);
  CHECK(close(fit.coefficients(0), 0.0, metapool_test::tolerance{0, 0, 1e-14, "on the edge"}));
  CHECK(close(fit.coefficients(1), 0.0, metapool_test::tolerance{0, 0, 1e-14, "on the edge"}));
  CHECK(close(fit.log_likelihood, brute_force(trials, {0, 0, 0, 0}), metapool_test::digits10));
  CHECK_THROWS_AS(infer(fit), not_estimable);
  CHECK_THROWS_AS(infer(fit, glmm_wald_t{}), not_estimable);
  const auto profile = infer(fit, glmm_profile_likelihood{});
  CHECK(profile.lower[1] < 0);
  CHECK(profile.upper[1] > 0);
  CHECK(close(2 * (fit.log_likelihood - fit.profile(1, profile.upper[1]).log_likelihood), 3.841458820694124, metapool_test::digits8));
  CHECK_THROWS_AS(test_coefficients(profile, {1}), not_estimable);
  CHECK_THROWS_AS(contrasts(profile, matrix_of<double>(matrix_of<double>::Identity(2, 2))), not_estimable);
  // the edge of one group: its coefficient is on it, the other's is not
  const trials_type mixed{trial("1", 4, 4, 5, 5), trial("2", 30, 40, 25, 40), trial("3", 1, 9, 4, 9)};
  const auto one = log_binomial_regression(mixed, risk_ratio{}, design_of(std::vector<double>{0, 0, 1}, "x"));
  const auto apart = log_binomial(trials_type(mixed.begin(), mixed.begin() + 2));
  CHECK(close(one.coefficients(0), apart.estimate, metapool_test::tolerance{1e-10, 0, 1e-12, "0 or not"}));
  CHECK(one.state == apart.state);
}

TEST_CASE("What a log-binomial regression refuses") {
  // where x = 1 no treated patient has an event
  const trials_type trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 25, 2, 24), trial("4", 0, 40, 9, 39)};
  const auto d = design_of(std::vector<double>{0, 0, 1, 1}, "exposure");
  CHECK(contains(message_of<not_estimable>([&] { log_binomial_regression(trials, risk_ratio{}, d); }), "'exposure' falls"));
  const trials_type none{trial("1", 0, 12, 0, 12), trial("2", 0, 30, 0, 28)};
  CHECK(contains(message_of<not_estimable>([&] { log_binomial_regression(none, risk_ratio{}, intercept_only(2)); }), "no trial has an event"));
  CHECK_THROWS_AS(log_binomial_regression(trials, risk_ratio{}, design_of(std::vector<double>{2, 2, 2, 2}, "x")), rank_error);
  CHECK_THROWS_AS(log_binomial_regression(trials, risk_ratio{}, design_of(std::vector<double>{1, 2}, "x")), input_error);
  CHECK_THROWS_AS(log_binomial_regression(trials, risk_ratio{}, design_of(std::vector<double>{1, 2, std::numeric_limits<double>::quiet_NaN(), 4}, "x")), input_error);
  CHECK_THROWS_AS(log_binomial_regression(trials_type{}, risk_ratio{}, intercept_only(0)), input_error);
  CHECK_THROWS_AS(log_binomial_regression(trials_type{trial("1", 13, 12, 5, 12)}, risk_ratio{}, intercept_only(1)), input_error);
  const trials_type two(trials.begin(), trials.begin() + 2);
  CHECK_THROWS_AS(log_binomial_regression(two, risk_ratio{}, design_of(matrix_of<double>(matrix_of<double>::Random(2, 2)))), error);
  // as many coefficients as trials: each trial's own ratio, and no t
  const auto fit = log_binomial_regression(two, risk_ratio{}, design_of(std::vector<double>{0, 1}, "x"));
  CHECK(close(fit.coefficients(0), std::log((1.0 / 12) / (5.0 / 12)), metapool_test::digits10));
  CHECK(fit.q_lrt == 0);
  CHECK(fit.p_lrt == 1);
  CHECK_THROWS_AS(infer(fit, glmm_wald_t{}), not_estimable);
  CHECK_THROWS_AS(fit.profile(2, 0.0), input_error);
}

TEST_CASE("A profile that bends within a billionth of its length is climbed to its top") {
  const trials_type trials{trial("1", 2, 5, 0, 2), trial("2", 0, 4, 0, 1), trial("3", 3, 3, 3, 4), trial("4", 0, 4, 2, 2), trial("5", 0, 2, 3, 3), trial("6", 0, 3, 3, 3)};
  matrix_of<double> x(6, 2);
  x << 5, 1, 4.01, 0, 3.02, 0, 4.03, 1, 2.04, 0, 3.05, 0;
  const auto fit = log_binomial_regression(trials, risk_ratio{}, design_of(x));
  for (int i = -12; i <= 12; ++i) CHECK(fit.profile(1, fit.coefficients(1) + (0.0001 * i + 2.8) * std::sqrt(fit.covariance(1, 1))).converged);
  const auto intervals = infer(fit, glmm_profile_likelihood{});
  for (std::size_t j = 0; j < 3; ++j) {
    for (const double end : {intervals.lower[j], intervals.upper[j]}) {
      const auto at = fit.profile(j, end);
      CHECK(at.converged);
      CHECK(close(2 * (fit.log_likelihood - at.log_likelihood), 3.841458820694124, metapool_test::digits8));
    }
  }
}

TEST_CASE("A profile's best that is a thousand away, or at an edge with a plateau along it, is found") {
  const trials_type far{trial("1", 0, 3, 1, 33), trial("2", 0, 46, 2, 32), trial("3", 1, 3, 2, 52)};
  const auto fit = log_binomial_regression(far, risk_ratio{}, design_of(std::vector<double>{3, 46.01, 3.02}, "x"));
  const auto at = fit.profile(0, 186.839493041478);
  CHECK(at.converged);
  double highest = -1e300;
  for (int i = 0; i <= 600; ++i) {
    const double b = -55 - 0.025 * i;
    highest = (std::max)(highest, brute_force(far, {186.839493041478 + 3 * b, 186.839493041478 + 46.01 * b, 186.839493041478 + 3.02 * b}));
  }
  CHECK(at.log_likelihood >= highest);
  CHECK(at.log_likelihood < highest + 0.01);
  CHECK(std::isinf(infer(fit, glmm_profile_likelihood{}).upper[0]));  // farther than 100
  const trials_type level{trial("1", 2, 2, 1, 3), trial("2", 2, 5, 2, 3), trial("3", 2, 4, 2, 4), trial("4", 0, 2, 0, 4), trial("5", 2, 2, 3, 3), trial("6", 3, 3, 1, 4), trial("7", 2, 3, 2, 2)};
  matrix_of<double> x(7, 2);
  x << 2, 1, 5.01, 0, 4.02, 0, 2.03, 1, 2.04, 0, 3.05, 0, 3.06, 1;
  const auto kinked = log_binomial_regression(level, risk_ratio{}, design_of(x));
  CHECK(kinked.state == estimate_state::at_boundary);
  const auto intervals = infer(kinked, glmm_profile_likelihood{});
  CHECK(close(intervals.upper[1], 0.377256324822, metapool_test::digits8));
}
