// SPDX-License-Identifier: BSL-1.0
// Delimited text -> a table of texts.
#pragma once

#include <metapool/data/file.hpp>
#include <metapool/data/record_scanner.hpp>
#include <metapool/data/text_table.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// How to read a delimited text. '\0' means: found out from the file (see parse_delimited).
struct delimited_options {
  char delimiter = '\0';  ///< ',', ';', '\t' or another character that is no letter, digit, blank, quote, sign or point
  char decimal = '\0';    ///< '.' or ','
  std::vector<std::string> missing = number_format{}.missing;
};

namespace detail {

/// '.' or ',': what the first number with a mark uses, in the columns asked for. '\0' if no number has one.
template <class Columns>
char detect_decimal(const text_table& t, const Columns& columns) {
  number_format point{'.', t.numbers.missing}, comma{',', t.numbers.missing};
  for (std::size_t row = 0; row < t.rows(); ++row) {
    for (const std::size_t column : columns) {
      const auto text = t.cell(row, column);
      if (text.find_first_of(".,") == std::string_view::npos) continue;
      if (parse_number<double>(text, point).status == number_status::number) return '.';
      if (parse_number<double>(text, comma).status == number_status::number) return ',';
    }
  }
  return '\0';
}

template <class = void>
text_table scan(std::string_view text, const delimited_options& options, std::string file_name, const char* function) {
  const auto bad_delimiter = [](char c) {
    return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || std::string_view("\"\r\n +-.").find(c) != std::string_view::npos;
  };
  if (bad_delimiter(options.delimiter)) {
    throw_input_error(function, "delimiter = " + in_quotes({&options.delimiter, 1}) + " must not be a letter, digit, blank, quote, sign or point");
  }
  if (options.decimal != '\0' && options.decimal != '.' && options.decimal != ',') {
    throw_input_error(function, "decimal = " + in_quotes({&options.decimal, 1}) + " must be '.' or ','");
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    std::size_t line = 1;
    for (std::size_t i = 0; i < nul; ++i) line += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n') ? 1 : 0;
    throw_input_error(function, file_name + ": line " + std::to_string(line) + ", byte " + std::to_string(nul + 1) +
                                    ": a NUL byte must not occur in text (a UTF-16 file? save it as UTF-8)");
  }

  text_table table;
  table.file = std::move(file_name);
  table.numbers.missing = options.missing;
  table.delimiter = options.delimiter != '\0' ? options.delimiter : detect_delimiter(text, function, table.file);
  record_scanner<> scanner(text, table.delimiter, function, table.file);
  if (!scanner.skip_blank_lines()) throw_input_error(function, table.file + ": the file is empty; it must hold a header and rows");
  const std::size_t header_line = scanner.line();
  scanner.read_record(table.characters, table.ends);
  if (!scanner.line_end().empty()) table.line_end = scanner.line_end();
  std::size_t begin = 0;
  for (const std::size_t end : table.ends) {
    std::string name = table.characters.substr(begin, end - begin);
    begin = end;
    if (!trim(name).empty() && table.has_column(name)) {
      throw_input_error(function, table.file + ": line " + std::to_string(header_line) + ": two columns are called " + in_quotes(name) +
                                      "; a column's name must be unique");
    }
    table.names.push_back(std::move(name));
  }
  table.characters.clear();
  table.ends.clear();
  std::size_t line_count = 0;
  for (const char c : text) line_count += c == '\n' || c == '\r' ? 1 : 0;
  table.characters.reserve(text.size());
  table.lines.reserve(line_count);
  table.ends.reserve(line_count < text.size() / table.columns() ? line_count * table.columns() : text.size());

  while (scanner.skip_blank_lines()) {
    const std::size_t line = scanner.line();
    const std::size_t first = table.ends.size();
    const std::size_t count = scanner.read_record(table.characters, table.ends);
    if (count != table.columns()) {
      const bool more = count > table.columns();
      const std::size_t at = more ? first + table.columns() : first + count - 1;
      const std::size_t from = at == 0 ? 0 : table.ends[at - 1];
      throw_input_error(function, table.file + ": line " + std::to_string(line) + ", column " +
                                      (more ? std::to_string(table.columns() + 1) : in_quotes(table.names[count])) + ": the record ends with " +
                                      in_quotes(std::string_view(table.characters).substr(from, table.ends[at] - from)) + " and has " +
                                      std::to_string(count) + " fields; it must have " + std::to_string(table.columns()) +
                                      " as the header (delimiter " + in_quotes({&table.delimiter, 1}) + ")");
    }
    table.lines.push_back(line);
  }
  if (table.lines.empty()) throw_input_error(function, table.file + ": the file has a header but no rows; it must hold at least one");
  table.numbers.decimal = options.decimal != '\0' ? options.decimal : '.';
  return table;
}

/// Sets the table's decimal mark to the one that `columns` use or, if they have no number with a mark, the other columns.
template <class Columns>
void settle_decimal(text_table& table, const delimited_options& options, const Columns& columns) {
  if (options.decimal != '\0' || table.delimiter == ',') return;
  char mark = detect_decimal(table, columns);
  if (mark == '\0') {
    std::vector<std::size_t> all(table.columns());
    for (std::size_t c = 0; c < all.size(); ++c) all[c] = c;
    mark = detect_decimal(table, all);
  }
  table.numbers.decimal = mark == ',' ? ',' : '.';
}

}  // namespace detail

/// Reads CSV or TSV text with a header: a value with every cell as text.
/// Notation: fields in double quotes may hold delimiters, line ends and doubled quotes; a quote in the midst of an unquoted field is an
/// ordinary character; lines end with LF, CR LF or CR; a UTF-8 byte order mark is skipped, as are lines that hold blanks only; blanks
/// around unquoted fields are kept. The delimiter, unless named, is the one of , ; tab that stands most often in the header outside
/// quotes (none: a single column). The decimal mark, unless named, is '.' in files with commas as delimiter; in others it is
/// the mark of the first cell that is a number with a mark.
/// Throws input_error naming file, line, column, value and rule: empty file, header without rows, two columns of one name, a record with
/// more or fewer fields than the header, a quote never closed, text after a closing quote, blanks before an opening one, a NUL byte, a
/// delimiter that cannot be told or used.
template <class = void>
text_table parse_delimited(std::string_view text, const delimited_options& options = {}, std::string file_name = "<text>") {
  text_table table = detail::scan(text, options, std::move(file_name), "parse_delimited");
  detail::settle_decimal(table, options, std::vector<std::size_t>{});
  return table;
}

/// parse_delimited of a file's text. Throws input_error also if the file cannot be read.
template <class = void>
text_table read_delimited(const std::string& path, const delimited_options& options = {}) {
  text_table table = detail::scan(detail::read_file(path, "read_delimited"), options, path, "read_delimited");
  detail::settle_decimal(table, options, std::vector<std::size_t>{});
  return table;
}

}  // namespace metapool
