// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/effect/study_audit.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

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
