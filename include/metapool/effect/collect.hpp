// SPDX-License-Identifier: BSL-1.0
// What every effect_sizes and every model of counts shares: from a range of trials to what is pooled, one record a trial.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>

#include <array>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Trials>
using trial_type = std::remove_cvref_t<decltype(*std::begin(std::declval<const Trials&>()))>;

template <class T, template <class> class Trial>
inline constexpr bool is_trial = false;
template <class Real, template <class> class Trial>
inline constexpr bool is_trial<Trial<Real>, Trial> = true;

/// A range (vector, array, span, trial_table) whose elements are Trial<Real> for some Real.
template <class Trials, template <class> class Trial>
concept range_of_trials = requires(const Trials& t) {
  std::begin(t);
  std::end(t);
} && is_trial<trial_type<Trials>, Trial>;

/// The effects of trials that were checked before, k of them. A trial that is not complete is not_reported; for the others
/// of_trial(trial, added, e) gives the status, fills e if that is `pooled`, and writes into added what it added to which cell.
template <class Trials, class OfTrial>
auto collect_effects(const Trials& trials, std::size_t k, const measure_info& measure, const OfTrial& of_trial)
    -> effects<typename trial_type<Trials>::real_type> {
  using Real = typename trial_type<Trials>::real_type;
  effects<Real> result;
  result.measure = measure;
  reserve(result, k);
  for (const auto& trial : trials) {
    study_audit<Real> audit;
    audit.label = trial.label;
    effect<Real> e;
    audit.status = is_complete(trial) ? of_trial(trial, audit.added, e) : study_status::not_reported;
    if (audit.status == study_status::pooled) {
      append_pooled(result, std::move(audit), e);
    } else {
      result.audit.push_back(std::move(audit));
    }
  }
  warn_of_duplicate_labels(result);
  return result;
}

/// Checks every trial by `check(trial, "effect_sizes")` and counts them.
template <class Trials>
std::size_t check_all(const Trials& trials) {
  std::size_t k = 0;
  for (const auto& trial : trials) {
    check(trial, "effect_sizes");
    ++k;
  }
  return k;
}

/// Checks every trial by `check(trial, function)` and hands the complete ones to take(trial, status), which sets the status of those that it leaves out.
/// One record a trial, the incomplete ones being not_reported. Throws input_error without trials.
template <class Trials, class Take>
auto audit_complete(const char* function, const Trials& trials, const Take& take) -> std::vector<study_audit<typename trial_type<Trials>::real_type>> {
  std::vector<study_audit<typename trial_type<Trials>::real_type>> audit;
  for (const auto& trial : trials) {
    check(trial, function);
    auto& record = audit.emplace_back();
    record.label = trial.label;
    if (is_complete(trial)) {
      take(trial, record.status);
    } else {
      record.status = study_status::not_reported;
    }
  }
  if (audit.empty()) throw_input_error(function, "no studies");
  return audit;
}

}  // namespace metapool::detail
