// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/chi_squared.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include <cmath>
#include <span>
#include <string_view>

namespace metapool {

/// Median-unbiased between-study variance (PMM): the tau2 >= 0 at which Q(tau2) is the median of the chi-squared distribution with k - 1
/// degrees of freedom, so that it is as often too large as too small. Paule and Mandel's takes the mean instead.
/// Scale: that of y squared. Returns 0 if Q(0) does not exceed that median. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// Found as paule_mandel{} is; never fails; 12 significant digits. The standard error is paule_mandel's formula at this estimate, as in metafor.
/// Viechtbauer (2021), presented at the European Congress of Methodology, Valencia: median-unbiased estimators of heterogeneity.
struct median_unbiased_paule_mandel {
  static constexpr std::string_view name = "median-unbiased Paule-Mandel";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design, with k - p degrees of freedom.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    const Real df = static_cast<Real>(problem.k() - problem.p());
    tau2_estimate<Real> result;
    result.tau2 = detail::solve_q(problem, detail::chi_squared_quantile(Real(0.5), df), result.convergence);
    result.se = detail::empirical_bayes_se(problem, result.tau2);
    return result;
  }
};

}  // namespace metapool
