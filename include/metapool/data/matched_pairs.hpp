// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// A study of matched pairs (or of patients seen under both treatments) with a binary outcome: pairs in which both members had the
/// event, only the treated one, only the control one, neither. metafor's ai, bi, ci, di. A count that was not reported stays empty.
///
///     matched_pairs<> s{.label = "Approval", .both = 794, .treated_only = 86, .control_only = 150, .neither = 570};
template <class Real = double>
struct matched_pairs {
  using real_type = Real;
  std::string label{};
  std::optional<Real> both{};
  std::optional<Real> treated_only{};
  std::optional<Real> control_only{};
  std::optional<Real> neither{};
};

/// The four kinds of pairs as numbers. Scale: pairs (a continuity correction makes them fractional).
template <class Real = double>
struct paired_table {
  Real both{}, treated_only{}, control_only{}, neither{};
  Real treated_events() const { return both + treated_only; }
  Real control_events() const { return both + control_only; }
  Real treated_others() const { return control_only + neither; }
  Real control_others() const { return treated_only + neither; }
  Real total() const { return (both + treated_only) + (control_only + neither); }
};

/// True if all four counts are known.
template <class Real>
bool is_complete(const matched_pairs<Real>& s) {
  return s.both && s.treated_only && s.control_only && s.neither;
}

/// Checks the counts that are known: finite, not negative, whole (unless allowed); of a complete study at least one pair.
/// Throws input_error naming `function`, the study, the value and the rule.
template <class Real>
void check(const matched_pairs<Real>& s, const char* function, fractional_counts fractional = fractional_counts::refused) {
  const detail::study_rules rules{function, s.label};
  rules.count(s.both, "both", 0, fractional);
  rules.count(s.treated_only, "treated_only", 0, fractional);
  rules.count(s.control_only, "control_only", 0, fractional);
  rules.count(s.neither, "neither", 0, fractional);
  if (is_complete(s)) {
    const Real pairs = *s.both + *s.treated_only + *s.control_only + *s.neither;
    if (!(pairs > 0)) detail::throw_study_error(function, s.label, "the number of pairs", pairs, "must be positive");
  }
}

/// The table of a complete study. Precondition: is_complete(s).
template <class Real>
paired_table<Real> table_of(const matched_pairs<Real>& s) {
  return {*s.both, *s.treated_only, *s.control_only, *s.neither};
}

}  // namespace metapool
