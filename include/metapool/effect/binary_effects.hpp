// SPDX-License-Identifier: BSL-1.0
// From trials with binary outcomes to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/zero_cells.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <variant>

namespace metapool {

/// An effect measure of a 2x2 table: a value with a static `info`, static `defined` and `uninformative`, that is called with a table
/// and returns y and v. A user's own type that meets it works wherever risk_ratio{} does.
template <class M, class Real = double>
concept binary_measure = requires(const M& measure, const two_by_two<Real>& t) {
  { M::info } -> std::convertible_to<measure_info>;
  { M::defined(t) } -> std::convertible_to<bool>;
  { M::uninformative(t) } -> std::convertible_to<bool>;
  { measure(t) } -> std::convertible_to<effect<Real>>;
};

namespace detail {

/// A range whose elements are binary trials: vector, array, span, trial_table.
template <class Trials>
concept binary_trials = range_of_trials<Trials, binary_trial>;

/// "binary_measure" types that can be corrected on the events alone (the risk ratio).
template <class M, class Real>
concept events_correctable = requires(const M& m, const two_by_two<Real>& t, const Real& x) { m.events_corrected(t, x, x); };

template <class Real, class Measure>
bool dropped_as_double_zero(const two_by_two<Real>& t, double_zero rule, const Measure&) {
  switch (rule) {
    case double_zero::keep: return false;
    case double_zero::drop: return (t.a == 0 && t.c == 0) || (t.b == 0 && t.d == 0);
    case double_zero::by_measure: break;
  }
  return Measure::uninformative(t);
}

/// Measures that are defined for every table, which always tells something of them.
struct needs_no_cell {
  template <class Real>
  static bool defined(const two_by_two<Real>&) {
    return true;
  }
  template <class Real>
  static bool uninformative(const two_by_two<Real>&) {
    return false;
  }
};

/// Which kind of table without information it is.
template <class Real>
study_status double_status(const two_by_two<Real>& t) {
  return t.a == 0 && t.c == 0 ? study_status::double_zero : study_status::double_full;
}

/// The table after the additions; equal to the observed one if nothing is added.
template <class Real>
two_by_two<Real> plus(const two_by_two<Real>& t, const std::array<Real, 4>& add) {
  return {t.a + add[0], t.b + add[1], t.c + add[2], t.d + add[3]};
}

/// The effect of one table under a policy's additions, or the status that says why there is none.
template <class Real, class Measure, class Policy>
study_status corrected_effect(const two_by_two<Real>& t, const Measure& measure, const Policy& policy, const zero_cell_context<Real>& context,
                              std::array<Real, 4>& added, effect<Real>& out) {
  added = {Real(0), Real(0), Real(0), Real(0)};
  if (dropped_as_double_zero(t, policy.double_zeros, measure)) return double_status(t);
  constexpr bool on_events = events_correctable<Measure, Real>;
  added = additions(policy, t, context, on_events);
  const two_by_two<Real> corrected = plus(t, added);
  if (!Measure::defined(corrected)) return study_status::zero_cell;
  if constexpr (on_events) {
    const bool only_events = added[0] != Real(0) && added[1] == Real(0);
    out = only_events ? measure.events_corrected(t, added[0], added[2]) : measure(corrected);
  } else {
    out = measure(corrected);
  }
  return study_status::pooled;
}

}  // namespace detail

/// Effect sizes of trials with binary outcomes.
///
/// trials: a range of binary_trial<Real>; measure: risk_ratio{}, odds_ratio{}, risk_difference{}, arcsine_difference{}, peto_odds_ratio{},
/// ... or your own binary_measure;
/// policy: what to do with zero cells (zero_cells.hpp), by default 0.5 to all cells of the studies with a zero cell, and
/// double-zero studies dropped where they carry no information on the measure. Measures that need no correction (arcsine_difference,
/// peto_odds_ratio, phi_coefficient) name no_correction as their default_policy.
/// Returns y, v and labels of the pooled studies, and in audit one record a trial: what was added to which cell, or why it is not
/// pooled (missing counts, double zero, measure not defined, variance zero). An empty range or one without a poolable study
/// gives empty effects; the models refuse them.
/// Throws input_error if a known count breaks its contract (see check) or the policy's amount is not positive; not_estimable from empirical_correction.
template <detail::binary_trials Trials, class Measure, class Policy = typename detail::default_policy_of<Measure>::type>
  requires binary_measure<Measure, typename detail::trial_type<Trials>::real_type>
auto effect_sizes(const Trials& trials, const Measure& measure, const Policy& policy = {}, fractional_counts fractional = fractional_counts::refused)
    -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "effect_sizes";
  detail::check_policy(policy);
  detail::zero_cell_context<Real> context;
  std::size_t k = 0;
  for (const auto& trial : trials) {
    check(trial, function, fractional);
    if (is_complete(trial) && !detail::dropped_as_double_zero(table_of(trial), policy.double_zeros, measure)) context.see(table_of(trial), policy);
    ++k;
  }
  return detail::collect_effects(trials, k, Measure::info, [&](const auto& trial, std::array<Real, 4>& added, effect<Real>& e) {
    return detail::corrected_effect(table_of(trial), measure, policy, context, added, e);
  });
}

/// The same with a policy chosen at run time.
template <detail::binary_trials Trials, class Measure>
auto effect_sizes(const Trials& trials, const Measure& measure, const zero_cell_policy& policy, fractional_counts fractional = fractional_counts::refused)
    -> effects<typename detail::trial_type<Trials>::real_type> {
  return std::visit([&](const auto& chosen) { return effect_sizes(trials, measure, chosen, fractional); }, policy);
}

}  // namespace metapool
