// SPDX-License-Identifier: BSL-1.0
// A line of cells between tabs.
#pragma once

#include <metapool/data/quick_number.hpp>
#include <metapool/lines/line_rows.hpp>
#include <metapool/lines/study_layout.hpp>

#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The line without its end, "\n" or "\r\n".
constexpr std::string_view without_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// The cells of a line.
template <class = void>
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find('\t', begin);
    cells.emplace_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) return cells;
    begin = end + 1;
  }
}

/// A text of a file as messages show it: no more than 40 bytes, nothing that a terminal would obey.
template <class = void>
std::string shown_text(std::string_view text) {
  std::string s;
  for (const char c : text.substr(0, 40)) s.push_back(static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c);
  if (text.size() > 40) s.append("...");
  return s;
}

/// Reads a line by the layout: its numbers into r, the cells that are kept into `kept` (as many as the layout keeps, empty where the line is too short).
template <class = void>
void read_tsv_line(std::string_view line, const study_layout& layout, const number_format& format, line_rows& r, std::vector<std::string_view>& kept) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  line_row row{.first = r.numbers.size(), .studies = layout.studies, .kind = layout.kind};
  const std::size_t size = layout.studies * layout.width();
  r.numbers.resize(row.first + size, nan);
  double* const numbers = r.numbers.data() + row.first;
  const auto fail = [&](std::string what) {
    if (!row.malformed) row.problem = std::move(what);
    row.malformed = true;
  };
  const char* at = line.data();
  const char* const end = at + line.size();
  std::size_t cells = 0;
  bool more = true;  // a cell begins at `at`
  for (const study_layout::column& column : layout.columns) {
    if (!more) {
      if (column.kept) kept.emplace_back();
      continue;
    }
    ++cells;
    const char* stop = nullptr;
    double x = nan;
    if (column.slot >= 0 && !column.kept) stop = quick_number(at, end, format.decimal, x);
    if (stop == nullptr || (stop != end && *stop != '\t')) {
      const void* tab = std::memchr(at, '\t', static_cast<std::size_t>(end - at));
      stop = tab == nullptr ? end : static_cast<const char*>(tab);
      const std::string_view cell(at, static_cast<std::size_t>(stop - at));
      if (column.kept) kept.push_back(cell);
      if (column.slot >= 0) {
        const parsed_number<double> n = parse_number<double>(cell, format);
        x = n.status == number_status::number ? n.value : nan;
        if (n.status == number_status::not_a_number) fail("column '" + shown_text(column.name) + "': '" + shown_text(cell) + "' is not a number");
        if (n.status == number_status::out_of_range) fail("column '" + shown_text(column.name) + "': '" + shown_text(cell) + "' is too large or too small for a number");
      }
    }
    if (column.slot >= 0) numbers[column.slot] = x;
    more = stop != end;
    at = more ? stop + 1 : end;
  }
  if (cells != layout.columns.size() || more) {
    std::size_t all = cells;
    if (more) {
      ++all;
      for (; at != end; ++at) all += *at == '\t' ? 1 : 0;
    }
    std::string what("there are ");
    what.append(std::to_string(line.empty() ? 0 : all)).append(" cells, not ").append(std::to_string(layout.columns.size()));
    row.malformed = false;  // this is the first thing to know
    fail(std::move(what));
  }
  if (layout.kind == study_kind::tables) {
    for (std::size_t i = 0; i < layout.studies; ++i) {  // totals from non-events, of which a negative one stays one that is refused
      const std::size_t k = layout.studies;
      const auto total = [&](bool given, double events, double& other) {
        if (!given) other = other < 0 ? -1 : events + other;
      };
      total(layout.treated_totals, numbers[i], numbers[k + i]);
      total(layout.control_totals, numbers[2 * k + i], numbers[3 * k + i]);
    }
  }
  r.rows.push_back(std::move(row));
}

}  // namespace metapool::detail
