// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/prior_conflict.hpp>
#include <metapool/bayes/rate_distribution.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/math/beta.hpp>
#include <metapool/math/logistic.hpp>

#include <cmath>
#include <vector>

namespace metapool {

/// Whether an arm contradicts the prior of its rate: where its events lie in what the prior predicts for so many patients (a beta-binomial distribution if
/// the prior is beta). The events themselves count on both sides, so that lower + upper exceeds 1. By quadrature, 8 digits; tails below 1e-30 are 0 or
/// nearly so. Throws input_error if the counts are missing or wrong. Box (1980) J R Stat Soc A 143:383; Evans & Moshonov (2006) Bayesian Anal 1:893.
template <class Real>
prior_conflict<Real> prior_conflict_of_rate(const rate_distribution<Real>& prior, const proportion<Real>& arm) {
  using std::exp, std::log;
  constexpr const char* function = "prior_conflict_of_rate";
  if (!is_complete(arm)) detail::throw_input_error(function, "the arm '" + arm.label + "' lacks its events or its total");
  check(arm, function);
  const Real r = *arm.events, n = *arm.total;
  // P(R <= r | rate) = P(B > rate), B beta with r + 1 and n - r; P(R >= r | rate) = P(B <= rate), B beta with r and n - r + 1
  const auto mean_of = [&](const auto& tail) {
    Real sum = 0;
    for (const auto& p : prior.parts()) {
      if (!(p.weight > 0)) continue;
      const auto f = [&](const Real& x) {
        const Real probability = tail(x);
        return Real(p.logit.log_density(x) + (probability > Real(1e-300) ? Real(log(probability)) : Real(-700)));
      };
      const detail::binomial_of_logit<Real> near(r, n);
      const Real a = p.logit.left(), b = p.logit.right(), middle = near.near() < a ? a : near.near() > b ? b : near.near();
      sum += p.weight * exp(detail::logit_density<Real>(f, middle, a, b).log_integral());
    }
    return sum < 1 ? sum : Real(1);
  };
  prior_conflict<Real> conflict;
  conflict.statistic = r;
  conflict.lower = r < n ? mean_of([&](const Real& x) { return detail::beta_cdf<Real>(Real(n - r), Real(r + 1), detail::logistic(Real(-x))); }) : Real(1);
  conflict.upper = r > 0 ? mean_of([&](const Real& x) { return detail::beta_cdf<Real>(r, Real(n - r + 1), detail::logistic(x)); }) : Real(1);
  return conflict;
}

}  // namespace metapool
