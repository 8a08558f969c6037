// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/proportion.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/exact/proportion.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// What no event among so many patients says of the risk: it is below `exact` with the confidence asked for.
template <class Real = double>
struct no_event_bound {
  Real exact{};          ///< 1 - (1 - level)^(1 / total): the risk at which no event still has probability 1 - level
  Real rule_of_three{};  ///< -log(1 - level) / total, 3 / total at 95 %: its approximation, always above it, and above 1 if total is below -log(1 - level)
  double level = 0.95;
};

/// The upper bound of a risk when no patient of `total` had the event. One-sided: two-sided intervals have half of 1 - level above, and reach further.
/// Throws input_error unless total is positive and finite and level in (0, 1). 14 significant digits, also for totals of 10^9.
/// Hanley & Lippman-Hand (1983) J Am Med Assoc 249:1743, doi:10.1001/jama.1983.03330370053031.
template <class Real>
no_event_bound<Real> bound_without_events(const Real& total, double level = 0.95) {
  using std::expm1, std::log;
  constexpr const char* function = "bound_without_events";
  detail::check_level(function, level);
  if (!(total > 0) || !detail::is_finite(total)) detail::throw_input_error(function, "total = " + detail::to_text(total) + " must be positive and finite");
  const Real rule = -log(Real(1.0 - level)) / total;  // 1 - level in double, where it is exact for levels of 0.5 and more
  return {Real(-expm1(Real(-rule))), rule, level};
}

/// One proportion for all studies, with an interval that holds whatever the counts.
template <class Real = double>
struct pooled_proportion_result {
  using real_type = Real;
  proportion_result<Real> proportion{};           ///< from the sums of events and patients
  Real events{}, total{};                         ///< those sums
  std::size_t studies = 0;                        ///< with both counts known
  std::optional<no_event_bound<Real>> bound{};    ///< one-sided, if there was no event at all
  std::optional<no_event_bound<Real>> remainder{};  ///< the same for patients without the event, if every patient had it
  std::vector<std::string> notes{};
};

/// The pooled proportion of studies if all have the same: the exact interval of all events among all patients, by clopper_pearson{} or any
/// proportion_interval_method. It is there where logit and generalised linear mixed models are not: no event in any study, or nothing but events. It knows of no
/// heterogeneity: where studies differ it is too short (result.notes says so if events were seen); use glmm then.
/// Proportions from 0 to 1. Studies with an unknown count are left out and named in notes. As exact and as accurate as the method is. Throws input_error on bad counts or without a study whose counts are known.
template <class Studies, class Method = clopper_pearson>
  requires detail::range_of_trials<Studies, proportion> && proportion_interval_method<Method, typename detail::trial_type<Studies>::real_type>
auto pooled_proportion(const Studies& studies, const Method& method = {}) -> pooled_proportion_result<typename detail::trial_type<Studies>::real_type> {
  using Real = typename detail::trial_type<Studies>::real_type;
  constexpr const char* function = "pooled_proportion";
  pooled_proportion_result<Real> result;
  for (const auto& s : studies) {
    check(s, function);
    if (!is_complete(s)) {
      result.notes.push_back("'" + s.label + "' is left out: a count was not reported");
      continue;
    }
    result.events += *s.events;
    result.total += *s.total;
    ++result.studies;
  }
  if (result.studies == 0) detail::throw_input_error(function, "no study with known counts");
  binary_arm<Real> all;
  all.events = result.events;
  all.total = result.total;
  result.proportion = proportion_interval(all, method);
  if (result.events == 0) {
    result.bound = bound_without_events(result.total, method.level);
    result.notes.push_back("no event in any study: the data cannot show whether studies differ");
  } else if (result.events == result.total) {
    result.remainder = bound_without_events(result.total, method.level);
    result.notes.push_back("every patient had the event: the data cannot show whether studies differ");
  } else if (result.studies > 1) {
    result.notes.push_back("the interval takes the proportion to be the same in all studies; where they differ it is too short");
  }
  return result;
}

}  // namespace metapool
