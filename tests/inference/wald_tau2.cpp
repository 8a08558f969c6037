// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/wald_tau2.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the Wald intervals of tau2 of the pre-eclampsia trials are those of Viechtbauer (2007), table II, cut off at 0") {
  // printed: ML -0.101 to 0.578, REML -0.131 to 0.732
  const auto effects = effect_sizes(collins(), odds_ratio{});
  const auto ml = wald_tau2{}(random_effects(effects, maximum_likelihood{}));
  CHECK(ml.lower == 0.0);
  CHECK(close(ml.upper, 0.578, printed(3)));
  const auto fit = random_effects(effects);
  const auto restricted = wald_tau2{}(fit);
  CHECK(close(restricted.upper, 0.732, printed(3)));
  CHECK(close(2 * *fit.tau2 - restricted.upper, -0.131, printed(3)));
  CHECK(restricted.i2_lower == 0.0);
  CHECK(restricted.h2_lower == 1.0);
  CHECK(restricted.method == "Wald");
}

TEST_CASE("a lower end above 0 is as far from tau2 as the upper one, and on the log scale their product is tau2 squared") {
  const auto fit = random_effects(effect_sizes(collins(), odds_ratio{}));
  const auto half = wald_tau2{.level = 0.5}(fit);
  CHECK(half.lower > 0);
  CHECK(close(half.lower + half.upper, 2 * *fit.tau2, digits14));
  CHECK(close(half.upper - half.lower, 2 * 0.6744897501960817 * *fit.se_tau2, digits12));
  const auto log_scale = wald_tau2{.on_log_scale = true}(fit);
  CHECK(close(log_scale.lower * log_scale.upper, *fit.tau2 * *fit.tau2, digits14));
  CHECK(close(std::log(log_scale.upper / *fit.tau2), 1.959963984540054 * *fit.se_tau2 / *fit.tau2, digits12));
  CHECK(close(log_scale.i2_upper, 1 - 1 / log_scale.h2_upper, digits14));
  CHECK(log_scale.method == "Wald, log scale");
}

TEST_CASE("on the log scale a tau2 of 0 has no interval: every value is compatible") {
  const auto r = wald_tau2{.on_log_scale = true}(random_effects(known_effects<double>({1, 1}, {1, 2})));
  CHECK(r.state == interval_state::unbounded);
  CHECK(r.lower == 0.0);
  CHECK(std::isinf(r.upper));
  CHECK(r.i2_upper == 1.0);
}

TEST_CASE("Wald's interval of tau2 refuses fits without a standard error of tau2, and one study") {
  CHECK(contains(message_of<not_estimable>([] { wald_tau2{}(common_effect(known_effects<double>({1, 2}, {1, 1}))); }), "no between-study variance with a standard error"));
  CHECK(contains(message_of<not_estimable>([] { wald_tau2{}(random_effects(known_effects<double>({1}, {1}))); }), "wald_tau2: one study"));
  CHECK(contains(message_of<input_error>([] { wald_tau2{.level = 0}(random_effects(known_effects<double>({1, 2}, {1, 1}))); }), "level = 0"));
  auto fit = random_effects(known_effects<double>({1, 2}, {1, 1}));
  fit.convergence.converged = false;
  CHECK_THROWS_AS(wald_tau2{}(fit), convergence_error);
}
