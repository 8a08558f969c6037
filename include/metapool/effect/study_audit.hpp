// SPDX-License-Identifier: BSL-1.0
// One study's effect, and the record of what became of the study.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/variance_source.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// One study's effect size. y: on the measure's pooling scale; v: its sampling variance (scale of y squared).
template <class Real = double>
struct effect {
  Real y{};
  Real v{};
};

/// What became of a study on its way into the pool.
enum class study_status : std::uint8_t {
  pooled,          ///< has an effect in the pool
  not_reported,    ///< a number that the measure needs is missing
  double_zero,     ///< no events in either arm; dropped as the policy asks
  double_full,     ///< nothing but events in both arms; dropped as the policy asks
  zero_cell,       ///< a cell is zero, the policy adds nothing, and the measure is not defined
  zero_variance,   ///< the effect is defined but its variance is 0, so that it has no weight
  too_small,       ///< too few patients for the measure's variance
  not_defined,     ///< the measure is not defined for these numbers: the logarithm of a mean that is not positive, Fisher's z of a correlation of 1
  concordant       ///< matched pairs none of which is discordant, on a measure that only those have information on
};

/// The record of one study: what was added to its cells and what came out, or why it was left out.
template <class Real = double>
struct study_audit {
  std::string label{};
  study_status status = study_status::pooled;
  /// Added to treated events, treated non-events, control events, control non-events; of one group to events and non-events; of matched pairs to
  /// both, treated only, control only, neither.
  std::array<Real, 4> added{};
  std::optional<Real> y{};
  std::optional<Real> v{};
  variance_source source = variance_source::data;
  bool corrected() const {
    return std::any_of(added.begin(), added.end(), [](const Real& x) { return x != Real(0); });
  }
};

/// One line on a study for a report: empty if it is pooled with nothing added; otherwise what was added to which cell or why it is
/// not pooled ("not pooled: no events in either arm").
template <class Real>
std::string describe(const study_audit<Real>& audit) {
  switch (audit.status) {
    case study_status::not_reported: return "not pooled: a number that the effect needs was not reported";
    case study_status::double_zero: return "not pooled: no events in either arm";
    case study_status::double_full: return "not pooled: every patient of both arms had the event";
    case study_status::zero_cell: return "not pooled: a cell is zero and nothing is added to it";
    case study_status::zero_variance: return "not pooled: the variance of the effect is zero";
    case study_status::too_small: return "not pooled: too few patients for a variance";
    case study_status::not_defined: return "not pooled: the effect is not defined for these numbers";
    case study_status::concordant: return "not pooled: no pair in which only one had the event";
    case study_status::pooled: break;
  }
  if (!audit.corrected()) return {};
  const auto& add = audit.added;
  if (add[0] == add[1] && add[0] == add[2] && add[0] == add[3]) return detail::to_text(add[0]) + " added to all four cells";
  if (add[0] != Real(0) && (add[1] == Real(0) || add[1] == add[0]) && add[2] == Real(0) && add[3] == Real(0)) {
    // one group: the policies for two arms add to both
    return detail::to_text(add[0]) + (add[1] == Real(0) ? " added to the events" : " added to events and non-events");
  }
  static constexpr const char* cell[] = {"treated events", "treated non-events", "control events", "control non-events"};
  std::string text = "added";
  const char* separator = " ";
  for (std::size_t i = 0; i < 4; ++i) {
    if (add[i] == Real(0)) continue;
    text.append(separator).append(detail::to_text(add[i])).append(" to ").append(cell[i]);
    separator = ", ";
  }
  return text;
}

/// Lines for a report on the pooled studies whose effects were reported, one for each way in which their variances were stated: "effect as reported,
/// standard error from its interval: Bowdish 2023, Zhu 2021", or "... : all studies". Empty if all come from their own data.
template <class Real>
std::vector<std::string> describe_sources(const std::vector<study_audit<Real>>& audit) {
  std::vector<std::string> lines;
  for (const variance_source s : {variance_source::variance, variance_source::standard_error, variance_source::interval, variance_source::p_value}) {
    std::string names;
    bool all = true;
    std::size_t count = 0;
    for (const auto& a : audit) {
      if (a.status != study_status::pooled) continue;
      all = all && a.source == s;
      if (a.source != s) continue;
      if (count++ != 0) names += ", ";
      names += a.label;
    }
    if (count == 0) continue;
    std::string line(describe(s));
    line.append(": ").append(all && count > 1 ? "all studies" : names);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace metapool
