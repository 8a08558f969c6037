// SPDX-License-Identifier: BSL-1.0
// How far the events of one trial may change.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace metapool::detail {

/// Events added to each arm of one trial, taken away if negative.
struct fragility_move {
  std::int32_t treated = 0, control = 0;
  friend bool operator==(const fragility_move&, const fragility_move&) = default;

  std::size_t cost() const { return static_cast<std::size_t>(treated < 0 ? -treated : treated) + static_cast<std::size_t>(control < 0 ? -control : control); }
};

/// A rectangle of moves.
struct fragility_range {
  fragility_move low{}, high{};
  friend bool operator==(const fragility_range&, const fragility_range&) = default;

  bool holds(const fragility_move& m) const { return low.treated <= m.treated && m.treated <= high.treated && low.control <= m.control && m.control <= high.control; }
  /// Of any of its moves.
  std::size_t most_cost() const {
    const auto size = [](std::int32_t a, std::int32_t b) { return static_cast<std::size_t>((std::max)(-a, b)); };
    return (std::max)(size(low.treated, low.treated), size(high.treated, high.treated)) + (std::max)(size(low.control, low.control), size(high.control, high.control));
  }

  /// The moves that cost so much lie on four lines from treated to control, each in the range from a first to a last treated one: f(sign of treated, sign of control, first, last),
  /// these two without sign. Those that end a line may stand on another too.
  template <class F>
  void each_line(std::size_t cost, const F& f) const {
    const auto c = static_cast<std::int32_t>(cost);
    for (const std::int32_t s : {1, -1}) {
      for (const std::int32_t t : {1, -1}) {
        std::int32_t first = 0, last = c;
        first = (std::max)(first, s > 0 ? low.treated : -high.treated);
        last = (std::min)(last, s > 0 ? high.treated : -low.treated);
        first = (std::max)(first, c - (t > 0 ? high.control : -low.control));
        last = (std::min)(last, c - (t > 0 ? low.control : -high.control));
        if (first <= last) f(s, t, first, last);
        if (cost == 0) return;
      }
    }
  }

  /// f(move) of each that costs so much, some twice.
  template <class F>
  void each_at(std::size_t cost, const F& f) const {
    each_line(cost, [&](std::int32_t s, std::int32_t t, std::int32_t first, std::int32_t last) {
      for (std::int32_t i = first; i <= last; ++i) f(fragility_move{s * i, t * (static_cast<std::int32_t>(cost) - i)});
    });
  }
};

}  // namespace metapool::detail
