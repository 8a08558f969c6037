// SPDX-License-Identifier: BSL-1.0
// From studies whose numbers give an effect without a correction (means of one group, correlations, reliabilities, log-rank statistics) to
// effect sizes, with a record of every study.
#pragma once

#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>

#include <concepts>
#include <cstddef>

namespace metapool {

/// An effect measure of one study: a value with a static `info` and a static `status(study)` (pooled, or why there is no effect), that is
/// called with a study and returns y and v. For a study type of your own: is_complete(study) and check(study, function) are found by
/// argument-dependent look-up, and the type has real_type and label.
template <class M, class Study>
concept study_measure = requires(const M& measure, const Study& study) {
  { M::info } -> std::convertible_to<measure_info>;
  { M::status(study) } -> std::convertible_to<study_status>;
  { measure(study) } -> std::convertible_to<effect<typename Study::real_type>>;
};

/// Effect sizes of studies of one kind: group_mean (mean_measures.hpp), correlation (correlation_measures.hpp), partial_correlation
/// (partial_correlation_measures.hpp), reliability (reliability_measures.hpp), log_rank (hazard_ratio.hpp), or your own.
///
/// Returns y, v and labels of the pooled studies, and in audit one record a study (a number missing, too few patients, not defined,
/// variance zero). Throws input_error if a known number breaks its contract (see check of the study's type).
template <class Studies, class Measure>
  requires study_measure<Measure, detail::trial_type<Studies>>
auto effect_sizes(const Studies& studies, const Measure& measure) -> effects<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  const std::size_t k = detail::check_all(studies);
  return detail::collect_effects(studies, k, Measure::info, [&](const auto& study, auto&, effect<Real>& e) {
    const study_status status = Measure::status(study);
    if (status == study_status::pooled) e = measure(study);
    return status;
  });
}

}  // namespace metapool
