// SPDX-License-Identifier: BSL-1.0
// The plot area of a forest plot: squares, whiskers, diamonds and prediction intervals over one axis.
#pragma once

#include <metapool/plot/axis.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/plot/scene.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Everything that is drawn over the axis goes through here. The axis keeps a margin of `pad` to the area's sides: squares at its ends stay
/// inside, and arrowheads have their place there.
struct forest_area {
  static constexpr double square_side = 14, diamond_half = 7, pad = square_side / 2 + 3, arrow = 6;
  static constexpr rgb ink{0x1a, 0x1a, 0x1a};

  effect_axis axis{};
  double left = 0, right = 0;
  forest_colours colours{};

  /// share: the study's weight as a share of the heaviest study's; the area of the square is proportional to it.
  template <class = void>
  void draw_study(std::vector<shape>& out, const forest_span& s, double share, double centre) const {
    const bool seen = axis.contains(s.estimate);
    const double x = axis.x(s.estimate), side = square_side * std::sqrt(share);
    if (seen) out.push_back({"square", rectangle_shape{x - side / 2, centre - side / 2, side, side, colours.square, {}}});
    draw_interval(out, "whisker", s, centre, {ink, 1});
    if (seen) out.push_back({"estimate", line_shape{x, centre - 2.5, x, centre + 2.5, {ink, 1}}});
  }

  /// Between the ends of the axis; where the diamond is cut, a flat side and an arrowhead say so.
  template <class = void>
  void draw_diamond(std::vector<shape>& out, const forest_span& s, double centre) const {
    std::vector<scene_point> cut{{s.lower, 0}, {s.estimate, -1}, {s.upper, 0}, {s.estimate, 1}};
    cut = clip(clip(cut, axis.lower, true), axis.upper, false);
    for (auto& p : cut) p = {axis.x(p.x), centre + diamond_half * p.y};
    if (!cut.empty()) out.push_back({"diamond", polygon_shape{std::move(cut), colours.diamond, pen{colours.diamond, 1}}});
    if (s.lower < axis.lower) draw_arrow(out, centre, true, colours.diamond);
    if (s.upper > axis.upper) draw_arrow(out, centre, false, colours.diamond);
  }

  template <class = void>
  void draw_prediction(std::vector<shape>& out, const forest_span& s, double centre) const {
    draw_interval(out, "prediction", s, centre, {colours.prediction, 3});
    for (const double end : {s.lower, s.upper}) {
      if (!axis.contains(end)) continue;
      out.push_back({"prediction-end", line_shape{axis.x(end), centre - 4.5, axis.x(end), centre + 4.5, {colours.prediction, 1.5}}});
    }
  }

 private:
  /// A horizontal line from lower to upper, with arrowheads where it leaves the axis.
  template <class = void>
  void draw_interval(std::vector<shape>& out, const char* role, const forest_span& s, double centre, pen stroke) const {
    const bool below = s.lower < axis.lower, above = s.upper > axis.upper;
    const double from = below ? left + arrow - 1 : axis.x((std::min)(s.lower, axis.upper));
    const double to = above ? right - arrow + 1 : axis.x((std::max)(s.upper, axis.lower));
    if (s.upper >= axis.lower && s.lower <= axis.upper) out.push_back({role, line_shape{from, centre, to, centre, stroke}});
    if (below) draw_arrow(out, centre, true, stroke.colour);
    if (above) draw_arrow(out, centre, false, stroke.colour);
  }

  template <class = void>
  void draw_arrow(std::vector<shape>& out, double centre, bool to_left, rgb colour) const {
    const double tip = to_left ? left : right, foot = to_left ? tip + arrow : tip - arrow;
    out.push_back({"arrow", polygon_shape{{{tip, centre}, {foot, centre - arrow / 2}, {foot, centre + arrow / 2}}, colour, {}}});
  }

  /// The part of a convex polygon to the right (or left) of a vertical line.
  template <class = void>
  static std::vector<scene_point> clip(const std::vector<scene_point>& p, double limit, bool keep_right) {
    const auto inside = [&](const scene_point& a) { return keep_right ? a.x >= limit : a.x <= limit; };
    std::vector<scene_point> kept;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const scene_point &a = p[i], &b = p[(i + 1) % p.size()];
      if (inside(a)) kept.push_back(a);
      if (inside(a) != inside(b)) kept.push_back({limit, a.y + (limit - a.x) / (b.x - a.x) * (b.y - a.y)});
    }
    return kept;
  }
};

}  // namespace metapool::detail
