// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/likelihood.hpp>

#include <cmath>
#include <span>

namespace metapool {

/// Log-likelihood and information criteria of a random-effects fit.
template <class Real = double>
struct information_criteria_result {
  Real log_likelihood{};
  Real aic{};
  Real aicc{};  ///< with metafor's rule for small samples: n is at least the number of parameters + 2
  Real bic{};
};

/// Log-likelihood of a random-effects fit at its tau2, and AIC, AICc and BIC with two parameters (mean, tau2).
/// kind: restricted counts n = k - 1 observations, full n = k. Compare only values of one kind, and restricted ones only between models with the same mean.
/// Throws input_error for fits with other weights (IVhet, quality effects: no likelihood), not_estimable without tau2. Akaike (1974) IEEE Trans Autom Control 19:716; Hurvich & Tsai (1989) Biometrika 76:297; Schwarz (1978) Ann Stat 6:461.
template <class Real>
information_criteria_result<Real> information_criteria(const model_fit<Real>& fit, likelihood_kind kind) {
  using std::log;
  detail::check_fit("information_criteria", fit, 0.95);
  if (!fit.tau2) detail::throw_not_estimable("information_criteria", "the fit has no between-study variance");
  detail::check_inverse_variance("information_criteria", fit);
  information_criteria_result<Real> r;
  r.log_likelihood = log_likelihood(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), *fit.tau2, kind);
  const Real parameters = 2;
  const Real n = static_cast<Real>(kind == likelihood_kind::restricted ? fit.k() - 1 : fit.k());
  const Real n_corrected = n > parameters + 2 ? n : Real(parameters + 2);
  r.aic = -2 * r.log_likelihood + 2 * parameters;
  r.bic = -2 * r.log_likelihood + parameters * log(n);
  r.aicc = -2 * r.log_likelihood + 2 * parameters * n_corrected / (n_corrected - parameters - 1);
  return r;
}

}  // namespace metapool
