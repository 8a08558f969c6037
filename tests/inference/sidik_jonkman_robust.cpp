// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/sidik_jonkman_robust.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
/// The variance of the robust standard error as Partlett & Riley (2017) print it, with the general leverage of weights that need not be optimal.
double printed_variance(const model_fit<double>& fit) {
  const double tau2 = fit.tau2.value_or(0.0);
  double sum = 0, square = 0;
  for (const double v : fit.data.v) sum += 1 / (v + tau2);
  for (const double v : fit.data.v) square += std::pow(1 / (v + tau2), 2) * (v + tau2);
  double variance = 0;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    const double s = fit.data.v[i] + tau2, w = 1 / s;
    const double h = 2 * w / sum - square / (s * sum * sum);
    variance += w * w * std::pow(fit.data.y[i] - fit.estimate, 2) / (1 - h);
  }
  return variance / (sum * sum);
}
}  // namespace

TEST_CASE("Sidik and Jonkman's robust variance is the published one, for random and common effects") {
  const auto trials = effect_sizes(bcg(), odds_ratio{});
  for (const auto& fit : {random_effects(trials), common_effect(trials)}) {
    const auto r = sidik_jonkman_robust{}(fit);
    CHECK(close(r.se, std::sqrt(printed_variance(fit)), digits12));
    CHECK(*r.df == 12.0);
    CHECK(close(r.upper - r.estimate, 2.1788128296672284 * r.se, digits12));
    CHECK(close(r.statistic, fit.estimate / r.se, digits14));
  }
}

TEST_CASE("with equal variances the robust interval is the one-sample t interval") {
  const auto r = sidik_jonkman_robust{}(random_effects(known_effects<double>({1, 4, 2, 9}, {2, 2, 2, 2})));
  CHECK(close(r.se, std::sqrt(38.0 / 12), digits14));
  CHECK(*r.df == 3.0);
}

TEST_CASE("two studies, and one that outweighs the other 10^16 times, keep their digits") {
  // by hand: the residuals are d w2/W and d w1/W, so that se^2 = d^2 w1 w2 / W^2
  const auto near = sidik_jonkman_robust{}(common_effect(known_effects<double>({1, 2}, {0.5, 0.25})));
  CHECK(close(near.se, std::sqrt(2.0 * 4 / 36), digits14));
  const auto far = sidik_jonkman_robust{}(common_effect(known_effects<double>({1, 2}, {1e-8, 1e8})));
  CHECK(close(far.se, 1e-8, digits12));
}

TEST_CASE("Sidik and Jonkman's contract") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9}, {0.04, 0.09, 0.02, 0.3}));
  CHECK_THROWS_AS(sidik_jonkman_robust{.level = 0}(fit), input_error);
  CHECK_THROWS_AS(sidik_jonkman_robust{.level = 1}(fit), input_error);
  CHECK_THROWS_AS(sidik_jonkman_robust{}(peto(bcg())), input_error);
  CHECK(contains(message_of<not_estimable>([] { sidik_jonkman_robust{}(random_effects(known_effects<double>({0.3}, {0.1}))); }), "one study"));
  CHECK(contains(message_of<not_estimable>([] { sidik_jonkman_robust{}(random_effects(known_effects<double>({0.1 + 0.2, 0.3, 0.3}, {0.1, 0.2, 0.3}))); }), "equal"));
}
