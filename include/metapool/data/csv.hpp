// SPDX-License-Identifier: BSL-1.0
// Trials from CSV or TSV files, and back.
#pragma once

#include <metapool/data/delimited.hpp>
#include <metapool/data/group_columns.hpp>
#include <metapool/data/reported.hpp>
#include <metapool/data/study_columns.hpp>
#include <metapool/data/trial_rows.hpp>
#include <metapool/data/trial_table.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// How to read trials from a file. All defaults mean: found out from the file.
///
///     const auto t = read_csv<binary_trial<>>("deaths.csv", {.treated_events = "deaths drug", .control_events = "deaths placebo"});
struct csv_options {
  char delimiter = '\0';                                     ///< ',', ';', '\t', ...
  char decimal = '\0';                                       ///< '.' or ','
  std::vector<std::string> missing = number_format{}.missing;  ///< tokens for a number that was not reported
  fractional_counts fractional = fractional_counts::refused;  ///< events that are not whole numbers (binary trials)
  /// Names of columns, where the names that are known do not serve.
  std::string label{};
  std::string treated_events{}, treated_total{}, treated_non_events{};
  std::string control_events{}, control_total{}, control_non_events{};
  std::string treated_mean{}, treated_sd{}, control_mean{}, control_sd{};
  std::string estimate{}, se{}, variance{}, lower{}, upper{}, p{};
  std::string treated_time{}, control_time{};
  std::string events{}, total{}, time{}, mean{}, sd{}, r{}, alpha{}, items{};
  std::string both{}, treated_only{}, control_only{}, neither{};
  std::string before_mean{}, before_sd{}, after_mean{}, after_sd{}, correlation{};
  std::string predictors{}, r_squared{}, observed_minus_expected{};
  /// Of reported effects: the scale on which the file states estimates and intervals, and the level of its intervals.
  stated_on on = stated_on::pooling_scale;
  double level = 0.95;
};

namespace detail {

/// The caller's column names in the order of the trial type's roles, the label last.
template <class Trial>
std::array<std::string, 7> named_columns(const csv_options& o, const char* function) {
  const std::pair<std::string_view, const std::string*> all[] = {
      {"treated_events", &o.treated_events}, {"treated_total", &o.treated_total}, {"treated_non_events", &o.treated_non_events},
      {"control_events", &o.control_events}, {"control_total", &o.control_total}, {"control_non_events", &o.control_non_events},
      {"treated_mean", &o.treated_mean},     {"treated_sd", &o.treated_sd},       {"control_mean", &o.control_mean},
      {"control_sd", &o.control_sd},         {"estimate", &o.estimate},           {"se", &o.se},
      {"variance", &o.variance},             {"lower", &o.lower},                 {"upper", &o.upper},
      {"p", &o.p},                           {"treated_time", &o.treated_time},   {"control_time", &o.control_time},
      {"events", &o.events},                 {"total", &o.total},                 {"time", &o.time},
      {"mean", &o.mean},                     {"sd", &o.sd},                       {"r", &o.r},
      {"alpha", &o.alpha},                   {"items", &o.items},                 {"both", &o.both},
      {"treated_only", &o.treated_only},     {"control_only", &o.control_only},   {"neither", &o.neither},
      {"before_mean", &o.before_mean},       {"before_sd", &o.before_sd},         {"after_mean", &o.after_mean},
      {"after_sd", &o.after_sd},             {"correlation", &o.correlation},     {"predictors", &o.predictors},
      {"r_squared", &o.r_squared},           {"observed_minus_expected", &o.observed_minus_expected}};
  std::array<std::string, 7> named{};
  named[6] = o.label;
  for (const auto& choice : all) {
    if (choice.second->empty()) continue;
    bool used = false;
    for (std::size_t r = 0; r < 6; ++r) {
      if (choice.first == trial_columns<Trial>::roles[r].name) {
        named[r] = *choice.second;
        used = true;
      }
    }
    if (!used) {
      throw_input_error(function, "csv_options." + std::string(choice.first) + " = " + in_quotes(*choice.second) + " names a number that a " +
                                      trial_columns<Trial>::type_name + " does not have");
    }
  }
  return named;
}

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

template <class Trial>
trial_table<Trial> read_trials(std::string_view text, const csv_options& options, std::string file_name, const char* function) {
  const auto named = named_columns<Trial>(options, function);
  const delimited_options lexical{options.delimiter, options.decimal, options.missing};
  check_level(function, options.level);
  if (!with_statement<Trial> && (options.on != stated_on::pooling_scale || options.level != 0.95)) {
    throw_input_error(function, std::string("csv_options.on and csv_options.level are of reported effects; a ") + trial_columns<Trial>::type_name + " has neither");
  }
  trial_table<Trial> table;
  table.fractional = options.fractional;
  table.on = options.on;
  table.level = options.level;
  table.cells = scan(text, lexical, std::move(file_name), function);
  table.roles = find_columns<Trial>(table.cells, named, function);
  std::vector<std::size_t> number_columns;
  for (std::size_t r = 0; r < 6; ++r) {
    if (table.roles[r]) number_columns.push_back(*table.roles[r]);
  }
  settle_decimal(table.cells, lexical, number_columns);
  table.trials.reserve(table.cells.rows());
  for (std::size_t row = 0; row < table.cells.rows(); ++row) {
    table.trials.push_back(trial_of_row<Trial>(table.cells, table.roles, table.fractional, row, function));
    Trial& trial = table.trials.back();
    if constexpr (with_statement<Trial>) {
      trial.on = options.on;
      trial.level = options.level;
    }
    try {
      trial_columns<Trial>::check(trial, function, table.fractional);
    } catch (const input_error&) {
      throw_row_error(trial, table.cells, table.roles, table.fractional, row, function);
    }
  }
  table.warnings = find_warnings(table);
  return table;
}

}  // namespace detail

/// Reads trials from the text of a CSV or TSV file; Trial is binary_trial<Real>, continuous_trial<Real>, rate_trial<Real>,
/// proportion<Real>, rate<Real>, group_mean<Real>, pre_post<Real>, matched_pairs<Real>, correlation<Real>, partial_correlation<Real>, reliability<Real>,
/// log_rank<Real> or reported<Real>. Notation: see parse_delimited.
///
/// Columns are recognised by name, without regard to case, in the styles of this library (treated_events, treated_total, control_events,
/// control_total; treated_mean, treated_sd, ...), of metafor (ai n1i ci n2i, ai bi ci di; m1i sd1i n1i m2i sd2i n2i), of meta (event.e n.e
/// event.c n.c; mean.e sd.e n.e ...), and events_treat n_treat events_ctrl n_ctrl (mean_treat sd_treat ...); rates as treated_events
/// treated_time control_events control_time, x1i t1i x2i t2i, event.e time.e event.c time.c; of one group events total (xi ni, event n), events time (xi ti,
/// event time), mean sd total (mi sdi ni, mean sd n), r total (ri ni, cor n), alpha items total (ai mi ni); matched pairs as both treated_only
/// control_only neither (ai bi ci di); one group measured twice as before_mean before_sd after_mean after_sd total correlation; partial correlations as r predictors
/// total and, for semi-partial ones, r_squared (ri mi ni r2i); log-rank statistics as observed_minus_expected variance (O-E V); reported effects as estimate with
/// se, variance, lower and upper or p, as yi vi sei, TE seTE, _meta_es _meta_se, estimates and 95 % intervals on the pooling scale (the logarithm of a ratio) unless
/// csv_options.on and csv_options.level say otherwise; the label
/// as label, study, trial, slab or studlab. csv_options names others. Of events, total and non-events (bi, di) of an arm two suffice: the third number is
/// their sum or difference where both are known, and where all three are given they must agree. Other columns are kept:
/// table.text(row, "country"), table.number(row, "year").
/// Without a label column, or in a row whose label is blank, the label is "study N", N being the row's number from 1.
/// Cells with a missing-value token give an empty std::optional. Every trial is checked as by check(trial). Labels that occur twice
/// are kept and told of in table.warnings, as is text that is not UTF-8.
///
/// Throws input_error, and gives no table, if anything is wrong; the message names file, line, column, value and rule: what parse_delimited
/// throws, a role without column (with what was looked for and what the file has), two columns that fit one role, a cell that is no
/// number, a number that breaks a rule (events > total, sd < 0, a count that is not whole, ...).
template <class Trial>
trial_table<Trial> parse_csv(std::string_view text, const csv_options& options = {}, std::string file_name = "<text>") {
  return detail::read_trials<Trial>(text, options, std::move(file_name), "parse_csv");
}

/// parse_csv of a file's text. Throws input_error also if the file cannot be read.
template <class Trial>
trial_table<Trial> read_csv(const std::string& path, const csv_options& options = {}) {
  return detail::read_trials<Trial>(detail::read_file(path, "read_csv"), options, path, "read_csv");
}

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
  for (std::size_t row = 0; row < table.size() && !table.roles[6]; ++row) add_label = add_label || table[row].label != detail::default_label(row);
  std::vector<std::size_t> role_of(cells.columns(), 7);
  for (std::size_t r = 0; r < 7; ++r) {
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
      if (r == 6 && read.label != trial.label) {
        detail::append_field(out, trial.label, cells.delimiter, alone);
      } else if (r < 6 && changed(r)) {
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
  for (std::size_t r = 0; r < 6; ++r) {
    if (!columns::derived(r)) out.append(",").append(columns::roles[r].name);
  }
  out += '\n';
  for (const auto& trial : trials) {
    columns::check(trial, "to_csv", fractional_counts::allowed);
    detail::check_statement(trial, stated_on::pooling_scale, 0.95, "to_csv");
    detail::append_field(out, trial.label, ',');
    const auto numbers = columns::disassemble(trial);
    for (std::size_t r = 0; r < 6; ++r) {
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
