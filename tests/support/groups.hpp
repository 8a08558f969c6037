// SPDX-License-Identifier: BSL-1.0
// Single groups of patients from their counts.
#pragma once

#include <metapool/data/proportion.hpp>

#include <string>
#include <utility>
#include <vector>

namespace metapool_test {

/// "study 1", "study 2", ...: events and patients of each.
inline std::vector<metapool::proportion<>> groups(const std::vector<std::pair<double, double>>& counts) {
  std::vector<metapool::proportion<>> all;
  for (const auto& c : counts) {
    metapool::proportion<> p;
    p.label = "study " + std::to_string(all.size() + 1);
    p.events = c.first;
    p.total = c.second;
    all.push_back(p);
  }
  return all;
}

}  // namespace metapool_test
