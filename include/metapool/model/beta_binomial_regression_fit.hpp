// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/beta_binomial_fit.hpp>
#include <metapool/model/likelihood_regression_fit.hpp>

#include <cstddef>
#include <optional>

namespace metapool {

/// What the mean risk of the control arms depends on, on its scale.
enum class baseline_risk {
  by_moderators,  ///< an intercept and the moderators of the effect: each has a main effect and an interaction with treatment
  common          ///< an intercept alone: what moderators do to all patients alike is then taken for their effect on the treatment
};

/// Effects regressed on moderators by the beta-binomial model.
template <class Real = double>
struct beta_binomial_regression_fit : likelihood_regression_fit<Real> {
  metapool::design<Real> baseline{};            ///< of the control arms' mean risk, one row a pooled study; empty of one group
  vector_of<Real> baseline_coefficients{};      ///< logits, or logarithms of risks for the risk ratio
  matrix_of<Real> baseline_covariance{};        ///< 0 rows unless the state is finite
  /// Correlation of two patients of an arm; empty where the data cannot tell (no arm of two patients whose mean risk at the maximum is below 1). Both are the same if it is common; of one
  /// group: the former.
  std::optional<Real> correlation_treated{};
  std::optional<Real> correlation_control{};
  std::optional<Real> se_correlation_treated{};  ///< empty at the bounds 0 and 1
  std::optional<Real> se_correlation_control{};
  std::size_t correlations{};                    ///< how many correlations the likelihood has at its maximum
  Real binomial_log_likelihood{};                ///< the same model without correlation
  vector_of<Real> binomial_coefficients{};
};

}  // namespace metapool
