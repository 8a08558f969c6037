// SPDX-License-Identifier: BSL-1.0
// Halves of a box of fragility's bounds, by the choices of one arm.
#pragma once

#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>
#include <metapool/sensitivity/fragility_multipliers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Splits a box in the events of the arm in which the tables that were found differ most, and opens both halves; false if they do not differ.
inline bool split_choices(const fragility_choices& choices, bounded_box& b, const std::vector<fragility_cut>& cuts, std::vector<bounded_box>& open) {
  std::size_t trial = 0;
  bool in_treated = true;
  std::int32_t most = 0, at = 0;
  for (std::size_t i = 0; i < choices.of.size(); ++i) {
    for (const bool treated : {true, false}) {
      const auto change = [&](const fragility_cut& c) {
        const fragility_choice& x = choices.of[i][c.chosen[i]];
        return treated ? x.treated : x.control;
      };
      std::int32_t fewest = change(cuts.front()), greatest = fewest;
      for (const fragility_cut& c : cuts) {
        fewest = (std::min)(fewest, change(c));
        greatest = (std::max)(greatest, change(c));
      }
      if (greatest - fewest <= most) continue;
      most = greatest - fewest;
      at = fewest + (most - 1) / 2;
      trial = i;
      in_treated = treated;
    }
  }
  if (most == 0) return false;
  const auto half = [&](bool above) {
    return choices.left_if([&](std::size_t i, std::size_t, std::size_t place) {
      if (i != trial) return true;
      const fragility_choice& x = choices.choice_at(i, place);
      return ((in_treated ? x.treated : x.control) > at) == above;
    });
  };
  bounded_box other = b;
  b.left = half(false);
  other.left = half(true);
  open.push_back(std::move(b));
  open.push_back(std::move(other));
  return true;
}

}  // namespace metapool::detail
