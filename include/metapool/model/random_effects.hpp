// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/inverse_variance.hpp>
#include <metapool/tau2/reml.hpp>

#include <span>
#include <string>
#include <utility>

namespace metapool {

/// Random-effects model by inverse variance: estimate = sum w y / sum w, se = 1 / sqrt(sum w), w = 1 / (v + tau2).
///
/// estimator: reml{} (default), paule_mandel{}, dersimonian_laird{}, maximum_likelihood{} or your own tau2_estimator.
/// Scale: that of the effects. With one study (k = 1) tau2 stays empty: the estimate is the study's own, and a note says so.
/// If the estimator did not converge, the fit says so in convergence and inference on it throws.
/// Throws input_error without studies, on a y or v out of its domain (naming the study) or on an estimator's negative or not finite tau2; not_estimable if every study was left out.
/// Accuracy: that of the estimator. DerSimonian & Laird (1986) Control Clin Trials 7:177, doi:10.1016/0197-2456(86)90046-2.
template <class Real, class Estimator = reml>
  requires tau2_estimator<Estimator, Real>
model_fit<Real> random_effects(effects<Real> data, const Estimator& estimator = {}) {
  detail::check_effects("random_effects", data);
  model_fit<Real> fit;
  fit.model = model::random_effects;
  fit.method = std::string(Estimator::name);
  fit.data = std::move(data);
  if (fit.data.size() < 2) {
    detail::fill_inverse_variance("random_effects", fit, Real(0));
    fit.notes.push_back("one study: the between-study variance cannot be estimated, and the standard error is the study's own");
    return fit;
  }
  tau2_estimate<Real> t = estimator(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v));
  if (!(t.tau2 >= 0) || !detail::is_finite(t.tau2)) {
    detail::throw_input_error("random_effects", "the estimator " + fit.method + " returned tau2 = " + detail::to_text(t.tau2) + ", which must be finite and not negative");
  }
  detail::fill_inverse_variance("random_effects", fit, t.tau2);
  fit.tau2 = t.tau2;
  fit.se_tau2 = t.se;
  fit.convergence = t.convergence;
  fit.tau2_maxima = std::move(t.maxima);
  if (fit.tau2_maxima.size() > 1) fit.notes.push_back("the likelihood has " + std::to_string(fit.tau2_maxima.size()) + " local maxima in tau2; the highest was taken");
  return fit;
}

}  // namespace metapool
