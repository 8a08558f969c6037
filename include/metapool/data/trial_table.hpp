// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/column_roles.hpp>
#include <metapool/data/text_table.hpp>
#include <metapool/data/stated_on.hpp>
#include <metapool/text/utf8.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// Trials as a file reports them: the trials, and every cell of the file as text, so that moderators can be asked for by name and
/// writing back loses nothing. A contiguous range of trials: usable in range-for and as std::span<const Trial>.
/// `trials[i]` may be changed (the numbers changed are what to_csv writes); it must keep its length, which is that of the rows of `cells`.
template <class Trial>
struct trial_table {
  using trial_type = Trial;
  using value_type = Trial;

  std::vector<Trial> trials{};
  text_table cells{};                     ///< header, texts of all columns, lines, the file's name
  detail::role_columns roles{};           ///< which columns the trials were read from
  std::vector<std::string> warnings{};    ///< what is odd but was taken, such as two studies of one label
  fractional_counts fractional = fractional_counts::refused;
  stated_on on = stated_on::pooling_scale;  ///< of reported effects: what the file's estimates and intervals are, which no column says
  double level = 0.95;                      ///< of reported effects: the level of the file's intervals

  std::size_t size() const { return trials.size(); }
  bool empty() const { return trials.empty(); }
  const Trial* data() const { return trials.data(); }
  const Trial* begin() const { return trials.data(); }
  const Trial* end() const { return trials.data() + trials.size(); }
  const Trial& operator[](std::size_t row) const { return trials[row]; }

  /// All columns of the file in its order, those of the trials included.
  const std::vector<std::string>& column_names() const { return cells.names; }
  /// The columns that are neither label nor number of the trials, in the file's order.
  std::vector<std::string> extra_columns() const {
    std::vector<std::string> names;
    for (std::size_t c = 0; c < cells.columns(); ++c) {
      bool used = false;
      for (const auto& column : roles) used = used || column == c;
      if (!used) names.push_back(cells.names[c]);
    }
    return names;
  }
  bool has_column(std::string_view name) const { return cells.has_column(name); }
  /// The line of the file on which the trial's row starts.
  std::size_t line(std::size_t row) const { return cells.lines[row]; }

  /// A cell of any column, as the file has it. The view lives as long as the table stays unchanged. Throws input_error: no such column or row.
  std::string_view text(std::size_t row, std::string_view column) const { return cells.text(row, column); }
  /// A cell as number; empty if missing. Throws input_error (file, line, column, value) if it is neither; no such column or row.
  std::optional<double> number(std::size_t row, std::string_view column) const { return cells.number(row, column); }
};

/// One row of a trial_table, for predicates. Refers to the table.
template <class Trial>
class trial_row {
 public:
  trial_row(const trial_table<Trial>& table, std::size_t row) : table_(&table), row_(row) {}
  std::size_t index() const { return row_; }
  std::size_t line() const { return table_->line(row_); }
  const Trial& trial() const { return (*table_)[row_]; }
  const std::string& label() const { return trial().label; }
  std::string_view text(std::string_view column) const { return table_->text(row_, column); }
  std::optional<double> number(std::string_view column) const { return table_->number(row_, column); }

 private:
  const trial_table<Trial>* table_;
  std::size_t row_;
};

namespace detail {

/// Labels that more than one trial bears, one warning each: they are kept, but two rows of one study must not be pooled as two.
template <class Trial>
std::vector<std::string> duplicate_labels(const trial_table<Trial>& table) {
  struct entry {
    std::size_t first = 0, second = 0, count = 0;
  };
  std::size_t slots = 16;
  while (slots < 2 * table.size()) slots *= 2;
  std::vector<entry> entries(slots);  // open addressing
  std::vector<std::size_t> duplicated;
  for (std::size_t row = 0; row < table.size(); ++row) {
    std::size_t at = std::hash<std::string_view>{}(table[row].label) & (slots - 1);
    while (entries[at].count != 0 && table[entries[at].first].label != table[row].label) at = (at + 1) & (slots - 1);
    entry& e = entries[at];
    if (++e.count == 1) e.first = row;
    if (e.count == 2) {
      e.second = row;
      duplicated.push_back(at);
    }
  }
  std::vector<std::string> warnings;
  for (const std::size_t at : duplicated) {
    const entry& e = entries[at];
    warnings.push_back(table.cells.file + ": " + std::to_string(e.count) + " rows bear the label " + in_quotes(table[e.first].label) +
                       " (lines " + std::to_string(table.line(e.first)) + ", " + std::to_string(table.line(e.second)) +
                       (e.count > 2 ? ", ..." : "") + ")");
  }
  return warnings;
}

template <class Trial>
std::vector<std::string> find_warnings(const trial_table<Trial>& table) {
  std::vector<std::string> warnings;
  if (table.roles[label_place]) warnings = duplicate_labels(table);
  const text_table& cells = table.cells;
  const std::size_t count = cells.rows() * cells.columns();
  bool ascii = true;
  for (const char c : cells.characters) ascii = ascii && static_cast<unsigned char>(c) < 0x80U;
  for (std::size_t i = 0; i < count && !ascii; ++i) {
    const std::size_t row = i / cells.columns(), column = i % cells.columns();
    if (is_utf8<>(cells.cell(row, column))) continue;
    warnings.push_back(cells.place(row, column) + ": " + in_quotes(cells.cell(row, column)) + " is not UTF-8; save the file as UTF-8");
    break;  // one such cell tells of the whole file
  }
  return warnings;
}

}  // namespace detail

/// The trials of the rows for which keep(row) is true, in order, with all their columns, lines and the file's name.
///
///     const auto primary = where(table, [](const auto& row) { return row.text("role") == "primary"; });
///
/// `keep` takes a trial_row. What it throws passes through. Throws input_error if table.trials has not the length of its cells.
template <class Trial, class Predicate>
trial_table<Trial> where(const trial_table<Trial>& table, Predicate&& keep) {
  static_assert(std::is_invocable_r_v<bool, Predicate&, const trial_row<Trial>&>, "the predicate takes a trial_row and returns bool");
  if (table.size() != table.cells.rows()) {
    detail::throw_input_error("where", "trials.size() = " + std::to_string(table.size()) + " must be the number of rows of the cells, " +
                                           std::to_string(table.cells.rows()));
  }
  trial_table<Trial> out;
  out.cells.file = table.cells.file;
  out.cells.delimiter = table.cells.delimiter;
  out.cells.line_end = table.cells.line_end;
  out.cells.numbers = table.cells.numbers;
  out.cells.names = table.cells.names;
  out.roles = table.roles;
  out.fractional = table.fractional;
  out.on = table.on;
  out.level = table.level;
  for (std::size_t row = 0; row < table.size(); ++row) {
    if (!keep(trial_row<Trial>(table, row))) continue;
    out.trials.push_back(table.trials[row]);
    out.cells.lines.push_back(table.cells.lines[row]);
    for (std::size_t c = 0; c < table.cells.columns(); ++c) {
      out.cells.characters.append(table.cells.cell(row, c));
      out.cells.ends.push_back(out.cells.characters.size());
    }
  }
  out.warnings = detail::find_warnings(out);
  return out;
}

}  // namespace metapool
