// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/design.hpp>
#include <metapool/model/likelihood_fit.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// Effects regressed on moderators by the likelihood of the counts: without a normal random effect, or as a part of glmm_regression_fit. Scale: a coefficient is on measure.scale
/// (logarithms for ratios, logits for proportions) per unit of its column. infer(fit, ...) takes both.
template <class Real = double>
struct likelihood_regression_fit {
  using real_type = Real;
  measure_info measure{};
  std::string method{};
  metapool::design<Real> design{};  ///< one row a pooled study, p columns
  vector_of<Real> coefficients{};   ///< p
  matrix_of<Real> covariance{};     ///< p x p, from the second derivatives of the log-likelihood in all parameters, dispersion in it; 0 rows unless the state is finite
  estimate_state state = estimate_state::finite;  ///< or at_boundary: where the likelihood has a kink, a risk is 1, or it is flat: no standard errors, profile intervals hold
  Real log_likelihood{};            ///< with all constants
  std::optional<Real> log_likelihood_without_moderators{};  ///< with the intercept alone, or no coefficient if there is no intercept; empty if the design has but the intercept
  Real dispersion{1};               ///< by which likelihood ratios are divided: 1 but where over-dispersion was asked for
  std::size_t k{};                  ///< pooled studies (of a glmm_regression_fit: informative ones)
  std::size_t df{};                 ///< k - p
  metapool::convergence<Real> convergence{};  ///< residual: largest derivative of the log-likelihood at the answer, in columns that were made orthogonal, over the root of its own second derivative (not so of a glmm_regression_fit)
  std::vector<study_audit<Real>> audit{};     ///< one a study offered: pooled or why not
  std::vector<std::string> notes{};
  /// The likelihood of a value of coefficient j with the other parameters best for it. Thread-safe: each call works on its own copy.
  std::function<likelihood_profile_point<Real>(std::size_t, const Real&)> profile{};
  std::size_t p() const { return design.columns(); }
};

}  // namespace metapool
