// SPDX-License-Identifier: BSL-1.0
// The row of a table -> a trial, or a message that names the cell at fault.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/column_roles.hpp>
#include <metapool/data/text_table.hpp>

#include <cstddef>
#include <string>

namespace metapool::detail {

template <class = void>
std::string default_label(std::size_t row) {
  return "study " + std::to_string(row + 1);
}

/// The trial that the cells of a row tell of, its numbers not yet checked.
template <class Trial>
Trial trial_of_row(const text_table& cells, const role_columns& roles, fractional_counts fractional, std::size_t row, const char* function) {
  using Real = typename Trial::real_type;
  row_numbers<Real> numbers{};
  for (std::size_t r = 0; r < role_count<Trial>; ++r) {
    if (roles[r]) numbers[r] = cells.template number_at<Real>(row, *roles[r], function);
  }
  Trial trial = trial_columns<Trial>::assemble(
      numbers, fractional, [&](std::size_t r, const char* rule) { cells.fail(function, row, *roles[r], rule); });
  if (roles[label_place]) trial.label = cells.cell(row, *roles[label_place]);
  if (trim(trial.label).empty()) trial.label = default_label(row);
  return trial;
}

/// Throws for a trial that breaks a rule: its numbers are checked one after another, so that the message names the first column at fault.
template <class Trial>
[[noreturn]] void throw_row_error(const Trial& trial, const text_table& cells, const role_columns& roles, fractional_counts fractional,
                                  std::size_t row, const char* function) {
  using columns = trial_columns<Trial>;
  const auto numbers = columns::disassemble(trial);
  row_numbers<typename Trial::real_type> known{};
  constexpr std::size_t order[] = {1, 0, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11};  // totals before the events that they bound
  for (std::size_t i = 0; i < role_count<Trial>; ++i) {
    const std::size_t r = order[i];
    const auto column = roles[r] ? roles[r] : roles[r - r % 3 + 2];
    if (!column || columns::derived(r)) continue;
    known[r] = numbers[r];
    Trial part = columns::assemble(known, fractional, [](std::size_t, const char*) {});
    part.label = trial.label;
    const std::string where = std::string(function) + ": " + cells.place(row, *column);
    columns::check(part, where.c_str(), fractional);
  }
  throw_input_error(function, cells.file + ": line " + std::to_string(cells.lines[row]) + ": the numbers contradict each other");
}

}  // namespace metapool::detail
