// SPDX-License-Identifier: BSL-1.0
// What stands in a forest plot, before it is laid out: rows of text and of numbers on the scale of the axis. One instantiation for all scalar types.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/plot/forest_options.hpp>
#include <metapool/text/number_text.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace metapool::detail {

enum class forest_row_kind : std::uint8_t { study, not_pooled, heading, subtotal, pooled, prediction, statistics };

/// An estimate with its interval on the scale of the axis.
struct forest_span {
  double estimate{}, lower{}, upper{};
};

struct forest_row {
  forest_row_kind kind = forest_row_kind::study;
  std::string label{};
  std::vector<std::string> cells{};  ///< of the columns of the arms; empty: none
  std::optional<forest_span> span{};
  double weight = 0;                 ///< share of the pooled estimate
  std::string effect{};              ///< text of the effect column
  std::string weight_text{};
  std::string note{};                ///< why a study is not pooled
};

struct forest_table {
  metapool::scale scale = metapool::scale::identity;  ///< of the axis: log, or identity for everything else, whose values are then natural ones
  bool comparison = true;                  ///< whether 0 on the axis is no effect, and marked by a line
  double least = -std::numeric_limits<double>::infinity(), greatest = std::numeric_limits<double>::infinity();  ///< that the axis may reach: 0 and 1 for proportions
  std::string title{}, accessible_title{}, description{};
  std::string treated{}, control{};
  std::size_t groups = 2;                  ///< arms, or 1: studies of one group, whose columns bear no arm's name
  std::vector<std::string> arm_columns{};  ///< headings of the columns of one arm; empty: no columns for arms
  std::string study_heading = "Study";     ///< over the labels
  std::string effect_heading{};
  bool has_weights = true;
  std::vector<forest_row> rows{};          ///< in order, the pooled rows last
  std::vector<std::string> statistics{};   ///< beside the axis
  std::vector<std::string> footnotes{};
  std::string favours_left{}, favours_right{};
  std::optional<double> reference{};       ///< the pooled estimate that the dashed line marks
  std::optional<double> axis_lower{}, axis_upper{};  ///< on the scale of the axis
  double plot_width = 300, width = 0, label_width = 250;
  forest_colours colours{};
};

/// The median of the values; they are reordered. Precondition: not empty.
template <class = void>
double middle_of(std::vector<double>& values) {
  const auto mid = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), mid, values.end());
  return *mid;
}

/// Limits of the axis where none are asked for: all estimates and no effect lie inside; ends of intervals too, unless they lie further
/// out than a third of the range of the estimates and 2.2 times the median half width of the intervals, so that one enormous interval does not squeeze
/// all others. No effect keeps a distance of a fifth of the axis from both ends. Where there is no "no effect" (t.comparison is false) only
/// estimates and intervals count, and the axis stays between t.least and t.greatest.
template <class = void>
void choose_limits(const forest_table& t, double& lower, double& upper) {
  std::vector<double> half;
  lower = 0;
  upper = 0;
  for (const auto& r : t.rows) {
    if (!r.span) continue;
    if (half.empty() && !t.comparison) lower = upper = r.span->estimate;
    lower = (std::min)(lower, r.span->estimate);
    upper = (std::max)(upper, r.span->estimate);
    half.push_back((r.span->upper - r.span->lower) / 2);
  }
  const double typical = half.empty() ? 0 : middle_of(half);
  const double room = (upper - lower) / 3 + 2.2 * typical;
  const double lowest = lower - room, highest = upper + room;
  for (const auto& r : t.rows) {
    if (!r.span) continue;
    lower = (std::min)(lower, (std::max)(r.span->lower, lowest));
    upper = (std::max)(upper, (std::min)(r.span->upper, highest));
  }
  if (!(upper - lower > 1e-12)) {
    const double around = t.scale == scale::log ? 0.7 : 1.0;
    lower -= around;
    upper += around;
  }
  const double margin = 0.03 * (upper - lower);
  if (!t.comparison) {
    lower = (std::max)(lower - margin, t.least);
    upper = (std::min)(upper + margin, t.greatest);
    return;
  }
  lower = (std::min)(lower - margin, -upper / 4);
  upper = (std::max)(upper + margin, -lower / 4);
  lower = (std::max)(lower, t.least);
  upper = (std::min)(upper, t.greatest);
}

/// How an effect is written: decimals for ratios, or for differences whose intervals are typically so wide.
template <class = void>
struct effect_writer {
  metapool::scale scale = metapool::scale::identity;
  int decimals = 2;

  /// typical: median half width of the intervals.
  static int choose(metapool::scale s, std::optional<int> asked, double typical) {
    if (asked) return std::clamp(*asked, 0, 9);
    if (s == scale::log || !(typical > 0)) return 2;
    const int magnitude = static_cast<int>(std::floor(std::log10(typical)));
    if (magnitude >= 2) return 0;
    if (magnitude == 1) return 1;
    return std::clamp(1 - magnitude, 2, 9);
  }
  std::string number(double y) const {
    if (scale == metapool::scale::log) return ratio_text(std::exp(y), decimals);
    if (std::fabs(y) >= 1e9) return exponent_text(y);
    return reader_text(y, decimals);
  }
  std::string interval(double lower, double upper) const { return "[" + number(lower) + ", " + number(upper) + "]"; }
  std::string operator()(const forest_span& s) const { return number(s.estimate) + " " + interval(s.lower, s.upper); }
};

template <class = void>
std::string level_text(double level) {
  return short_text(100 * level, 2) + "%";
}

}  // namespace metapool::detail
