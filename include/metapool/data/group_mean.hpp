// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// Mean and standard deviation (units of the outcome) of one group of `total` patients.
///
///     group_mean<> s{.label = "Cohort B", .mean = 123.4, .sd = 15.2, .total = 80};
template <class Real = double>
struct group_mean {
  using real_type = Real;
  std::string label{};
  std::optional<Real> mean{};
  std::optional<Real> sd{};
  std::optional<Real> total{};
};

/// True if sd and total are known; measures that need the mean too leave out studies without one.
template <class Real>
bool is_complete(const group_mean<Real>& s) {
  return s.sd && s.total;
}

/// Checks the numbers that are known: finite mean, sd >= 0, total a whole number of at least 1.
/// Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const group_mean<Real>& s, const char* function) {
  const detail::study_rules rules{function, s.label};
  rules.finite(s.mean, "mean");
  rules.not_negative(s.sd, "sd");
  rules.count(s.total, "total", 1);
}

}  // namespace metapool
