// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/reported_effects.hpp>
#include <metapool/report/plausibility.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// Looks for odd numbers in reported effects: an estimate that is not in the middle of its interval on the measure's pooling scale (the two
/// sides differ by more than a tenth of the width; rounding to two decimals can do that to narrow intervals), held against the interval's
/// middle as a reader sees it; a standardised mean difference beyond 3.
/// Returns the findings in the order of the studies. Throws input_error on a number that breaks its contract or a ratio that is not positive.
template <detail::reported_trials Trials>
auto audit_plausibility(const Trials& trials, const measure_info& measure) {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::fabs;
  std::vector<plausibility_finding<Real>> findings;
  for (const auto& t : trials) {
    check(t, "audit_plausibility");
    if (!t.estimate) continue;
    const Real y = detail::on_pooling_scale("audit_plausibility", t, *t.estimate, "estimate", measure.scale);
    const auto as_stated = [&](const Real& x) { return t.on == stated_on::natural_scale ? Real(to_natural(measure.scale, x)) : x; };
    if (t.lower && t.upper) {
      const Real lower = detail::on_pooling_scale("audit_plausibility", t, *t.lower, "lower", measure.scale);
      const Real upper = detail::on_pooling_scale("audit_plausibility", t, *t.upper, "upper", measure.scale);
      const Real middle = (lower + upper) / 2;
      if (2 * fabs(Real(y - middle)) > (upper - lower) / 10) {
        const Real on_other = (*t.lower + *t.upper) / 2;
        const bool not_logged = t.on == stated_on::natural_scale && measure.scale != scale::identity &&
                                2 * fabs(Real(*t.estimate - on_other)) <= (*t.upper - *t.lower) / 50;
        findings.push_back({t.label, plausibility_rule::asymmetric_interval, "estimate", *t.estimate,
                            not_logged ? "middle of its interval as a ratio (it is symmetric only without logarithms)" : "middle of its interval", as_stated(middle)});
      }
    }
    if (measure.name == "standardized_mean_difference" && fabs(y) > 3) {
      findings.push_back({t.label, plausibility_rule::large_smd, "standardised mean difference", y, "a large one", y > 0 ? Real(3) : Real(-3)});
    }
  }
  return findings;
}

/// Looks for variances that do not fit the studies' sizes: v times the patients is about the same in studies of one question. One more than 10
/// times away from the median of the others (at least 3) and outside of their usual scatter is told of if a standard error entered as a variance
/// would explain it (the square of v would fit, within a factor of 2), or a variance as a standard error (its root would); without such an
/// explanation from 100 times on, for risks differ between trials.
/// patients: one number a pooled study of `data`, in its order. Throws input_error if sizes differ or a number is not positive.
template <class Real>
std::vector<plausibility_finding<Real>> audit_plausibility(const effects<Real>& data, std::span<const Real> patients) {
  using std::log;
  using std::sqrt;
  constexpr const char* function = "audit_plausibility";
  const std::size_t k = data.size();
  if (patients.size() != k) {
    detail::throw_input_error(function, std::to_string(patients.size()) + " numbers of patients for " + std::to_string(k) + " studies; they must match");
  }
  for (std::size_t i = 0; i < k; ++i) {
    if (!(patients[i] > 0) || !detail::is_finite(patients[i])) detail::throw_study_error(function, data.labels[i], "patients", patients[i], "must be positive");
    if (!(data.v[i] > 0) || !detail::is_finite(data.v[i])) detail::throw_study_error(function, data.labels[i], "v", data.v[i], "must be finite and positive");
  }
  std::vector<plausibility_finding<Real>> findings;
  const Real near = log(Real(2)), very_far = log(Real(100));
  for (std::size_t i = 0; i < k && k >= 4; ++i) {
    std::vector<Real> others, logs;
    for (std::size_t j = 0; j < k; ++j) {
      if (j == i) continue;
      others.push_back(data.v[j] * patients[j]);
      logs.push_back(log(data.v[j]) + log(patients[j]));
    }
    const Real expected = detail::median(others) / patients[i];
    const Real distance = detail::apart(data.v[i], expected);
    if (!(distance > detail::far_from(logs, Real(10)))) continue;
    plausibility_finding<Real> f{data.labels[i], plausibility_rule::variance_unlike_others, "variance", data.v[i], "what the others have with as many patients", expected};
    if (detail::apart(Real(data.v[i] * data.v[i]), expected) < near) f.rule = plausibility_rule::se_for_variance;
    if (detail::apart(Real(sqrt(data.v[i])), expected) < near) f.rule = plausibility_rule::variance_for_se;
    if (f.rule != plausibility_rule::variance_unlike_others || distance > very_far) findings.push_back(f);
  }
  return findings;
}

/// The same from a vector.
template <class Real>
std::vector<plausibility_finding<Real>> audit_plausibility(const effects<Real>& data, const std::vector<Real>& patients) {
  return audit_plausibility(data, std::span<const Real>(patients));
}

}  // namespace metapool
