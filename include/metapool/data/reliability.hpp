// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// Cronbach's alpha of a scale of `items` items, answered by `total` persons.
///
///     reliability<> s{.label = "Sample 3", .alpha = 0.93, .items = 20, .total = 103};
template <class Real = double>
struct reliability {
  using real_type = Real;
  std::string label{};
  std::optional<Real> alpha{};
  std::optional<Real> items{};
  std::optional<Real> total{};
};

template <class Real>
bool is_complete(const reliability<Real>& s) {
  return s.alpha && s.items && s.total;
}

/// Checks the numbers that are known: alpha finite and at most 1 (it may be negative), items a whole number of at least 2, total of at
/// least 1. Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const reliability<Real>& s, const char* function) {
  const detail::study_rules rules{function, s.label};
  rules.finite(s.alpha, "alpha");
  if (s.alpha && !(*s.alpha <= 1)) detail::throw_study_error(function, s.label, "alpha", *s.alpha, "must not exceed 1");
  rules.count(s.items, "items", 2);
  rules.count(s.total, "total", 1);
}

}  // namespace metapool
