// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/fit.hpp>

#include <string>

namespace metapool::detail {

/// Refuses a level outside (0, 1) and a fit whose iteration did not converge.
template <class Real>
void check_fit(const char* function, const model_fit<Real>& fit, double level, bool even_if_not_converged = false) {
  check_level(function, level);
  if (fit.data.y.empty()) throw_input_error(function, "the fit is empty; it must come from a model");
  if (!fit.convergence.converged && !even_if_not_converged) {
    throw convergence_error(std::string(function) + ": the fit by " + fit.method + " did not converge (" + std::to_string(fit.convergence.iterations) +
                            " iterations); try another estimator (wald_z, wald_t and hartung_knapp go on if even_if_not_converged is set)");
  }
}

/// Refuses a fit of a single study to a method that estimates from the spread of studies.
template <class Real>
void check_two_studies(const char* function, const model_fit<Real>& fit) {
  if (fit.df < 1) throw_not_estimable(function, "one study ('" + fit.data.labels.front() + "') leaves no degrees of freedom; use wald_z");
}

/// Refuses a fit whose weights are not 1 / (v + tau2) to a method that presumes them.
template <class Real>
void check_inverse_variance(const char* function, const model_fit<Real>& fit) {
  if (!weighs_by_inverse_variance(fit.model)) {
    throw_input_error(function, std::string("needs an inverse-variance fit (common_effect or random_effects), and this one is by ") + name(fit.model));
  }
}

}  // namespace metapool::detail
