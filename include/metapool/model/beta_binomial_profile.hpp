// SPDX-License-Identifier: BSL-1.0
// Profile likelihoods of a beta-binomial effect or mean.
#pragma once

#include <metapool/model/beta_binomial_likelihood.hpp>
#include <metapool/model/likelihood_fit.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// What a profile needs to know of two groups.
template <class Real>
struct two_groups {
  beta_binomial_group<Real> treated{}, control{};
  mean_scale scale = mean_scale::logit;
  bool common = true;
  bool held_treated = false, held_control = false;  ///< correlations that the data cannot tell
  Real treated_x{}, control_x{};                    ///< the estimates on the scale, finite
  Real rho_treated{}, rho_control{};

  /// Likelihood of an effect theta, the other parameters at their best: one mean (of the larger risk on the logarithmic scale) and the correlations.
  likelihood_profile_point<Real> operator()(const Real& theta) const {
    const bool logit = scale == mean_scale::logit;
    const Real half = theta / 2;
    const Real add_treated = logit ? half : theta > 0 ? Real(0) : theta;
    const Real add_control = logit ? Real(-half) : theta > 0 ? Real(-theta) : Real(0);
    Real slope = 0;
    const auto f = [&](const std::array<Real, 3>& x) {
      const auto p = treated(scale, Real(x[0] + add_treated), x[1]), q = control(scale, Real(x[0] + add_control), common ? x[1] : x[2]);
      curvature<Real, 3> r;
      r.value = p.value + q.value;
      r.gradient = {p.gradient[0] + q.gradient[0], p.gradient[1], Real(0)};
      r.hessian = {p.hessian[0] + q.hessian[0], p.hessian[1], Real(0), p.hessian[1], p.hessian[3], Real(0), Real(0), Real(0), Real(-1)};
      const std::size_t c = common ? 1 : 2;
      r.gradient[c] += q.gradient[1];
      r.hessian[c] += q.hessian[1];
      r.hessian[3 * c] += q.hessian[1];
      if (common) {
        r.hessian[4] += q.hessian[3];
      } else {
        r.hessian[8] = q.hessian[3];
      }
      slope = logit ? Real((p.gradient[0] - q.gradient[0]) / 2) : theta > 0 ? Real(-q.gradient[0]) : p.gradient[0];
      return r;
    };
    std::array<newton_bound<Real>, 3> bounds{newton_bound<Real>{}, correlation_bound<Real>(held_treated),
                                             correlation_bound<Real>(common || held_control)};
    if (!logit) bounds[0].upper = Real(0);
    const auto mean = [&](const Real& t, const Real& c) {  // between what the two arms want
      const Real middle = (t - add_treated + c - add_control) / 2;
      return !logit && middle > Real(-1e-3) ? Real(-1e-3) : middle;
    };
    std::vector<std::array<Real, 3>> starts{{mean(treated_x, control_x), rho_treated, rho_control}};
    if (!held_treated || (!common && !held_control)) {
      for (const std::array<double, 2>& rho : starting_correlations(!common && !held_treated && !held_control)) {
        std::array<Real, 3> s = starts[0];
        if (!held_treated) s[1] = Real(rho[0]);
        if (!common && !held_control) s[2] = Real(rho[1]);
        starts.push_back(s);
      }
    }
    const auto best = highest_maximum<Real, 3>(f, starts, bounds);
    f(best.x);
    return {best.at.value, slope, Real(0), best.convergence.converged, false};
  }
};

/// Likelihood of the mean of one group, the correlation at its best.
template <class Real>
struct one_group_profile {
  beta_binomial_group<Real> group{};
  mean_scale scale = mean_scale::logit;

  likelihood_profile_point<Real> operator()(const Real& x) const {
    if (scale == mean_scale::log && (x > 0 || (x == 0 && !group.highest())))
      return {-std::numeric_limits<Real>::infinity(), Real(0), Real(0), true, false};
    std::array<newton_bound<Real>, 2> bounds{newton_bound<Real>{}, correlation_bound<Real>(!group.has_pairs())};
    bounds[0].held = true;
    std::vector<std::array<Real, 2>> starts{{x, Real(0)}};
    if (!bounds[1].held) {
      starts.clear();
      const auto height = [&](const Real& rho) { return group(scale, x, rho).value; };
      for (const Real& rho : likely_correlations<Real>(height, group.largest_total())) starts.push_back({x, rho});
      if (starts.empty()) return {-std::numeric_limits<Real>::infinity(), Real(0), Real(0), true, false};
    }
    const auto m = highest_maximum<Real, 2>([&](const std::array<Real, 2>& at) { return group(scale, at[0], at[1]); }, starts, bounds);
    return {m.at.value, m.at.gradient[0], Real(0), m.convergence.converged, false};
  }
};

}  // namespace metapool::detail
