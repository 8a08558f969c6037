// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/new_trial.hpp>

#include "support/close.hpp"

#include <metapool/effect/effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/reml.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace mp = metapool;
using namespace metapool_test;

namespace {

mp::model_fit<double> fit_of_ratios() {
  return mp::random_effects(mp::known_effects<double>({-0.9, -0.2, -1.4, 0.3, -0.7, -0.1}, {0.04, 0.1, 0.09, 0.2, 0.05, 0.03}, {}, mp::risk_ratio::info), mp::reml{});
}

}  // namespace

TEST_CASE("the ends of a prediction interval have half of what is left beyond them") {
  const auto fit = fit_of_ratios();
  for (const double level : {0.5, 0.95, 0.999}) {
    const auto hts = mp::predict(fit, mp::higgins_thompson_spiegelhalter{.level = level});
    CHECK(close(mp::new_trial(hts, hts.lower).below, (1 - level) / 2, digits12));
    CHECK(close(mp::new_trial(hts, hts.upper).above, (1 - level) / 2, digits12));
    const auto normal = mp::predict(fit, mp::skipka{.level = level});
    CHECK(close(mp::new_trial(normal, normal.upper).above, (1 - level) / 2, digits12));
  }
  const auto half = mp::new_trial(fit, fit.estimate);
  CHECK(half.below == 0.5);
  CHECK(half.above == 0.5);
  CHECK(half.method == "t, k - 2");
  CHECK(!half.monte_carlo_error);
}

TEST_CASE("the probability is t about the estimate: Higgins, Thompson and Spiegelhalter's own formula") {
  const auto fit = fit_of_ratios();
  const double s = std::sqrt(*fit.tau2 + fit.se * fit.se);
  const auto p = mp::new_trial(fit, 0.0);
  // t with 4 degrees of freedom in closed form
  const double t = (0 - fit.estimate) / s, u = t / std::sqrt(4 + t * t);
  CHECK(close(p.below, 0.5 + 0.75 * (u - u * u * u / 3), digits12));
  CHECK(close(p.below + p.above, 1.0, digits15));
}

TEST_CASE("a bound may be stated as it is read") {
  const auto fit = fit_of_ratios();
  const auto a = mp::new_trial(fit, 0.8, mp::veroniki{}, mp::stated_on::natural_scale);
  const auto b = mp::new_trial(fit, std::log(0.8), mp::veroniki{});
  CHECK(close(a.bound, b.bound, digits15));
  CHECK(close(a.below, b.below, digits14));
  CHECK_THROWS_WITH_AS(mp::new_trial(fit, -0.8, mp::veroniki{}, mp::stated_on::natural_scale), doctest::Contains("the bound -0.8"), mp::input_error);
  CHECK_THROWS_AS(mp::new_trial(fit, 0.0, mp::veroniki{}, mp::stated_on::natural_scale), mp::input_error);
  CHECK_THROWS_AS(mp::new_trial(fit, std::numeric_limits<double>::quiet_NaN()), mp::input_error);
}

TEST_CASE("far tails keep their digits") {
  const auto fit = fit_of_ratios();
  const auto next = mp::predict(fit, mp::skipka{});
  const auto p = mp::new_trial(next, next.estimate + 20 * next.se);
  CHECK(close(p.above, 2.753624118606234e-89, digits12));  // P(Z > 20)
}

TEST_CASE("by the bootstrap the probability is the share of draws, within its error of the quantile's level") {
  const auto fit = fit_of_ratios();
  const mp::nagashima method{.draws = 20000};
  const auto next = mp::predict(fit, method);
  const auto p = mp::new_trial(fit, next.lower, method);
  CHECK(close(p.below, 0.025, tolerance{0, 0, 1.0 / 20000, "one draw"}));
  CHECK(close(*p.monte_carlo_error, std::sqrt(0.025 * 0.975 / 20000), digits5));
  CHECK(close(p.below + p.above, 1.0, digits15));
  const auto beyond_all = mp::new_trial(fit, 1e6, method);
  CHECK(beyond_all.above == 0);
  CHECK(*beyond_all.monte_carlo_error > 0);
  CHECK_THROWS_WITH_AS(mp::new_trial(next, 0.0), doctest::Contains("is not of the form"), mp::input_error);
}
