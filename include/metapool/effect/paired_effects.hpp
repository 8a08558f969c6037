// SPDX-License-Identifier: BSL-1.0
// From matched pairs with binary outcomes to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/matched_pairs.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/zero_cells.hpp>

#include <array>
#include <concepts>
#include <cstddef>

namespace metapool {

/// An effect measure of matched pairs: a value with a static `info`, static `defined` and static `without_information(table)` (pooled, or
/// why the study says nothing on the measure), that is called with a paired_table and returns y and v.
template <class M, class Real = double>
concept paired_measure = requires(const M& measure, const paired_table<Real>& t) {
  { M::info } -> std::convertible_to<measure_info>;
  { M::defined(t) } -> std::convertible_to<bool>;
  { M::without_information(t) } -> std::convertible_to<study_status>;
  { measure(t) } -> std::convertible_to<effect<Real>>;
};

namespace detail {

/// A range whose elements are studies of matched pairs.
template <class Trials>
concept paired_trials = range_of_trials<Trials, matched_pairs>;

template <class Real>
bool has_zero(const paired_table<Real>& t) {
  return t.both == 0 || t.treated_only == 0 || t.control_only == 0 || t.neither == 0;
}

/// Why a study is dropped before anything is added to it; `pooled` if it is not.
template <class Real, class Measure>
study_status dropped_pairs(const paired_table<Real>& t, double_zero rule, const Measure&) {
  if (rule == double_zero::keep) return study_status::pooled;
  if (rule == double_zero::drop) {
    if (t.treated_events() == 0 && t.control_events() == 0) return study_status::double_zero;
    if (t.treated_others() == 0 && t.control_others() == 0) return study_status::double_full;
  }
  return Measure::without_information(t);
}

}  // namespace detail

/// Effect sizes of studies of matched pairs.
///
/// studies: a range of matched_pairs<Real>; measure: paired_risk_difference{}, paired_risk_ratio{}, paired_odds_ratio{} (paired_marginal.hpp),
/// paired_conditional_odds_ratio{}, paired_peto_odds_ratio{} (paired_conditional.hpp) or your own paired_measure; policy: no_correction{} or
/// constant_correction{} (its `totals` has no meaning here). By default 0.5 goes to all four cells of the studies with a zero cell (nothing for
/// paired_peto_odds_ratio), and studies without information on the measure are dropped (metafor keeps them: double_zero::keep).
/// Returns y, v and labels of the pooled studies, and in audit one record a study (added: both, treated only, control only, neither).
/// Throws input_error if a known count breaks its contract (see check) or the policy's amount is not positive.
template <detail::paired_trials Trials, class Measure, class Policy = typename detail::default_policy_of<Measure>::type>
  requires paired_measure<Measure, typename detail::trial_type<Trials>::real_type> &&
           (std::same_as<Policy, no_correction> || std::same_as<Policy, constant_correction>)
auto effect_sizes(const Trials& studies, const Measure& measure, const Policy& policy = {}, fractional_counts fractional = fractional_counts::refused)
    -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  detail::check_policy(policy);
  std::size_t k = 0;
  bool any_zero = false;
  for (const auto& study : studies) {
    check(study, "effect_sizes", fractional);
    if (is_complete(study)) {
      const auto t = table_of(study);
      const bool dropped = detail::dropped_pairs(t, policy.double_zeros, measure) != study_status::pooled;
      any_zero = any_zero || (!dropped && detail::has_zero(t));
    }
    ++k;
  }
  return detail::collect_effects(studies, k, Measure::info, [&](const auto& study, std::array<Real, 4>& added, effect<Real>& e) {
    paired_table<Real> t = table_of(study);
    const study_status dropped = detail::dropped_pairs(t, policy.double_zeros, measure);
    if (dropped != study_status::pooled) return dropped;
    if constexpr (std::same_as<Policy, constant_correction>) {
      if (detail::applies(policy, detail::has_zero(t), any_zero)) {
        const Real add = static_cast<Real>(policy.add);
        t = {t.both + add, t.treated_only + add, t.control_only + add, t.neither + add};
        added = {add, add, add, add};
      }
    }
    if (!Measure::defined(t)) return study_status::zero_cell;
    e = measure(t);
    return study_status::pooled;
  });
}

}  // namespace metapool
