// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/hedges.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace metapool {

namespace detail {

/// The moment estimator with weights 1 / (v + first).
template <tau2_problem Problem, class Real = typename Problem::real_type>
tau2_estimate<Real> second_step(const Problem& problem, const Real& first) {
  const std::span<const Real> v = problem.v();
  return estimate_by_moments(problem, [&](std::size_t i) { return Real(1 / (v[i] + first)); });
}

}  // namespace detail

/// Between-study variance by the two-step method of DerSimonian and Laird (DL2): the moment estimator with weights 1 / (v + tau2_DL).
/// Scale: that of y squared; 0 if the second Q does not exceed its expectation. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// Closed form; 12 significant digits. The standard error takes the second weights as known.
/// DerSimonian & Kacker (2007) Contemp Clin Trials 28:105, doi:10.1016/j.cct.2006.04.004.
struct two_step_dersimonian_laird {
  static constexpr std::string_view name = "two-step DerSimonian-Laird";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    return detail::second_step(problem, dersimonian_laird{}.estimate(problem).tau2);
  }
};

/// Between-study variance by the two-step method that starts from Cochran's analysis of variance (CA2): weights 1 / (v + tau2_HE).
/// All else as two_step_dersimonian_laird.
struct two_step_hedges {
  static constexpr std::string_view name = "two-step Hedges";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    return detail::second_step(problem, hedges{}.estimate(problem).tau2);
  }
};

}  // namespace metapool
