// SPDX-License-Identifier: BSL-1.0
// Lines in, lines out: a meta-analysis a line.
#pragma once

#include <metapool/data/line_range.hpp>
#include <metapool/lines/filter_options.hpp>
#include <metapool/lines/json_line.hpp>
#include <metapool/lines/line_report.hpp>
#include <metapool/lines/line_rows.hpp>
#include <metapool/lines/study_layout.hpp>
#include <metapool/lines/tsv_line.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/text/shortest_number.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace metapool {

/// Some lines after a filter.
struct filtered_lines {
  std::string text{};
  line_report report{};
};

/// Pools one meta-analysis a line: whole lines in, as many lines out, in their order, with the columns that hold no study's data in front of the results.
///
/// What comes out for a line depends on the line and the options alone: however a file is cut at line ends, and whoever filters the pieces, they follow each other to the
/// same bytes. Numbers are written as the shortest text that reads back the same; what is missing is NA (null), what is infinite Inf ("Inf"). A line that cannot be read gives a row in its place, with
/// the status "malformed", and is counted and described in the report; nothing is thrown for a line. What is passed on stays as it is, byte for byte: neither cells nor the members of objects
/// (RFC 8259) are looked at for UTF-8, and names of members are compared as they are written, escapes and all. Counts become effects by `measure` with 0.5 in the cells of studies with
/// a zero (risk_ratio and its kin, constant_correction), unless the model pools counts.
///
/// names: of the columns, for tsv (the first line of the file); not looked at for ndjson, where the members of each object say what they are: "y1", "v1", "y2", ... or arrays
/// "y" and "v" (study_layout.hpp has the names). The constructor throws input_error if they make no studies or an option is out of its domain.
class line_filter {
 public:
  explicit line_filter(line_filter_options options, const std::vector<std::string>& names = {}) : options_(std::move(options)) {
    constexpr const char* function = "line_filter";
    detail::check_batch_options(function, options_.batch);
    const bool counted = options_.model == line_model::mantel_haenszel || options_.model == line_model::peto;
    if (counted && options_.batch.test == batch_test::hartung_knapp) detail::throw_input_error(function, "Hartung and Knapp's interval is not one of Mantel-Haenszel's or Peto's method");
    if (options_.model == line_model::peto && options_.measure != line_measure::odds_ratio) detail::throw_input_error(function, "Peto's method is one of the odds ratio: measure must be OR");
    for (auto what = options_.results.begin(); what != options_.results.end(); ++what) {
      if (std::find(options_.results.begin(), what, *what) != what) detail::throw_input_error(function, "a result is asked for twice");
    }
    for (const char c : options_.prefix) {
      if (static_cast<unsigned char>(c) <= 32 || c == '"' || c == '\\' || c == 127) detail::throw_input_error(function, "prefix must not hold blanks, quotes or backslashes");
    }
    if (options_.format == line_format::ndjson) return;
    layout_ = detail::layout_of(names, options_);
    if (counted && layout_.kind != detail::study_kind::tables) detail::throw_input_error(function, "Mantel-Haenszel's and Peto's method need counts");
    for (const auto& column : layout_.columns) {
      if (!column.kept) continue;
      kept_.push_back(column.name);
      const auto clash = [&](const char* name) {
        if (column.name == options_.prefix + name) detail::throw_input_error(function, "column '" + column.name + "' has the name of a result: give the results a prefix, or do not keep it");
      };
      for (const line_result what : options_.results) clash(detail::line_results[static_cast<std::size_t>(what)].name);
      clash("status");
    }
  }

  const line_filter_options& options() const { return options_; }

  /// The first line of the output: names for tsv, nothing for ndjson.
  std::string header() const {
    if (options_.format == line_format::ndjson) return {};
    std::string text;
    for (const std::string& name : kept_) text.append(name).append("\t");
    for (const line_result what : options_.results) text.append(options_.prefix).append(detail::line_results[static_cast<std::size_t>(what)].name).append("\t");
    return text.append(options_.prefix).append("status\n");
  }

  /// The lines of a text that begins and ends where lines do (the last line's end may be missing).
  filtered_lines operator()(std::string_view text) const {
    filtered_lines out;
    out.text.reserve(text.size());
    workspace w(options_);
    while (!text.empty()) {
      w.rows.rows.clear();
      w.rows.numbers.clear();
      w.kept.clear();
      w.kept_ends.clear();
      while (!text.empty() && w.rows.rows.size() < tile) {
        const void* found = std::memchr(text.data(), '\n', text.size());
        const std::size_t size = found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + 1;
        const std::string_view line = detail::without_end(text.substr(0, size));
        text.remove_prefix(size);
        if (options_.format == line_format::tsv) {
          detail::read_tsv_line(line, layout_, options_.numbers, w.rows, w.kept);
        } else {
          w.json.read(line, w.rows, w.kept);
        }
        w.kept_ends.push_back(w.kept.size());
      }
      // objects hold any number of studies: places are rounded up to powers of two, so that few sizes occur, and by the line alone
      w.pool.pool(w.rows, [&](std::size_t studies) { return options_.format == line_format::tsv ? studies : std::bit_ceil(studies); });
      write(w, out);
    }
    return out;
  }

 private:
  static constexpr std::size_t tile = 512;  // lines that are read and pooled at a time

  struct workspace {
    explicit workspace(const line_filter_options& options) : pool(options), json(options) {}
    detail::line_rows rows{};
    std::vector<std::string_view> kept{};
    std::vector<std::size_t> kept_ends{};
    detail::line_pool pool;
    detail::json_line_reader json;
  };

  static void append_number(std::string& text, double x, bool json) {
    if (!(std::fabs(x) <= (std::numeric_limits<double>::max)())) {
      text.append(x == x ? (json ? (x < 0 ? "\"-Inf\"" : "\"Inf\"") : (x < 0 ? "-Inf" : "Inf")) : (json ? "null" : "NA"));
      return;
    }
    char buffer[48];
    const bool whole = x < 1e15 && x > -1e15 && static_cast<double>(static_cast<long long>(x)) == x && (x != 0 || !std::signbit(x));
    const auto end = whole ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<long long>(x)).ptr : detail::put_shortest(buffer, x);
    text.append(buffer, static_cast<std::size_t>(end - buffer));
  }

  void write(const workspace& w, filtered_lines& out) const {
    const bool json = options_.format == line_format::ndjson;
    line_report report;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < w.rows.rows.size(); ++i) {
      const detail::line_row& row = w.rows.rows[i];
      const char* status = row.malformed ? "malformed" : detail::status_text(w.rows.states[i]);
      if (json) out.text.push_back('{');
      for (; kept < w.kept_ends[i]; ++kept) out.text.append(w.kept[kept]).push_back(json ? ',' : '\t');
      for (const line_result what : options_.results) {
        const std::size_t at = static_cast<std::size_t>(what);
        if (json) out.text.append("\"").append(options_.prefix).append(detail::line_results[at].name).append("\":");
        append_number(out.text, w.rows.results[at][i], json);
        out.text.push_back(json ? ',' : '\t');
      }
      if (json) {
        out.text.append("\"").append(options_.prefix).append("status\":\"").append(status).append("\"}\n");
      } else {
        out.text.append(status).push_back('\n');
      }
      if (row.malformed) {
        ++report.malformed;
        if (report.problems.size() < line_report::most_problems) report.problems.push_back({report.lines, row.problem});
      } else {
        ++report.by_status[static_cast<std::size_t>(w.rows.states[i])];
      }
      ++report.lines;
    }
    out.report.add(report);
  }

  line_filter_options options_;
  detail::study_layout layout_{};
  std::vector<std::string> kept_{};
};

/// Filters all that a reader gives, by `threads` threads (0: as many as the processor has), and hands the text over in its order to sink(std::string_view). The
/// bytes are the same for any number of threads. Memory: some 4 megabytes a thread, whatever the size of the file.
template <class Sink>
line_report filter_lines(line_reader& from, const line_filter& filter, unsigned threads, Sink&& sink) {
  constexpr std::size_t piece = std::size_t(1) << 18;
  const std::size_t workers = threads != 0 ? threads : (std::max)(std::thread::hardware_concurrency(), 1U);
  line_report report;
  std::vector<std::string_view> pieces;
  std::vector<filtered_lines> answers;
  while (true) {
    std::string_view text = from.next(workers == 1 ? piece : 4 * piece * workers);
    if (text.empty()) return report;
    pieces.clear();
    while (!text.empty()) {
      const std::size_t end = text.size() <= piece ? std::string_view::npos : text.find('\n', piece);
      pieces.push_back(text.substr(0, end == std::string_view::npos ? end : end + 1));
      text.remove_prefix(pieces.back().size());
    }
    answers.resize(pieces.size());
    detail::parallel_for(pieces.size(), threads, [&](std::size_t i) { answers[i] = filter(pieces[i]); }, 1);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      sink(std::string_view(answers[i].text));
      report.add(answers[i].report);
    }
  }
}

}  // namespace metapool
