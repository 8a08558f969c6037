// SPDX-License-Identifier: BSL-1.0
// The study's results as a page of Markdown and as a picture.
#pragma once

#include "study.hpp"

#include <metapool/plot/scene.hpp>
#include <metapool/text/number_text.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace coverage {

/// All results of one kind of interval: tallies[scenario][method].
struct results {
  std::vector<scenario> scenarios;
  std::vector<method> methods;
  std::vector<std::vector<tally>> tallies;

  std::size_t index(std::size_t k, bool balanced, double tau2) const {
    for (std::size_t i = 0; i < scenarios.size(); ++i) {
      if (scenarios[i].k == k && scenarios[i].balanced == balanced && scenarios[i].tau2 == tau2) return i;
    }
    return scenarios.size();
  }
};

using metapool::detail::fixed_text;
using metapool::detail::to_text;

/// One table: a row a method, a column a tau2, balanced left and unbalanced right. cell(tally, yardstick's tally) gives the text.
template <class Cell>
std::string table(const results& r, std::size_t k, const std::vector<double>& tau2, const Cell& cell) {
  std::string text = "| k = " + std::to_string(k) + " |";
  for (const bool balanced : {true, false}) {
    for (const double t : tau2) text += std::string(t == tau2.front() ? (balanced ? " equal sizes, tau2 = " : " unequal, tau2 = ") : " ") + to_text(t) + " |";
  }
  text += "\n|---|";
  for (std::size_t i = 0; i < 2 * tau2.size(); ++i) text += "---:|";
  text += "\n";
  for (std::size_t m = 0; m < r.methods.size(); ++m) {
    if (k < r.methods[m].least_k || r.tallies[r.index(k, true, tau2.front())][m].replicates == 0) continue;
    text += "| " + r.methods[m].name + " |";
    for (const bool balanced : {true, false}) {
      for (const double t : tau2) {
        const auto& row = r.tallies[r.index(k, balanced, t)];
        text += " " + cell(row[m], row[0]) + " |";
      }
    }
    text += "\n";
  }
  return text + "\n";
}

inline std::string share_text(std::size_t part, std::size_t whole) {
  return metapool::detail::to_short_text(100.0 * static_cast<double>(part) / static_cast<double>(whole), 2) + " %";
}

/// Coverage in per cent; bold where it is below 95 by more than three Monte Carlo errors and by at least one point.
/// Behind it the share of replicates in which the method gave an interval, if not all.
inline std::string coverage_cell(const tally& t, const tally&) {
  if (t.given() == 0) return "none";
  std::string value = fixed_text(100 * t.coverage(), 1);
  if (t.coverage() < 0.94 && t.coverage() + 3 * t.error() < 0.95) value = "**" + value + "**";
  if (t.refused > 0) value += " (of " + share_text(t.given(), t.replicates) + ")";
  return value;
}

/// Median width against the yardstick's.
inline std::string width_cell(const tally& t, const tally& yardstick) {
  if (t.given() == 0) return "none";
  const double ratio = t.median_width() / yardstick.median_width();
  return !std::isfinite(ratio) ? "no end" : ratio >= 1000 ? "> 1000" : fixed_text(ratio, 2);
}

/// Coverage against tau2, one panel for each k (columns) and balance (rows), a line a method.
inline metapool::scene picture(const results& r, const std::vector<std::size_t>& ks, const std::vector<double>& tau2, const std::vector<std::size_t>& chosen,
                               const std::string& title) {
  using namespace metapool;
  constexpr rgb ink{0x1a, 0x1a, 0x1a}, grey{0x99, 0x99, 0x99}, pale{0xee, 0xee, 0xee};
  static constexpr rgb colours[] = {{0xd5, 0x5e, 0x00}, {0x00, 0x72, 0xb2}, {0x00, 0x9e, 0x73}, {0xcc, 0x79, 0xa7}, {0xb5, 0x89, 0x00}, {0x56, 0x56, 0x56}, {0x56, 0xb4, 0xe9}, {0x7a, 0x3e, 0x9d}};
  constexpr double left = 62, top = 64, panel_width = 210, panel_height = 150, gap = 22, lowest = 70, highest = 100;
  scene s;
  s.width = left + static_cast<double>(ks.size()) * (panel_width + gap) + 10;
  s.height = top + 2 * (panel_height + gap + 24) + 24 + 18 * static_cast<double>((chosen.size() + 1) / 2);
  s.title = title;
  s.description = "Coverage in per cent of nominal 95 % intervals against the between-study variance, for equal and unequal trials; the numbers are in the tables.";
  const auto text = [&](double x, double y, const std::string& content, text_anchor anchor, bool bold = false) {
    s.shapes.push_back({"label", text_shape{x, y, content, 12, anchor, bold, ink}});
  };
  const auto line = [&](const char* role, double x1, double y1, double x2, double y2, pen stroke) { s.shapes.push_back({role, line_shape{x1, y1, x2, y2, stroke}}); };
  text(left, 22, title, text_anchor::start, true);
  text(left, 40, "Coverage in per cent (values below 70 lie on the lower edge); dashed: the nominal 95 per cent", text_anchor::start);
  for (std::size_t row = 0; row < 2; ++row) {
    for (std::size_t column = 0; column < ks.size(); ++column) {
      const double x0 = left + static_cast<double>(column) * (panel_width + gap), y0 = top + static_cast<double>(row) * (panel_height + gap + 24);
      const auto x_of = [&](std::size_t i) { return x0 + 12 + (panel_width - 24) * static_cast<double>(i) / static_cast<double>(tau2.size() - 1); };
      const auto y_of = [&](double percent) { return y0 + panel_height * (highest - (percent < lowest ? lowest : percent)) / (highest - lowest); };
      s.shapes.push_back({"panel", rectangle_shape{x0, y0, panel_width, panel_height, std::nullopt, pen{grey, 1}}});
      for (const int mark : {70, 75, 80, 85, 90, 100}) {
        if (mark > 70 && mark < 100) line("grid", x0, y_of(mark), x0 + panel_width, y_of(mark), {pale, 1});
        if (column == 0) text(x0 - 6, y_of(mark) + 4, std::to_string(mark), text_anchor::end);
      }
      if (column == 0) text(x0 - 6, y_of(95) + 4, "95", text_anchor::end);
      line("nominal", x0, y_of(95), x0 + panel_width, y_of(95), {ink, 1, 4});
      text(x0 + 6, y0 - 5, "k = " + std::to_string(ks[column]) + (row == 0 ? ", trials of equal size" : ", one trial ten times as large"), text_anchor::start);
      for (std::size_t i = 0; i < tau2.size(); ++i) text(x_of(i), y0 + panel_height + 15, to_text(tau2[i]), text_anchor::middle);
      if (row == 1) text(x0 + panel_width / 2, y0 + panel_height + 31, "between-study variance tau2", text_anchor::middle);
      for (std::size_t c = 0; c < chosen.size(); ++c) {
        if (ks[column] < r.methods[chosen[c]].least_k) continue;
        const rgb colour = colours[c % 8];
        for (std::size_t i = 0; i < tau2.size(); ++i) {
          const double here = 100 * r.tallies[r.index(ks[column], row == 0, tau2[i])][chosen[c]].coverage();
          if (i + 1 < tau2.size()) {
            const double next = 100 * r.tallies[r.index(ks[column], row == 0, tau2[i + 1])][chosen[c]].coverage();
            line("coverage", x_of(i), y_of(here), x_of(i + 1), y_of(next), {colour, 1.8});
          }
          s.shapes.push_back({"point", rectangle_shape{x_of(i) - 2, y_of(here) - 2, 4, 4, colour, std::nullopt}});
        }
      }
    }
  }
  const double legend = top + 2 * (panel_height + gap + 24) + 22;
  for (std::size_t c = 0; c < chosen.size(); ++c) {
    const double x = left + (c % 2 == 0 ? 0 : s.width / 2 - 20), y = legend + 18 * static_cast<double>(c / 2);
    line("key", x, y - 4, x + 24, y - 4, {colours[c % 8], 2.5});
    text(x + 30, y, r.methods[chosen[c]].name, text_anchor::start);
  }
  return s;
}

}  // namespace coverage
