// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include <span>

namespace metapool {

/// Q-profile interval of the between-study variance: the tau2 >= 0 whose Q(tau2) lies between the chi-squared(k - 1) quantiles.
/// Exact if the normal-normal model holds. The point estimate may lie outside (only Paule and Mandel's is tied to it).
/// state is empty_set, with both ends 0, if even tau2 = 0 gives a Q below the lower quantile.
/// Bracketed root search on a strictly decreasing function; 12 significant digits. For inverse-variance fits of k >= 2 studies
/// (of a Mantel-Haenszel or Peto fit it uses the studies' own effects).
/// Throws input_error if level is not in (0, 1); not_estimable with one study.
/// Viechtbauer (2007) Stat Med 26:37, doi:10.1002/sim.2514.
struct q_profile {
  double level = 0.95;

  template <class Real>
  tau2_interval<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("q_profile", fit, level, true);
    detail::check_two_studies("q_profile", fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const Real df = static_cast<Real>(fit.df);
    const Real tail = detail::tail_of_level<Real>(level);
    tau2_interval<Real> r;
    r.method = "Q-profile";
    r.level = level;
    const Real low = detail::chi_squared_quantile<Real>(tail, df);
    const Real high = detail::chi_squared_upper_quantile<Real>(tail, df);
    const detail::mean_problem<Real> problem(y, v);
    if (problem.at(Real(0)).q < low) {
      r.state = interval_state::empty_set;
      r.h2_lower = 1;
      r.h2_upper = 1;
      return r;
    }
    convergence<Real> state;
    r.lower = detail::solve_q(problem, high, state);
    r.upper = detail::solve_q(problem, low, state);
    if (!state.converged) throw convergence_error("q_profile: the search for an end of the interval did not converge");
    detail::fill_i2_h2(r, typical_variance(v));
    return r;
  }
};

/// The interval of tau2, I2 and H2 by `method`: q_profile{}.
template <class Real, class Method = q_profile>
tau2_interval<Real> heterogeneity_interval(const model_fit<Real>& fit, const Method& method = {}) {
  return method(fit);
}

}  // namespace metapool
