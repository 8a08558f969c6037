// SPDX-License-Identifier: BSL-1.0
// What became of lines.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/lines/filter_options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace metapool {

/// A line that could not be read.
struct line_problem {
  std::uint64_t line = 0;  ///< number of lines before it
  std::string what{};
};

/// Counts over lines, which add up: reports of consecutive pieces give the report of the whole, whatever the pieces.
struct line_report {
  static constexpr std::size_t most_problems = 10;
  std::uint64_t lines = 0;
  std::uint64_t malformed = 0;                 ///< their row has the status "malformed"
  std::array<std::uint64_t, 7> by_status{};    ///< of the other lines, by batch_status
  std::vector<line_problem> problems{};        ///< the first most_problems malformed lines

  /// Adds the report of the lines that follow.
  void add(const line_report& next) {
    for (const line_problem& p : next.problems) {
      if (problems.size() < most_problems) problems.push_back({lines + p.line, p.what});
    }
    lines += next.lines;
    malformed += next.malformed;
    for (std::size_t i = 0; i < by_status.size(); ++i) by_status[i] += next.by_status[i];
  }
};

/// The report in words, a line each. before: lines of the file before the first that was read (1 for a header).
template <class = void>
std::string describe(const line_report& r, std::uint64_t before = 0) {
  std::string text;
  const auto count = [&](std::uint64_t n, const char* what) {
    if (n != 0) text.append(text.empty() ? "" : ", ").append(std::to_string(n)).append(" ").append(what);
  };
  for (std::size_t i = 0; i < r.by_status.size(); ++i) count(r.by_status[i], detail::status_text(static_cast<batch_status>(i)));
  count(r.malformed, "malformed");
  std::string all = std::to_string(r.lines);
  all.append(r.lines == 1 ? " line" : " lines").append(text.empty() ? "" : ": ").append(text).append("\n");
  for (const line_problem& p : r.problems) all.append("line ").append(std::to_string(before + p.line + 1)).append(": ").append(p.what).append("\n");
  if (r.malformed > r.problems.size()) all.append("and ").append(std::to_string(r.malformed - r.problems.size())).append(" more malformed lines\n");
  return all;
}

}  // namespace metapool
