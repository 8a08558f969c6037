// SPDX-License-Identifier: BSL-1.0
// A picture as plain values: what a plot function returns and a writer (svg.hpp) takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace metapool {

/// A colour of the screen, 0 to 255 a channel.
struct rgb {
  std::uint8_t red{}, green{}, blue{};
  friend bool operator==(const rgb&, const rgb&) = default;
};

/// How a line or an outline is drawn. width: user units; dash: lengths of dash and gap, 0 for a solid line.
struct pen {
  rgb colour{};
  double width = 1;
  double dash = 0;
};

/// A point of the picture. Units: user units (CSS pixels at scale 1), x to the right, y downwards.
struct scene_point {
  double x{}, y{};
};

/// A rectangle; x, y is its upper left corner.
struct rectangle_shape {
  double x{}, y{}, width{}, height{};
  std::optional<rgb> fill{};
  std::optional<pen> outline{};
};

/// A straight line.
struct line_shape {
  double x1{}, y1{}, x2{}, y2{};
  pen stroke{};
};

/// A closed polygon.
struct polygon_shape {
  std::vector<scene_point> points{};
  std::optional<rgb> fill{};
  std::optional<pen> outline{};
};

/// Which point of a text its x means.
enum class text_anchor : std::uint8_t { start, middle, end };

/// One line of text in Helvetica, Arial or Liberation Sans (their widths are equal). y: the baseline. size: the em.
/// content: UTF-8; what is not valid is shown as U+FFFD.
struct text_shape {
  double x{}, y{};
  std::string content{};
  double size = 12;
  text_anchor anchor = text_anchor::start;
  bool bold = false;
  rgb colour{};
};

struct shape;

/// Shapes that belong together.
struct group_shape {
  std::vector<shape> children;  // no initialiser: shape is not complete here
};

/// One element of a scene. role: what it is in the plot ("square", "whisker", "diamond", "label", ...); the class attribute in SVG.
struct shape {
  std::string role{};
  std::variant<rectangle_shape, line_shape, polygon_shape, text_shape, group_shape> form{};
};

/// A picture: shapes are painted in order, on white. title and description are for those who do not see it.
struct scene {
  double width{}, height{};
  std::string title{};
  std::string description{};
  std::vector<shape> shapes{};
};

/// Calls f(shape) for every shape that is not a group, in painting order.
template <class F>
void for_each_shape(const std::vector<shape>& shapes, const F& f) {
  for (const auto& s : shapes) {
    if (const auto* g = std::get_if<group_shape>(&s.form)) {
      for_each_shape(g->children, f);
    } else {
      f(s);
    }
  }
}

}  // namespace metapool
