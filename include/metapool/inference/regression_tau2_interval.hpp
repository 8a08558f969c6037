// SPDX-License-Identifier: BSL-1.0
// Intervals of the residual between-study variance of a regression, by the methods that have one for a mean.
#pragma once

#include <metapool/inference/any_tau2_interval.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/model/design_problem.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
design_problem<Real> problem_of(const char* function, const regression_fit<Real>& fit, double level) {
  check_regression(function, fit, level, true);
  check_regression_df(function, fit);
  return design_problem<Real>(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), fit.design.x);
}

}  // namespace detail

/// Q-profile interval of the residual tau2 of a regression, with k - p degrees of freedom; else as q_profile for a mean.
/// Viechtbauer (2007) Stat Med 26:37, doi:10.1002/sim.2514.
template <class Real>
tau2_interval<Real> heterogeneity_interval(const regression_fit<Real>& fit, const q_profile& method = {}) {
  constexpr const char* function = "q_profile";
  const auto problem = detail::problem_of(function, fit, method.level);
  const Real df = static_cast<Real>(fit.df), tail = detail::tail_of_level<Real>(method.level);
  tau2_interval<Real> r;
  r.method = "Q-profile";
  r.level = method.level;
  const Real low = detail::chi_squared_quantile<Real>(tail, df);
  if (fit.q < low) {
    r.state = interval_state::empty_set;
  } else {
    convergence<Real> state;
    r.lower = detail::solve_q(problem, Real(detail::chi_squared_upper_quantile<Real>(tail, df)), state);
    r.upper = detail::solve_q(problem, low, state);
    if (!state.converged) throw convergence_error("q_profile: the search for an end of the interval did not converge");
  }
  detail::fill_i2_h2(r, *fit.typical_variance);
  return r;
}

/// Profile likelihood interval of the residual tau2 of a regression; else as profile_likelihood_tau2 for a mean.
template <class Real>
tau2_interval<Real> heterogeneity_interval(const regression_fit<Real>& fit, const profile_likelihood_tau2& method) {
  constexpr const char* function = "profile_likelihood_tau2";
  return detail::profile_likelihood_interval(function, detail::problem_of(function, fit, method.level), method.kind, method.level, *fit.typical_variance);
}

/// Interval of the residual tau2 of a regression by a generalised Q; else as generalized_q_tau2 for a mean. O(k^3) an evaluation, about 20 of
/// them. Jackson, Turner, Rhodes & Viechtbauer (2014) BMC Med Res Methodol 14:103.
template <class Real>
tau2_interval<Real> heterogeneity_interval(const regression_fit<Real>& fit, const generalized_q_tau2& method) {
  constexpr const char* function = "generalized_q_tau2";
  const auto problem = detail::problem_of(function, fit, method.level);
  const std::span<const Real> v(fit.data.v);
  const std::vector<Real> a = detail::interval_weights(function, v, method.weights, method.own_weights);
  tau2_interval<Real> r;
  r.method = detail::generalized_q_name(method.weights, !method.own_weights.empty());
  r.level = method.level;
  const auto weight = [&](std::size_t i) { return a[i]; };
  const Real q = problem.moments(weight).q;
  detail::invert_generalized_q(function, r, q, detail::tail_of_level<Real>(method.level), *fit.typical_variance,
                               [&](const Real& tau2) { return problem.q_spectrum(weight, tau2); });
  detail::fill_i2_h2(r, *fit.typical_variance);
  return r;
}

}  // namespace metapool
