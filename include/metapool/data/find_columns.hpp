// SPDX-License-Identifier: BSL-1.0
// Which column of a file is which number of a trial.
#pragma once

#include <metapool/data/column_roles.hpp>
#include <metapool/data/text_table.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace metapool::detail {

template <class = void>
bool is_known_as(std::string_view column, std::string_view known_as) {
  const std::string_view name = trim(column);
  while (!known_as.empty()) {
    const std::size_t blank = known_as.find(' ');
    if (!name.empty() && equal_ignoring_case(name, known_as.substr(0, blank))) return true;
    known_as.remove_prefix(blank == std::string_view::npos ? known_as.size() : blank + 1);
  }
  return false;
}

/// Finds the columns of a trial type. `named[role]` is the caller's choice (empty: by the names that are known).
/// Throws input_error: a named column is not there or named twice, two columns fit one role, a role has no column.
template <class Trial>
role_columns find_columns(const text_table& table, const named_roles& named, const char* function) {
  using columns = trial_columns<Trial>;
  constexpr std::size_t count = role_count<Trial>;
  const auto place = [](std::size_t r) { return r == count ? label_place : r; };  // the label comes last
  const auto role = [](std::size_t r) { return r == label_place ? label_role : columns::roles[r]; };
  const auto fail = [&](const std::string& message) { throw_input_error(function, table.file + ": " + message); };
  role_columns found{};
  for (std::size_t i = 0; i <= count; ++i) {
    const std::size_t r = place(i);
    if (named[r].empty()) continue;
    found[r] = table.find_column(named[r]);
    if (!found[r]) {
      fail("there is no column " + in_quotes(named[r]) + ", named for " + role(r).name + "; the file has " + listed(table.names));
    }
    for (std::size_t other = 0; other < i; ++other) {
      if (found[other] == found[r]) {
        fail("column " + in_quotes(named[r]) + " is named for both " + role(other).name + " and " + role(r).name);
      }
    }
  }
  const auto there = [&] {
    role_presence t{};
    for (std::size_t r = 0; r < count; ++r) t[r] = found[r].has_value();
    return t;
  };
  const role_presence named_ones = there();
  for (std::size_t i = 0; i <= count; ++i) {
    const std::size_t r = place(i);
    if (found[r] || (r < count && columns::dispensable(r, named_ones))) continue;
    for (std::size_t c = 0; c < table.columns(); ++c) {
      bool taken = false;
      for (std::size_t other = 0; other < found.size(); ++other) taken = taken || (!named[other].empty() && found[other] == c);
      if (taken || !is_known_as(table.names[c], role(r).known_as)) continue;
      if (found[r]) {
        fail("columns " + in_quotes(table.names[*found[r]]) + " and " + in_quotes(table.names[c]) + " both fit " + role(r).name +
             "; name the right one in csv_options." + role(r).name);
      }
      found[r] = c;
    }
  }
  std::string lacking;
  for (std::size_t r = 0; r < count; ++r) {
    if (found[r] || columns::derived(r) || columns::dispensable(r, there())) continue;
    lacking += std::string(lacking.empty() ? "" : "; ") + role(r).name + " (looked for: " + role(r).known_as + ")";
  }
  if (!lacking.empty()) {
    fail(std::string("a ") + columns::type_name + " needs columns for " + lacking + columns::remark + ". The file has " + listed(table.names) +
         " (delimiter " + in_quotes({&table.delimiter, 1}) + "). Name columns in csv_options");
  }
  return found;
}

}  // namespace metapool::detail
