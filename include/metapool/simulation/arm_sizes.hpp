// SPDX-License-Identifier: BSL-1.0
// How many patients the arms of simulated trials have.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

namespace metapool {

/// Patients of the two arms of one trial.
struct arm_sizes {
  double treated{};
  double control{};
};

/// Sizes drawn anew in every replicate: the control arm's uniform on the logarithmic scale from `least` to `most`, rounded; the treated arm's `allocation` times as many,
/// rounded, at least 1.
struct drawn_sizes {
  std::size_t trials = 5;
  double least = 20;
  double most = 200;
  double allocation = 1;
};

/// Sizes as given ("my trials"), one entry a trial, or drawn.
using any_sizes = std::variant<std::vector<arm_sizes>, drawn_sizes>;

namespace detail {

/// Throws input_error unless there is a trial and every arm has a whole number of patients from `fewest` to 10^9.
inline void check(const any_sizes& sizes, const char* function, double fewest) {
  const auto patients = [&](double n, const std::string& what) {
    if (!(n >= fewest && n <= 1e9) || !is_whole(n)) throw_input_error(function, what + " = " + to_text(n) + " must be a whole number from " + to_text(fewest) + " to 10^9");
  };
  if (const auto* given = std::get_if<std::vector<arm_sizes>>(&sizes)) {
    if (given->empty()) throw_input_error(function, "sizes: there is no trial");
    for (std::size_t i = 0; i < given->size(); ++i) {
      const std::string trial = "sizes[" + std::to_string(i) + "]";
      patients((*given)[i].treated, trial + ".treated");
      patients((*given)[i].control, trial + ".control");
    }
    return;
  }
  const drawn_sizes& drawn = std::get<drawn_sizes>(sizes);
  if (drawn.trials == 0) throw_input_error(function, "sizes.trials = 0: there is no trial");
  patients(drawn.least, "sizes.least");
  patients(drawn.most, "sizes.most");
  if (!(drawn.least <= drawn.most)) throw_input_error(function, "sizes.least = " + to_text(drawn.least) + " must not be above sizes.most = " + to_text(drawn.most));
  if (!(drawn.allocation > 0) || !(drawn.most * drawn.allocation <= 1e9)) throw_input_error(function, "sizes.allocation = " + to_text(drawn.allocation) + " must be positive and leave arms of at most 10^9 patients");
  if (!(drawn.least * drawn.allocation >= fewest)) throw_input_error(function, "sizes.allocation = " + to_text(drawn.allocation) + " leaves arms of fewer than " + to_text(fewest) + " patients");
}

inline std::size_t number_of_trials(const any_sizes& sizes) {
  if (const auto* given = std::get_if<std::vector<arm_sizes>>(&sizes)) return given->size();
  return std::get<drawn_sizes>(sizes).trials;
}

/// The arms of trial i.
inline arm_sizes draw_sizes(const any_sizes& sizes, std::size_t i, random_stream& random) {
  if (const auto* given = std::get_if<std::vector<arm_sizes>>(&sizes)) return (*given)[i];
  const drawn_sizes& drawn = std::get<drawn_sizes>(sizes);
  const double low = std::log(drawn.least), high = std::log(drawn.most);
  const double control = (std::min)(drawn.most, (std::max)(drawn.least, std::round(std::exp(low + (high - low) * random.uniform()))));
  return {(std::max)(1.0, std::round(drawn.allocation * control)), control};
}

}  // namespace detail

}  // namespace metapool
