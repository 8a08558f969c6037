// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace metapool {

/// Between-study variance by Rukhin's Bayes estimator with a prior mean of zero (B0):
/// max(0, S / (k + 1) - (N - k) / (N - k + 2) (k - 1) mean(v) / (k + 1)), S = sum (y - ybar)^2 unweighted, N participants in all.
/// participants: N, more than k; 0 (the default) for N without bound, where the factor is 1 and the estimate (k - 1) / (k + 1) times hedges{}.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, any v <= 0, or 0 < participants <= k. Closed form; 12 significant digits
/// unless the two terms are within rounding of each other. No standard error.
/// Rukhin (2013) J R Stat Soc B 75:451, as in Veroniki et al. (2016) Res Synth Methods 7:55, doi:10.1002/jrsm.1164.
struct rukhin_zero {
  static constexpr std::string_view name = "Rukhin B0";
  std::size_t participants = 0;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// Around a design, residual sums take the place of those around the mean: k - p + 2 for k + 1, tr(P V) for (k - 1) mean(v).
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    const std::size_t k = problem.k();
    if (participants != 0 && participants <= k) {
      detail::throw_input_error(name, "participants = " + std::to_string(participants) + " must exceed the number of studies, " + std::to_string(k));
    }
    const auto s = problem.moments([](std::size_t) { return Real(1); });
    Real expected = s.trace_pv;
    if (participants != 0) {
      const Real n = static_cast<Real>(participants - k);
      expected *= n / (n + 2);
    }
    tau2_estimate<Real> result;
    if (s.q > expected) result.tau2 = (s.q - expected) / static_cast<Real>(k - problem.p() + 2);
    return result;
  }
};

/// Between-study variance by Rukhin's positive Bayes estimator (BP): S / (k + 1), S = sum (y - ybar)^2 unweighted. It does not subtract the
/// sampling variances; 0 only if all effects are equal. All else as rukhin_zero.
struct rukhin_positive {
  static constexpr std::string_view name = "Rukhin BP";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// Around a design: the residual sum of squares of unweighted least squares over k - p + 2.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    tau2_estimate<Real> result;
    result.tau2 = problem.range().sum_of_squares / static_cast<Real>(problem.k() - problem.p() + 2);
    return result;
  }
};

}  // namespace metapool
