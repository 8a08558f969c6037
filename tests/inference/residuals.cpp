// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/residuals.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/ivhet.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/model/unrestricted_weighted_least_squares.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("standardised residuals of the BCG trials are metafor's rstandard") {
  // metafor 3.8, REML with a tightened threshold
  const auto r = standardized_residuals(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.residual[0], -0.1747789917620660, digits8));
  CHECK(close(r.se[0], 0.778785355285624, digits8));
  CHECK(close(r.z[0], -0.224425113512779, digits8));
  CHECK(close(r.residual[12], 0.6972183939412596, digits8));
  CHECK(close(r.se[12], 0.593570993468667, digits8));
  const auto common = standardized_residuals(common_effect(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(common.residual[1], -1.155103493547340, digits12));
  CHECK(close(common.se[1], 0.439250466713475, digits12));
  CHECK(close(common.z[1], -2.629714891801853, digits12));
}

TEST_CASE("with weights other than 1 / (v + tau2) the variance of a residual has three terms: metafor's rstandard with weights") {
  const auto r = standardized_residuals(ivhet(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.se[0], 0.84163610899625, digits10));
  CHECK(close(r.se[7], 0.366301601384237, digits10));
  CHECK(close(r.se[12], 0.665655854839093, digits10));
}

TEST_CASE("deleted residuals of the BCG trials are metafor's rstudent") {
  const auto fit = random_effects(effect_sizes(bcg(), risk_ratio{}), dersimonian_laird{});
  const auto r = deleted_residuals(fit, dersimonian_laird{});
  CHECK(close(r.residual[0], -0.184186135502754, digits10));
  CHECK(close(r.se[0], 0.819575714257432, digits10));
  CHECK(close(r.residual[7], 0.802038933377541, digits10));
  CHECK(close(r.se[7], 0.491368915535824, digits10));
  CHECK(close(r.z[7], 0.802038933377541 / 0.491368915535824, digits10));
  const auto common = deleted_residuals(common_effect(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(common.residual[1], -1.164922775000675, digits10));
  CHECK(close(common.se[1], 0.442984438591547, digits10));
}

TEST_CASE("with a common effect internal and external standardisation give the same z, which is that of y against the others") {
  const auto fit = common_effect(known_effects<double>({1, 2, 4}, {1, 2, 4}));
  const auto inside = standardized_residuals(fit), outside = deleted_residuals(fit);
  for (std::size_t i = 0; i < 3; ++i) CHECK(close(inside.z[i], outside.z[i], digits14));
  CHECK(close(outside.residual[0], 1 - (2.0 / 2 + 4.0 / 4) / 0.75, digits14));
  CHECK(close(outside.se[0], std::sqrt(1 + 1 / 0.75), digits14));
}

TEST_CASE("multiplicative heterogeneity: R's rstandard of lm(y ~ 1, weights = 1/v)") {
  const auto fit = unrestricted_weighted_least_squares(known_effects<double>({1, 2, 4}, {1, 2, 4}));
  const auto r = standardized_residuals(fit), plain = standardized_residuals(common_effect(fit.data));
  const double factor = fit.q / 2;
  for (std::size_t i = 0; i < 3; ++i) CHECK(close(r.z[i], plain.z[i] / std::sqrt(factor), digits14));
  // sum of z^2 (1 - h) over the degrees of freedom is 1
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) sum += r.z[i] * r.z[i] * (1 - fit.weights[i]);
  CHECK(close(sum / 2, 1.0, digits14));
}

TEST_CASE("a study with nearly all the weight keeps the digits of its residual") {
  // against the mean of the others: 1 - 2 = -1, times their share
  const auto r = standardized_residuals(common_effect(known_effects<double>({1, 2, 2}, {1e-14, 2, 2})));
  CHECK(close(r.residual[0], -1 / (1e14 + 1), digits14));
  CHECK(close(r.se[0], std::sqrt(1e-14 / (1e14 + 1)), digits14));
  CHECK(close(r.z[0], -1 / std::sqrt(1 + 1e-14), digits14));
}

TEST_CASE("residuals refuse single studies, fits that are no weighted mean, and too few studies to leave one out") {
  const auto one = common_effect(known_effects<double>({1}, {1}, {"only"}));
  CHECK(message_of<not_estimable>([&] { standardized_residuals(one); }) == "standardized_residuals: one study ('only') leaves no degrees of freedom; use wald_z");
  CHECK(message_of<input_error>([] { standardized_residuals(peto(bcg())); }) ==
        "standardized_residuals: needs a fit whose estimate is a weighted mean of the studies' effects, and this one is by Peto");
  const auto two = random_effects(known_effects<double>({1, 2}, {1, 1}));
  CHECK(message_of<not_estimable>([&] { deleted_residuals(two, reml{}); }) == "deleted_residuals: k = 2: without a study at least two must remain");
  CHECK(message_of<input_error>([&] { deleted_residuals(two); }) ==
        "deleted_residuals: without an estimator of tau2 it needs a common-effect fit, and this one is by random effects");
  CHECK(contains(message_of<input_error>([] { deleted_residuals(ivhet(effect_sizes(bcg(), risk_ratio{})), reml{}); }), "this one is by IVhet"));
}
