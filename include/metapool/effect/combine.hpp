// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/effects.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// The studies of a and then those of b, as one: effects computed from counts and effects that were only reported, say. In the result the
/// studies of b count on from those of a (trial, audit). Warnings of both are kept, and labels that stand in both are told of.
/// Throws input_error if the measures differ in name or scale: a log odds ratio and a log risk ratio are not the same thing.
template <class Real>
effects<Real> combine(effects<Real> a, const effects<Real>& b) {
  if (a.measure.name != b.measure.name || a.measure.scale != b.measure.scale) {
    const auto what = [](const measure_info& m) {
      return std::string(m.label).append(m.scale == scale::log ? " (log scale)" : " (identity scale)");
    };
    detail::throw_input_error("combine", what(a.measure) + " and " + what(b.measure) + " cannot be combined; they must be the same measure on the same scale");
  }
  const std::size_t offset = a.audit.size();
  a.y.insert(a.y.end(), b.y.begin(), b.y.end());
  a.v.insert(a.v.end(), b.v.begin(), b.v.end());
  a.labels.insert(a.labels.end(), b.labels.begin(), b.labels.end());
  for (const std::size_t t : b.trial) a.trial.push_back(offset + t);
  a.audit.insert(a.audit.end(), b.audit.begin(), b.audit.end());
  std::vector<std::string> before = std::move(a.warnings);
  before.insert(before.end(), b.warnings.begin(), b.warnings.end());
  a.warnings.clear();
  detail::warn_of_duplicate_labels(a);
  for (const std::string& w : before) {
    if (std::find(a.warnings.begin(), a.warnings.end(), w) == a.warnings.end()) a.warnings.push_back(w);
  }
  return a;
}

}  // namespace metapool
