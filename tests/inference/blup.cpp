// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/blup.hpp>

#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/dense.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the shrunken estimates solve the mixed-model equations, and their errors are those of the inverse") {
  const auto fit = random_effects(known_effects<double>({0.5, -1, 2.25, 4}, {0.25, 1, 0.5, 2}));
  const double t = *fit.tau2;
  REQUIRE(t > 0);
  const auto r = blup(fit);
  // theta_i = mean + tau2 (P y)_i; prediction variance of theta_i: tau2 - tau2^2 P_ii
  const auto p = projection(fit.data.v, t);
  for (std::size_t i = 0; i < 4; ++i) {
    double py = 0;
    for (std::size_t j = 0; j < 4; ++j) py += p[i][j] * fit.data.y[j];
    CHECK(close(r.estimate[i], fit.estimate + t * py, digits12));
    // the same variance with the mean's error: l v + (1 - l)^2 se^2 by Henderson's equations
    const double w = 1 / (t + fit.data.v[i]);
    CHECK(close(r.se[i] * r.se[i], t - t * t * w + (1 - t * w) * (1 - t * w) * fit.se * fit.se, digits12));
  }
}

TEST_CASE("without between-study variance all shrink to the mean, and with a large one none does") {
  const auto homogeneous = random_effects(known_effects<double>({0.5, 0.6, 0.55}, {1, 1, 1}));
  REQUIRE(*homogeneous.tau2 == 0.0);
  const auto all = blup(homogeneous);
  for (double x : all.estimate) CHECK(x == homogeneous.estimate);
  for (double x : all.se) CHECK(close(x, homogeneous.se, digits15));
  const auto none = blup(random_effects(known_effects<double>({-1e6, 1e6}, {1, 1})));
  CHECK(close(none.estimate[0], -1e6, digits8));
  CHECK(close(none.se[0], 1.0, digits8));
}

TEST_CASE("shrinkage needs a between-study variance and a converged fit") {
  CHECK(message_of<not_estimable>([] { blup(common_effect(known_effects<double>({1, 2}, {1, 1}))); }) == "blup: the fit has no between-study variance");
  auto bad = random_effects(known_effects<double>({1, 2}, {1, 1}));
  bad.convergence.converged = false;
  CHECK_THROWS_AS(blup(bad), convergence_error);
}
