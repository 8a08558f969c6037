// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/decimal.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metapool {

namespace detail {

/// A cell's text for a message: in single quotes, control characters as blanks, cut after about 60 bytes between two characters.
template <class = void>
std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string out = "'";
  std::size_t n = text.size();
  if (n > longest) {
    n = longest;
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80U) --n;
  }
  for (std::size_t i = 0; i < n; ++i) out += static_cast<unsigned char>(text[i]) < 0x20U ? ' ' : text[i];
  out += n < text.size() ? "...'" : "'";
  return out;
}

/// "'a', 'b' and 40 more"
template <class Names>
std::string listed(const Names& names) {
  constexpr std::size_t most = 40;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + in_quotes(names[i]);
  if (names.size() > most) out += " and " + std::to_string(names.size() - most) + " more";
  return out.empty() ? "none" : out;
}

}  // namespace detail

/// A rectangle of texts with a header, as a CSV or TSV file holds it: every cell exactly as written there (without the quotes of the
/// notation), and the line of the file on which each row starts. Rows and columns count from 0, lines from 1 (the header is mostly line
/// 1). Cells lie in one block of memory; a std::string_view into it lives as long as the table is neither changed nor destroyed.
struct text_table {
  std::string file{};                 ///< the file's name, for messages
  char delimiter = ',';
  std::string line_end = "\n";      ///< that of the header
  number_format numbers{};            ///< how number() reads a cell
  std::vector<std::string> names{};   ///< the header, in the file's order
  std::vector<std::size_t> lines{};   ///< line of each row
  std::string characters{};           ///< all cells, row by row, one after another
  std::vector<std::size_t> ends{};    ///< where each cell ends in `characters`

  std::size_t rows() const { return lines.size(); }
  std::size_t columns() const { return names.size(); }

  /// The cell's text. Precondition: row < rows(), column < columns().
  std::string_view cell(std::size_t row, std::size_t column) const {
    const std::size_t i = row * names.size() + column;
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(characters).substr(begin, ends[i] - begin);
  }

  /// The column of that name (blanks around a header's name do not count, the case of letters does), or empty.
  std::optional<std::size_t> find_column(std::string_view name) const {
    const std::string_view wanted = detail::trim(name);
    for (std::size_t c = 0; c < names.size(); ++c) {
      if (detail::trim(names[c]) == wanted) return c;
    }
    return std::nullopt;
  }

  bool has_column(std::string_view name) const { return find_column(name).has_value(); }

  /// The text of a cell. Throws input_error if there is no such row or column.
  template <class = void>
  std::string_view text(std::size_t row, std::string_view column) const {
    return cell(checked_row(row, "text"), checked_column(column, "text"));
  }

  /// The number in a cell; empty for a token of numbers.missing. Throws input_error (file, line, column, value, rule) for any other text,
  /// and if there is no such row or column.
  template <class Real = double>
  std::optional<Real> number(std::size_t row, std::string_view column) const {
    return number_at<Real>(checked_row(row, "number"), checked_column(column, "number"), "number");
  }

  template <class Real>
  std::optional<Real> number_at(std::size_t row, std::size_t column, const char* function) const {
    const auto parsed = parse_number<Real>(cell(row, column), numbers);
    if (parsed.status == number_status::number) return parsed.value;
    if (parsed.status == number_status::missing) return std::nullopt;
    if (parsed.status == number_status::out_of_range) {
      fail(function, row, column, "must lie in the range of the number type");
    } else {
      fail(function, row, column, std::string("must be a number with the decimal mark '") + numbers.decimal + "', or a missing-value token");
    }
  }

  /// "trials.csv: line 7, column 'n_treat'"
  template <class = void>
  std::string place(std::size_t row, std::size_t column) const {
    return file + ": line " + std::to_string(lines[row]) + ", column " + detail::in_quotes(names[column]);
  }

  template <class = void>
  [[noreturn]] void fail(const char* function, std::size_t row, std::size_t column, std::string_view rule) const {
    detail::throw_input_error(function, place(row, column) + ": " + detail::in_quotes(cell(row, column)) + " " + std::string(rule));
  }

 private:
  template <class = void>
  std::size_t checked_row(std::size_t row, const char* function) const {
    if (row < rows()) return row;
    detail::throw_input_error(function, file + ": row = " + std::to_string(row) + " must be below the number of rows, " + std::to_string(rows()));
  }

  template <class = void>
  std::size_t checked_column(std::string_view name, const char* function) const {
    if (const auto column = find_column(name)) return *column;
    detail::throw_input_error(function, file + ": there is no column " + detail::in_quotes(name) + "; the file has " + detail::listed(names));
  }
};

}  // namespace metapool
