// SPDX-License-Identifier: BSL-1.0
// Text in aligned columns for a terminal.
#pragma once

#include <metapool/text/utf8.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

/// How many columns of a terminal a text takes: combining marks none, East Asian wide characters two, all others one.
template <class = void>
std::size_t display_width(std::string_view s) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < s.size();) {
    const char32_t c = next_code_point(s, at);
    const bool combining = (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x20D0 && c <= 0x20FF) || c == 0x200B || c == 0x200D ||
                           (c >= 0xFE00 && c <= 0xFE0F);
    const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
                      (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
                      (c >= 0x20000 && c <= 0x3FFFD);
    width += combining ? 0 : wide ? 2 : 1;
  }
  return width;
}

/// Rows of cells, printed with columns as wide as their widest cell and two blanks between.
class aligned_columns {
 public:
  /// alignment: one character a column, 'l' or 'r'.
  explicit aligned_columns(std::string_view alignment) : alignment_(alignment) {}

  void add(std::vector<std::string> cells) { rows_.push_back({std::move(cells), false}); }
  /// A line of dashes over the whole width.
  void rule() { rows_.push_back({{}, true}); }

  std::string text(std::string_view indent = "") const {
    std::vector<std::size_t> width(alignment_.size(), 0);
    for (const row& r : rows_) {
      for (std::size_t c = 0; c < r.cells.size() && c < width.size(); ++c) width[c] = (std::max)(width[c], display_width<>(r.cells[c]));
    }
    std::size_t total = width.empty() ? 0 : 2 * (width.size() - 1);
    for (const std::size_t w : width) total += w;
    std::string out;
    for (const row& r : rows_) {
      std::string line(indent);
      if (r.is_rule) line.append(total, '-');
      for (std::size_t c = 0; c < r.cells.size() && c < width.size(); ++c) {
        const std::string blanks(width[c] - display_width<>(r.cells[c]), ' ');
        if (c > 0) line += "  ";
        line += alignment_[c] == 'r' ? blanks + r.cells[c] : r.cells[c] + blanks;
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
    return out;
  }

 private:
  struct row {
    std::vector<std::string> cells;
    bool is_rule;
  };
  std::string alignment_;
  std::vector<row> rows_;
};

/// Breaks a text at blanks into lines of at most `width` columns (longer words stay whole), each after `indent` but the first.
template <class = void>
std::string wrapped(std::string_view text, std::size_t width, std::string_view indent) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = (std::min)(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t w = display_width<>(word);
    if (column > 0 && column + 1 + w > width) {
      out.append("\n").append(indent);
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out.append(word);
    column += w;
    at = end + 1;
  }
  return out;
}

}  // namespace metapool::detail
