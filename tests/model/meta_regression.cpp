// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/meta_regression.hpp>

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "model/regression_data.hpp"
#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("BCG vaccine on latitude: REML as metafor has it") {
  const auto fit = meta_regression(effect_sizes(bcg(), risk_ratio{}), design_of(bcg_latitude(), "latitude"));
  // metafor 3.8, rma(yi, vi, mods = ~ ablat), gives
  const tolerance t{1e-9, 0, 0, "metafor's iteration at its tightest"};
  CHECK(close(fit.coefficients(0), 0.25146821000737, t));
  CHECK(close(fit.coefficients(1), -0.0291017250116497, t));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), 0.249095396616765, t));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), 0.00719532722090451, t));
  CHECK(close(*fit.tau2, 0.0763479639552027, t));
  CHECK(close(*fit.se_tau2, 0.0590472289044412, t));
  CHECK(close(fit.q, 30.7330900107493, digits12));
  CHECK(fit.df == 11);
  CHECK(fit.convergence.converged);
  CHECK(fit.method == "REML");
  CHECK(close((*fit.tau2_without_moderators - *fit.tau2) / *fit.tau2_without_moderators, 0.756266218116216, t));
  CHECK(close(*fit.tau2 / (*fit.tau2 + *fit.typical_variance), 0.683912248381823, t));
}

TEST_CASE("BCG vaccine, log odds ratio on latitude by maximum likelihood: van Houwelingen, Arends and Stijnen 2002") {
  std::vector<double> centred = bcg_latitude();
  for (double& x : centred) x -= 33.46;
  const auto fit = meta_regression(effect_sizes(bcg(), odds_ratio{}), design_of(centred), maximum_likelihood{});
  // the analysis of their section 5, as metafor 3.8 prints it at its tightest (at its defaults, -0.7239 and 0.0556 for the intercept)
  CHECK(close(*fit.tau2, 0.0040, printed(4)));
  CHECK(close(*fit.se_tau2, 0.0086, printed(4)));
  CHECK(close(fit.coefficients(0), -0.7238, printed(4)));
  CHECK(close(std::sqrt(fit.covariance(0, 0)), 0.0555, printed(4)));
  CHECK(close(fit.coefficients(1), -0.0327, printed(4)));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), 0.0034, printed(4)));
  CHECK(close(fit.q, 25.0954, printed(4)));
}

TEST_CASE("BCG vaccine on latitude by moments and with a common effect, as metafor has it") {
  const auto effects = effect_sizes(bcg(), risk_ratio{});
  const auto fit = meta_regression(effects, design_of(bcg_latitude(), "latitude"), dersimonian_laird{});
  CHECK(close(fit.coefficients(0), 0.259543712434023, digits12));
  CHECK(close(fit.coefficients(1), -0.0292287387551884, digits12));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), 0.00673301083956727, digits12));
  CHECK(close(*fit.tau2, 0.0633005024264152, digits12));
  std::vector<double> centred = bcg_latitude();
  for (double& x : centred) x -= 33.46;
  const auto common = common_effect_regression(effects, design_of(centred));
  CHECK(close(common.coefficients(0), -0.6347, printed(4)));
  CHECK(close(common.coefficients(1), -0.0292, printed(4)));
}

TEST_CASE("teachers' expectancy on weeks of contact: no heterogeneity is left") {
  const auto data = teachers();
  const auto fit = meta_regression(known_effects(data.y, data.v), design_of(data.weeks, "weeks"));
  // Raudenbush & Bryk (1985) J Educ Stat 10:75, as in metafor 3.8
  CHECK(close(fit.coefficients(0), 0.407185342983199, digits12));
  CHECK(close(fit.coefficients(1), -0.157244430980381, digits12));
  CHECK(close(std::sqrt(fit.covariance(1, 1)), 0.0358312257497836, digits12));
  CHECK(*fit.tau2 == 0);
  CHECK(close(fit.q, 16.5708252968801, digits12));
}

TEST_CASE("without moderators it is the random-effects model, by each estimator") {
  const auto effects = effect_sizes(bcg(), risk_ratio{});
  const auto check = [&](const auto& estimator) {
    const auto fit = meta_regression(effects, intercept_only(13), estimator);
    const auto mean = random_effects(effects, estimator);
    CHECK(close(fit.coefficients(0), mean.estimate, digits12));
    CHECK(close(std::sqrt(fit.covariance(0, 0)), mean.se, digits12));
    CHECK(close(*fit.tau2, *mean.tau2, digits12));
    CHECK(close(*fit.se_tau2, *mean.se_tau2, digits12));
    CHECK(close(fit.q, mean.q, digits12));
    CHECK_FALSE(fit.tau2_without_moderators);
    for (std::size_t i = 0; i < 13; ++i) CHECK(close(fit.leverages[i], mean.weights[i], digits12));
  };
  check(reml{});
  check(maximum_likelihood{});
  check(dersimonian_laird{});
  check(paule_mandel{});
}

TEST_CASE("Paule and Mandel's tau2 makes Q equal k - p") {
  const auto effects = effect_sizes(bcg(), risk_ratio{});
  const auto fit = meta_regression(effects, design_of(bcg_latitude()), paule_mandel{});
  double q = 0;
  for (std::size_t i = 0; i < 13; ++i) q += fit.residuals[i] * fit.residuals[i] / (effects.v[i] + *fit.tau2);
  CHECK(close(q, 11.0, digits12));
}

TEST_CASE("with tau2 = 0 it is the regression with a common effect, and leverages add up to p") {
  const auto data = teachers();
  const auto effects = known_effects(data.y, data.v);
  const auto common = common_effect_regression(effects, design_of(data.weeks));
  const auto fit = meta_regression(effects, design_of(data.weeks));
  CHECK(common.coefficients == fit.coefficients);
  CHECK_FALSE(common.tau2);
  CHECK(common.model == model::common_effect);
  double sum = 0;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    sum += fit.leverages[i];
    CHECK(close(fit.leverages[i] + fit.one_less_leverages[i], 1.0, digits14));
    CHECK(close(fit.fitted[i] + fit.residuals[i], effects.y[i], at_scale(digits14, 1)));
    CHECK(close(fit.fitted[i], fit.coefficients(0) + fit.coefficients(1) * data.weeks[i], at_scale(digits12, 1)));
  }
  CHECK(close(sum, 2.0, digits12));
}

TEST_CASE("the slope on a dummy is the difference of two groups' means") {
  const std::vector<double> y{1, 2, 4, 7, 5}, v{0.5, 0.25, 1, 0.5, 0.25}, treated{0, 0, 1, 1, 1};
  const auto fit = common_effect_regression(known_effects(y, v), design_of(treated));
  const double first = (1 * 2 + 2 * 4) / 6.0, second = (4 * 1 + 7 * 2 + 5 * 4) / 7.0;
  CHECK(close(fit.coefficients(0), first, digits14));
  CHECK(close(fit.coefficients(1), second - first, digits14));
  CHECK(close(fit.covariance(1, 1), 1 / 6.0 + 1 / 7.0, digits14));
  CHECK(close(fit.covariance(0, 1), -1 / 6.0, digits14));
}

TEST_CASE("rows match the pooled effects or the trials offered; anything else is refused") {
  auto trials = msc();  // Shi has no events in either arm
  const auto effects = effect_sizes(trials, risk_ratio{}, constant_correction{.double_zeros = double_zero::drop});
  REQUIRE(effects.size() == 6);
  const std::vector<double> offered{1, 2, std::numeric_limits<double>::quiet_NaN(), 4, 5, 7, 6}, pooled{1, 2, 4, 5, 7, 6};
  const auto a = meta_regression(effects, design_of(offered));
  const auto b = meta_regression(effects, design_of(pooled));
  CHECK(a.coefficients == b.coefficients);
  CHECK(a.design.rows() == 6);
  CHECK(contains(a.notes.at(0), "1 studies"));
  CHECK(b.notes.empty());
  const std::string message = message_of<input_error>([&] { meta_regression(effects, design_of(std::vector<double>{1, 2, 3})); });
  CHECK(contains(message, "3 rows"));
  CHECK(contains(message, "6 pooled effects"));
  CHECK(contains(message, "7 studies offered"));
  CHECK_THROWS_AS(meta_regression(effects, design_of(std::vector<double>{1, 1, 1, 1, 1, 1})), rank_error);
  CHECK_THROWS_AS(meta_regression(metapool::effects<double>{}, intercept_only(0)), input_error);
}

TEST_CASE("with as many coefficients as studies the fit is exact, and tau2 is empty; one study more, and it is there") {
  const std::vector<double> y{1, 2, 4}, v{0.5, 0.25, 1};
  matrix_of<double> x(3, 2);
  x << 1, 0, 2, 1, 3, 5;
  const auto full = meta_regression(known_effects(y, v), design_of(x));
  CHECK_FALSE(full.tau2);
  CHECK(full.df == 0);
  CHECK(close(full.q, 0.0, at_scale(digits12, 1)));
  CHECK(full.notes.size() == 1);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(close(full.fitted[i], y[i], digits12));
    CHECK(close(full.leverages[i], 1.0, digits12));
  }
  const auto line = meta_regression(known_effects(y, v), design_of(std::vector<double>{1, 2, 4.5}));
  CHECK(line.tau2);
  CHECK(line.df == 1);
}

TEST_CASE("effects of 10^8, years as moderators, and moderators that differ by one part in 10^8 keep their digits") {
  const auto data = teachers();
  const auto plain = meta_regression(known_effects(data.y, data.v), design_of(data.weeks), maximum_likelihood{});
  std::vector<double> y = data.y, years = data.weeks;
  for (double& e : y) e = std::ldexp(e, 10) + 1e8;
  std::vector<double> v = data.v;
  for (double& e : v) e = std::ldexp(e, 20);
  for (double& e : years) e += 2000;
  const auto far = meta_regression(known_effects(y, v), design_of(years), maximum_likelihood{});
  CHECK(close(far.coefficients(1), std::ldexp(plain.coefficients(1), 10), digits8));  // the effects themselves are rounded to 1.5e-8
  CHECK(close(far.covariance(1, 1), std::ldexp(plain.covariance(1, 1), 20), digits12));

  matrix_of<double> x(19, 2);
  for (std::size_t i = 0; i < 19; ++i) {
    x(static_cast<Eigen::Index>(i), 0) = data.weeks[i];
    x(static_cast<Eigen::Index>(i), 1) = data.weeks[i] + std::ldexp(static_cast<double>((i * 7) % 5), -27);
  }
  const auto near = meta_regression(known_effects(data.y, data.v), design_of(x));
  matrix_of<double> apart = x;
  apart.col(1) = (x.col(1) - x.col(0)) * std::ldexp(1.0, 27);
  const auto same = meta_regression(known_effects(data.y, data.v), design_of(apart));
  CHECK(close(near.coefficients(2), std::ldexp(same.coefficients(2), 27), digits8));
  CHECK(close(near.q, same.q, digits8));
}
