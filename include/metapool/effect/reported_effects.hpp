// SPDX-License-Identifier: BSL-1.0
// From effects as papers report them to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/reported.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/standard_error.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Trials>
concept reported_trials = range_of_trials<Trials, reported>;

/// A reported number on the pooling scale. Throws input_error for one that has no place on it (see broken_rule_of_scale).
template <class Real>
Real on_pooling_scale(const char* function, const reported<Real>& t, const Real& x, const char* what, scale s) {
  if (t.on == stated_on::pooling_scale) return x;
  if (const char* rule = broken_rule_of_scale(s, x)) throw_study_error(function, t.label, what, x, rule);
  return from_natural(s, x);
}

/// The interval's width on the pooling scale. Precondition: it has both ends. Throws as on_pooling_scale.
template <class Real>
Real width_on_pooling_scale(const char* function, const reported<Real>& t, scale s) {
  const Real low = on_pooling_scale(function, t, *t.lower, "lower", s), high = on_pooling_scale(function, t, *t.upper, "upper", s);
  return t.on == stated_on::pooling_scale ? Real(high - low) : width_on_scale(s, *t.lower, *t.upper);
}

/// Every variance that a complete study's numbers tell, the one to be used first.
template <class Real>
std::vector<std::pair<variance_source, Real>> variances_of(const reported<Real>& t, const Real& y, const measure_info& measure) {
  using std::fabs;
  std::vector<std::pair<variance_source, Real>> v;
  if (t.variance) v.emplace_back(variance_source::variance, *t.variance);
  if (t.se) v.emplace_back(variance_source::standard_error, Real(*t.se * *t.se));
  if (t.lower && t.upper) {
    const Real se = se_of_width<Real>(width_on_pooling_scale("effect_sizes", t, measure.scale), t.level);
    v.emplace_back(variance_source::interval, Real(se * se));
  }
  if (t.p && measure.comparison && *t.p < 1 && y != 0) {
    const Real se = fabs(y) / statistic_of_p<Real>(*t.p);
    v.emplace_back(variance_source::p_value, Real(se * se));
  }
  return v;
}

/// "variance", "se", "interval", "p-value".
inline constexpr const char* short_name(variance_source s) {
  switch (s) {
    case variance_source::data: break;
    case variance_source::variance: return "variance";
    case variance_source::standard_error: return "se";
    case variance_source::interval: return "interval";
    case variance_source::p_value: return "p-value";
  }
  return "data";
}

}  // namespace detail

/// Effect sizes of studies whose effects were reported.
///
/// trials: a range of reported<Real>; measure: what the estimates are (risk_ratio::info, or a measure_info of your own); its scale says
/// how those on the natural scale are transformed: ratios to logarithms, proportions to logits or arcsines, correlations to Fisher's z.
/// The variance is the one stated, else se squared, else that of the interval (its width on the pooling scale over 2 z), else that of the
/// p-value (y / z, squared; not for a measure of one group, whose p tests something other than 0 on the pooling scale).
/// A study without an estimate or without any uncertainty is not_reported in the record, which says for all others where the variance comes from. Where a study states its uncertainty in two ways
/// of which the standard errors differ by more than 5 %, warnings says so, with both.
/// Throws input_error if a known number breaks its contract (see check) or has no place on the measure's scale: a ratio that is not
/// positive, a proportion of 0 or 1 to be logged as odds, anything but pooling-scale numbers for Freeman and Tukey's scales. 14 significant digits, less what a
/// printed interval has lost by rounding. Cochrane Handbook, chapter 6.
template <detail::reported_trials Trials>
auto effect_sizes(const Trials& trials, const measure_info& measure) -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::fabs;
  using std::sqrt;
  const std::size_t k = detail::check_all(trials);
  std::vector<std::string> warnings;
  std::vector<variance_source> sources;  // of the complete studies
  auto result = detail::collect_effects(trials, k, measure, [&](const auto& t, std::array<Real, 4>&, effect<Real>& e) {
    e.y = detail::on_pooling_scale("effect_sizes", t, *t.estimate, "estimate", measure.scale);
    const auto v = detail::variances_of(t, e.y, measure);
    sources.push_back(v.empty() ? variance_source::data : v.front().first);
    if (v.empty()) return study_status::not_reported;
    e.v = v.front().second;
    const Real se = sqrt(e.v);
    for (std::size_t i = 1; i < v.size(); ++i) {
      const Real other = sqrt(v[i].second);
      if (fabs(Real(other - se)) <= Real(5) / 100 * se) continue;
      std::string w = "study '";
      w.append(t.label).append("': the standard error is ").append(detail::to_short_text(se)).append(" by its ").append(detail::short_name(v.front().first));
      w.append(", which is used, and ").append(detail::to_short_text(other)).append(" by its ").append(detail::short_name(v[i].first));
      warnings.push_back(std::move(w));
    }
    return study_status::pooled;
  });
  std::size_t i = 0, complete = 0;
  for (const auto& t : trials) {
    if (is_complete(t)) result.audit[i].source = sources[complete++];
    ++i;
  }
  result.warnings.insert(result.warnings.end(), warnings.begin(), warnings.end());
  return result;
}

/// The same with a measure by type: effect_sizes(studies, risk_ratio{}).
template <detail::reported_trials Trials, class Measure>
  requires requires { { Measure::info } -> std::convertible_to<measure_info>; }
auto effect_sizes(const Trials& trials, const Measure&) -> effects<typename detail::trial_type<Trials>::real_type> {
  return effect_sizes(trials, measure_info(Measure::info));
}

}  // namespace metapool
