// SPDX-License-Identifier: BSL-1.0
// Where everything of a forest plot stands: from rows to a scene.
#pragma once

#include <metapool/plot/forest_area.hpp>
#include <metapool/plot/forest_columns.hpp>
#include <metapool/plot/forest_table.hpp>
#include <metapool/plot/scene.hpp>
#include <metapool/plot/text_width.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Lays out one forest plot: title, headings, rows, axis and statistics, footnotes, from top to bottom.
template <class = void>
class forest_layout : forest_columns {
 public:
  explicit forest_layout(const forest_table& table) : forest_columns{table} {}

  scene draw() {
    place_columns();
    out.title = t.accessible_title;
    out.description = t.description;
    double y = draw_title(margin);
    y = draw_headings(y);
    const std::size_t reference_at = out.shapes.size();
    const double top = y;
    y = draw_rows(y);
    draw_reference_lines(reference_at, top, y);
    const double below_axis = draw_axis(y), below_statistics = draw_statistics(y);
    y = (std::max)(below_axis, below_statistics);
    y = draw_footnotes(y);
    out.width = std::ceil(right + margin);
    out.height = std::ceil(y + margin);
    return std::move(out);
  }

 private:
  scene out{};

  /// Lines of a statistics text, never broken within "p = 0.04": its spaces are no-break spaces while it is wrapped.
  static std::vector<std::string> statistics_lines(const std::string& text, double width) {
    const std::string joint = "\xC2\xA0";
    std::string s = clean_text(text);
    for (const char* sign : {" = ", " < ", " > "}) {
      for (auto at = s.find(sign); at != std::string::npos; at = s.find(sign, at)) s.replace(at, 3, joint + sign[1] + joint);
    }
    auto lines = wrap_text(s, small, false, width);
    for (auto& l : lines) {
      // two bytes to one: erased and set, since g++ 12 warns without cause (-Wrestrict) of a replacement
      for (auto at = l.find(joint); at != std::string::npos; at = l.find(joint, at)) l.erase(at, 1)[at] = ' ';
    }
    return lines;
  }
  void add(const char* role, text_shape s) {
    s.content = clean_text(s.content);
    out.shapes.push_back({role, std::move(s)});
  }
  void add_line(const char* role, double x1, double y1, double x2, double y2, pen stroke) {
    out.shapes.push_back({role, line_shape{x1, y1, x2, y2, stroke}});
  }
  /// A text whose middle stands at the height y.
  void add_centred(const char* role, double x, double y, const std::string& content, text_anchor anchor, bool bold, rgb colour, double em = size) {
    if (content.empty()) return;
    add(role, {.x = x, .y = y + 0.35 * em, .content = content, .size = em, .anchor = anchor, .bold = bold, .colour = colour});
  }

  double draw_title(double y) {
    if (t.title.empty()) return y;
    for (const auto& l : wrap_text(clean_text(t.title), 15, true, right - margin)) {
      add("title", {.x = margin, .y = y + 14, .content = l, .size = 15, .bold = true, .colour = ink});
      y += 20;
    }
    return y + 6;
  }

  double draw_headings(double y) {
    const std::size_t per_arm = t.arm_columns.size();
    std::size_t lines = 0;
    if (has_arm_names()) lines = (std::max)(arm_lines(0, arm_width(0)).size(), arm_lines(1, arm_width(1)).size());
    const double rule = y + line_height * static_cast<double>(lines) + 2;
    const double base = has_arm_names() ? rule + line_height + 1 : y + line_height;
    for (std::size_t arm = 0; arm < t.groups && per_arm != 0; ++arm) {
      if (has_arm_names()) draw_arm_name(arm, rule);
      for (std::size_t j = 0; j < per_arm; ++j) {
        add("heading", {.x = column_right[arm * per_arm + j], .y = base, .content = t.arm_columns[j], .size = small, .anchor = text_anchor::end, .colour = ink});
      }
    }
    add("heading", {.x = margin, .y = base, .content = t.study_heading, .size = size, .bold = true, .colour = ink});
    add("heading", {.x = effect_right, .y = base, .content = t.effect_heading, .size = size, .anchor = text_anchor::end, .bold = true, .colour = ink});
    if (t.has_weights) add("heading", {.x = right, .y = base, .content = "Weight", .size = size, .anchor = text_anchor::end, .bold = true, .colour = ink});
    add_line("rule", margin, base + 6, right, base + 6, {ink, 1});
    return base + 10;
  }

  /// The name of an arm over its columns, above the rule at this height.
  void draw_arm_name(std::size_t arm, double rule) {
    const double end = column_right[(arm + 1) * t.arm_columns.size() - 1], width = arm_width(arm);
    const auto names = arm_lines(arm, width);
    double at = rule - 5 - line_height * static_cast<double>(names.size() - 1);
    for (const auto& l : names) {
      add("heading", {.x = end - width / 2, .y = at, .content = l, .size = size, .anchor = text_anchor::middle, .bold = true, .colour = ink});
      at += line_height;
    }
    add_line("rule", end - width, rule, end, rule, {rule_colour, 0.75});
  }

  double draw_rows(double y) {
    double heaviest = 0;
    for (const auto& r : t.rows) {
      if (r.kind == forest_row_kind::study) heaviest = (std::max)(heaviest, r.weight);
    }
    bool rule_due = true;
    for (const auto& r : t.rows) {
      if (r.kind == forest_row_kind::pooled && rule_due) {
        add_line("rule", margin, y + 3, area.left - block_gap, y + 3, {rule_colour, 0.75});
        add_line("rule", area.right + block_gap, y + 3, right, y + 3, {rule_colour, 0.75});
        y += 6;
        rule_due = false;
      }
      y = draw_row(r, y, heaviest);
      if (grouped && r.kind == forest_row_kind::statistics) y += 8;
    }
    return y;
  }

  double draw_row(const forest_row& r, double y, double heaviest) {
    const bool bold = is_bold(r.kind), statistics = r.kind == forest_row_kind::statistics, out_of_pool = r.kind == forest_row_kind::not_pooled;
    const double em = text_size(r.kind), in = indent_of(r.kind);
    const rgb colour = out_of_pool ? t.colours.grey : ink;
    const auto labels = statistics ? statistics_lines(r.label, area.left - block_gap - margin) : wrap_text(clean_text(r.label), em, bold, label_wrap);
    const auto notes = wrap_text(clean_text(r.note), small, false, effect_right - area.left - pad);
    const auto lines = (std::max)(labels.size(), notes.size());
    const double height = row_height + (line_height - 1) * static_cast<double>(lines - 1), centre = y + height / 2;
    draw_lines(statistics ? "statistics" : "label", labels, margin + in, centre, em, bold, colour);
    for (std::size_t j = 0; j < r.cells.size(); ++j) add_centred("cell", column_right[j], centre, r.cells[j], text_anchor::end, bold, colour);
    add_centred("effect", effect_right, centre, r.effect, text_anchor::end, bold, colour);
    if (t.has_weights) add_centred("weight", right, centre, r.weight_text, text_anchor::end, bold, colour);
    if (!r.note.empty()) draw_lines("note", notes, area.left + pad, centre, small, false, colour);
    if (r.span) {
      if (r.kind == forest_row_kind::study) area.draw_study(out.shapes, *r.span, heaviest > 0 ? r.weight / heaviest : 0, centre);
      if (r.kind == forest_row_kind::prediction) area.draw_prediction(out.shapes, *r.span, centre);
      if (r.kind == forest_row_kind::pooled || r.kind == forest_row_kind::subtotal) area.draw_diamond(out.shapes, *r.span, centre);
    }
    return y + height;
  }

  void draw_lines(const char* role, const std::vector<std::string>& lines, double x, double centre, double em, bool bold, rgb colour) {
    double at = centre - (line_height - 1) * static_cast<double>(lines.size() - 1) / 2;
    for (const auto& l : lines) {
      add_centred(role, x, at, l, text_anchor::start, bold, colour, em);
      at += line_height - 1;
    }
  }

  /// The lines of no effect and of the pooled estimate, painted before the rows. A note in the plot area interrupts them.
  void draw_reference_lines(std::size_t at, double top, double bottom) {
    std::vector<std::pair<double, double>> gaps;
    double last = top;
    for (auto s = out.shapes.begin() + static_cast<std::ptrdiff_t>(at); s != out.shapes.end(); ++s) {
      if (s->role != "note") continue;
      const auto& note = std::get<text_shape>(s->form);
      gaps.emplace_back(note.y - note.size, note.y + 0.35 * note.size);
    }
    std::vector<shape> lines;
    const auto vertical = [&](const char* role, double y, pen stroke) {
      if (!area.axis.contains(y)) return;
      const double x = area.axis.x(y);
      last = top;
      for (const auto& g : gaps) {
        if (g.first > last) lines.push_back({role, line_shape{x, last, x, g.first, stroke}});
        last = (std::max)(last, g.second);
      }
      if (bottom > last) lines.push_back({role, line_shape{x, last, x, bottom, stroke}});
    };
    if (t.reference) vertical("pooled-line", *t.reference, {t.colours.diamond, 1, 3});
    if (t.comparison) vertical("null-line", 0, {rule_colour, 1});
    out.shapes.insert(out.shapes.begin() + static_cast<std::ptrdiff_t>(at), lines.begin(), lines.end());
  }

  double draw_axis(double y) {
    add_line("axis", area.left, y, area.right, y, {ink, 1});
    for (const auto& tick : area.axis.ticks) {
      const double x = area.axis.x(tick.position);
      add_line("tick", x, y, x, y + 4, {ink, 1});
      add("tick-label", {.x = x, .y = y + 15, .content = tick.label, .size = small, .anchor = text_anchor::middle, .colour = ink});
    }
    y += 20;
    if (t.favours_left.empty() && t.favours_right.empty()) return y;
    // On both sides of the line of no effect, or of the middle if there is no room for the words; growing outward from a pointer, so that they keep apart in
    // whatever font the viewer has.
    const std::string left = clean_text(t.favours_left), over = clean_text(t.favours_right);
    const double middle = (area.left + area.right) / 2, zero = t.comparison && area.axis.contains(0) ? area.axis.x(0) : middle, inset = 17, wider = 1.1;
    const auto wrapped = [&](const std::string& text, double room) { return wrap_text(text, small, false, (room - inset) / wider); };
    const auto whole_words = [&](const std::string& text, double room) {
      std::string joined;
      const auto lines = wrapped(text, room);
      for (const auto& l : lines) joined += (joined.empty() ? "" : " ") + l;
      return text.empty() || (joined == text && lines.size() <= 3 && text_width(lines.front(), small) < room - inset);
    };
    const double between = whole_words(left, zero - area.left) && whole_words(over, area.right - zero) ? zero : middle;
    const auto left_lines = wrapped(left, between - area.left), over_lines = wrapped(over, area.right - between);
    if (!left.empty()) {
      draw_lines_down("favours", left_lines, between - inset, y, text_anchor::end);
      draw_pointer(between - inset + 4, y + 7, true);
    }
    if (!over.empty()) {
      draw_lines_down("favours", over_lines, between + inset, y, text_anchor::start);
      draw_pointer(between + inset - 4, y + 7, false);
    }
    return y + line_height * static_cast<double>((std::max)(left_lines.size(), over_lines.size()));
  }
  void draw_lines_down(const char* role, const std::vector<std::string>& lines, double x, double y, text_anchor anchor) {
    for (const auto& l : lines) {
      if (!l.empty()) add(role, {.x = x, .y = y + 11, .content = l, .size = small, .anchor = anchor, .colour = ink});
      y += line_height;
    }
  }
  void draw_pointer(double tip, double y, bool to_left) {
    const double foot = to_left ? tip + 7 : tip - 7;
    out.shapes.push_back({"pointer", polygon_shape{{{tip, y}, {foot, y - 3.5}, {foot, y + 3.5}}, ink, {}}});
  }

  double draw_statistics(double y) {
    y += 5;
    for (const auto& s : t.statistics) {
      for (const auto& l : statistics_lines(s, area.left - block_gap - margin)) {
        add("statistics", {.x = margin, .y = y + 11, .content = l, .size = small, .colour = ink});
        y += line_height;
      }
      y += 2;
    }
    return y;
  }

  double draw_footnotes(double y) {
    if (!t.footnotes.empty()) y += 8;
    for (const auto& s : t.footnotes) {
      for (const auto& l : wrap_text(clean_text(s), tiny, false, right - margin)) {
        add("footnote", {.x = margin, .y = y + 10, .content = l, .size = tiny, .colour = t.colours.grey});
        y += line_height - 1;
      }
    }
    return y;
  }
};

}  // namespace metapool::detail
