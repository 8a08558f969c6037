// SPDX-License-Identifier: BSL-1.0
// From trials of two arms to the log-likelihoods of their counts.
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/rate_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/count_kernels.hpp>
#include <metapool/model/informative_kernels.hpp>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Real, class Kernel>
struct arm_kernels {
  std::vector<Kernel> treated{}, control{};
};

/// Kernels of both arms of a trial: binomial for the odds ratio, Poisson with person-time (or patients) for the rate ratio and the risk ratio.
template <class Real, class Measure>
auto arms_of(const rate_trial<Real>& trial, const Measure&) {
  using std::log;
  const auto r = rates_of(trial);
  return std::pair<poisson_kernel<Real>, poisson_kernel<Real>>{{r.x1, log(r.t1)}, {r.x2, log(r.t2)}};
}
template <class Real>
auto arms_of(const binary_trial<Real>& trial, const risk_ratio&) {
  using std::log;
  const auto t = table_of(trial);
  return std::pair<poisson_kernel<Real>, poisson_kernel<Real>>{{t.a, log(t.treated_total())}, {t.c, log(t.control_total())}};
}
template <class Real>
auto arms_of(const binary_trial<Real>& trial, const odds_ratio&) {
  const auto t = table_of(trial);
  return std::pair<binomial_kernel<Real>, binomial_kernel<Real>>{{t.a, t.treated_total(), Real(0)}, {t.c, t.control_total(), Real(0)}};
}

/// The arms of the studies that are pooled; fills the fit's audit, notes and k (studies with information on the effect). keep: pools the others too.
template <class Real, class Kernel, class Fit, class Trials, class Measure>
arm_kernels<Real, Kernel> both_arms(const char* function, Fit& fit, const Trials& trials, const Measure& measure, bool keep) {
  arm_kernels<Real, Kernel> k;
  using pair = std::pair<Kernel, Kernel>;
  std::size_t informative = 0;
  const auto pairs = informative_kernels<pair>(function, fit, trials, [&](const auto& trial, study_status& status) {
    bool none = false;
    if constexpr (requires { rates_of(trial); }) {
      none = Measure::uninformative(rates_of(trial));
      if (none && !keep) status = study_status::double_zero;
    } else {
      none = Measure::uninformative(table_of(trial));
      if (none && !keep) status = double_status(table_of(trial));
    }
    if (!none) ++informative;
    return arms_of(trial, measure);
  });
  for (const auto& p : pairs) {
    k.treated.push_back(p.first);
    k.control.push_back(p.second);
  }
  fit.k = informative;
  if (informative == 0) throw_not_estimable(function, "no study has information on the effect (events in one arm or the other, but not in all patients)");
  return k;
}

template <class Real, class Kernel>
Real constants_of(const arm_kernels<Real, Kernel>& k) {
  Real sum = 0;
  for (const auto& a : k.treated) sum += a.log_constant();
  for (const auto& a : k.control) sum += a.log_constant();
  return sum;
}

/// Sum of what the likelihoods of arms are at most, without their constants; that of an arm at an end of its range is 0 then.
template <class Real, class Kernel>
Real highest_of_arms(const std::vector<Kernel>& arms) {
  Real sum = 0;
  for (const auto& a : arms) {
    if (!a.lowest() && !a.highest()) sum += a.value(a.best());
  }
  return sum;
}

template <class Kernel, class Predicate>
bool all_of(const std::vector<Kernel>& kernels, Predicate predicate) {
  for (const auto& k : kernels) {
    if (!predicate(k)) return false;
  }
  return true;
}

}  // namespace metapool::detail
