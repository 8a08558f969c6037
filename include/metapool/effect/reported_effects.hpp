// SPDX-License-Identifier: BSL-1.0
// From effects as papers report them to effect sizes, with a record of every study.
#pragma once

#include <metapool/data/reported.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/math/normal.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

template <class Trials>
concept reported_trials = range_of_trials<Trials, reported>;

/// A reported number on the pooling scale. Throws input_error for a ratio that is not positive.
template <class Real>
Real on_pooling_scale(const reported<Real>& t, const Real& x, const char* what, scale s) {
  if (t.on == stated_on::pooling_scale || s == scale::identity) return x;
  if (!(x > 0)) throw_study_error("effect_sizes", t.label, what, x, "must be positive: it is stated as a ratio");
  return from_natural(s, x);
}

/// Standard error from the interval y -+ z se: its width over 2 z.
template <class Real>
Real se_of_interval(const Real& lower, const Real& upper, double level) {
  return (upper - lower) / (2 * normal_critical<Real>(level));
}

/// Standard error from an estimate and its two-sided p: |y| / z with P(|Z| > z) = p. Empty where p = 1 or y = 0 tell nothing of it.
template <class Real>
std::optional<Real> se_of_p(const Real& y, const Real& p) {
  using std::fabs;
  if (!(p < 1) || y == 0) return std::nullopt;
  const Real half = p / 2;
  return Real(fabs(y) / normal_upper_quantile<Real>(half));
}

/// Every variance that a complete study's numbers tell, the one to be used first.
template <class Real>
std::vector<std::pair<const char*, Real>> variances_of(const reported<Real>& t, const Real& y, scale s) {
  std::vector<std::pair<const char*, Real>> v;
  if (t.variance) v.emplace_back("variance", *t.variance);
  if (t.se) v.emplace_back("se", *t.se * *t.se);
  if (t.lower && t.upper) {
    const Real se = se_of_interval(on_pooling_scale(t, *t.lower, "lower", s), on_pooling_scale(t, *t.upper, "upper", s), t.level);
    v.emplace_back("interval", se * se);
  }
  if (t.p) {
    if (const auto se = se_of_p(y, *t.p)) v.emplace_back("p-value", *se * *se);
  }
  return v;
}

}  // namespace detail

/// Effect sizes of studies whose effects were reported.
///
/// trials: a range of reported<Real>; measure: what the estimates are (risk_ratio::info, or a measure_info of your own); its scale says
/// whether those on the natural scale are logged. The variance is the one stated, else se squared, else that of the interval (its width
/// on the pooling scale over 2 z), else that of the p-value (y / z, squared).
/// A study without an estimate or without any uncertainty is not_reported in the record. Where a study states its uncertainty in two ways
/// of which the standard errors differ by more than 5 %, warnings says so, with both.
/// Throws input_error if a known number breaks its contract (see check) or a ratio is not positive. 14 significant digits, less what a
/// printed interval has lost by rounding. Cochrane Handbook, chapter 6.
template <detail::reported_trials Trials>
auto effect_sizes(const Trials& trials, const measure_info& measure) -> effects<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::fabs;
  using std::sqrt;
  const std::size_t k = detail::check_all(trials);
  std::vector<std::string> warnings;
  auto result = detail::collect_effects(trials, k, measure, [&](const auto& t, std::array<Real, 4>&, effect<Real>& e) {
    e.y = detail::on_pooling_scale(t, *t.estimate, "estimate", measure.scale);
    const auto v = detail::variances_of(t, e.y, measure.scale);
    if (v.empty()) return study_status::not_reported;
    e.v = v.front().second;
    const Real se = sqrt(e.v);
    for (std::size_t i = 1; i < v.size(); ++i) {
      const Real other = sqrt(v[i].second);
      if (fabs(Real(other - se)) <= Real(5) / 100 * se) continue;
      std::string w = "study '";
      w.append(t.label).append("': the standard error is ").append(detail::to_short_text(se)).append(" by its ").append(v.front().first);
      w.append(", which is used, and ").append(detail::to_short_text(other)).append(" by its ").append(v[i].first);
      warnings.push_back(std::move(w));
    }
    return study_status::pooled;
  });
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
