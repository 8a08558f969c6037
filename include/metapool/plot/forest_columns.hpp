// SPDX-License-Identifier: BSL-1.0
// The columns of a forest plot: label | arms | plot | effect | weight.
#pragma once

#include <metapool/plot/axis.hpp>
#include <metapool/plot/forest_area.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/plot/scene.hpp>
#include <metapool/plot/text_width.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool::detail {

/// Measures of the figure and the places of its columns; every column is as wide as its widest text.
struct forest_columns {
  static constexpr double margin = 16, size = 12, small = 11, tiny = 10, line_height = 15, row_height = 20, column_gap = 14, block_gap = 22;
  static constexpr double pad = forest_area::pad;
  static constexpr double indent = 12, least_left = 250;
  static constexpr rgb ink = forest_area::ink, rule_colour{0x99, 0x99, 0x99};

  const forest_table& t;
  forest_area area{};
  double label_wrap = 0;                // width to which labels are broken
  std::vector<double> column_right{};   // of each column of the arms
  std::vector<double> column_width{};
  double effect_right = 0, right = 0;
  bool grouped = false;

  static bool is_bold(forest_row_kind k) {
    return k == forest_row_kind::heading || k == forest_row_kind::subtotal || k == forest_row_kind::pooled;
  }
  double indent_of(forest_row_kind k) const {
    return grouped && (k == forest_row_kind::study || k == forest_row_kind::not_pooled) ? indent : 0;
  }
  static double text_size(forest_row_kind k) { return k == forest_row_kind::statistics ? small : size; }

  /// Finds the places of all columns and the axis.
  template <class = void>
  void place_columns() {
    const std::size_t per_arm = t.arm_columns.size();
    double label = text_width(t.study_heading, size, true);
    double effect = text_width(clean_text(t.effect_heading), size, true), weight = text_width("Weight", size, true);
    column_width.assign(t.groups * per_arm, 0);
    for (std::size_t j = 0; j < t.groups * per_arm; ++j) column_width[j] = text_width(t.arm_columns[j % per_arm], small);
    for (const auto& r : t.rows) grouped = grouped || r.kind == forest_row_kind::heading;
    for (const auto& r : t.rows) {
      const bool bold = is_bold(r.kind);
      if (r.kind != forest_row_kind::statistics) {
        for (const auto& l : wrap_text(clean_text(r.label), size, bold, t.label_width)) {
          label = (std::max)(label, text_width(l, size, bold) + indent_of(r.kind));
        }
      }
      for (std::size_t j = 0; j < r.cells.size(); ++j) column_width[j] = (std::max)(column_width[j], text_width(r.cells[j], size, bold));
      effect = (std::max)(effect, text_width(r.effect, size, bold));
      weight = (std::max)(weight, text_width(r.weight_text, size, bold));
    }
    // The name of an arm stands over its columns: broken at a reasonable width, it may widen them.
    for (std::size_t arm = 0; arm < 2 && has_arm_names(); ++arm) {
      double columns = column_gap * static_cast<double>(per_arm - 1), name = 0;
      for (std::size_t j = 0; j < per_arm; ++j) columns += column_width[arm * per_arm + j];
      for (const auto& l : arm_lines(arm, columns)) name = (std::max)(name, text_width(l, size, true));
      if (name > columns) column_width[arm * per_arm] += name - columns;
    }
    label = std::ceil(label);
    double x = margin + label;
    column_right.clear();
    for (std::size_t j = 0; j < column_width.size(); ++j) {
      x += (j % per_arm == 0 ? block_gap : column_gap) + std::ceil(column_width[j]);
      column_right.push_back(x);
    }
    if (x < margin + least_left) {  // room for the statistics beside the axis
      const double more = margin + least_left - x;
      for (auto& c : column_right) c += more;
      x += more;
    }
    label_wrap = t.label_width;
    area.left = x + block_gap;
    const double beyond = block_gap + std::ceil(effect) + (t.has_weights ? block_gap + std::ceil(weight) : 0);
    const double plot = t.width > 0 ? (std::max)(140.0, t.width - margin - beyond - area.left) : (std::max)(140.0, t.plot_width);
    area.right = area.left + plot;
    effect_right = area.right + block_gap + std::ceil(effect);
    right = area.right + beyond;
    set_axis();
  }

  template <class = void>
  void set_axis() {
    area.colours = t.colours;
    area.axis.scale = t.scale;
    area.axis.left = area.left + pad;
    area.axis.right = area.right - pad;
    choose_limits(t, area.axis.lower, area.axis.upper);
    if (t.axis_lower) area.axis.lower = *t.axis_lower;
    if (t.axis_upper) area.axis.upper = *t.axis_upper;
    if (!(area.axis.lower < area.axis.upper)) {  // one end was given, and lies beyond the other that was chosen
      (t.axis_lower ? area.axis.upper : area.axis.lower) = t.axis_lower ? area.axis.lower + 1 : area.axis.upper - 1;
    }
    set_ticks(area.axis, small);
  }

  /// True if the columns stand in two blocks, each under the name of its arm.
  bool has_arm_names() const { return t.groups == 2 && !t.arm_columns.empty(); }

  /// The name of an arm in lines over columns that are so wide.
  template <class = void>
  std::vector<std::string> arm_lines(std::size_t arm, double columns) const {
    return wrap_text(clean_text(arm == 0 ? t.treated : t.control), size, true, (std::max)(columns, 110.0));
  }

  /// From the left end of the first column of an arm to the right end of its last.
  double arm_width(std::size_t arm) const {
    const std::size_t per_arm = t.arm_columns.size();
    return column_right[arm * per_arm + per_arm - 1] - column_right[arm * per_arm] + column_width[arm * per_arm];
  }
};

}  // namespace metapool::detail
