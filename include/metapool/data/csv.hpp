// SPDX-License-Identifier: BSL-1.0
// Trials from CSV or TSV files, and back.
#pragma once

#include <metapool/data/column_names.hpp>
#include <metapool/data/csv_options.hpp>
#include <metapool/data/csv_write.hpp>
#include <metapool/data/delimited.hpp>
#include <metapool/data/file.hpp>
#include <metapool/data/find_columns.hpp>
#include <metapool/data/group_columns.hpp>
#include <metapool/data/reported.hpp>
#include <metapool/data/study_columns.hpp>
#include <metapool/data/trial_rows.hpp>
#include <metapool/data/trial_table.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

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
  for (std::size_t r = 0; r < role_count<Trial>; ++r) {
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
/// proportion<Real>, rate<Real>, group_mean<Real>, pre_post<Real>, pre_post_trial<Real>, matched_pairs<Real>, correlation<Real>, partial_correlation<Real>, reliability<Real>,
/// log_rank<Real> or reported<Real>. Notation: see parse_delimited.
///
/// Columns are recognised by name, without regard to case, in the styles of this library (treated_events, treated_total, control_events,
/// control_total; treated_mean, treated_sd, ...), of metafor (ai n1i ci n2i, ai bi ci di; m1i sd1i n1i m2i sd2i n2i), of meta (event.e n.e
/// event.c n.c; mean.e sd.e n.e ...), and events_treat n_treat events_ctrl n_ctrl (mean_treat sd_treat ...); rates as treated_events
/// treated_time control_events control_time, x1i t1i x2i t2i, event.e time.e event.c time.c; of one group events total (xi ni, event n), events time (xi ti,
/// event time), mean sd total (mi sdi ni, mean sd n), r total (ri ni, cor n), alpha items total (ai mi ni); matched pairs as both treated_only
/// control_only neither (ai bi ci di); one group measured twice as before_mean before_sd after_mean after_sd total correlation, two such arms as treated_before_mean ... control_correlation
/// (sizes also n1i n2i, n.e n.c; correlations r1i r2i); point-biserial correlations are made from two means (continuous_trial); partial correlations as r predictors
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

}  // namespace metapool
