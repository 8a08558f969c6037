// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/scale.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

/// Effect sizes of k studies, ready to be pooled, with the record of every study that was offered.
///
/// y, v, labels, trial: one entry a pooled study, in the order of the input. trial[i] is the index of the study in the input.
/// audit: one entry a study of the input, pooled or not. warnings: what a reader should know (labels that stand twice, say).
template <class Real = double>
struct effects {
  using real_type = Real;
  measure_info measure{};
  std::vector<Real> y{};
  std::vector<Real> v{};
  std::vector<std::string> labels{};
  std::vector<std::size_t> trial{};
  std::vector<study_audit<Real>> audit{};
  std::vector<std::string> warnings{};
  std::size_t size() const { return y.size(); }
};

namespace detail {

/// Labels that stand more than once, each named once, in the order of their first repetition in sorted order.
template <class Real>
void warn_of_duplicate_labels(effects<Real>& e) {
  const auto& labels = e.labels;
  const std::size_t k = labels.size();
  const auto warn = [&](const std::string& label) {
    if (!label.empty()) e.warnings.push_back("label '" + label + "' stands more than once; every study with it is pooled");
  };
  if (k <= 24) {  // a few comparisons beat a sort
    for (std::size_t i = 1; i < k; ++i) {
      std::size_t before = 0;
      for (std::size_t j = 0; j < i; ++j) before += labels[j] == labels[i];
      if (before == 1) warn(labels[i]);
    }
    return;
  }
  std::vector<std::string_view> sorted(labels.begin(), labels.end());
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 1; i < k; ++i) {
    if (sorted[i] == sorted[i - 1] && (i == 1 || sorted[i] != sorted[i - 2])) warn(std::string(sorted[i]));
  }
}

/// Adds a study with its effect; with v = 0 only to the record. Throws input_error if the measure gave no finite y and v >= 0.
template <class Real>
void append_pooled(effects<Real>& e, study_audit<Real>&& audit, const effect<Real>& x) {
  if (!is_finite(x.y)) throw_study_error("effect_sizes", audit.label, "y", x.y, "came out of the effect measure; it must be finite");
  if (!(x.v >= 0) || !is_finite(x.v)) throw_study_error("effect_sizes", audit.label, "v", x.v, "came out of the effect measure; it must be finite and not negative");
  audit.y = x.y;
  audit.v = x.v;
  if (!(x.v > 0)) {
    audit.status = study_status::zero_variance;
  } else {
    e.y.push_back(x.y);
    e.v.push_back(x.v);
    e.labels.push_back(audit.label);
    e.trial.push_back(e.audit.size());
  }
  e.audit.push_back(std::move(audit));
}

template <class Real>
void reserve(effects<Real>& e, std::size_t k) {
  e.y.reserve(k);
  e.v.reserve(k);
  e.labels.reserve(k);
  e.trial.reserve(k);
  e.audit.reserve(k);
}

}  // namespace detail

/// Effects that are known already: y and v of k studies on the scale of `measure` (log risk ratios, say), with optional labels
/// (empty, or one a study).
/// Throws input_error if sizes differ, a y is not finite, or a v is not finite and positive (the message names the study).
template <class Real>
effects<Real> known_effects(std::span<const Real> y, std::span<const Real> v, std::span<const std::string> labels = {},
                            measure_info measure = {}) {
  constexpr const char* function = "known_effects";
  if (y.size() != v.size()) {
    detail::throw_input_error(function, "y has " + std::to_string(y.size()) + " values and v has " + std::to_string(v.size()) + "; they must match");
  }
  if (!labels.empty() && labels.size() != y.size()) {
    detail::throw_input_error(function, "labels has " + std::to_string(labels.size()) + " values for " + std::to_string(y.size()) + " studies");
  }
  effects<Real> e;
  e.measure = measure;
  detail::reserve(e, y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::string label = labels.empty() ? "study " + std::to_string(i + 1) : labels[i];
    if (!detail::is_finite(y[i])) detail::throw_study_error(function, label, "y", y[i], "must be a finite number");
    if (!(detail::is_finite(v[i]) && v[i] > 0)) detail::throw_study_error(function, label, "v", v[i], "must be finite and positive");
    study_audit<Real> audit;
    audit.label = label;
    detail::append_pooled(e, std::move(audit), effect<Real>{y[i], v[i]});
  }
  detail::warn_of_duplicate_labels(e);
  return e;
}

/// The same from vectors (so that the scalar type is deduced).
template <class Real>
effects<Real> known_effects(const std::vector<Real>& y, const std::vector<Real>& v, const std::vector<std::string>& labels = {},
                            measure_info measure = {}) {
  return known_effects(std::span<const Real>(y), std::span<const Real>(v), std::span<const std::string>(labels), measure);
}

}  // namespace metapool
