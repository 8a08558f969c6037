// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// Patients with the event, of all patients, in one group (a prevalence, a response rate).
///
///     proportion<> s{.label = "Pritz 1997", .events = 16, .total = 17};
template <class Real = double>
struct proportion {
  using real_type = Real;
  std::string label{};
  std::optional<Real> events{};
  std::optional<Real> total{};
};

template <class Real>
bool is_complete(const proportion<Real>& s) {
  return s.events && s.total;
}

/// Checks the numbers that are known: finite, whole (unless allowed), total > 0, 0 <= events <= total.
/// Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const proportion<Real>& s, const char* function, fractional_counts fractional = fractional_counts::refused) {
  const detail::study_rules rules{function, s.label};
  rules.positive(s.total, "total");
  rules.count(s.total, "total", 0, fractional);
  rules.count(s.events, "events", 0, fractional);
  if (s.events && s.total && !(*s.events <= *s.total)) {
    detail::throw_study_error(function, s.label, "events", *s.events, "must not exceed the total of " + detail::to_text(*s.total));
  }
}

}  // namespace metapool
