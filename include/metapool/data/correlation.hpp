// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// A product-moment correlation r of two variables in `total` patients.
///
///     correlation<> s{.label = "McDaniel 1", .r = 0.36, .total = 69};
template <class Real = double>
struct correlation {
  using real_type = Real;
  std::string label{};
  std::optional<Real> r{};
  std::optional<Real> total{};
};

template <class Real>
bool is_complete(const correlation<Real>& s) {
  return s.r && s.total;
}

/// Checks the numbers that are known: -1 <= r <= 1, total a whole number of at least 1.
/// Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const correlation<Real>& s, const char* function) {
  const detail::study_rules rules{function, s.label};
  rules.at_most_one(s.r, "r");
  rules.count(s.total, "total", 1);
}

}  // namespace metapool
