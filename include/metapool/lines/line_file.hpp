// SPDX-License-Identifier: BSL-1.0
// A file of lines: its names of columns, and where its lines are.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/lines/filter_options.hpp>
#include <metapool/lines/tsv_line.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace metapool {

/// What a filter needs to know of a file before it reads its lines.
struct line_file {
  std::vector<std::string> names{};  ///< of the columns; empty for ndjson
  bool has_header = false;           ///< the names stood in its first line
  byte_range lines{};                ///< where its lines are
};

namespace detail {

/// The names in a first line; a byte order mark is no part of them. Throws input_error if there is no line.
template <class = void>
std::vector<std::string> names_in(std::string_view first_line, const std::string& file, const char* function) {
  if (first_line.empty()) throw_input_error(function, file + ": the file is empty: there must be a line with the names of the columns");
  if (first_line.substr(0, 3) == "\xEF\xBB\xBF") first_line.remove_prefix(3);
  return cells_of(without_end(first_line));
}

/// Names given in one text: between tabs if there is one, else between blanks or commas.
template <class = void>
std::vector<std::string> names_given(std::string_view text) {
  return text.find('\t') == std::string_view::npos ? words_of(text) : cells_of(without_end(text));
}

}  // namespace detail

/// Looks at a file. columns: the names of its columns if it has no line that says them (as names_given). Throws input_error if it cannot be read.
template <class = void>
line_file look_at_lines(const std::string& path, line_format format, std::string_view columns = {}, const char* function = "look_at_lines") {
  line_file file;
  file.lines = {0, file_size(path, function)};
  if (format == line_format::ndjson) return file;
  if (!columns.empty()) {
    file.names = detail::names_given(columns);
    return file;
  }
  line_reader reader(path, file.lines, function);
  const std::string_view first = reader.line();
  file.names = detail::names_in(first, path, function);
  file.has_header = true;
  file.lines.begin = first.size();
  return file;
}

}  // namespace metapool
