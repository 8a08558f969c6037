// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/paule_mandel.hpp>

#include <cmath>
#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by DerSimonian and Laird's moments with weights 1 / (v + tau2), repeated until tau2 reproduces itself (DLIT).
/// The only such tau2 is that of Paule and Mandel, Q(tau2) = k - 1, or 0 if Q(0) <= k - 1; it is found as there, so that it exists also
/// where the repetition would go round in circles. (metafor 3.8 iterates another equation, Q(tau2) = k - 1 + tau2 tr P(tau2).)
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Never fails; 12 significant digits.
/// The standard error is that of the moment estimator with these weights taken as known, sqrt(2 (k - p)) / tr P where tau2 > 0.
/// DerSimonian & Kacker (2007) Contemp Clin Trials 28:105, doi:10.1016/j.cct.2006.04.004.
struct iterated_dersimonian_laird {
  static constexpr std::string_view name = "iterated DerSimonian-Laird";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: Q(tau2) = k - p.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using std::sqrt;
    using Real = typename Problem::real_type;
    tau2_estimate<Real> result;
    const Real df = static_cast<Real>(problem.k() - problem.p());
    result.tau2 = detail::solve_q(problem, df, result.convergence);
    const Real c = problem.at(result.tau2).trace_p();
    if (c > 0) result.se = sqrt(Real(2 * df)) / c;  // tr(P S P S) = k - p for P at the weights 1 / S
    return result;
  }
};

}  // namespace metapool
