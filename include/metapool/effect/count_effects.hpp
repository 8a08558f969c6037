// SPDX-License-Identifier: BSL-1.0
// From counts of one group (proportions, rates) to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/proportion.hpp>
#include <metapool/data/rate.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/zero_cells.hpp>

#include <array>
#include <concepts>
#include <cstddef>

namespace metapool {

/// A proportion as counts: patients with the event and the others. A correction makes them fractional.
template <class Real = double>
struct one_proportion {
  Real events{}, others{};
  Real total() const { return events + others; }
};

/// Events over person-time. A correction makes the events fractional.
template <class Real = double>
struct one_rate {
  Real events{}, time{};
};

/// An effect measure of the counts of one group (one_proportion or one_rate): a value with a static `info`, static `defined`, and
/// `default_policy` (what is done to zeros unless asked otherwise), that is called with the counts and returns y and v.
template <class M, class Counts, class Real = double>
concept count_measure = requires(const M& measure, const Counts& counts) {
  { M::info } -> std::convertible_to<measure_info>;
  { M::defined(counts) } -> std::convertible_to<bool>;
  { measure(counts) } -> std::convertible_to<effect<Real>>;
  typename M::default_policy;
};

namespace detail {

/// A range whose elements are proportions or rates of one group.
template <class Trials>
concept counted_groups = range_of_trials<Trials, proportion> || range_of_trials<Trials, rate>;

template <class Real>
one_proportion<Real> counts_of(const proportion<Real>& s) {
  return {*s.events, *s.total - *s.events};
}
template <class Real>
one_rate<Real> counts_of(const rate<Real>& s) {
  return {*s.events, *s.time};
}
template <class Real>
bool has_zero(const one_proportion<Real>& c) {
  return c.events == 0 || c.others == 0;
}
template <class Real>
bool has_zero(const one_rate<Real>& c) {
  return c.events == 0;
}
template <class Real>
void add_to(one_proportion<Real>& c, const Real& add, std::array<Real, 4>& added) {
  c.events += add;
  c.others += add;
  added[0] = added[1] = add;
}
template <class Real>
void add_to(one_rate<Real>& c, const Real& add, std::array<Real, 4>& added) {
  c.events += add;
  added[0] = add;
}

template <class Trials>
using counts_type = decltype(counts_of(*std::begin(std::declval<const Trials&>())));

}  // namespace detail

/// Effect sizes of the counts of one group.
///
/// studies: a range of proportion<Real> (measures: proportion_measures.hpp) or rate<Real> (measures: rate_measures.hpp), or your own
/// count_measure; policy: no_correction{} or constant_correction{} (its double_zeros and totals have no meaning here), by default the
/// measure's. For a proportion 0.5 goes to events and to the others (so that the total grows by 1) where one of them is zero, for
/// a rate to the events where there are none; nothing for the arcsine and square root measures, which need it not (all as metafor).
/// Returns y, v and labels of the pooled studies, and in audit one record a study (added: [0] events, [1] others).
/// Throws input_error if a known number breaks its contract (see check) or the policy's amount is not positive.
template <detail::counted_groups Trials, class Measure, class Policy = typename Measure::default_policy>
  requires count_measure<Measure, detail::counts_type<Trials>, typename detail::trial_type<Trials>::real_type> &&
           (std::same_as<Policy, no_correction> || std::same_as<Policy, constant_correction>)
auto effect_sizes(const Trials& studies, const Measure& measure, const Policy& policy = {}, fractional_counts fractional = fractional_counts::refused)
    -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  detail::check_policy(policy);
  std::size_t k = 0;
  bool any_zero = false;
  for (const auto& study : studies) {
    check(study, "effect_sizes", fractional);
    if (is_complete(study)) any_zero = any_zero || detail::has_zero(detail::counts_of(study));
    ++k;
  }
  return detail::collect_effects(studies, k, Measure::info, [&](const auto& study, std::array<Real, 4>& added, effect<Real>& e) {
    auto counts = detail::counts_of(study);
    if constexpr (std::same_as<Policy, constant_correction>) {
      if (detail::applies(policy, detail::has_zero(counts), any_zero)) detail::add_to(counts, Real(policy.add), added);
    }
    if (!Measure::defined(counts)) return study_status::zero_cell;
    e = measure(counts);
    return study_status::pooled;
  });
}

}  // namespace metapool
