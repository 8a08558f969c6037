// SPDX-License-Identifier: BSL-1.0
// From trials with continuous outcomes to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/continuous_trial.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>

#include <concepts>
#include <cstddef>

namespace metapool {

/// Means, standard deviations and sizes of two arms.
template <class Real = double>
struct two_means {
  Real mean1{}, sd1{}, n1{};  ///< treated
  Real mean2{}, sd2{}, n2{};  ///< control
};

/// An effect measure of two means: a value with a static `info` and static `defined` that is called with two_means and returns y and v.
/// A static in_domain(two_means) that returns false makes a study not_defined (the logarithm of a mean that is not positive).
/// One that needs all studies before the first (smd_variance::average) has a member prepared(range of two_means) that returns such a value.
template <class M, class Real = double>
concept continuous_measure = requires(const M& measure, const two_means<Real>& t) {
  { M::info } -> std::convertible_to<measure_info>;
  { M::defined(t) } -> std::convertible_to<bool>;
  { measure(t) } -> std::convertible_to<effect<Real>>;
};

namespace detail {

/// A range whose elements are continuous trials.
template <class Trials>
concept continuous_trials = range_of_trials<Trials, continuous_trial>;

template <class Real>
two_means<Real> means_of(const continuous_trial<Real>& t) {
  return {*t.treated.mean, *t.treated.sd, *t.treated.total, *t.control.mean, *t.control.sd, *t.control.total};
}

}  // namespace detail

/// Effect sizes of trials with continuous outcomes.
///
/// trials: a range of continuous_trial<Real>; measure: mean_difference{}, standardized_mean_difference{}, ratio_of_means{}, ... or your
/// own continuous_measure.
/// Returns y, v and labels of the pooled studies, and in audit one record a trial (missing numbers, too few patients, not
/// defined, variance zero).
/// Throws input_error if a known number breaks its contract (see check).
template <detail::continuous_trials Trials, class Measure>
  requires continuous_measure<Measure, typename detail::trial_type<Trials>::real_type>
auto effect_sizes(const Trials& trials, const Measure& measure) -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  const std::size_t k = detail::check_all(trials);
  const auto collect = [&](const auto& prepared) {
    return detail::collect_effects(trials, k, Measure::info, [&](const auto& trial, auto&, effect<Real>& e) {
      const two_means<Real> means = detail::means_of(trial);
      if (!Measure::defined(means)) return study_status::too_small;
      if constexpr (requires { Measure::in_domain(means); }) {
        if (!Measure::in_domain(means)) return study_status::not_defined;
      }
      e = prepared(means);
      return study_status::pooled;
    });
  };
  if constexpr (requires { measure.template prepared<Real>(trials); }) {
    return collect(measure.template prepared<Real>(trials));
  } else {
    return collect(measure);
  }
}

}  // namespace metapool
