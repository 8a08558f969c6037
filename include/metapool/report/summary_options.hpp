// SPDX-License-Identifier: BSL-1.0
// What a summary can be told.
#pragma once

#include <metapool/inference/result.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// What a summary can be told beside the numbers.
template <class Real = double>
struct summary_options {
  std::string title{};                                     ///< first line; empty: made from measure and model
  std::string treated = "Treated";                         ///< headings of the arms
  std::string control = "Control";
  double level = 0.95;                                     ///< of the studies' own intervals (normal)
  std::optional<metapool::prediction<Real>> prediction{};  ///< printed if given
  std::optional<tau2_interval<Real>> tau2{};               ///< printed if given
  std::map<std::size_t, std::string> marks{};              ///< behind the label of the trial with this index in the input
  std::map<std::size_t, std::string> reasons{};            ///< why a trial was not pooled, in words of the caller ("deaths not reported")
  std::vector<std::string> footnotes{};                    ///< printed at the end
  bool studies = true;                                     ///< the table of studies
};

}  // namespace metapool
