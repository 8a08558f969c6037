// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/quadratic_form.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/tau2/generalized_q.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace metapool {

namespace detail {

/// The tau2 >= 0 at which the median of the exact distribution of y'P_a y is its observed value; 0 if even at tau2 = 0 the median exceeds it.
/// The distribution, that of a weighted sum of chi-squared variables, moves up with tau2, so the root is the only one.
template <problem_with_spectrum Problem, class Weight>
tau2_estimate<typename Problem::real_type> estimate_by_median(const Problem& problem, const Weight& a) {
  using std::sqrt;
  using Real = typename Problem::real_type;
  const moment_sums<Real> s = problem.moments(a);
  const auto excess = [&](const Real& t) {  // P(Q > q) - P(Q <= q)
    const std::vector<Real> weights = problem.q_spectrum(a, t);
    const tails<Real> p = quadratic_form_tails<Real>(std::span<const Real>(weights), s.q);
    return Real(p.upper - p.lower);
  };
  tau2_estimate<Real> result;
  if (excess(Real(0)) < 0) {
    // the mean of Q exceeds its median, which exceeds a tenth of the mean; outside that the bracket widens by itself
    const Real typical = s.trace_pv / s.trace_p;
    Real upper = 10 * (s.q / s.trace_p);
    while (is_finite(upper) && excess(upper) < 0) upper *= 8;
    Real lower = 0;
    for (Real below = upper / 8; below > typical * std::numeric_limits<Real>::epsilon(); below /= 8) {
      if (excess(below) < 0) {
        lower = below;
        break;
      }
      upper = below;
    }
    result.tau2 = bracketed_root(excess, lower, upper, result.convergence);
  }
  result.se = sqrt(Real(problem.variance_of(a, result.tau2))) / s.trace_p;
  return result;
}

}  // namespace detail

/// Median-unbiased between-study variance by a generalised Q (GENQM): the tau2 >= 0 at which the observed Q_a = sum a (y - ybar_a)^2 is the median
/// of its exact distribution under normality, so that the estimate is as often too large as too small.
/// Scale: that of y squared. Returns 0 if Q_a is below its median at tau2 = 0. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// TOMS 748 in a bracket that widens by itself; 11 significant digits. Some ten evaluations, O(k^2) each for a mean and O(k^3) around moderators. The standard error is that of generalized_q at this estimate.
/// Viechtbauer (2021), presented at the European Congress of Methodology, Valencia; the distribution: Jackson (2013) Res Synth Methods 4:220,
/// doi:10.1002/jrsm.1081.
struct median_unbiased_generalized_q {
  static constexpr std::string_view name = "median-unbiased generalised Q";
  moment_weights weights = moment_weights::inverse_variance;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: Q_a = y'P_a y. A problem that does not know the distribution of its quadratic forms is refused. Throws input_error.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    if constexpr (detail::problem_with_spectrum<Problem>) {
      return detail::with_moment_weights(std::span<const Real>(problem.v()), weights, [&](const auto& a) { return detail::estimate_by_median(problem, a); });
    } else {
      detail::throw_input_error(name, "the distribution of Q is not known in this problem");
    }
  }
};

/// median_unbiased_generalized_q with the caller's own weights, one a study: metafor's method "GENQM".
/// Throws input_error also if the number of weights is not k or one is not finite and positive.
template <class Real = double>
struct median_unbiased_generalized_q_with {
  static constexpr std::string_view name = "median-unbiased generalised Q";
  std::vector<Real> weights{};

  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design (a problem with q_spectrum).
  template <detail::problem_with_spectrum Problem>
  tau2_estimate<Real> estimate(const Problem& problem) const {
    detail::check_tau2_weights(name, std::span<const Real>(weights), problem.k());
    return detail::estimate_by_median(problem, [&](std::size_t i) { return weights[i]; });
  }
};

}  // namespace metapool
