// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/nagashima.hpp>

#include "support/close.hpp"

#include <metapool/effect/effects.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace mp = metapool;
using namespace metapool_test;

namespace {

/// 13 trials of cisapride (Hartung & Knapp 2001 Stat Med 20:3875), log odds ratios as R's pimeta prints them.
const std::vector<double> y{2.0989861, 3.3570262, 1.5652318, 0.8640463, 1.4656407, 2.2325713, 1.5465488, 0.4125323, 2.1202635, 1.8071598, 2.7646729, -0.3544099, 0.2058521};
const std::vector<double> se{0.9847737, 1.0165653, 0.5747840, 0.4042977, 0.6332968, 0.4481371, 0.7782417, 0.3721812, 0.8265438, 0.6022988, 0.5382109, 0.5555283, 0.4541130};

mp::model_fit<double> fit_of(const std::vector<double>& effect, const std::vector<double>& error) {
  std::vector<double> v;
  for (const double s : error) v.push_back(s * s);
  return mp::random_effects(mp::known_effects<double>(effect, v), mp::dersimonian_laird{});
}

/// Standard error of the p quantile of n draws, by the density near it.
double quantile_error(std::vector<double> x, double p) {
  const double n = static_cast<double>(x.size()), width = 0.2 * (std::min)(p, 1 - p);
  const double slope = (mp::detail::sample_quantile(x, p + width) - mp::detail::sample_quantile(x, p - width)) / (2 * width);
  return slope * std::sqrt(p * (1 - p) / n);
}

}  // namespace

TEST_CASE("the bootstrap intervals agree with pimeta's within the Monte Carlo error") {
  // R's pimeta 1.1.2, vignette: pima(y, se, B = 25000) prints tau2 0.7176, 1.4209 [-0.6283, 3.5173] and, for the mean, [0.7992, 2.0567]
  const auto fit = fit_of(y, se);
  CHECK(close(fit.estimate, 1.4209, printed(4)));
  CHECK(close(*fit.tau2, 0.7176, printed(4)));
  const mp::nagashima method{.draws = 200000, .threads = 2};
  const auto next = mp::predict(fit, method);
  const auto mean = mp::infer(fit, method);
  const auto draws = method.sample(fit);
  // pimeta's 25,000 draws have sqrt(8) times the error of 200,000; 4 standard errors
  const auto allowed = [](double error) { return tolerance{0, 0, 4 * 3 * error + 5e-5, "four standard errors of both simulations"}; };
  CHECK(close(next.lower, -0.6283, allowed(quantile_error(draws.new_effect, 0.025))));
  CHECK(close(next.upper, 3.5173, allowed(quantile_error(draws.new_effect, 0.975))));
  CHECK(close(mean.lower, 0.7992, allowed(quantile_error(draws.mean, 0.025))));
  CHECK(close(mean.upper, 2.0567, allowed(quantile_error(draws.mean, 0.975))));
  CHECK(quantile_error(draws.new_effect, 0.975) < 0.01);
  CHECK(quantile_error(draws.mean, 0.975) < 0.003);
  CHECK(mean.estimate == fit.estimate);
  CHECK(mean.critical == 0);
  CHECK(*mean.df == 12);
  CHECK(mean.p < 0.001);
  CHECK(mean.p > 0);
}

TEST_CASE("the draws of tau2 follow the exact distribution of Q") {
  const auto fit = fit_of(y, se);
  const auto draws = mp::nagashima{.draws = 20000}.sample(fit);
  // the share of zeros is P(Q > q) at tau2 = 0, the p-value of the test of homogeneity
  const double p = mp::detail::chi_squared_upper_tail(fit.q, 12.0);
  const double zeros = static_cast<double>(std::count(draws.tau2.begin(), draws.tau2.end(), 0.0));
  CHECK(std::fabs(zeros - 20000 * p) < 4 * std::sqrt(20000 * p) + 1);
  // draw b is the tau2 at which P(Q > q) is the replicate's first uniform number
  std::vector<double> w;
  for (const double s : se) w.push_back(1 / (s * s));
  const auto kappa = mp::detail::q_eigenvalues(w);
  for (std::size_t b = 0; b < 1000; ++b) {
    const double u = mp::detail::random_stream(mp::nagashima{}.seed, b).uniform();
    std::vector<double> weights(kappa);
    for (double& x : weights) x = 1 + draws.tau2[b] * x;
    const double upper = mp::detail::quadratic_form_tails<double>(weights, fit.q).upper;
    if (draws.tau2[b] > 0) CHECK(close(upper, u, tolerance{1e-8, 0, 0, "the table of log odds"}));
    if (draws.tau2[b] == 0) CHECK(upper >= u);
  }
}

TEST_CASE("with equal variances the draws have a closed form") {
  // Q of k studies with variance v is (1 + tau2 / v) chi2_{k-1}: tau2 = v (q / chi2 quantile - 1); the mean does not depend on tau2
  const auto fit = fit_of({0.1, 0.5, -0.4, 0.9, 1.3}, {0.3, 0.3, 0.3, 0.3, 0.3});
  const mp::nagashima method{.draws = 2000};
  const auto draws = method.sample(fit);
  double square = 0;
  for (const double e : {0.1, 0.5, -0.4, 0.9, 1.3}) square += (e - 0.48) * (e - 0.48);
  for (std::size_t b = 0; b < 2000; ++b) {
    mp::detail::random_stream random(method.seed, b);
    const double u = random.uniform();
    const double expected = 0.09 * (fit.q / mp::detail::chi_squared_quantile(1 - u, 4.0) - 1);
    CHECK(close(draws.tau2[b], (std::max)(0.0, expected), tolerance{1e-7, 1e-3, 0, "the table of log odds"}));
    const double z = random.normal();
    const double t = random.students_t(4);
    CHECK(close(draws.mean[b], 0.48 + t * std::sqrt(square / 4 / 5), tolerance{1e-12, 1, 0, "rounding"}));
    CHECK(close(draws.new_effect[b], draws.mean[b] + z * std::sqrt(draws.tau2[b]), tolerance{1e-12, 1, 0, "rounding"}));
  }
}

TEST_CASE("the same seed gives the same bits for any number of threads, another seed others") {
  const auto fit = fit_of(y, se);
  const auto one = mp::predict(fit, mp::nagashima{.draws = 5000, .seed = 3, .threads = 1});
  const auto many = mp::predict(fit, mp::nagashima{.draws = 5000, .seed = 3, .threads = 7});
  CHECK(one.lower == many.lower);
  CHECK(one.upper == many.upper);
  CHECK(one.lower != mp::predict(fit, mp::nagashima{.draws = 5000, .seed = 4}).lower);
  CHECK(one.method == "parametric bootstrap (Nagashima et al.), 5000 draws, seed 3");
}

TEST_CASE("shift, scale and sign of the effects carry over") {
  std::vector<double> moved, wider;
  for (const double e : y) moved.push_back(1e-8 * (e - 5));
  for (const double s : se) wider.push_back(1e-8 * s);
  const mp::nagashima method{.draws = 1000};
  const auto a = mp::predict(fit_of(y, se), method);
  const auto b = mp::predict(fit_of(moved, wider), method);
  CHECK(close(b.lower, 1e-8 * (a.lower - 5), digits8));
  CHECK(close(b.upper, 1e-8 * (a.upper - 5), digits8));
}

TEST_CASE("two studies, precise and vague ones together, and the eigenvalues of Q") {
  const auto two = mp::predict(fit_of({0.1, 0.6}, {0.2, 0.3}), mp::nagashima{.draws = 1000});
  CHECK(two.lower < 0.1);
  CHECK(two.upper > 0.6);
  const auto wide = mp::predict(fit_of({0.1, 0.6, 0.3, 0.9}, {1e-6, 1e-3, 1, 1e3}), mp::nagashima{.draws = 1000});
  CHECK(std::isfinite(wide.lower));
  CHECK(wide.upper > wide.lower);
  // sum of kappa = sum w - sum w^2 / sum w; equal weights are their own eigenvalues
  const auto kappa = mp::detail::q_eigenvalues<double>({3, 1, 2, 2, 1e-9});
  REQUIRE(kappa.size() == 4);
  CHECK(close(kappa[0] + kappa[1] + kappa[2] + kappa[3], 8 - 18.0 / 8, tolerance{1e-8, 0, 0, "the weight of 1e-9"}));
  CHECK(kappa[2] == 2);
}

TEST_CASE("what the bootstrap refuses") {
  const auto fit = fit_of(y, se);
  CHECK_THROWS_AS(mp::predict(fit, mp::nagashima{.level = 95}), mp::input_error);
  CHECK_THROWS_WITH_AS(mp::predict(fit, mp::nagashima{.draws = 99}), doctest::Contains("draws = 99"), mp::input_error);
  CHECK_THROWS_AS(mp::predict(fit_of({0.1}, {0.2}), mp::nagashima{}), mp::not_estimable);
  CHECK_THROWS_WITH_AS(mp::predict(fit_of({0.1, 0.1, 0.1}, {0.2, 0.3, 0.4}), mp::nagashima{}), doctest::Contains("equal"), mp::not_estimable);
}
