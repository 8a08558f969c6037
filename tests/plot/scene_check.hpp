// SPDX-License-Identifier: BSL-1.0
// Reads a scene as a test sees it: shapes by role, boxes of texts, what overlaps what.
#pragma once

#include <metapool/plot/scene.hpp>
#include <metapool/plot/text_width.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool_test {

struct box {
  double left, top, right, bottom;
  bool meets(const box& o) const { return left < o.right && o.left < right && top < o.bottom && o.top < bottom; }
};

/// Where the ink of a text may be: ascenders and digits reach 0.73 em up, descenders 0.21 em down (Helvetica).
inline box box_of(const metapool::text_shape& t) {
  const double width = metapool::text_width(t.content, t.size, t.bold);
  const double left = t.anchor == metapool::text_anchor::start ? t.x : t.anchor == metapool::text_anchor::end ? t.x - width : t.x - width / 2;
  return {left, t.y - 0.73 * t.size, left + width, t.y + 0.21 * t.size};
}

/// All shapes of one kind with this role (all roles if empty), in painting order.
template <class Shape>
std::vector<Shape> shapes_of(const metapool::scene& s, std::string_view role = {}) {
  std::vector<Shape> found;
  metapool::for_each_shape(s.shapes, [&](const metapool::shape& x) {
    if (const auto* form = std::get_if<Shape>(&x.form); form != nullptr && (role.empty() || x.role == role)) found.push_back(*form);
  });
  return found;
}

inline std::vector<std::string> texts(const metapool::scene& s, std::string_view role) {
  std::vector<std::string> found;
  for (const auto& t : shapes_of<metapool::text_shape>(s, role)) found.push_back(t.content);
  return found;
}

/// The text of all lines of a role, joined by spaces.
inline std::string joined(const metapool::scene& s, std::string_view role) {
  std::string all;
  for (const auto& t : texts(s, role)) all += (all.empty() ? "" : " ") + t;
  return all;
}

/// The x of the plot area's ends.
inline std::pair<double, double> plot_area(const metapool::scene& s) {
  const auto axis = shapes_of<metapool::line_shape>(s, "axis");
  return {axis.at(0).x1, axis.at(0).x2};
}

/// What is wrong with the layout of a forest plot; empty if nothing is: texts that meet, texts or shapes outside of the canvas, marks outside of the plot
/// area, vertical lines through texts.
inline std::string layout_faults(const metapool::scene& s) {
  std::string faults;
  const auto all = shapes_of<metapool::text_shape>(s);
  std::vector<box> boxes;
  for (const auto& t : all) boxes.push_back(box_of(t));
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const box& b = boxes[i];
    if (!(b.left >= 0 && b.top >= 0 && b.right <= s.width && b.bottom <= s.height)) faults += "'" + all[i].content + "' leaves the canvas; ";
    for (std::size_t j = i + 1; j < boxes.size(); ++j) {
      if (b.meets(boxes[j])) faults += "'" + all[i].content + "' meets '" + all[j].content + "'; ";
    }
  }
  const auto [left, right] = plot_area(s);
  const auto inside = [&, left = left, right = right](std::string_view role, double x1, double x2) {
    if (!(x1 >= left - 1e-9 && x2 <= right + 1e-9)) faults += std::string(role) + " outside of the plot area; ";
  };
  metapool::for_each_shape(s.shapes, [&](const metapool::shape& x) {
    if (const auto* r = std::get_if<metapool::rectangle_shape>(&x.form)) inside(x.role, r->x, r->x + r->width);
    if (const auto* p = std::get_if<metapool::polygon_shape>(&x.form)) {
      for (const auto& q : p->points) {
        inside(x.role, q.x, q.x);
        if (!(q.y >= 0 && q.y <= s.height)) faults += x.role + " leaves the canvas; ";
      }
    }
    if (const auto* l = std::get_if<metapool::line_shape>(&x.form)) {
      if (x.role != "rule") inside(x.role, std::min(l->x1, l->x2), std::max(l->x1, l->x2));
      if (x.role == "rule" && !(l->x1 >= 0 && l->x2 <= s.width && l->x1 <= l->x2)) faults += "a rule leaves the canvas; ";
      const box line{std::min(l->x1, l->x2) - 0.01, std::min(l->y1, l->y2) - 0.01, std::max(l->x1, l->x2) + 0.01, std::max(l->y1, l->y2) + 0.01};
      for (std::size_t i = 0; i < boxes.size(); ++i) {
        if (line.meets(boxes[i])) faults += x.role + " crosses '" + all[i].content + "'; ";
      }
    }
  });
  return faults;
}

}  // namespace metapool_test
