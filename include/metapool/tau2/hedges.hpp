// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/generalized_q.hpp>

#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by Hedges, which is Cochran's analysis of variance (also "variance component", HE, VC, CO, CA):
/// max(0, sample variance of y - mean v), the moment estimator with equal weights.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Closed form; 12 significant digits unless the
/// two terms are within rounding of each other. The standard error is that of the untruncated estimator under normality, at the estimate.
/// Cochran (1954) Biometrics 10:101; Hedges (1983) Psychol Bull 93:388.
struct hedges {
  static constexpr std::string_view name = "Hedges";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: max(0, (RSS - tr(P V)) / (k - p)), P and RSS those of unweighted least squares.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    return generalized_q{moment_weights::equal}.estimate(problem);
  }
};

}  // namespace metapool
