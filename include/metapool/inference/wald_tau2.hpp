// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/fill_tau2_interval.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/model/fit.hpp>

#include <cmath>
#include <limits>
#include <span>

namespace metapool {

/// Wald interval of the between-study variance: tau2 -+ z se, cut off at 0, from the fit's tau2 and its asymptotic standard error (REML, ML
/// and whichever estimator has one).
///
/// on_log_scale: exp(log tau2 -+ z se / tau2) instead, which is never cut off; with tau2 = 0 the state is then unbounded (0 to infinity).
/// Needs many studies: with fewer than some hundred its coverage is far from the level (Viechtbauer 2007); q_profile and generalized_q_tau2 hold it exactly.
/// Throws input_error if level is not in (0, 1); not_estimable if the fit has no tau2 or no standard error of it; convergence_error on a fit that did not converge.
/// Biggerstaff & Tweedie (1997) Stat Med 16:753; Viechtbauer (2007) Stat Med 26:37, doi:10.1002/sim.2514.
struct wald_tau2 {
  bool on_log_scale = false;
  double level = 0.95;

  template <class Real>
  tau2_interval<Real> operator()(const model_fit<Real>& fit) const {
    using std::exp;
    detail::check_fit("wald_tau2", fit, level);
    detail::check_two_studies("wald_tau2", fit);
    if (!fit.tau2 || !fit.se_tau2) detail::throw_not_estimable("wald_tau2", "the fit by " + fit.method + " has no between-study variance with a standard error");
    tau2_interval<Real> r;
    r.level = level;
    const Real tau2 = *fit.tau2;
    const Real half = detail::normal_critical<Real>(level) * *fit.se_tau2;
    if (!on_log_scale) {
      r.method = "Wald";
      r.lower = half < tau2 ? Real(tau2 - half) : Real(0);
      r.upper = tau2 + half;
    } else {
      r.method = "Wald, log scale";
      const Real factor = exp(Real(half / tau2));
      if (tau2 > 0 && detail::is_finite(Real(tau2 * factor))) {
        r.lower = tau2 / factor;
        r.upper = tau2 * factor;
      } else {
        r.state = interval_state::unbounded;
        r.upper = std::numeric_limits<Real>::infinity();
      }
    }
    detail::fill_i2_h2(r, typical_variance(std::span<const Real>(fit.data.v)));
    return r;
  }
};

}  // namespace metapool
