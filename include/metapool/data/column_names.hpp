// SPDX-License-Identifier: BSL-1.0
// The columns of files of 2x2 tables and of two means: names of this library, of metafor and of meta.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/column_roles.hpp>
#include <metapool/data/continuous_trial.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>

namespace metapool::detail {

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
  static bool dispensable(std::size_t role, const role_presence& there) {
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
        fail(first + 2, "must be a whole number (imputed counts: fractional_counts::allowed, where it is taken)");
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

  static bool dispensable(std::size_t, const role_presence&) { return false; }
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

}  // namespace metapool::detail
