// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/arithmetic.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace metapool {

namespace detail {

/// tau2 by `estimator` into a fit whose inverse-variance sums are there; with one study a note instead. `what`: the model's name.
template <class Real, class Estimator>
void fill_tau2(const char* function, model_fit<Real>& fit, const Estimator& estimator) {
  if (fit.df < 1) {
    fit.notes.push_back("one study: the between-study variance cannot be estimated, and the standard error is the study's own");
    return;
  }
  tau2_estimate<Real> t = estimator(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v));
  if (!(t.tau2 >= 0) || !is_finite(t.tau2)) {
    throw_input_error(function, "the estimator " + std::string(Estimator::name) + " returned tau2 = " + to_text(t.tau2) + ", which must be finite and not negative");
  }
  fit.tau2 = t.tau2;
  fit.se_tau2 = t.se;
  fit.convergence = t.convergence;
  fit.tau2_maxima = std::move(t.maxima);
}

/// The standard error of sum share y, whatever the shares, where each y has variance v + tau2.
template <class Real>
Real se_of_weighted_mean(const std::vector<Real>& share, const std::vector<Real>& v, const Real& tau2) {
  using std::sqrt;
  Real variance = 0;
  for (std::size_t i = 0; i < v.size(); ++i) variance += share[i] * (share[i] * (v[i] + tau2));
  return sqrt(variance);
}

}  // namespace detail

/// Inverse-variance heterogeneity model: the common-effect estimate, sum w y / sum w with w = 1/v, with a standard error that allows for
/// heterogeneity, se^2 = sum (w / sum w)^2 (v + tau2).
///
/// estimator: of tau2; dersimonian_laird{} (default, as the source, MetaXL and Stata's metan), or any tau2_estimator.
/// Large trials keep the weight that a random-effects model takes from them. Intervals: wald_z (the source's); the interval of Henmi and
/// Copas has the same centre and standard error and a better distribution.
/// Scale: that of the effects. Q is around the estimate, which is the inverse-variance mean. With one study tau2 stays empty and the
/// standard error is the study's own. With tau2 = 0 the fit is common_effect's.
/// Throws as random_effects. 13 significant digits beside those of the estimator.
/// Doi, Barendregt, Khan, Thalib & Williams (2015) Contemp Clin Trials 45:130, doi:10.1016/j.cct.2015.05.009.
template <class Real, class Estimator = dersimonian_laird>
  requires tau2_estimator<Estimator, Real>
model_fit<Real> ivhet(effects<Real> data, const Estimator& estimator = {}) {
  constexpr const char* function = "ivhet";
  detail::check_effects(function, data);
  model_fit<Real> fit;
  fit.model = model::ivhet;
  fit.data = std::move(data);
  fit.method = std::string(Estimator::name);
  detail::fill_inverse_variance(function, fit, Real(0));
  detail::fill_tau2(function, fit, estimator);
  if (fit.tau2 && *fit.tau2 > 0) fit.se = detail::se_of_weighted_mean(fit.weights, fit.data.v, *fit.tau2);
  return fit;
}

}  // namespace metapool
