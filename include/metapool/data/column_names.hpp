// SPDX-License-Identifier: BSL-1.0
// Which column of a file is which number of a trial: the names that are known, and the numbers of a row <-> a trial.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/data/text_table.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace metapool::detail {

/// A number that a column can hold: our own name for it, and the names (blanks between them) by which it is recognised: ours, metafor's,
/// meta's, and those of the example files.
struct column_role {
  const char* name;
  const char* known_as;
};

constexpr column_role label_role{"label", "label study trial slab studlab"};

/// The numbers of one trial in the order of its roles.
template <class Real>
using row_numbers = std::array<std::optional<Real>, 6>;

/// The roles of a trial type. Specialise it for a trial type of your own: type_name, remark, roles, dispensable (may the role's column
/// be absent, given which are there), derived, assemble (row -> trial), disassemble (trial -> row), check.
template <class Trial>
struct trial_columns;

/// Per arm: events, total, events + total - whichever is not reported follows from the other two, the third being the non-events.
template <class Real>
struct trial_columns<binary_trial<Real>> {
  static constexpr const char* type_name = "binary_trial";
  static constexpr const char* remark = " (non-events, looked for as bi and di, may stand for either number of their arm)";
  static constexpr column_role roles[6] = {
      {"treated_events", "treated_events ai event.e events_treat"}, {"treated_total", "treated_total n1i n.e n_treat"},
      {"treated_non_events", "treated_non_events bi"},              {"control_events", "control_events ci event.c events_ctrl"},
      {"control_total", "control_total n2i n.c n_ctrl"},            {"control_non_events", "control_non_events di"}};

  /// Two of events, total and non-events suffice.
  static bool dispensable(std::size_t role, const std::array<bool, 6>& there) {
    const std::size_t arm = role - role % 3;
    return there[arm + (role + 1) % 3] && there[arm + (role + 2) % 3];
  }
  /// What our own writer leaves out.
  static constexpr bool derived(std::size_t role) { return role % 3 == 2; }

  /// `fail(role, rule)` is called for numbers that contradict each other.
  template <class Fail>
  static binary_trial<Real> assemble(const row_numbers<Real>& n, fractional_counts fractional, const Fail& fail) {
    binary_trial<Real> t;
    const auto arm = [&](std::size_t first, binary_arm<Real>& x) {
      const auto& events = n[first];
      const auto& total = n[first + 1];
      const auto& others = n[first + 2];
      x.events = events;
      x.total = total;
      if (!others) return;
      if (!(*others >= 0)) fail(first + 2, "must not be negative");
      if (fractional == fractional_counts::refused && !is_whole(*others)) {
        fail(first + 2, "must be a whole number (pass fractional_counts::allowed for imputed counts)");
      }
      if (events && total) {
        using std::abs;
        const Real gap = abs(Real(*events + *others - *total));
        const Real rounding = fractional == fractional_counts::allowed ? Real(8 * std::numeric_limits<Real>::epsilon() * abs(*total)) : Real(0);
        if (!(gap <= rounding)) fail(first + 2, "must be the arm's total less its events");
      } else if (events) {
        x.total = Real(*events + *others);
      } else if (total) {
        x.events = Real(*total - *others);
        if (!(*x.events >= 0)) fail(first + 2, "must not exceed the arm's total");
      }
    };
    arm(0, t.treated);
    arm(3, t.control);
    return t;
  }

  static row_numbers<Real> disassemble(const binary_trial<Real>& t) {
    const auto others = [](const binary_arm<Real>& x) {
      return x.events && x.total ? std::optional<Real>(Real(*x.total - *x.events)) : std::nullopt;
    };
    return {t.treated.events, t.treated.total, others(t.treated), t.control.events, t.control.total, others(t.control)};
  }

  static void check(const binary_trial<Real>& t, const char* function, fractional_counts f) { metapool::check(t, function, f); }
};

template <class Real>
struct trial_columns<continuous_trial<Real>> {
  static constexpr const char* type_name = "continuous_trial";
  static constexpr const char* remark = "";
  static constexpr column_role roles[6] = {
      {"treated_mean", "treated_mean m1i mean.e mean_treat"}, {"treated_sd", "treated_sd sd1i sd.e sd_treat"},
      {"treated_total", "treated_total n1i n.e n_treat"},     {"control_mean", "control_mean m2i mean.c mean_ctrl"},
      {"control_sd", "control_sd sd2i sd.c sd_ctrl"},         {"control_total", "control_total n2i n.c n_ctrl"}};

  static bool dispensable(std::size_t, const std::array<bool, 6>&) { return false; }
  static constexpr bool derived(std::size_t) { return false; }

  template <class Fail>
  static continuous_trial<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .treated = {.mean = n[0], .sd = n[1], .total = n[2]}, .control = {.mean = n[3], .sd = n[4], .total = n[5]}};
  }

  static row_numbers<Real> disassemble(const continuous_trial<Real>& t) {
    return {t.treated.mean, t.treated.sd, t.treated.total, t.control.mean, t.control.sd, t.control.total};
  }

  static void check(const continuous_trial<Real>& t, const char* function, fractional_counts) { metapool::check(t, function); }
};

/// The column of each role (6 roles and, last, the label), empty where the file has none.
using role_columns = std::array<std::optional<std::size_t>, 7>;

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
role_columns find_columns(const text_table& table, const std::array<std::string, 7>& named, const char* function) {
  using columns = trial_columns<Trial>;
  const auto role = [](std::size_t r) { return r == 6 ? label_role : columns::roles[r]; };
  const auto fail = [&](const std::string& message) { throw_input_error(function, table.file + ": " + message); };
  role_columns found{};
  for (std::size_t r = 0; r < 7; ++r) {
    if (named[r].empty()) continue;
    found[r] = table.find_column(named[r]);
    if (!found[r]) {
      fail("there is no column " + in_quotes(named[r]) + ", named for " + role(r).name + "; the file has " + listed(table.names));
    }
    for (std::size_t other = 0; other < r; ++other) {
      if (found[other] == found[r]) {
        fail("column " + in_quotes(named[r]) + " is named for both " + role(other).name + " and " + role(r).name);
      }
    }
  }
  const auto there = [&] {
    std::array<bool, 6> t{};
    for (std::size_t r = 0; r < 6; ++r) t[r] = found[r].has_value();
    return t;
  };
  const std::array<bool, 6> named_ones = there();
  for (std::size_t r = 0; r < 7; ++r) {
    if (found[r] || (r < 6 && columns::dispensable(r, named_ones))) continue;
    for (std::size_t c = 0; c < table.columns(); ++c) {
      bool taken = false;
      for (std::size_t other = 0; other < 7; ++other) taken = taken || (!named[other].empty() && found[other] == c);
      if (taken || !is_known_as(table.names[c], role(r).known_as)) continue;
      if (found[r]) {
        fail("columns " + in_quotes(table.names[*found[r]]) + " and " + in_quotes(table.names[c]) + " both fit " + role(r).name +
             "; name the right one in csv_options." + role(r).name);
      }
      found[r] = c;
    }
  }
  std::string lacking;
  for (std::size_t r = 0; r < 6; ++r) {
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
