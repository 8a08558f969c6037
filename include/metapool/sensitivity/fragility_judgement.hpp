// SPDX-License-Identifier: BSL-1.0
// From tables to the interval of a random-effects fit, many times over.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/random_effects.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// The interval of a random-effects fit of tables, the workspace of one call being that of the next. From the second call on a Hartung-Knapp interval
/// without safeguard comes without what a verdict does not need: its t quantile is kept, and p is not computed, which would be half of the time.
template <class Real, class Measure, class Estimator, class Interval, class Policy>
struct pooled_judgement {
  Measure measure;
  Estimator estimator;
  Interval interval;
  Policy policy;
  model_fit<Real> fit{};
  bool options_checked = false;
  std::vector<Real> critical{};  ///< by degrees of freedom; 0: not yet computed

  /// hartung_knapp's limits; false if they are to be had from hartung_knapp itself.
  bool quick_limits(const Real& tau2, mean_inference<Real>& r) {
    if constexpr (std::is_same_v<Interval, hartung_knapp>) {
      using std::sqrt;
      const std::size_t df = fit.data.size() - 1;
      if (!options_checked || interval.safeguard != hk_safeguard::none || df == 0 || !(fit.convergence.converged || interval.even_if_not_converged)) return false;
      if (critical.size() <= df) critical.resize(df + 1, Real(0));
      if (critical[df] == Real(0)) critical[df] = t_critical<Real>(interval.level, static_cast<Real>(df));
      const pooled_sums<Real> s = pool_at(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), tau2);
      const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * s.mean;
      const Real q = s.q > s.w * last_digits * last_digits ? Real(s.q / static_cast<Real>(df)) : Real(0);
      r.se = sqrt(Real(1 / s.w)) * sqrt((std::max)(q, Real(interval.floor)));
      if (!(r.se > 0) || !is_finite(r.se) || !is_finite(s.mean)) return false;
      r.estimate = s.mean;
      r.lower = s.mean - critical[df] * r.se;
      r.upper = s.mean + critical[df] * r.se;
      return true;
    } else {
      return false;
    }
  }

  mean_inference<Real> operator()(const std::vector<binary_trial<Real>>& tables) {
    constexpr const char* function = "fragility";
    zero_cell_context<Real> context;
    for (const auto& t : tables) {
      if (is_complete(t) && !dropped_as_double_zero(table_of(t), policy.double_zeros, measure)) context.see(table_of(t), policy);
    }
    fit.data.y.clear();
    fit.data.v.clear();
    for (const auto& t : tables) {
      std::array<Real, 4> added{};
      effect<Real> e;
      if (!is_complete(t) || corrected_effect(table_of(t), measure, policy, context, added, e) != study_status::pooled || !(e.v > 0)) continue;
      fit.data.y.push_back(e.y);
      fit.data.v.push_back(e.v);
    }
    fit.data.labels.resize(fit.data.y.size());
    fit.tau2.reset();
    fit.convergence = {};
    check_effects(function, fit.data);
    Real tau2 = 0;
    if (fit.data.size() > 1) {
      const tau2_estimate<Real> t = estimator(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v));
      tau2 = t.tau2;
      fit.tau2 = tau2;
      fit.convergence = t.convergence;
    }
    mean_inference<Real> r;
    if (quick_limits(tau2, r)) return r;
    fill_inverse_variance(function, fit, tau2);
    r = infer(fit, interval);
    options_checked = true;
    return r;
  }
};

}  // namespace metapool::detail
