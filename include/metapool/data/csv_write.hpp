// SPDX-License-Identifier: BSL-1.0
// Tables of trials as the text of CSV files.
#pragma once

#include <metapool/data/delimited.hpp>
#include <metapool/data/file.hpp>
#include <metapool/data/trial_rows.hpp>
#include <metapool/data/trial_table.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

/// Trials with a scale and a level that no column holds: the whole file has one of each.
template <class Trial>
concept with_statement = requires(Trial t) {
  t.on;
  t.level;
};

template <class Trial>
void check_statement(const Trial& trial, stated_on on, double level, const char* function) {
  if constexpr (with_statement<Trial>) {
    if (trial.on != on) {
      throw_input_error(function, "study '" + trial.label + "' is stated on the " + (on == stated_on::pooling_scale ? "natural scale, the file on the pooling scale"
                                                                                                                    : "pooling scale, the file on the natural scale"));
    }
    if (trial.level != level) throw_input_error(function, "study '" + trial.label + "': level = " + to_text(trial.level) + " has no column; the file holds intervals of level " + to_text(level));
  }
}

}  // namespace detail

/// The text of a file that reads back as this table: the same columns in the same order under the same names, cells as they were read
/// (missing-value tokens included), and new text, the shortest that reads back as the same number, only where `trials` was changed since.
/// A first column `label` is added if labels would be lost otherwise (no label column, and a label other than "study N").
/// Not kept: byte order mark, blank lines, needless quotes. All lines end as the header does. To be read with the options with which the table was read.
/// Throws input_error if trials.size() differs from the number of rows, or if a changed trial breaks a rule of check(trial).
template <class Trial>
std::string to_csv(const trial_table<Trial>& table) {
  using columns = detail::trial_columns<Trial>;
  const text_table& cells = table.cells;
  if (table.size() != cells.rows()) {
    detail::throw_input_error("to_csv", "trials.size() = " + std::to_string(table.size()) + " must be the number of rows of the cells, " +
                                            std::to_string(cells.rows()) + "; pass table.trials to write the trials alone");
  }
  bool add_label = false;
  for (std::size_t row = 0; row < table.size() && !table.roles[detail::label_place]; ++row) add_label = add_label || table[row].label != detail::default_label(row);
  constexpr std::size_t none = detail::label_place + 1;
  std::vector<std::size_t> role_of(cells.columns(), none);
  for (std::size_t r = 0; r < none; ++r) {
    if (table.roles[r]) role_of[*table.roles[r]] = r;
  }
  const bool alone = cells.columns() == 1 && !add_label;
  std::string missing;
  if (!detail::is_missing("", cells.numbers) && !cells.numbers.missing.empty()) missing = cells.numbers.missing.front();

  std::string out;
  out.reserve(cells.characters.size() + 2 * cells.ends.size() + 64 * cells.columns());
  if (add_label) out.append("label") += cells.delimiter;
  for (std::size_t c = 0; c < cells.columns(); ++c) {
    if (c != 0) out += cells.delimiter;
    detail::append_field(out, cells.names[c], cells.delimiter, alone, true);
  }
  out += cells.line_end;
  for (std::size_t row = 0; row < table.size(); ++row) {
    const Trial& trial = table[row];
    columns::check(trial, "to_csv", table.fractional);
    detail::check_statement(trial, table.on, table.level, "to_csv");
    const Trial read = detail::trial_of_row<Trial>(cells, table.roles, table.fractional, row, "to_csv");
    const auto before = columns::disassemble(read), now = columns::disassemble(trial);
    const auto changed = [&](std::size_t r) {
      return columns::derived(r) ? before[r - 2] != now[r - 2] || before[r - 1] != now[r - 1] : before[r] != now[r];
    };
    if (add_label) {
      detail::append_field(out, trial.label, cells.delimiter);
      out += cells.delimiter;
    }
    for (std::size_t c = 0; c < cells.columns(); ++c) {
      if (c != 0) out += cells.delimiter;
      const std::size_t r = role_of[c];
      if (r == detail::label_place && read.label != trial.label) {
        detail::append_field(out, trial.label, cells.delimiter, alone);
      } else if (r < detail::label_place && changed(r)) {
        const std::string text = now[r] ? number_text(*now[r], cells.numbers.decimal) : missing;
        if (now[r] && detail::is_missing(text, cells.numbers)) {
          detail::throw_input_error("to_csv", cells.place(row, c) + ": the number " + text + " must not be a missing-value token too");
        }
        detail::append_field(out, text, cells.delimiter, alone);
      } else {
        detail::append_field(out, cells.cell(row, c), cells.delimiter, alone);
      }
    }
    out += cells.line_end;
  }
  return out;
}

/// CSV text of trials alone (vector, array or span of binary_trial or continuous_trial): the columns label, treated_events, ... under this
/// library's names, comma and decimal point, an empty cell for what is missing. Throws input_error if a trial breaks a rule of check(trial)
/// (counts may be fractional), or is a reported effect on the natural scale or with an interval of another level than 95 %.
template <class Trials>
  requires requires(const Trials& t) { detail::trial_columns<typename Trials::value_type>::type_name; t.begin(); t.end(); }
std::string to_csv(const Trials& trials) {
  using columns = detail::trial_columns<typename Trials::value_type>;
  std::string out = "label";
  constexpr std::size_t count = detail::role_count<typename Trials::value_type>;
  for (std::size_t r = 0; r < count; ++r) {
    if (!columns::derived(r)) out.append(",").append(columns::roles[r].name);
  }
  out += '\n';
  for (const auto& trial : trials) {
    columns::check(trial, "to_csv", fractional_counts::allowed);
    detail::check_statement(trial, stated_on::pooling_scale, 0.95, "to_csv");
    detail::append_field(out, trial.label, ',');
    const auto numbers = columns::disassemble(trial);
    for (std::size_t r = 0; r < count; ++r) {
      if (columns::derived(r)) continue;
      out += ',';
      if (numbers[r]) out += number_text(*numbers[r]);
    }
    out += '\n';
  }
  return out;
}

/// Writes to_csv(trials) to a file, whole or not at all: into a new file beside it, then renamed. Throws what to_csv throws, and
/// metapool::error if the file cannot be written (the old file, if any, is then unchanged).
template <class Trials>
void write_csv(const std::string& path, const Trials& trials) {
  detail::write_file(path, to_csv(trials), "write_csv");
}

}  // namespace metapool
