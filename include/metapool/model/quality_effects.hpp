// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/ivhet.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Quality-effects model: weights by precision and quality, and the standard error of IVhet with these weights, se^2 = sum (w'/sum w')^2 (v + tau2).
///
/// quality: a score in [0, 1] for each study of data (data.labels gives the order; studies left out of data have none), larger for better.
/// Only ratios of scores matter: they are divided by the largest, q. A study gives up the part w (1 - q) of its weight w = 1/v, and all that
/// is given up is dealt out again in proportion to q: w' = q (w + sum w (1 - q) / sum q). Thus no weight is negative, the sum stays that of
/// 1/v, and studies of equal quality have the weights and the standard error of IVhet. This is the rule of Doi et al. (2015) and of
/// MetaXL and Stata's metan, in a form without their differences.
/// estimator: of tau2; dersimonian_laird{} (default, as there). Q (fit.q) is around the inverse-variance mean. Intervals: wald_z.
/// Greenland & O'Rourke (2001) Biostatistics 2:463 warn of the bias that weighting by quality scores can bring.
/// Throws input_error if the scores are not as many as the studies, one is outside [0, 1] (naming the study) or none is above 0; else as random_effects.
/// 13 significant digits beside those of the estimator.
/// Doi, Barendregt, Khan, Thalib & Williams (2015) Contemp Clin Trials 45:123, doi:10.1016/j.cct.2015.05.010.
template <class Real, class Estimator = dersimonian_laird>
  requires tau2_estimator<Estimator, Real>
model_fit<Real> quality_effects(effects<Real> data, const std::vector<Real>& quality, const Estimator& estimator = {}) {
  constexpr const char* function = "quality_effects";
  detail::check_effects(function, data);
  const std::size_t k = data.size();
  if (quality.size() != k) {
    detail::throw_input_error(function, std::to_string(quality.size()) + " quality scores for " + std::to_string(k) + " pooled studies; each needs one");
  }
  Real best = 0;
  for (std::size_t i = 0; i < k; ++i) {
    if (!(quality[i] >= 0 && quality[i] <= 1)) detail::throw_study_error(function, data.labels[i], "quality", quality[i], "must be in [0, 1]");
    if (quality[i] > best) best = quality[i];
  }
  if (!(best > 0)) detail::throw_input_error(function, "every quality score is 0; at least one study must have some");

  model_fit<Real> fit;
  fit.model = model::quality_effects;
  fit.data = std::move(data);
  fit.method = std::string(Estimator::name);
  detail::fill_inverse_variance(function, fit, Real(0));
  detail::fill_tau2(function, fit, estimator);
  Real sum_q = 0, given_up = 0;  // in shares of the sum of 1/v
  for (std::size_t i = 0; i < k; ++i) {
    sum_q += quality[i] / best;
    given_up += fit.weights[i] * ((best - quality[i]) / best);
  }
  if (!(given_up > 0)) {
    if (fit.tau2 && *fit.tau2 > 0) fit.se = detail::se_of_weighted_mean(fit.weights, fit.data.v, *fit.tau2);
    return fit;
  }
  std::size_t top = 0;
  for (std::size_t i = 0; i < k; ++i) {
    fit.weights[i] = quality[i] / best * (fit.weights[i] + given_up / sum_q);
    if (fit.weights[i] > fit.weights[top]) top = i;
  }
  // from offsets against the effect of the heaviest study, so that nothing cancels
  const Real origin = fit.data.y[top];
  Real offset = 0;
  for (std::size_t i = 0; i < k; ++i) offset += fit.weights[i] * (fit.data.y[i] - origin);
  fit.estimate = origin + offset;
  fit.se = detail::se_of_weighted_mean(fit.weights, fit.data.v, fit.tau2.value_or(Real(0)));
  return fit;
}

}  // namespace metapool
