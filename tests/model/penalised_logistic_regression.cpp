// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/glmm_regression.hpp>
#include <metapool/model/penalised_logistic_regression.hpp>

#include "model/regression_data.hpp"
#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::treated_hundreds;
using metapool_test::trial;

namespace {

using trials_type = std::vector<binary_trial<>>;

double log_det(matrix_of<double> a) {  // by elimination
  double sum = 0;
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    sum += std::log(a(i, i));
    for (Eigen::Index j = i + 1; j < a.rows(); ++j) a.row(j) -= a.row(i) * (a(j, i) / a(i, i));
  }
  return sum;
}

/// The penalised log-likelihood from the whole matrix of the information on levels and coefficients.
double dense(const trials_type& trials, const matrix_of<double>& x, const std::vector<double>& levels, const vector_of<double>& b) {
  const Eigen::Index k = x.rows(), p = x.cols();
  matrix_of<double> information = matrix_of<double>::Zero(k + p, k + p);
  double sum = 0;
  for (Eigen::Index i = 0; i < k; ++i) {
    const auto& t = trials[static_cast<std::size_t>(i)];
    for (const double side : {0.5, -0.5}) {
      const double y = side > 0 ? *t.treated.events : *t.control.events, n = side > 0 ? *t.treated.total : *t.control.total;
      const double risk = 1 / (1 + std::exp(-(levels[static_cast<std::size_t>(i)] + side * x.row(i).dot(b))));
      vector_of<double> row = vector_of<double>::Zero(k + p);
      row(i) = 1;
      row.tail(p) = side * x.row(i).transpose();
      information += n * risk * (1 - risk) * row * row.transpose();
      sum += std::lgamma(n + 1) - std::lgamma(y + 1) - std::lgamma(n - y + 1) + y * std::log(risk) + (n - y) * std::log1p(-risk);
    }
  }
  // the coefficients' part in columns that are orthogonal with a mean square of 1
  return sum + (log_det(information) - log_det(matrix_of<double>(x.transpose() * x / static_cast<double>(k)))) / 2;
}

}  // namespace

TEST_CASE("Catheters by size: Firth's regression as by brglm2") {
  // R 4.2, brglm2 0.9, glm(cbind(y, n - y) ~ 0 + study + t + t:n, method = "brglmFit", type = "AS_mean"), t = 1/2 and -1/2. Penalised log-likelihood (the determinant in columns as they
  // are) -40.0060896463, with the slope held at 0 -40.3799935026 (optim); Pearson's chi-squared 26.25893697771, over 16 1.64118356111, Fletcher's 1.94589923801
  const auto trials = metapool_test::catheters();
  const auto fit = penalised_logistic_regression(trials, odds_ratio{}, design_of(treated_hundreds(trials), "n"), over_dispersion::fletcher);
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-8);
  CHECK(fit.k == 18);
  CHECK(fit.df == 16);
  CHECK(close(fit.coefficients(0), -1.617869299104, metapool_test::digits10));
  CHECK(close(fit.coefficients(1), 0.286895082791, metapool_test::digits10));
  CHECK(close(fit.estimated_dispersion, 1.94589923801, metapool_test::digits10));
  CHECK(close(std::sqrt(fit.covariance(0, 0) / fit.dispersion), 0.515579479817, metapool_test::digits10));
  CHECK(close(std::sqrt(fit.covariance(1, 1) / fit.dispersion), 0.315635345015, metapool_test::digits10));
  const matrix_of<double> x = fit.design.x;
  const double units = log_det(matrix_of<double>(x.transpose() * x / 18.0)) / 2;
  CHECK(close(fit.log_likelihood + units, -40.0060896463, metapool_test::digits10));
  CHECK(close(*fit.log_likelihood_without_moderators + units, -40.3799935026, metapool_test::digits8));
  CHECK(penalised_logistic_regression(trials, odds_ratio{}, design_of(treated_hundreds(trials), "n"), over_dispersion::pearson).estimated_dispersion == doctest::Approx(1.64118356111).epsilon(1e-10));
  const auto wald = infer(fit);
  CHECK(close(wald.se[1], std::sqrt(fit.covariance(1, 1)), metapool_test::digits12));
  const auto r = infer(fit, glmm_profile_likelihood{});
  for (std::size_t j = 0; j < 2; ++j) {
    for (const double end : {r.lower[j], r.upper[j]}) {
      const auto at = fit.profile(j, end);
      CHECK(close(2 * (fit.log_likelihood - at.log_likelihood) / fit.dispersion, 3.841458820694124, metapool_test::digits8));
      const double h = 1e-4;
      CHECK(close(at.slope, (fit.profile(j, end + h).log_likelihood - fit.profile(j, end - h).log_likelihood) / (2 * h), metapool_test::digits6));
    }
  }
  CHECK(close(r.moderators->statistic, 2 * (40.3799935026 - 40.0060896463) / 1.94589923801, metapool_test::digits8));
  CHECK(close(r.p[1], r.moderators->p, metapool_test::digits8));
}

TEST_CASE("An intercept alone is penalised_logistic") {
  const auto trials = metapool_test::hahn();
  const auto one = penalised_logistic(trials, odds_ratio{}, over_dispersion::fletcher);
  const auto fit = penalised_logistic_regression(trials, odds_ratio{}, intercept_only(12), over_dispersion::fletcher);
  CHECK(close(fit.coefficients(0), one.estimate, metapool_test::digits12));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), one.se, metapool_test::digits12));
  CHECK(close(fit.log_likelihood, one.log_likelihood, metapool_test::digits12));
  CHECK(close(fit.estimated_dispersion, one.estimated_dispersion, metapool_test::digits12));
  CHECK(close(fit.levels[3], one.levels[3], metapool_test::digits10));
  CHECK_FALSE(fit.log_likelihood_without_moderators);
  const auto a = infer(fit, glmm_profile_likelihood{});
  const auto b = infer(one, glmm_profile_likelihood{});
  CHECK(close(a.lower[0], b.lower, metapool_test::digits8));
  CHECK(close(a.upper[0], b.upper, metapool_test::digits8));
  CHECK(close(a.p[0], b.p, metapool_test::digits8));
}

TEST_CASE("A factor's levels are as if penalised apart, a moderator's units and origin do not matter") {
  const auto trials = metapool_test::catheters();
  const trials_type first(trials.begin(), trials.begin() + 7), second(trials.begin() + 7, trials.end());
  matrix_of<double> groups(18, 2);
  std::vector<double> late, moved;
  for (Eigen::Index i = 0; i < 18; ++i) {
    groups.row(i) << (i < 7 ? 1 : 0), (i < 7 ? 0 : 1);
    late.push_back(i < 7 ? 0 : 1);
    moved.push_back(i < 7 ? 1000 : 1003);
  }
  const auto means = penalised_logistic_regression(trials, odds_ratio{}, design_of(groups, {"early", "late"}, with_intercept::no));
  const auto a = penalised_logistic(first), b = penalised_logistic(second);
  CHECK(close(means.coefficients(0), a.estimate, metapool_test::digits12));
  CHECK(close(means.coefficients(1), b.estimate, metapool_test::digits12));
  CHECK(close(std::sqrt(means.covariance(0, 0)), a.se, metapool_test::digits12));
  CHECK(means.covariance(0, 1) == doctest::Approx(0));
  // each group's own determinant is that of a column of ones; here the columns' mean square is that of all studies
  CHECK(close(means.log_likelihood, a.log_likelihood + b.log_likelihood + std::log(18.0 / 7) / 2 + std::log(18.0 / 11) / 2, metapool_test::digits12));
  const auto difference = penalised_logistic_regression(trials, odds_ratio{}, design_of(late, "late"));
  CHECK(close(difference.coefficients(1), b.estimate - a.estimate, metapool_test::digits10));
  CHECK(close(difference.log_likelihood, means.log_likelihood, metapool_test::digits12));
  const auto far = penalised_logistic_regression(trials, odds_ratio{}, design_of(moved, "late"));
  CHECK(close(3 * far.coefficients(1), difference.coefficients(1), metapool_test::digits8));
  CHECK(close(far.log_likelihood, difference.log_likelihood, metapool_test::digits10));
  const auto flipped = penalised_logistic_regression(metapool_test::swapped(trials), odds_ratio{}, design_of(late, "late"));
  CHECK(close(flipped.coefficients(1), -difference.coefficients(1), metapool_test::digits10));
  CHECK(close(flipped.log_likelihood, difference.log_likelihood, metapool_test::digits12));
}

TEST_CASE("Moderators that separate have finite estimates; the likelihood is that of the whole determinant and flat at the fit") {
  // where x = 1 no treated patient has an event, and one trial has none at all
  const trials_type trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 2, 20, 4, 21), trial("4", 0, 25, 2, 24), trial("5", 0, 40, 9, 39), trial("6", 0, 9, 0, 8)};
  matrix_of<double> x(6, 2);
  x << 0, 1, 0, 3, 0, 2, 1, 5, 1, 1, 1, 2.5;
  const auto fit = penalised_logistic_regression(trials, odds_ratio{}, design_of(x, {"exposure", "dose"}));
  CHECK(fit.convergence.converged);
  CHECK(fit.coefficients(1) < -1);
  CHECK(std::isfinite(fit.coefficients(1)));
  CHECK(close(fit.log_likelihood, dense(trials, fit.design.x, fit.levels, fit.coefficients), metapool_test::digits10));
  for (Eigen::Index j = 0; j < 3; ++j) {
    vector_of<double> up = fit.coefficients, down = up;
    up(j) += 1e-5;
    down(j) -= 1e-5;
    CHECK(std::fabs(dense(trials, fit.design.x, fit.levels, up) - dense(trials, fit.design.x, fit.levels, down)) / 2e-5 < 1e-6);
  }
  for (std::size_t i = 0; i < 6; ++i) {
    auto up = fit.levels, down = up;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    CHECK(std::fabs(dense(trials, fit.design.x, up, fit.coefficients) - dense(trials, fit.design.x, down, fit.coefficients)) / 2e-5 < 1e-6);
  }
  const auto r = infer(fit, glmm_profile_likelihood{});
  CHECK(r.lower[1] < fit.coefficients(1));
  CHECK(r.upper[1] < 10);
  REQUIRE(r.moderators);
  CHECK(r.moderators->df1 == 2);
  CHECK(close(r.moderators->statistic, 2 * (fit.log_likelihood - *fit.log_likelihood_without_moderators), metapool_test::digits12));
}

TEST_CASE("Few studies in Firth's regression, and what it refuses") {
  const trials_type two{trial("1", 0, 12, 5, 12), trial("2", 3, 30, 0, 28)};
  const auto d = design_of(std::vector<double>{0, 1}, "x");
  const auto fit = penalised_logistic_regression(two, odds_ratio{}, d, over_dispersion::pearson);
  CHECK(fit.df == 0);
  CHECK(fit.dispersion == 1);
  REQUIRE(!fit.notes.empty());
  CHECK(contains(fit.notes.back(), "degrees of freedom"));
  CHECK(close(fit.coefficients(0), penalised_logistic(trials_type{two[0]}).estimate, metapool_test::digits10));
  CHECK_THROWS_AS(infer(fit, glmm_wald_t{}), not_estimable);
  CHECK_THROWS_AS(fit.profile(2, 0.0), input_error);
  // nothing but zeros: the penalty alone, and no effect
  const auto none = penalised_logistic_regression(trials_type{trial("1", 0, 12, 0, 12), trial("2", 0, 30, 0, 30), trial("3", 0, 5, 0, 5)}, odds_ratio{}, design_of(std::vector<double>{0, 1, 3}, "x"));
  CHECK(none.convergence.converged);
  CHECK(none.coefficients.cwiseAbs().maxCoeff() < 1e-10);
  CHECK_THROWS_AS(penalised_logistic_regression(two, odds_ratio{}, design_of(std::vector<double>{1, 1}, "x")), rank_error);
  CHECK_THROWS_AS(penalised_logistic_regression(two, odds_ratio{}, design_of(std::vector<double>{1, 2, 3}, "x")), input_error);
  CHECK_THROWS_AS(penalised_logistic_regression(trials_type{}, odds_ratio{}, intercept_only(0)), input_error);
  CHECK_THROWS_AS(penalised_logistic_regression(trials_type{trial("1", 13, 12, 5, 12)}, odds_ratio{}, intercept_only(1)), input_error);
}

TEST_CASE("Of two ridges that a penalised profile may follow it follows the higher one") {
  const trials_type trials{trial("1", 0, 24, 0, 42), trial("2", 0, 40, 0, 14), trial("3", 0, 50, 0, 8), trial("4", 2, 11, 3, 5), trial("5", 1, 16, 1, 36), trial("6", 0, 55, 0, 3), trial("7", 0, 22, 0, 35)};
  matrix_of<double> x(7, 2);
  x << 24, 1, 40.01, 0, 50.02, 0, 11.03, 1, 16.04, 0, 55.05, 0, 22.06, 1;
  const auto fit = penalised_logistic_regression(trials, odds_ratio{}, design_of(x), over_dispersion::fletcher);
  double before = 1;
  for (int i = -60; i <= -20; ++i) {  // no jump: the log-likelihood falls by no more than its slope says
    const auto at = fit.profile(0, 0.2 * i);
    CHECK(at.converged);
    CHECK(at.slope < 0.4);
    if (before < 1) CHECK(close(at.log_likelihood - before, 0.2 * at.slope, metapool_test::tolerance{0, 0, 0.02, "a straight line for a curve"}));
    before = at.log_likelihood;
  }
}
