// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/likelihood.hpp>

#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by approximate restricted maximum likelihood (AREML): the tau2 >= 0 at which
/// sum w^2 (k / (k - 1) (y - mean)^2 - v - tau2) = 0, w = 1 / (v + tau2): the score of the full likelihood with its Q multiplied by k / (k - 1).
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// That equation can have several solutions; all maxima of the corresponding objective, -sum log(v + tau2) / 2 - k / (k - 1) Q / 2, are isolated
/// as in reml{} and the highest is returned, with all of them in `maxima`. Never fails; 12 significant digits. No standard error.
/// Morris (1983) J Am Stat Assoc 78:47; Thompson & Sharp (1999) Stat Med 18:2693; Sidik & Jonkman (2007) Stat Med 26:1964, doi:10.1002/sim.2688.
struct approximate_reml {
  static constexpr std::string_view name = "approximate REML";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design, with k / (k - p).
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    const Real inflation = static_cast<Real>(problem.k()) / static_cast<Real>(problem.k() - problem.p());
    return detail::maximise(detail::likelihood_objective<Problem>(problem, likelihood_kind::full, inflation));
  }
};

}  // namespace metapool
