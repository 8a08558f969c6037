// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/design.hpp>
#include <metapool/model/glmm_fit.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// Effects regressed on moderators by the likelihood of the counts themselves (a generalised linear mixed model), by maximum likelihood.
///
/// Scale: a coefficient is on measure.scale (logarithms for ratios, logits for proportions) per unit of its column; variances on its square.
/// tau2 = 0 is a boundary: the fit there and the best one inside are compared, and the higher is the answer. At the boundary the covariance is that of the
/// regression with a common effect, and tau2 has no standard error.
template <class Real = double>
struct glmm_regression_fit {
  using real_type = Real;
  measure_info measure{};
  std::string method{};
  metapool::design<Real> design{};        ///< one row a pooled study, p columns
  vector_of<Real> coefficients{};         ///< p
  matrix_of<Real> covariance{};           ///< p x p, from the second derivatives of the log-likelihood in all parameters
  Real tau2{};                            ///< residual: between studies with the same moderators
  std::optional<Real> se_tau2{};          ///< empty at the boundary
  Real log_likelihood{};                  ///< with all constants: the logarithm of the probability of the data
  vector_of<Real> common_coefficients{};  ///< the same model with tau2 = 0
  matrix_of<Real> common_covariance{};
  Real common_log_likelihood{};
  std::optional<Real> tau2_without_moderators{};          ///< of the model with the intercept alone, or without any coefficient if there is no intercept;
  std::optional<Real> log_likelihood_without_moderators{};  ///< empty if the design has but the intercept
  std::optional<Real> intercept{};        ///< mean of the control arms' log odds or log rates (random study effects)
  std::optional<Real> sigma2{};           ///< variance of the studies' levels (random study effects)
  std::optional<Real> correlation{};      ///< of level (half way between the arms) and effect with the same moderators, where it is a parameter; empty if a variance is 0
  Real q_wald{};                          ///< residual heterogeneity, Wald: of one effect a study against the regression with tau2 = 0; infinite effects add nothing
  Real q_lrt{};                           ///< the same by the likelihood ratio
  std::size_t df{};                       ///< of both: informative studies - p
  std::size_t k{};                        ///< informative studies
  metapool::convergence<Real> convergence{};  ///< residual: largest derivative of the log-likelihood at the answer, in columns that were made orthogonal with a mean square of 1
  std::vector<study_audit<Real>> audit{};  ///< one a study offered: pooled or why not
  std::vector<std::string> notes{};
  /// The likelihood of a value of coefficient j with the other parameters best for it. Thread-safe: each call works on its own copy.
  std::function<likelihood_profile_point<Real>(std::size_t, const Real&)> profile{};
  std::size_t p() const { return design.columns(); }
};

}  // namespace metapool
