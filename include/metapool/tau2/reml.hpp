// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/likelihood.hpp>

#include <cmath>
#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by restricted maximum likelihood.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// Every local maximum on [0, inf) is isolated by bounds that hold on whole intervals (likelihood.hpp), then polished by Newton's method
/// in its bracket; the one with the largest likelihood is returned, and all of them if there are several. Never fails; 12 significant digits.
/// The standard error is sqrt(2 / tr P^2) (expected information) at the estimate.
/// Patterson & Thompson (1971) Biometrika 58:545, doi:10.1093/biomet/58.3.545; Viechtbauer (2005) J Educ Behav Stat 30:261, doi:10.3102/10769986030003261.
struct reml {
  static constexpr std::string_view name = "REML";

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
    tau2_estimate<Real> result = detail::maximise_likelihood(problem, likelihood_kind::restricted);
    result.se = sqrt(Real(2 / problem.at(result.tau2).trace_pp()));
    return result;
  }
};

}  // namespace metapool
