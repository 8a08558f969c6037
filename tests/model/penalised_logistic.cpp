// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/glmm_inference.hpp>
#include <metapool/model/penalised_logistic.hpp>

#include "model/sparse_tables.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using metapool::glmm_profile_likelihood;
using metapool::infer;
using metapool::odds_ratio;
using metapool::over_dispersion;
using metapool::penalised_logistic;
using metapool_test::close;
using metapool_test::printed;
using metapool_test::trial;

namespace {

using tables = std::vector<metapool::binary_trial<>>;

/// log-likelihood plus half the logarithm of the determinant of the information, by elimination.
double penalised_likelihood(const tables& trials, double theta, const std::vector<double>& levels) {
  const std::size_t k = trials.size();
  double sum = 0, log_det = 0, corner = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const auto& t = trials[i];
    double w[2];
    for (int arm = 0; arm < 2; ++arm) {
      const auto& x = arm == 0 ? t.treated : t.control;
      const double eta = levels[i] + (arm == 0 ? theta : -theta) / 2, n = *x.total, y = *x.events, p = 1 / (1 + std::exp(-eta));
      sum += std::lgamma(n + 1) - std::lgamma(y + 1) - std::lgamma(n - y + 1) + y * std::log(p) + (n - y) * std::log1p(-p);
      w[arm] = n * p * (1 - p);
    }
    const double cross = (w[0] - w[1]) / 2;
    log_det += std::log(w[0] + w[1]);
    corner += (w[0] + w[1]) / 4 - cross * cross / (w[0] + w[1]);
  }
  return sum + (log_det + std::log(corner)) / 2;
}

}  // namespace

TEST_CASE("Firth's logistic regression of the catheter trials and of azithromycin as by brglm2") {
  // R's brglm2 0.9, type = "AS_mean", a level for each study: -1.2108447969, se 0.2152632073; the penalised likelihood written out: -41.49076765,
  // 95 % interval -1.663961785 to -0.788817674
  const auto fit = penalised_logistic(metapool_test::catheters());
  CHECK(fit.convergence.converged);
  CHECK(fit.convergence.residual < 1e-9);
  CHECK(fit.k == 18);
  CHECK(close(fit.estimate, -1.2108447969, printed(9)));
  CHECK(close(fit.se, 0.2152632073, printed(9)));
  CHECK(close(fit.log_likelihood, -41.49076765, printed(8)));
  const auto interval = infer(fit, glmm_profile_likelihood{});
  CHECK(close(interval.lower, -1.663961785, printed(8)));
  CHECK(close(interval.upper, -0.788817674, printed(8)));
  // -0.097678078727, 0.13510133421; interval -0.363803100 to 0.169985221
  const auto azithromycin = penalised_logistic(metapool_test::laopaiboon());
  CHECK(close(azithromycin.estimate, -0.097678078727, printed(10)));
  CHECK(close(azithromycin.se, 0.13510133421, printed(10)));
  const auto ends = infer(azithromycin, glmm_profile_likelihood{});
  CHECK(close(ends.lower, -0.3638031, printed(7)));
  CHECK(close(ends.upper, 0.1699852, printed(7)));
}

TEST_CASE("Over-dispersion: Pearson's factor and Fletcher's, by the fitted values of brglm2") {
  // catheters: 1.4915687873 and 1.7803375557; azithromycin: 4.0358727088 and 4.2115217971
  const auto plain = penalised_logistic(metapool_test::catheters());
  const auto pearson = penalised_logistic(metapool_test::catheters(), odds_ratio{}, over_dispersion::pearson);
  const auto fletcher = penalised_logistic(metapool_test::catheters(), odds_ratio{}, over_dispersion::fletcher);
  CHECK(close(pearson.dispersion, 1.4915687873, printed(9)));
  CHECK(close(fletcher.dispersion, 1.7803375557, printed(9)));
  CHECK(close(fletcher.se, plain.se * std::sqrt(fletcher.dispersion), metapool_test::digits12));
  CHECK(fletcher.estimate == plain.estimate);
  const auto interval = infer(fletcher, glmm_profile_likelihood{});
  CHECK(close(2 * (plain.log_likelihood - plain.profile(interval.upper).log_likelihood), 3.841458820694124 * fletcher.dispersion,
              metapool_test::digits8));
  CHECK(
      close(penalised_logistic(metapool_test::laopaiboon(), odds_ratio{}, over_dispersion::fletcher).dispersion, 4.2115217971, printed(8)));
  // a factor below 1 is not used
  const tables quiet{trial("1", 0, 10, 3, 12), trial("2", 0, 20, 1, 21), trial("3", 0, 5, 0, 6)};
  const auto small = penalised_logistic(quiet, odds_ratio{}, over_dispersion::pearson);
  CHECK(close(small.estimated_dispersion, 0.59971016943, printed(9)));
  CHECK(small.dispersion == 1);
  CHECK(close(small.estimate, -2.2150292121, printed(9)));
  CHECK(close(small.se, 1.4278678893, printed(9)));
}

TEST_CASE("One trial: Firth's penalty is half a patient added to each cell") {
  for (const auto& t : {trial("1", 0, 10, 3, 12), trial("2", 0, 10, 0, 30), trial("3", 7, 7, 2, 9), trial("4", 4, 4, 4, 4)}) {
    const auto fit = penalised_logistic(tables{t});
    const double a = *t.treated.events + 0.5, n1 = *t.treated.total + 1, c = *t.control.events + 0.5, n2 = *t.control.total + 1;
    CHECK(close(fit.estimate, std::log(a / (n1 - a) / (c / (n2 - c))), metapool_test::at_scale(metapool_test::digits12, 1)));
    const double w1 = (n1 - 1) * a * (n1 - a) / (n1 * n1), w2 = (n2 - 1) * c * (n2 - c) / (n2 * n2);
    CHECK(close(fit.se, std::sqrt(1 / w1 + 1 / w2), metapool_test::digits12));
    CHECK_THROWS_AS(infer(fit, metapool::glmm_wald_t{}), metapool::not_estimable);
    CHECK(penalised_logistic(tables{t}, odds_ratio{}, over_dispersion::pearson).notes.size() == 1);
  }
}

TEST_CASE("The penalised likelihood is highest at the fit in every direction") {
  const tables trials{trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21), trial("4", 0, 9, 0, 24)};
  const auto fit = penalised_logistic(trials);
  CHECK(close(fit.log_likelihood, penalised_likelihood(trials, fit.estimate, fit.levels), metapool_test::digits10));
  for (const double h : {-1e-3, 1e-3}) {
    CHECK(penalised_likelihood(trials, fit.estimate + h, fit.levels) < fit.log_likelihood);
    for (std::size_t i = 0; i < 4; ++i) {
      auto levels = fit.levels;
      levels[i] += h;
      CHECK(penalised_likelihood(trials, fit.estimate, levels) < fit.log_likelihood);
    }
  }
  // the profile's slope is that of differences
  for (const double theta : {-4.0, 0.5}) {
    const double h = 1e-4;
    CHECK(close(fit.profile(theta).slope, (fit.profile(theta + h).log_likelihood - fit.profile(theta - h).log_likelihood) / (2 * h),
                metapool_test::digits6));
  }
}

TEST_CASE("A step solves Newton's equations of the arrow and the matrix of rank one") {
  metapool::detail::penalised_logistic_profile<double> likelihood;
  for (const auto& t : {trial("1", 1, 12, 5, 12), trial("2", 4, 30, 3, 28), trial("3", 0, 20, 4, 21)})
    likelihood.tables.push_back(table_of(t));
  metapool::detail::penalised_logistic_point<double> at;
  at.theta = 0.3;
  at.levels = {-1.5, -2.0, -2.5};
  likelihood.evaluate(at);
  std::vector<double> move;
  double move_theta = 0;
  for (const bool held : {false, true}) {
    REQUIRE(likelihood.step_of(at, held, 0.0, move, move_theta));
    double along = at.v_theta * move_theta, theta_row = at.corner * move_theta;
    for (std::size_t i = 0; i < 3; ++i) {
      along += at.v[i] * move[i];
      theta_row += at.cross[i] * move[i];
    }
    for (std::size_t i = 0; i < 3; ++i)
      CHECK(close(at.diagonal[i] * move[i] + at.cross[i] * move_theta + at.v[i] * along / 2, at.slopes[i], metapool_test::digits12));
    if (!held) CHECK(close(theta_row + at.v_theta * along / 2, at.slope, metapool_test::digits12));
    if (held) CHECK(move_theta == 0);
  }
}

TEST_CASE("Firth's estimate is finite whatever the zeros, and flips its sign with the arms") {
  const tables none{trial("1", 0, 10, 0, 12), trial("2", 0, 40, 0, 21)};
  const auto fit = penalised_logistic(none), flipped = penalised_logistic(metapool_test::swapped(none));
  CHECK(std::isfinite(fit.estimate));
  CHECK(close(flipped.estimate, -fit.estimate, metapool_test::at_scale(metapool_test::digits12, 1)));
  const auto interval = infer(fit, glmm_profile_likelihood{});
  CHECK(interval.lower < 0);
  CHECK(interval.upper > 0);
  CHECK_THROWS_AS(penalised_logistic(tables{}), metapool::input_error);
  CHECK_THROWS_AS(penalised_logistic(tables{{"unknown", {}, {}}}), metapool::not_estimable);
}

TEST_CASE("Firth's estimate of large trials is the ratio itself") {
  const auto fit = penalised_logistic(tables{trial("1", 2e8, 1e9, 4e8, 1e9), trial("2", 1e8, 5e8, 2e8, 5e8)});
  CHECK(fit.convergence.converged);
  CHECK(close(fit.estimate, std::log(0.25 * 1.5), metapool_test::tolerance{1e-8, 0, 0, "the penalty"}));
  CHECK(infer(fit, glmm_profile_likelihood{}).upper > fit.estimate);
}

TEST_CASE("The penalised profile of trials that separate is the highest over all levels, and has an interval") {
  // far from the estimate the levels of alike trials differ: the maximum is on neither of the lines on which they are equal or opposite
  const tables alike{trial("a", 0, 10, 10, 10), trial("b", 0, 10, 10, 10)};
  const auto fit = penalised_logistic(alike);
  for (const double theta : {-16.0, -11.0, -9.0, -6.0, -2.0}) {
    double highest = -1e300;
    for (double x = 0; x <= 10; x += 0.05) {
      for (double y = -10; y <= 10; y += 0.05) highest = std::fmax(highest, penalised_likelihood(alike, theta, {x, y}));
    }
    CAPTURE(theta);
    const auto at = fit.profile(theta);
    CHECK(at.converged);
    CHECK(at.log_likelihood >= highest - 1e-9);
    CHECK(at.log_likelihood <= highest + 2e-3);
  }
  for (std::size_t k = 2; k <= 5; ++k) {
    const auto interval = infer(penalised_logistic(tables(k, alike[0])), glmm_profile_likelihood{});
    CHECK(interval.upper < -3);
    CHECK(interval.lower > -20);
  }
  CHECK(infer(fit, glmm_profile_likelihood{}).state == metapool::interval_state::regular);
}
