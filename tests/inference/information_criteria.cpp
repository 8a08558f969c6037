// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/information_criteria.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("information criteria of the BCG trials are metafor's") {
  // metafor's fitstats: REML -12.2024, 28.4047, 29.3746, 29.7381 (log-likelihood, AIC, BIC, AICc); ML -12.6651, 29.3302, 30.4601, 30.5302
  const auto r = information_criteria(random_effects(effect_sizes(bcg(), risk_ratio{})), likelihood_kind::restricted);
  CHECK(close(r.log_likelihood, -12.2024, printed(4)));
  CHECK(close(r.aic, 28.4047, printed(4)));
  CHECK(close(r.bic, 29.3746, printed(4)));
  CHECK(close(r.aicc, 29.7381, printed(4)));
  const auto f = information_criteria(random_effects(effect_sizes(bcg(), risk_ratio{}), maximum_likelihood{}), likelihood_kind::full);
  CHECK(close(f.log_likelihood, -12.6651, printed(4)));
  CHECK(close(f.aic, 29.3302, printed(4)));
  CHECK(close(f.bic, 30.4601, printed(4)));
  CHECK(close(f.aicc, 30.5302, printed(4)));
}

TEST_CASE("AICc counts at least four observations, so that two studies have one") {
  const auto r = information_criteria(random_effects(known_effects<double>({1, 2}, {1, 1})), likelihood_kind::restricted);
  CHECK(close(r.aicc, -2 * r.log_likelihood + 16, digits14));
  CHECK(close(r.bic, -2 * r.log_likelihood, digits14));
}

TEST_CASE("information criteria need a between-study variance and a converged fit") {
  CHECK(contains(message_of<not_estimable>([] { information_criteria(common_effect(known_effects<double>({1, 2}, {1, 1})), likelihood_kind::full); }),
                 "information_criteria: the fit has no between-study variance"));
  auto bad = random_effects(known_effects<double>({1, 2}, {1, 1}));
  bad.convergence.converged = false;
  CHECK_THROWS_AS(information_criteria(bad, likelihood_kind::full), convergence_error);
}
