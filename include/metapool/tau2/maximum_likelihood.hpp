// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/likelihood.hpp>

#include <cmath>
#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by maximum likelihood; biased towards zero with few studies, where reml{} is the better choice.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// Found as in reml{}: every local maximum, then the global one. Never fails; 12 significant digits.
/// The standard error is sqrt(2 / sum w^2) (expected information) at the estimate.
/// Hardy & Thompson (1996) Stat Med 15:619; Viechtbauer (2005) J Educ Behav Stat 30:261, doi:10.3102/10769986030003261.
struct maximum_likelihood {
  static constexpr std::string_view name = "ML";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using std::sqrt;
    using Real = typename Problem::real_type;
    tau2_estimate<Real> result = detail::maximise_likelihood(problem, likelihood_kind::full);
    result.se = sqrt(Real(2 / problem.at(result.tau2).w2()));
    return result;
  }
};

}  // namespace metapool
