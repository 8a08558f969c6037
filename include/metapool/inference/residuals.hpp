// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/leave_one_out.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/kernel.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Residuals of the pooled studies, one entry each, in the order of data. Scale: that of the effects; z has none.
template <class Real = double>
struct residuals_result {
  std::vector<Real> residual{};  ///< y - estimate
  std::vector<Real> se{};        ///< of the residual under the model
  std::vector<Real> z{};         ///< residual / se: about standard normal if the model holds
};

namespace detail {

/// Residuals from the weighted mean, leverages h (the weights, which sum to 1) with 1 - h, and working variances, each without cancellation.
template <class Real>
struct mean_working {
  std::vector<Real> residual{}, one_less_leverage{}, phi{};
  bool inverse_variance = false;  ///< weights proportional to 1 / phi
};

template <class Real>
mean_working<Real> working_of(const char* function, const model_fit<Real>& fit) {
  if (fit.model == model::mantel_haenszel || fit.model == model::peto) {
    throw_input_error(function, std::string("needs a fit whose estimate is a weighted mean of the studies' effects, and this one is by ") + name(fit.model));
  }
  mean_working<Real> m;
  const std::size_t k = fit.k();
  std::size_t top = 0;
  for (std::size_t i = 1; i < k; ++i) {
    if (fit.weights[i] > fit.weights[top]) top = i;
  }
  // the heaviest study's 1 - h and residual from the other studies, so that neither cancels where it has nearly all the weight
  Real centre = 0, rest = 0;
  for (std::size_t i = 0; i < k; ++i) {
    if (i == top) continue;
    centre += fit.weights[i] * (fit.data.y[i] - fit.data.y[top]);
    rest += fit.weights[i];
  }
  Real factor = 1;  // multiplicative heterogeneity
  if (fit.model == model::unrestricted_weighted_least_squares && fit.df > 0) {
    Real w = 0;
    for (std::size_t i = 0; i < k; ++i) w += 1 / fit.data.v[i];
    factor = fit.se * fit.se * w;
  }
  const Real tau2 = fit.tau2.value_or(Real(0));
  for (std::size_t i = 0; i < k; ++i) {
    m.residual.push_back(i == top ? Real(-centre) : Real((fit.data.y[i] - fit.data.y[top]) - centre));
    m.one_less_leverage.push_back(i == top ? rest : Real(1 - fit.weights[i]));
    m.phi.push_back(factor * (fit.data.v[i] + tau2));
  }
  m.inverse_variance = weighs_by_inverse_variance(fit.model) || fit.model == model::unrestricted_weighted_least_squares;
  return m;
}

/// The estimator of the common-effect model.
struct common_effect_tau2 {
  static constexpr const char* name = "no between-study variance";
  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real>, std::span<const Real>) const {
    return {};
  }
};

}  // namespace detail

/// Raw and (internally) standardised residuals: y - estimate, and that over its standard error under the model, the root of (v + tau2)(1 - h),
/// h being the study's share in the estimate (for IVhet and quality effects, whose weights are others, of (v + tau2)(1 - 2h) + sum h^2 (v + tau2);
/// multiplicative heterogeneity: its factor times v in the place of v + tau2). metafor's rstandard.
/// Scale: that of the effects. tau2 is taken as known. Values of |z| above 2 or 3 are outliers; deleted_residuals hides them less.
/// Throws input_error for Mantel-Haenszel and Peto fits; not_estimable with one study; convergence_error on a fit that did not converge.
/// 12 significant digits. Hedges & Olkin (1985) Statistical Methods for Meta-Analysis; Viechtbauer & Cheung (2010) Res Synth Methods 1:112, doi:10.1002/jrsm.11.
template <class Real>
residuals_result<Real> standardized_residuals(const model_fit<Real>& fit) {
  using std::sqrt;
  constexpr const char* function = "standardized_residuals";
  detail::check_fit(function, fit, 0.95);
  detail::check_two_studies(function, fit);
  detail::mean_working<Real> m = detail::working_of(function, fit);
  residuals_result<Real> r;
  Real spread = 0;
  if (!m.inverse_variance) {
    for (std::size_t i = 0; i < fit.k(); ++i) spread += fit.weights[i] * (fit.weights[i] * m.phi[i]);
  }
  for (std::size_t i = 0; i < fit.k(); ++i) {
    const Real variance = m.inverse_variance ? Real(m.phi[i] * m.one_less_leverage[i]) : Real(m.phi[i] * (m.one_less_leverage[i] - fit.weights[i]) + spread);
    r.se.push_back(sqrt(variance));
    r.z.push_back(m.residual[i] / r.se[i]);
  }
  r.residual = std::move(m.residual);
  return r;
}

/// Externally standardised (deleted, studentised) residuals: each study's distance from the mean of all others, over the root of
/// v + tau2 + se^2 with tau2 and se from the others. metafor's rstudent.
/// estimator: the tau2 estimator of the fit, which is fitted anew k times. For random-effects fits; for a common effect leave it out.
/// Throws input_error for other fits; not_estimable with fewer than three studies; convergence_error if an estimator does not converge without a study.
/// Accuracy: that of the estimator. Viechtbauer & Cheung (2010) Res Synth Methods 1:112, doi:10.1002/jrsm.11.
template <class Real, class Estimator>
  requires tau2_estimator<Estimator, Real>
residuals_result<Real> deleted_residuals(const model_fit<Real>& fit, const Estimator& estimator) {
  using std::sqrt;
  constexpr const char* function = "deleted_residuals";
  detail::check_fit(function, fit, 0.95);
  detail::check_inverse_variance(function, fit);
  const std::size_t k = fit.k();
  if (k < 3) detail::throw_not_estimable(function, "k = " + std::to_string(k) + ": without a study at least two must remain");
  residuals_result<Real> r;
  detail::all_but_one<Real> others(fit.data);
  for (std::size_t i = 0; i < k; ++i) {
    others.leave_out(i);
    const tau2_estimate<Real> t = others.checked(function, Estimator::name, estimator(others.y(), others.v()));
    const detail::pooled_sums<Real> s = detail::pool_at(others.y(), others.v(), t.tau2);
    r.residual.push_back(fit.data.y[i] - s.mean);
    r.se.push_back(sqrt(Real(fit.data.v[i] + t.tau2 + 1 / s.w)));
    r.z.push_back(r.residual[i] / r.se[i]);
  }
  return r;
}

/// The same for a common-effect fit, without a between-study variance. Throws input_error for other fits.
template <class Real>
residuals_result<Real> deleted_residuals(const model_fit<Real>& fit) {
  if (fit.model != model::common_effect) {
    detail::throw_input_error("deleted_residuals", std::string("without an estimator of tau2 it needs a common-effect fit, and this one is by ") + name(fit.model));
  }
  return deleted_residuals(fit, detail::common_effect_tau2{});
}

}  // namespace metapool
