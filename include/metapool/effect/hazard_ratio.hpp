// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/log_rank.hpp>
#include <metapool/effect/study_effects.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

/// Hazard ratio. Scale: log. From log-rank statistics: y = (O - E) / V, v = 1 / V, with which the inverse-variance mean is Peto's pooled estimate
/// sum(O - E) / sum(V). A one-step estimate: good near a ratio of 1, biased towards it where effects are strong and arms unequal.
/// Yusuf, Peto, Lewis, Collins & Sleight (1985) Prog Cardiovasc Dis 27:335; Parmar, Torri & Stewart (1998) Stat Med 17:2815.
/// From reported log hazard ratios and standard errors: hazard_ratios.
struct hazard_ratio {
  static constexpr measure_info info{"hazard_ratio", "HR", "hazard ratio", scale::log};

  template <class Real>
  static study_status status(const log_rank<Real>&) {
    return study_status::pooled;
  }
  template <class Real>
  effect<Real> operator()(const log_rank<Real>& t) const {
    return {*t.observed_minus_expected / *t.variance, 1 / *t.variance};
  }
};

/// Effects from reported natural logarithms of hazard ratios and their standard errors (of a Cox model, say), one a study, with optional labels.
/// Throws input_error if sizes differ, a log_hr is not finite, or a se is not finite and positive (the message names the study).
template <class Real>
effects<Real> hazard_ratios(const std::vector<Real>& log_hr, const std::vector<Real>& se, const std::vector<std::string>& labels = {}) {
  std::vector<Real> v;
  v.reserve(se.size());
  for (std::size_t i = 0; i < se.size(); ++i) {
    if (!(detail::is_finite(se[i]) && se[i] > 0)) {
      detail::throw_study_error("hazard_ratios", i < labels.size() ? labels[i] : "study " + std::to_string(i + 1), "se", se[i], "must be finite and positive");
    }
    v.push_back(se[i] * se[i]);
  }
  return known_effects(log_hr, v, labels, hazard_ratio::info);
}

}  // namespace metapool
