// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/true_effects.hpp>

#include "support/close.hpp"

#include <metapool/effect/effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/reml.hpp>

#include <cmath>
#include <vector>

namespace mp = metapool;
using namespace metapool_test;

namespace {

/// 21 replications of the moral credentials experiment, Fisher's z (example of R's MetaUtility).
mp::effects<double> replications() {
  const std::vector<double> z{0.303, 0.078, 0.113, -0.055, 0.056, 0.073, 0.263, 0.056, 0.002, -0.106, 0.09, 0.024, 0.069, 0.074, 0.107, 0.01, -0.089, -0.187, 0.265, 0.076, 0.082};
  std::vector<double> v{0.111, 0.092, 0.156, 0.106, 0.105, 0.057, 0.091, 0.089, 0.081, 0.1, 0.093, 0.086, 0.076, 0.094, 0.065, 0.087, 0.108, 0.114, 0.073, 0.105, 0.04};
  for (double& s : v) s *= s;
  return mp::known_effects<double>(z, v, {}, {.name = "z", .symbol = "z", .label = "correlation", .scale = mp::scale::fisher_z});
}

/// 13 trials of BCG vaccine (Colditz et al. 1994), log risk ratios.
mp::effects<double> bcg() {
  const double table[13][4] = {{4, 123, 11, 139},     {6, 306, 29, 303},      {3, 231, 11, 220},       {62, 13598, 248, 12867}, {33, 5069, 47, 5808},
                               {180, 1541, 372, 1451}, {8, 2545, 10, 629},     {505, 88391, 499, 88391}, {29, 7499, 45, 7277},   {17, 1716, 65, 1665},
                               {186, 50634, 141, 27338}, {5, 2498, 3, 2341}, {27, 16913, 29, 17854}};
  std::vector<double> y, v;
  for (const auto& t : table) {
    y.push_back(std::log(t[0] / t[1]) - std::log(t[2] / t[3]));
    v.push_back(1 / t[0] - 1 / t[1] + 1 / t[2] - 1 / t[3]);
  }
  return mp::known_effects<double>(y, v, {}, mp::risk_ratio::info);
}

}  // namespace

TEST_CASE("the proportion of true correlations above 0.10 is the published 28 %") {
  // documentation of R's MetaUtility: "probability of true effect above r = 0.10 = 28%"; metafor 3.8 (threshold 1e-14) and pnorm give 0.2804229436
  const auto fit = mp::random_effects(replications(), mp::reml{});
  const auto p = mp::true_effects_beyond(fit, 0.10, mp::stated_on::natural_scale);
  CHECK(close(p.above, 0.28, printed(2)));
  CHECK(close(p.above, 0.2804229436270556, digits8));
  // the calibrated share: 3 of 21 (metafor 3.8, method DL)
  const auto c = mp::calibrated_effects_beyond(mp::random_effects(replications(), mp::dersimonian_laird{}), 0.10, mp::stated_on::natural_scale);
  CHECK(close(c.above, 3.0 / 21, digits15));
  CHECK(!c.se);
}

TEST_CASE("BCG vaccine: risk ratios below 0.7") {
  const auto fit = mp::random_effects(bcg(), mp::reml{});
  const auto wald = mp::true_effects_beyond(fit, 0.7, mp::stated_on::natural_scale, mp::true_effects_interval::wald);
  CHECK(close(wald.below, 0.738717, printed(6)));  // metafor 3.8, REML, pnorm
  // the formula with metafor's se_tau2 0.1664257528 and the classical se
  const double z = (std::log(0.7) - fit.estimate) / std::sqrt(*fit.tau2);
  const double phi = std::exp(-z * z / 2) / std::sqrt(2 * std::acos(-1.0));
  const double t2 = 0.3132432581364809, st = 0.1664257528369709, d = std::log(0.7) + 0.7145323421581394;
  CHECK(close(*wald.se, phi * std::sqrt(fit.se * fit.se / t2 + st * st * d * d / (4 * t2 * t2 * t2)), digits6));
  CHECK(close(*wald.below_upper, wald.below + 1.959963984540054 * *wald.se, digits12));
  CHECK(close(*wald.below_lower + *wald.above_upper, 1.0, digits14));
  const auto logit = mp::true_effects_beyond(fit, 0.7, mp::stated_on::natural_scale);
  const double l = std::log(logit.below / logit.above), h = 1.959963984540054 * *logit.se / (logit.below * logit.above);
  CHECK(close(*logit.below_lower, 1 / (1 + std::exp(-(l - h))), digits12));
  CHECK(close(*logit.below_upper, 1 / (1 + std::exp(-(l + h))), digits12));
  CHECK(close(*logit.above_lower, 1 - *logit.below_upper, digits12));
  CHECK(close(mp::calibrated_effects_beyond(mp::random_effects(bcg(), mp::dersimonian_laird{}), 0.7, mp::stated_on::natural_scale).below, 8.0 / 13, digits15));  // metafor 3.8, method DL
}

TEST_CASE("the delta method's error is the derivative's") {
  auto fit = mp::random_effects(bcg(), mp::reml{});
  const double threshold = -1.2, h = 1e-6;
  const auto at = [&](double mean, double tau2) {
    auto moved = fit;
    moved.estimate = mean;
    moved.tau2 = tau2;
    return mp::true_effects_beyond(moved, threshold).below;
  };
  const double by_mean = (at(fit.estimate + h, *fit.tau2) - at(fit.estimate - h, *fit.tau2)) / (2 * h);
  const double by_tau2 = (at(fit.estimate, *fit.tau2 + h) - at(fit.estimate, *fit.tau2 - h)) / (2 * h);
  CHECK(close(*mp::true_effects_beyond(fit, threshold).se, std::hypot(by_mean * fit.se, by_tau2 * *fit.se_tau2), digits8));
}

TEST_CASE("calibrated effects have the spread of the true ones and not more") {
  const auto fit = mp::random_effects(bcg(), mp::reml{});
  const auto c = mp::calibrated_effects(fit);
  REQUIRE(c.size() == 13);
  double square = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    square += (c[i] - fit.estimate) * (c[i] - fit.estimate);
    CHECK(std::fabs(c[i] - fit.estimate) < std::fabs(fit.data.y[i] - fit.estimate));
  }
  CHECK(square / 12 == doctest::Approx(*fit.tau2).epsilon(0.25));
}

TEST_CASE("without heterogeneity all true effects are equal") {
  const auto fit = mp::random_effects(mp::known_effects<double>({0.1, 0.11, 0.12}, {0.1, 0.1, 0.1}), mp::reml{});
  const auto p = mp::true_effects_beyond(fit, 0.2);
  CHECK(p.below == 1);
  CHECK(p.above == 0);
  CHECK(!p.se);
  CHECK(!p.below_lower);
  CHECK(mp::true_effects_beyond(fit, 0.0).above == 1);
  const auto far = mp::true_effects_beyond(mp::random_effects(bcg(), mp::reml{}), 1e4);
  CHECK(far.below == 1);
  CHECK(*far.above_upper == 0);
}

TEST_CASE("what a proportion of true effects refuses") {
  const auto fit = mp::random_effects(bcg(), mp::reml{});
  CHECK_THROWS_AS(mp::true_effects_beyond(fit, 0.0, mp::stated_on::natural_scale), mp::input_error);
  CHECK_THROWS_AS(mp::true_effects_beyond(fit, 0.0, mp::stated_on::pooling_scale, mp::true_effects_interval::logit, 95.0), mp::input_error);
  CHECK_THROWS_AS(mp::true_effects_beyond(mp::common_effect(bcg()), 0.0), mp::not_estimable);
  CHECK_THROWS_AS(mp::calibrated_effects(mp::common_effect(bcg())), mp::not_estimable);
}
