// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/likelihood_regression_fit.hpp>

#include <optional>

namespace metapool {

/// Effects regressed on moderators by the likelihood of the counts themselves (a generalised linear mixed model), by maximum likelihood.
///
/// Scale: a coefficient is on measure.scale (logarithms for ratios, logits for proportions) per unit of its column; variances on its square.
/// tau2 = 0 is a boundary: the fit there and the best one inside are compared, and the higher is the answer. At the boundary the covariance is that of the
/// regression with a common effect, and tau2 has no standard error. The state is always finite and the dispersion 1.
template <class Real = double>
struct glmm_regression_fit : likelihood_regression_fit<Real> {
  Real tau2{};                            ///< residual: between studies with the same moderators
  std::optional<Real> se_tau2{};          ///< empty at the boundary
  vector_of<Real> common_coefficients{};  ///< the same model with tau2 = 0
  matrix_of<Real> common_covariance{};
  Real common_log_likelihood{};
  std::optional<Real> tau2_without_moderators{};  ///< of the model with the intercept alone, or without any coefficient if there is no intercept; empty if the design has but the intercept
  std::optional<Real> intercept{};        ///< mean of the control arms' log odds or log rates (random study effects)
  std::optional<Real> sigma2{};           ///< variance of the studies' levels (random study effects)
  std::optional<Real> correlation{};      ///< of level (half way between the arms) and effect with the same moderators, where it is a parameter; empty if a variance is 0
  Real q_wald{};                          ///< residual heterogeneity, Wald: of one effect a study against the regression with tau2 = 0; infinite effects add nothing
  Real q_lrt{};                           ///< the same by the likelihood ratio; df of both: k - p
};

}  // namespace metapool
