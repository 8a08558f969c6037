// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// Events over person-time in one group. time: any unit, the same in all studies.
///
///     rate<> s{.label = "Registry A", .events = 17, .time = 6760};
template <class Real = double>
struct rate {
  using real_type = Real;
  std::string label{};
  std::optional<Real> events{};
  std::optional<Real> time{};
};

template <class Real>
bool is_complete(const rate<Real>& s) {
  return s.events && s.time;
}

/// Checks the numbers that are known: events finite, whole (unless allowed) and not negative, time finite and positive.
/// Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const rate<Real>& s, const char* function, fractional_counts fractional = fractional_counts::refused) {
  const detail::study_rules rules{function, s.label};
  rules.count(s.events, "events", 0, fractional);
  rules.positive(s.time, "time");
}

}  // namespace metapool
