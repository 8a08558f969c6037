// SPDX-License-Identifier: BSL-1.0
// A scene as SVG.
#pragma once

#include <metapool/data/file.hpp>
#include <metapool/text/number_text.hpp>
#include <metapool/plot/scene.hpp>
#include <metapool/text/utf8.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace metapool {
namespace detail {

/// Text for an element or a quoted attribute: cleaned, and the five characters of XML's syntax escaped.
template <class = void>
std::string xml_text(std::string_view raw) {
  const std::string text = clean_text(raw);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

/// Writes the elements of a scene one a line.
template <class = void>
struct svg_writer {
  std::string out{};

  void number(const char* attribute, double value) { out.append(" ").append(attribute).append("=\"").append(short_text(value, 2)).append("\""); }
  static std::string hex(const rgb& c) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string s = "#";
    for (const unsigned channel : {unsigned{c.red}, unsigned{c.green}, unsigned{c.blue}}) s.append({digits[channel >> 4U], digits[channel & 15U]});
    return s;
  }
  void open(const char* element, const std::string& role) {
    out.append("<").append(element);
    if (!role.empty()) out.append(" class=\"").append(xml_text(role)).append("\"");
  }
  void paint(const std::optional<rgb>& fill, const std::optional<pen>& outline) {
    out.append(" fill=\"").append(fill ? hex(*fill) : "none").append("\"");
    if (outline) stroke(*outline);
  }
  void stroke(const pen& p) {
    out.append(" stroke=\"").append(hex(p.colour)).append("\"");
    number("stroke-width", p.width);
    if (p.dash > 0) number("stroke-dasharray", p.dash);
  }
  void write(const shape& s) {
    if (const auto* r = std::get_if<rectangle_shape>(&s.form)) {
      open("rect", s.role);
      number("x", r->x); number("y", r->y); number("width", r->width); number("height", r->height);
      paint(r->fill, r->outline);
      out += "/>\n";
    } else if (const auto* l = std::get_if<line_shape>(&s.form)) {
      open("line", s.role);
      number("x1", l->x1); number("y1", l->y1); number("x2", l->x2); number("y2", l->y2);
      stroke(l->stroke);
      out += "/>\n";
    } else if (const auto* p = std::get_if<polygon_shape>(&s.form)) {
      open("polygon", s.role);
      out += " points=\"";
      for (std::size_t i = 0; i < p->points.size(); ++i) {
        out.append(i == 0 ? "" : " ").append(short_text(p->points[i].x, 2)).append(",").append(short_text(p->points[i].y, 2));
      }
      out += "\"";
      paint(p->fill, p->outline);
      out += "/>\n";
    } else if (const auto* t = std::get_if<text_shape>(&s.form)) {
      open("text", s.role);
      number("x", t->x); number("y", t->y); number("font-size", t->size);
      if (t->anchor == text_anchor::middle) out += " text-anchor=\"middle\"";
      if (t->anchor == text_anchor::end) out += " text-anchor=\"end\"";
      if (t->bold) out += " font-weight=\"bold\"";
      if (t->colour != rgb{}) out.append(" fill=\"").append(hex(t->colour)).append("\"");
      out.append(">").append(xml_text(t->content)).append("</text>\n");
    } else if (const auto* g = std::get_if<group_shape>(&s.form)) {
      open("g", s.role);
      out += ">\n";
      for (const auto& child : g->children) write(child);
      out += "</g>\n";
    }
  }
};

/// A short name made of the text (FNV-1a), so that the ids of several figures in one page differ.
template <class = void>
std::string text_id(std::string_view text) {
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string s = "mp-";
  for (int i = 0; i < 8; ++i, h >>= 4U) s.push_back("0123456789abcdef"[h & 15U]);
  return s;
}

}  // namespace detail

/// The scene as the text of an SVG file (UTF-8): white ground, text as text in Helvetica, Arial or Liberation Sans, nothing loaded from
/// elsewhere; role="img" with title and description for screen readers. Coordinates are rounded to two decimals, whatever the locale.
template <class = void>
std::string to_svg(const scene& s) {
  detail::svg_writer<> w;
  const std::string title = detail::xml_text(s.title), description = detail::xml_text(s.description);
  const std::string id = detail::text_id(title + "\n" + description);
  const std::string width = detail::short_text(s.width, 2), height = detail::short_text(s.height, 2);
  w.out += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height + "\" viewBox=\"0 0 " + width + " " + height +
           "\" role=\"img\" aria-labelledby=\"" + id + "-title " + id +
           "-desc\" font-family=\"Arial, Helvetica, 'Liberation Sans', sans-serif\">\n<title id=\"" + id + "-title\">" + title + "</title>\n<desc id=\"" + id +
           "-desc\">" + description + "</desc>\n<rect width=\"" + width + "\" height=\"" + height + "\" fill=\"#ffffff\"/>\n";
  for (const auto& x : s.shapes) w.write(x);
  w.out += "</svg>\n";
  return w.out;
}

/// Writes the scene to a file, whole or not at all: into a new file beside it, then renamed. Throws metapool::error, naming the file, if it
/// cannot be written (the old file, if any, is then unchanged).
template <class = void>
void write_svg(const std::string& path, const scene& s) {
  detail::write_file(path, to_svg(s), "write_svg");
}

}  // namespace metapool
