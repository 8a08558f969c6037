// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/unrestricted_weighted_least_squares.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>

#include "support/close.hpp"
#include "support/published.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("unrestricted weighted least squares on the BCG trials is R's lm(y ~ 1, weights = 1/v)") {
  const auto fit = unrestricted_weighted_least_squares(effect_sizes(bcg(), risk_ratio{}));
  const auto r = wald_t{}(fit);  // R 4.2.2 gives these digits
  CHECK(close(r.estimate, -0.430285163654091, digits12));
  CHECK(close(r.se, 0.144246547979696, digits12));
  CHECK(close(r.statistic, -2.98298413154857, digits12));
  CHECK(close(r.p, 0.0114222350400532, digits12));
  CHECK(close(r.lower, -0.744571393027461, digits12));
  CHECK(close(r.upper, -0.115998934280721, digits12));
  CHECK(*r.df == 12.0);
}

TEST_CASE("the standard error is the common effect's times the root of Q / (k - 1), which is Hartung and Knapp's of that fit") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const auto s = make_wild_set(seed);
    const auto common = common_effect(known_effects(s.y, s.v));
    const auto fit = unrestricted_weighted_least_squares(known_effects(s.y, s.v));
    CHECK(fit.estimate == common.estimate);
    CHECK(close(fit.se, common.se * std::sqrt(common.q / static_cast<double>(common.df)), digits14));
    CHECK(close(fit.se, hartung_knapp{}(common).se, digits12));
    CHECK_FALSE(fit.tau2.has_value());
  }
}

TEST_CASE("the floor raises a factor below it, says so, and leaves a larger one") {
  const auto alike = known_effects<double>({0.50, 0.55, 0.45, 0.52}, {0.04, 0.09, 0.06, 0.05});
  const auto plain = unrestricted_weighted_least_squares(alike);
  const auto floored = unrestricted_weighted_least_squares(alike, {.floor = 1});
  CHECK(plain.se < common_effect(alike).se);
  CHECK(plain.notes.empty());
  CHECK(floored.se == common_effect(alike).se);
  CHECK(contains(floored.notes.at(0), "was raised to 1"));
  const auto apart = effect_sizes(bcg(), risk_ratio{});
  CHECK(unrestricted_weighted_least_squares(apart, {.floor = 1}).se == unrestricted_weighted_least_squares(apart).se);
}

TEST_CASE("effects that are equal, or equal but for rounding, need the floor") {
  const auto e = known_effects<double>({0.1 + 0.2, 0.3, 0.3}, {0.01, 0.04, 0.02});
  CHECK(message_of<not_estimable>([&] { unrestricted_weighted_least_squares(e); }) ==
        "unrestricted_weighted_least_squares: all effects are equal, so that the factor of the variances and the standard error are 0; set floor = 1");
  CHECK(unrestricted_weighted_least_squares(e, {.floor = 1}).se == common_effect(e).se);
}

TEST_CASE("one study keeps its own standard error, with a note") {
  const auto fit = unrestricted_weighted_least_squares(known_effects<double>({0.3}, {4}));
  CHECK(fit.se == 2.0);
  CHECK(contains(fit.notes.at(0), "one study"));
  CHECK(wald_z{}(fit).estimate == 0.3);
  CHECK_THROWS_AS(wald_t{}(fit), not_estimable);
}

TEST_CASE("multiplicative heterogeneity has no tau2: no prediction, but Q, I2 and the Q-profile") {
  const auto fit = unrestricted_weighted_least_squares(effect_sizes(bcg(), risk_ratio{}));
  CHECK(message_of<not_estimable>([&] { predict(fit); }) ==
        "higgins_thompson_spiegelhalter: an unrestricted weighted least squares fit has no between-study variance; predict from random_effects");
  CHECK(heterogeneity(fit).i2_q > 0.9);
  CHECK(heterogeneity_interval(fit, q_profile{}).lower > 0.1);
  CHECK(message_of<input_error>([&] { hartung_knapp{}(fit); }) ==
        "hartung_knapp: needs an inverse-variance fit (common_effect or random_effects), and this one is by unrestricted weighted least squares");
  CHECK(message_of<input_error>([&] { unrestricted_weighted_least_squares(effect_sizes(bcg(), risk_ratio{}), {.floor = -1}); }) ==
        "unrestricted_weighted_least_squares: floor = -1 must be finite and not negative");
}
