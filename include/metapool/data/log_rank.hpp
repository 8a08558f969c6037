// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// The log-rank statistics of a trial with a time-to-event outcome: observed minus expected events of the treated arm, and the variance
/// of that difference, as individual-patient-data meta-analyses report them.
///
///     log_rank<> t{.label = "Trial 12", .observed_minus_expected = -8.4, .variance = 31.2};
template <class Real = double>
struct log_rank {
  using real_type = Real;
  std::string label{};
  std::optional<Real> observed_minus_expected{};
  std::optional<Real> variance{};
};

template <class Real>
bool is_complete(const log_rank<Real>& t) {
  return t.observed_minus_expected && t.variance;
}

/// Checks the numbers that are known: finite, variance positive. Throws input_error naming `function`, the trial, the value and the rule.
template <class Real>
void check(const log_rank<Real>& t, const char* function) {
  const detail::study_rules rules{function, t.label};
  rules.finite(t.observed_minus_expected, "observed_minus_expected");
  rules.positive(t.variance, "variance");
}

}  // namespace metapool
