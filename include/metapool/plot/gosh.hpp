// SPDX-License-Identifier: BSL-1.0
// The picture of a GOSH: estimate against I2 of every subset.
#pragma once

#include <metapool/plot/axis.hpp>
#include <metapool/plot/gosh_grid.hpp>
#include <metapool/plot/scene.hpp>
#include <metapool/plot/text_width.hpp>
#include <metapool/sensitivity/gosh_columns.hpp>
#include <metapool/text/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Options of gosh_plot; every one has a default.
struct gosh_plot_options {
  std::string title{};
  std::optional<std::size_t> study{};  ///< index into the result's labels: the subsets with this study have a colour of their own
  std::size_t minimum = 2;             ///< subsets of fewer studies are not drawn: one study has no I2
  double width = 640, height = 560;    ///< of the figure, user units (CSS pixels); 320 and 300 at least
  rgb with{0xb5, 0x4a, 0x12};          ///< subsets with the study
  rgb without{0x1f, 0x4e, 0x79};       ///< those without it, or all of them
};

namespace detail {

/// 8,178: a count for a reader.
template <class = void>
std::string grouped_text(std::size_t n) {
  const std::string digits = std::to_string(n);
  std::string s;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) s += ',';
    s += digits[i];
  }
  return s;
}

/// Lays out a GOSH: title, legend, histogram of the estimates, the cloud with the histogram of I2 beside it, axis, note.
template <class = void>
class gosh_layout {
 public:
  gosh_layout(gosh_grid grid, const gosh_plot_options& options) : g(std::move(grid)), o(options) {}

  scene draw(const std::string& study, const std::string& axis_title, scale axis_scale, bool no_effect_line,
             const std::vector<std::string>& notes) {
    out.width = o.width;
    double y = margin;
    for (const std::string& line : wrap_text(clean_text(o.title), title_size, true, o.width - 2 * margin)) {
      text("title", margin, y += title_size + 3, line, text_anchor::start, title_size, ink, true);
    }
    if (!o.title.empty()) y += 4;
    if (o.study) {
      y = legend(y, "with " + study, g.total[1], o.with);
      y = legend(y, "without " + study, g.total[0], o.without);
    } else {
      y = legend(y, "subsets", g.total[0], o.without);
    }
    if (g.all) y = legend_of_all(y);
    std::vector<std::string> note_lines;
    for (const std::string& note : notes) {
      for (std::string& line : wrap_text(clean_text(note), small, false, o.width - 2 * margin)) note_lines.push_back(std::move(line));
    }
    left = margin + text_width("100%", small) + 8;
    right = o.width - margin - histogram - gap;
    top = y + gap + histogram + gap + small;  // the title of the axis of I2 has its line above the cloud, left of the histogram
    bottom = o.height - margin - static_cast<double>(note_lines.size()) * line_height - below_axis;
    if (bottom - top < 100) bottom = top + 100;
    text("axis-title", margin, top - 8, "I\xC2\xB2", text_anchor::start, size, ink, false);
    axis.scale = axis_scale;
    axis.lower = g.lower;
    axis.upper = g.upper;
    axis.left = left;
    axis.right = right;
    set_ticks(axis, small);
    cloud();
    histograms();
    draw_axes(no_effect_line);
    y = bottom + below_axis - 6;
    text("axis-title", (left + right) / 2, y, axis_title, text_anchor::middle, size, ink, false);
    y += 6;
    for (const std::string& line : note_lines) text("note", margin, y += line_height, line, text_anchor::start, small, grey, false);
    out.height = std::ceil((std::max)(o.height, y + margin));
    return std::move(out);
  }

 private:
  static constexpr double margin = 16, gap = 6, histogram = 70, size = 12, small = 11, title_size = 14, line_height = 15,
                          below_axis = 6 + line_height + size + 6;
  static constexpr rgb ink{0x1a, 0x1a, 0x1a}, grey{0x66, 0x66, 0x66}, rule{0x99, 0x99, 0x99};

  gosh_grid g;
  gosh_plot_options o;
  scene out{};
  effect_axis axis{};
  double left = 0, right = 0, top = 0, bottom = 0;

  void text(const char* role, double x, double y, const std::string& content, text_anchor anchor, double em, rgb colour, bool bold) {
    text_shape t;
    t.x = x;
    t.y = y;
    t.content = clean_text(content);
    t.size = em;
    t.anchor = anchor;
    t.bold = bold;
    t.colour = colour;
    out.shapes.push_back({role, std::move(t)});
  }
  void box(const char* role, double x, double y, double width, double height, rgb colour) {
    out.shapes.push_back({role, rectangle_shape{x, y, width, height, colour, {}}});
  }
  void line(const char* role, double x1, double y1, double x2, double y2, pen stroke) {
    out.shapes.push_back({role, line_shape{x1, y1, x2, y2, stroke}});
  }

  double legend(double y, const std::string& name, std::size_t count, rgb colour) {
    const double wide = o.width - 2 * margin - 16;
    bool first = true;
    for (const std::string& part : wrap_text(clean_text(name + ": " + grouped_text(count)), small, false, wide)) {
      y += line_height;
      if (first) box("swatch", margin, y - 9, 10, 10, colour);
      text("legend", margin + 16, y, part, text_anchor::start, small, ink, false);
      first = false;
    }
    return y;
  }
  double legend_of_all(double y) {
    y += line_height;
    diamond("swatch", margin + 5, y - 4);
    text("legend", margin + 16, y, "all studies", text_anchor::start, small, ink, false);
    return y;
  }
  void diamond(const char* role, double x, double y) {
    const rgb white{0xff, 0xff, 0xff};
    out.shapes.push_back({role, polygon_shape{{{x, y - 6}, {x + 6, y}, {x, y + 6}, {x - 6, y}}, ink, pen{white, 1}}});
  }

  double column_left(std::size_t column) const {
    return left + (right - left) * static_cast<double>(column) / static_cast<double>(g.columns);
  }
  double row_bottom(std::size_t row) const { return bottom - (bottom - top) * static_cast<double>(row) / static_cast<double>(g.rows); }

  static rgb mixed(rgb a, rgb b, double share) {
    const auto channel = [&](std::uint8_t x, std::uint8_t y) {
      return static_cast<std::uint8_t>(std::lround(x + share * (static_cast<double>(y) - x)));
    };
    return {channel(a.red, b.red), channel(a.green, b.green), channel(a.blue, b.blue)};
  }

  /// A cell's colour: between those of both groups by their shares, in six steps of darkness by the logarithm of the number.
  std::optional<rgb> colour_of(std::size_t column, std::size_t row, double most) const {
    const double with = static_cast<double>(g.count(1, column, row)), all = with + static_cast<double>(g.count(0, column, row));
    if (!(all > 0)) return {};
    const double step = std::round(5 * (most > 1 ? std::log(all) / std::log(most) : 1.0)) / 5, share = std::round(4 * with / all) / 4;
    return mixed({0xff, 0xff, 0xff}, mixed(o.without, o.with, share), 0.3 + 0.7 * step);
  }

  void cloud() {
    std::size_t largest = 0;
    for (std::size_t i = 0; i < g.columns * g.rows; ++i) largest = (std::max)(largest, g.cells[0][i] + g.cells[1][i]);
    const double most = static_cast<double>(largest);
    for (std::size_t row = 0; row < g.rows; ++row) {
      std::size_t begin = 0;
      while (begin < g.columns) {
        const std::optional<rgb> colour = colour_of(begin, row, most);
        std::size_t end = begin + 1;
        while (end < g.columns && colour_of(end, row, most) == colour) ++end;  // neighbours of one colour are one rectangle
        if (colour)
          box("cell", column_left(begin), row_bottom(row + 1), column_left(end) - column_left(begin), row_bottom(row) - row_bottom(row + 1),
              *colour);
        begin = end;
      }
    }
  }

  void histograms() {
    std::size_t across = 1, up = 1;
    for (std::size_t c = 0; c < g.columns; ++c) across = (std::max)(across, g.in_column(0, c) + g.in_column(1, c));
    for (std::size_t r = 0; r < g.rows; ++r) up = (std::max)(up, g.in_row(0, r) + g.in_row(1, r));
    for (std::size_t c = 0; c < g.columns; ++c) {
      double y = top - gap;
      for (const std::size_t group : {std::size_t(1), std::size_t(0)}) {
        const double height = histogram * static_cast<double>(g.in_column(group, c)) / static_cast<double>(across);
        if (height > 0)
          box("histogram", column_left(c), y - height, column_left(c + 1) - column_left(c), height, group == 1 ? o.with : o.without);
        y -= height;
      }
    }
    for (std::size_t r = 0; r < g.rows; ++r) {
      double x = right + gap;
      for (const std::size_t group : {std::size_t(1), std::size_t(0)}) {
        const double width = histogram * static_cast<double>(g.in_row(group, r)) / static_cast<double>(up);
        if (width > 0) box("histogram", x, row_bottom(r + 1), width, row_bottom(r) - row_bottom(r + 1), group == 1 ? o.with : o.without);
        x += width;
      }
    }
  }

  void draw_axes(bool no_effect_line) {
    if (no_effect_line && axis.contains(0)) line("no-effect", axis.x(0), top, axis.x(0), bottom, {grey, 1, 3});
    line("axis", left, bottom, right, bottom, {ink, 1});
    line("axis", left, top, left, bottom, {ink, 1});
    for (const axis_tick& t : axis.ticks) {
      line("tick", axis.x(t.position), bottom, axis.x(t.position), bottom + 4, {ink, 1});
      text("tick-label", axis.x(t.position), bottom + 6 + small, t.label, text_anchor::middle, small, ink, false);
    }
    for (const int percent : {0, 25, 50, 75, 100}) {
      const double y = bottom - (bottom - top) * percent / 100;
      line("tick", left - 4, y, left, y, {ink, 1});
      text("tick-label", left - 7, y + 0.35 * small, std::to_string(percent) + "%", text_anchor::end, small, ink, false);
    }
    if (g.all) diamond("all", axis.x((*g.all)[0]), bottom - (bottom - top) * (*g.all)[1]);
  }
};

}  // namespace detail

/// Picture of a GOSH: each subset at its estimate (ratios on a logarithmic axis) and its I2, with the distribution of either at the sides.
///
/// The points are counted in cells, darker where more subsets lie (by the logarithm of their number), so that the file stays below half a megabyte for any number of subsets. With options.study the subsets with
/// that study are told from the others by colour; a study that makes the trials differ parts them into two clouds. The diamond is the meta-analysis of all studies, if it is among the rows.
/// Throws input_error if options.study is no index of a study or the figure is smaller than 320 x 300; not_estimable if no subset of options.minimum studies has an estimate.
/// Olkin, Dahabreh & Trikalinos (2012) Res Synth Methods 3:214, doi:10.1002/jrsm.1053.
template <class Real>
scene gosh_plot(const gosh_result<Real>& r, const gosh_plot_options& options = {}) {
  constexpr const char* function = "gosh_plot";
  if (options.study && *options.study >= r.k())
    detail::throw_input_error(function,
                              "there is no study with index " + std::to_string(*options.study) + " among " + std::to_string(r.k()));
  if (!(options.width >= 320 && options.width <= 1e5 && options.height >= 300 && options.height <= 1e5)) {
    detail::throw_input_error(function, "the figure must be at least 320 wide and 300 high");
  }
  detail::gosh_grid grid = detail::count_points(r, options.study, options.minimum, 100, 60);
  const std::string study = options.study ? r.labels[*options.study] : std::string{};
  const std::string count = detail::grouped_text(grid.total[0] + grid.total[1]);
  const std::string of = count + (r.exhaustive ? " subsets" : " random subsets") + " of " + std::to_string(r.k()) + " studies";
  std::vector<std::string> notes{of + " (" + r.method + "); " +
                                 (options.minimum > 1 ? std::to_string(options.minimum) + " studies or more in each; " : std::string{}) +
                                 "the darker, the more of them"};
  const bool log_axis = r.measure.scale == scale::log;
  detail::gosh_layout<> layout(std::move(grid), options);
  scene s = layout.draw(study, std::string(r.measure.label), log_axis ? scale::log : scale::identity,
                        r.measure.comparison && (log_axis || r.measure.scale == scale::identity), notes);
  s.title = options.title.empty() ? "GOSH plot" : options.title;
  s.description =
      "Estimate and I2 of " + of + " by " + r.method + (options.study ? ", those with " + study + " apart from the others." : ".");
  return s;
}

}  // namespace metapool
