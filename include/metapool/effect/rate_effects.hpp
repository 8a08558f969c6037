// SPDX-License-Identifier: BSL-1.0
// From trials that count events over person-time to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/rate_trial.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/zero_cells.hpp>

#include <array>
#include <concepts>
#include <cstddef>

namespace metapool {

/// An effect measure of two rates: a value with a static `info`, static `defined` and `uninformative`, and `default_policy` (the type of
/// what is done to zeros unless asked otherwise), that is called with two_rates and returns y and v.
template <class M, class Real = double>
concept rate_measure = requires(const M& measure, const two_rates<Real>& t) {
  { M::info } -> std::convertible_to<measure_info>;
  { M::defined(t) } -> std::convertible_to<bool>;
  { M::uninformative(t) } -> std::convertible_to<bool>;
  { measure(t) } -> std::convertible_to<effect<Real>>;
  typename M::default_policy;
};

/// The policies that rates have: nothing, a constant to the events of both arms, or to each arm's events its share of the person-time times
/// a sum (with which a trial without events has a rate ratio of 1).
template <class Policy>
concept rate_policy = std::same_as<Policy, no_correction> || std::same_as<Policy, constant_correction> || std::same_as<Policy, treatment_arm_correction>;

namespace detail {

/// A range whose elements are trials of events over person-time.
template <class Trials>
concept rate_trials = range_of_trials<Trials, rate_trial>;

template <class Real>
bool has_zero(const two_rates<Real>& t) {
  return t.x1 == 0 || t.x2 == 0;
}

/// What is added to the events of the treated arm and of the control arm.
template <class Real, rate_policy Policy>
std::array<Real, 2> rate_additions(const Policy& p, const two_rates<Real>& t, bool any_zero) {
  if constexpr (std::same_as<Policy, no_correction>) {
    return {Real(0), Real(0)};
  } else {
    if (!applies(p, has_zero(t), any_zero)) return {Real(0), Real(0)};
    if constexpr (std::same_as<Policy, constant_correction>) {
      return {Real(p.add), Real(p.add)};
    } else {
      const Real treated = Real(p.sum) * t.t1 / (t.t1 + t.t2), control = Real(p.sum) * t.t2 / (t.t1 + t.t2);
      return p.share == arm_share::own ? std::array<Real, 2>{treated, control} : std::array<Real, 2>{control, treated};
    }
  }
}

template <class Real>
two_rates<Real> plus(const two_rates<Real>& t, const std::array<Real, 2>& add) {
  return {t.x1 + add[0], t.t1, t.x2 + add[1], t.t2};
}

template <class Measure, class Real>
bool dropped_without_events(const two_rates<Real>& t, double_zero rule) {
  if (rule == double_zero::by_measure) return Measure::uninformative(t);
  return rule == double_zero::drop && t.x1 == 0 && t.x2 == 0;
}

/// Whether an arm of any complete trial that is not dropped has no events.
template <class Measure, class Trials>
bool any_zero_rate(const Trials& trials, double_zero rule) {
  for (const auto& trial : trials) {
    if (!is_complete(trial)) continue;
    const auto t = rates_of(trial);
    if (has_zero(t) && !dropped_without_events<Measure>(t, rule)) return true;
  }
  return false;
}

}  // namespace detail

/// Effect sizes of trials that count events over person-time.
///
/// trials: a range of rate_trial<Real>; measure: incidence_rate_ratio{}, incidence_rate_difference{}, square_root_rate_difference{} or your
/// own rate_measure; policy: no_correction{}, constant_correction{} or treatment_arm_correction{} (its `totals` has no meaning here), by
/// default the measure's: 0.5 to the events of both arms where an arm has none (metafor) for ratio and difference of rates, nothing
/// for the difference of square roots. Trials without events in either arm are dropped for the ratio unless double_zeros says otherwise.
/// Returns y, v and labels of the pooled studies, and in audit one record a trial (added: [0] treated, [2] control events).
/// Throws input_error if a known number breaks its contract (see check) or the policy's amount is not positive.
template <detail::rate_trials Trials, class Measure, rate_policy Policy = typename Measure::default_policy>
  requires rate_measure<Measure, typename detail::trial_type<Trials>::real_type>
auto effect_sizes(const Trials& trials, const Measure& measure, const Policy& policy = {}, fractional_counts fractional = fractional_counts::refused)
    -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  detail::check_policy(policy);
  std::size_t k = 0;
  for (const auto& trial : trials) {
    check(trial, "effect_sizes", fractional);
    ++k;
  }
  const bool any_zero = detail::any_zero_rate<Measure>(trials, policy.double_zeros);
  return detail::collect_effects(trials, k, Measure::info, [&](const auto& trial, std::array<Real, 4>& added, effect<Real>& e) {
    const two_rates<Real> t = rates_of(trial);
    if (detail::dropped_without_events<Measure>(t, policy.double_zeros)) return study_status::double_zero;
    const std::array<Real, 2> add = detail::rate_additions(policy, t, any_zero);
    const two_rates<Real> corrected = detail::plus(t, add);
    added = {add[0], Real(0), add[1], Real(0)};
    if (!Measure::defined(corrected)) return study_status::zero_cell;
    e = measure(corrected);
    return study_status::pooled;
  });
}

}  // namespace metapool
