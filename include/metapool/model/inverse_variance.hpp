// SPDX-License-Identifier: BSL-1.0
// What every inverse-variance fit shares.
#pragma once

#include <metapool/model/fit.hpp>
#include <metapool/tau2/kernel.hpp>

#include <cmath>
#include <span>
#include <utility>

namespace metapool::detail {

/// Refuses effects that no model can pool: none at all (with the reason of the first study left out), or a y or v out of its domain.
template <class Real>
void check_effects(const char* function, const effects<Real>& e) {
  if (e.y.size() != e.v.size() || e.y.size() != e.labels.size()) throw_input_error(function, "y, v and labels of the effects differ in size");
  if (e.y.empty()) {
    if (e.audit.empty()) throw_input_error(function, "no studies");
    std::string message = "none of the " + std::to_string(e.audit.size()) + " studies can be pooled; the first, '" + e.audit.front().label + "': " + describe(e.audit.front());
    throw_not_estimable(function, message);
  }
  for (std::size_t i = 0; i < e.y.size(); ++i) {
    if (!is_finite(e.y[i])) throw_study_error(function, e.labels[i], "y", e.y[i], "must be a finite number");
    if (!(e.v[i] > 0) || !is_finite(e.v[i])) throw_study_error(function, e.labels[i], "v", e.v[i], "must be finite and positive");
  }
}

/// Estimate, se and weights at one tau2; Q and df at tau2 = 0. Throws input_error if they leave the range of Real.
template <class Real>
void fill_inverse_variance(const char* function, model_fit<Real>& fit, const Real& tau2) {
  using std::sqrt;
  const std::span<const Real> y(fit.data.y);
  const std::span<const Real> v(fit.data.v);
  const std::size_t k = y.size();
  const pooled_sums<Real> common = pool_at(y, v, Real(0));
  const pooled_sums<Real> s = tau2 > 0 ? pool_at(y, v, tau2) : common;
  fit.estimate = s.mean;
  fit.se = sqrt(Real(1 / s.w));
  fit.q = common.q;
  fit.df = k - 1;
  if (!is_finite(fit.estimate) || !is_finite(fit.q) || !is_finite(fit.se) || !(fit.se > 0)) {
    throw_input_error(function, "the effects and variances are too large, too small or too far apart for this number type; change the unit of the outcome");
  }
  fit.weights.resize(k);
  for (std::size_t i = 0; i < k; ++i) fit.weights[i] = 1 / ((v[i] + tau2) * s.w);
}

/// The rest of a fit whose estimate and terms of the denominator (in fit.weights, their sum `denominator`) come from the counts: se, Q of the
/// studies' effects around that estimate with weights 1/v, shares of the denominator as weights.
template <class Real>
void fill_around_estimate(model_fit<Real>& fit, const Real& variance, const Real& denominator) {
  using std::sqrt;
  fit.se = sqrt(variance);
  fit.q = 0;
  fit.df = fit.data.size() - 1;
  for (std::size_t i = 0; i < fit.data.size(); ++i) {
    const Real r = fit.data.y[i] - fit.estimate;
    fit.q += r * r / fit.data.v[i];
    fit.weights[i] /= denominator;
  }
}

}  // namespace metapool::detail
