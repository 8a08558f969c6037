// SPDX-License-Identifier: BSL-1.0
// Mantel-Haenszel pooling of rates.
#pragma once

#include <metapool/effect/incidence_rate_difference.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/model/mantel_haenszel_fit.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>

namespace metapool {

namespace detail {

/// Sums of the Mantel-Haenszel estimators over trials, T = t1 + t2.
template <class Real>
struct mantel_haenszel_rate_sums {
  Real r{}, s{};          ///< ratio: sums of x1 t2 / T and x2 t1 / T; difference: s the sum of t1 t2 / T, r not used
  Real r_minus_s{};       ///< without cancellation within each trial
  Real p{};               ///< numerator of the variance
};

template <class Real>
void add_rates(mantel_haenszel_rate_sums<Real>& m, const two_rates<Real>& t, const incidence_rate_ratio&, Real& weight) {
  const Real share1 = t.t1 / (t.t1 + t.t2), share2 = t.t2 / (t.t1 + t.t2);
  weight = t.x2 * share1;
  m.r += t.x1 * share2;
  m.s += weight;
  m.r_minus_s += difference_of_products(t.x1, t.t2, t.x2, t.t1) / (t.t1 + t.t2);
  m.p += (t.x1 + t.x2) * share1 * share2;
}

template <class Real>
void add_rates(mantel_haenszel_rate_sums<Real>& m, const two_rates<Real>& t, const incidence_rate_difference&, Real& weight) {
  const Real share1 = t.t1 / (t.t1 + t.t2), share2 = t.t2 / (t.t1 + t.t2);
  weight = t.t1 * share2;
  m.s += weight;
  m.r_minus_s += difference_of_products(t.x1, t.t2, t.x2, t.t1) / (t.t1 + t.t2);
  m.p += t.x1 * share2 * share2 + t.x2 * share1 * share1;
}

/// Estimate and variance on the pooling scale; false if the sums do not determine them.
template <class Real>
bool mantel_haenszel_rate_estimate(const mantel_haenszel_rate_sums<Real>& m, const incidence_rate_ratio&, Real& estimate, Real& variance) {
  if (!(m.r > 0 && m.s > 0)) return false;
  estimate = log_ratio(m.r, m.s, m.r_minus_s);
  variance = m.p / m.r / m.s;
  return true;
}

template <class Real>
bool mantel_haenszel_rate_estimate(const mantel_haenszel_rate_sums<Real>& m, const incidence_rate_difference&, Real& estimate, Real& variance) {
  estimate = m.r_minus_s / m.s;
  variance = m.p / m.s / m.s;
  return true;
}

}  // namespace detail

/// Measures of rates that have a Mantel-Haenszel estimator.
template <class M>
concept mantel_haenszel_rate_measure = std::same_as<M, incidence_rate_ratio> || std::same_as<M, incidence_rate_difference>;

/// Mantel-Haenszel pooling of rates: common incidence rate ratio or difference. With T = t1 + t2 in each trial:
///   ratio: log(sum(x1 t2 / T) / sum(x2 t1 / T)), variance sum((x1 + x2) t1 t2 / T^2) / (sum(x1 t2 / T) sum(x2 t1 / T));
///   difference: sum((x1 t2 - x2 t1) / T) / sum(t1 t2 / T), variance sum((x1 t2^2 + x2 t1^2) / T^2) / sum(t1 t2 / T)^2.
///
/// policy: what is added to the events before they are summed. The default adds nothing, which the method does not need (metafor).
/// Trials without events count nothing for the ratio and their person-time for the difference; study effects (fit.data: plots, Q)
/// are always those with 0.5 added to the events of both arms of the trials with a zero, and their record says so. Q is taken around the
/// Mantel-Haenszel estimate with weights 1/v. Scale: log for the ratio. weights: each trial's share of the denominator's sum.
/// Throws input_error on bad counts or without studies; not_estimable without events in one arm of all trials (ratio) or in both (difference).
/// 13 significant digits.
/// Greenland & Robins (1985) Biometrics 41:55, doi:10.2307/2530643; Rothman, Greenland & Lash (2008) Modern Epidemiology, 3rd edition, chapter 15.
template <detail::rate_trials Trials, mantel_haenszel_rate_measure Measure, rate_policy Policy = no_correction>
auto mantel_haenszel(const Trials& trials, const Measure& measure, const Policy& policy = {}, fractional_counts fractional = fractional_counts::refused)
    -> model_fit<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "mantel_haenszel";
  auto fit = detail::begin_mantel_haenszel(trials, measure, policy, fractional);

  const bool any_zero = detail::any_zero_rate<Measure>(trials, policy.double_zeros);
  detail::mantel_haenszel_rate_sums<Real> sums;
  std::size_t index = 0, corrected = 0;
  for (const auto& trial : trials) {
    if (fit.data.audit[index++].status != study_status::pooled) continue;
    const two_rates<Real> t = rates_of(trial);
    const auto added = detail::rate_additions(policy, t, any_zero);
    corrected += added[0] != Real(0);
    Real weight{};
    detail::add_rates(sums, detail::plus(t, added), measure, weight);
    fit.weights.push_back(weight);
  }
  if (fit.weights.empty()) detail::check_effects(function, fit.data);  // throws, naming the reason
  Real variance{};
  if (!detail::mantel_haenszel_rate_estimate(sums, measure, fit.estimate, variance) || !(variance > 0)) {
    detail::throw_not_estimable(function, std::string("the pooled ") + std::string(Measure::info.label) +
                                              " is not defined: there are no events in one arm of any study (for a difference: in both arms)");
  }
  detail::fill_around_estimate(fit, variance, sums.s);
  detail::note_corrections<Policy>(fit, corrected, {"the events of ", "trial", "trials", "any trial's events"});
  return fit;
}

}  // namespace metapool
