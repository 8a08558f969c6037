// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/likelihood_fit.hpp>

#include <cstddef>
#include <optional>

namespace metapool {

/// Both arms have the same intra-class correlation.
struct common_correlation {};
/// Each arm has an intra-class correlation of its own.
struct arm_correlations {};

/// A beta-binomial fit: the effect, the two means that it compares, and how much risks vary between studies.
template <class Real = double>
struct beta_binomial_fit : likelihood_fit<Real> {
  Real mean_treated{};  ///< mean risk of the treated arms, as a probability; of one group: its mean proportion
  Real mean_control{};  ///< of the control arms; 0 of one group
  /// Correlation of two patients of an arm, which is the risks' variance between studies over mean (1 - mean). Empty where the data cannot tell
  /// (no arm of two patients; all patients of the arms alike). Both are the same if it is common; of one group: the former.
  std::optional<Real> correlation_treated{};
  std::optional<Real> correlation_control{};
  std::optional<Real> se_correlation_treated{};  ///< empty at the bounds 0 and 1
  std::optional<Real> se_correlation_control{};
  std::size_t correlations{};      ///< how many correlations the likelihood has
  Real binomial_log_likelihood{};  ///< the same model without correlation, rho = 0
  Real binomial_estimate{};
};

}  // namespace metapool
