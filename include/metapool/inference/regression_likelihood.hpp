// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/information_criteria.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/design_problem.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// Log-likelihood of a regression at its tau2, and AIC, AICc and BIC with p + 1 parameters (p for a common effect). Constants as in
/// log_likelihood, log det(X'X) included.
/// kind: restricted counts n = k - p observations, full n = k (metafor). Compare only values of one kind, and restricted ones only between fits with
/// the same design. Throws not_estimable without tau2 in a random-effects fit (k = p), or restricted with k = p.
template <class Real>
information_criteria_result<Real> information_criteria(const regression_fit<Real>& fit, likelihood_kind kind) {
  using std::log;
  constexpr const char* function = "information_criteria";
  detail::check_regression(function, fit, 0.95);
  const bool random = fit.model == model::random_effects;
  if (random && !fit.tau2) detail::throw_not_estimable(function, "the fit has no between-study variance");
  if (kind == likelihood_kind::restricted && fit.df == 0) detail::throw_not_estimable(function, "as many coefficients as studies leave no restricted likelihood");
  const detail::design_problem<Real> problem(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), fit.design.x);
  information_criteria_result<Real> r;
  r.log_likelihood = problem.log_likelihood(fit.tau2.value_or(Real(0)), kind);
  const Real parameters = static_cast<Real>(fit.p() + (random ? 1 : 0));
  const Real n = static_cast<Real>(kind == likelihood_kind::restricted ? fit.df : fit.k());
  const Real n_corrected = n > parameters + 2 ? n : Real(parameters + 2);
  r.aic = -2 * r.log_likelihood + 2 * parameters;
  r.bic = -2 * r.log_likelihood + parameters * log(n);
  r.aicc = -2 * r.log_likelihood + 2 * parameters * n_corrected / (n_corrected - parameters - 1);
  return r;
}

/// A comparison of two nested regressions by their likelihoods.
template <class Real = double>
struct likelihood_ratio_result {
  Real statistic{};  ///< 2 (log-likelihood of the larger - of the smaller), at least 0
  Real df{};         ///< difference in coefficients
  Real p{};          ///< of the statistic against chi-squared(df)
  std::optional<Real> r_squared{};  ///< (tau2 of the smaller - of the larger) / tau2 of the smaller, floored at 0; empty if that is 0
};

/// Likelihood-ratio test of the moderators that `larger` has beyond `smaller`. Both must be fits of the same effects by maximum likelihood
/// (or both common-effect), and the columns of the smaller one must lie in the space of the larger one's.
/// Throws input_error otherwise: restricted likelihoods of different designs are of different data and cannot be compared. Liberal with few studies.
/// Wilks (1938) Ann Math Stat 9:60.
template <class Real>
likelihood_ratio_result<Real> likelihood_ratio(const regression_fit<Real>& larger, const regression_fit<Real>& smaller) {
  constexpr const char* function = "likelihood_ratio";
  if (larger.data.y != smaller.data.y || larger.data.v != smaller.data.v) detail::throw_input_error(function, "the fits are of different effects");
  if (larger.p() <= smaller.p()) detail::throw_input_error(function, "the first fit must have more coefficients than the second");
  if (larger.model != smaller.model) detail::throw_input_error(function, "one fit has a common effect and the other random effects");
  for (const auto* const fit : {&larger, &smaller}) {
    if (fit->model == model::random_effects && fit->method != "ML") {
      detail::throw_input_error(function, "needs fits by maximum_likelihood, and one is by " + fit->method + ": the restricted likelihoods of different designs cannot be compared");
    }
  }
  matrix_of<Real> both(larger.design.x.rows(), larger.design.x.cols() + smaller.design.x.cols());
  both << larger.design.x, smaller.design.x;
  if (detail::column_rank(both).rank != larger.p()) detail::throw_input_error(function, "the designs are not nested");
  const auto at = [&](const regression_fit<Real>& fit) { return information_criteria(fit, likelihood_kind::full).log_likelihood; };
  likelihood_ratio_result<Real> r;
  r.statistic = 2 * (at(larger) - at(smaller));
  if (!(r.statistic > 0)) r.statistic = 0;
  r.df = static_cast<Real>(larger.p() - smaller.p());
  r.p = detail::chi_squared_upper_tail<Real>(r.statistic, r.df);
  if (smaller.tau2 && larger.tau2 && *smaller.tau2 > 0) {
    const Real share = (*smaller.tau2 - *larger.tau2) / *smaller.tau2;
    r.r_squared = share > 0 ? share : Real(0);
  }
  return r;
}

}  // namespace metapool
