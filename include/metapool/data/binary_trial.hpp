// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>

#include <optional>
#include <string>

namespace metapool {

/// One arm of a trial with a binary outcome: patients with the event, of all patients. A count that was not reported stays empty:
/// not known is not zero.
template <class Real = double>
struct binary_arm {
  std::optional<Real> events{};
  std::optional<Real> total{};
};

/// A trial with a binary outcome in two arms.
///
///     binary_trial<> t{.label = "Lanzoni 2021", .treated = {.events = 1, .total = 12}, .control = {.events = 7, .total = 12}};
template <class Real = double>
struct binary_trial {
  using real_type = Real;
  std::string label{};
  binary_arm<Real> treated{};
  binary_arm<Real> control{};
};

/// The four cells of a 2x2 table: a, b events and non-events of the treated arm; c, d of the control arm. Scale: patients (a
/// continuity correction makes them fractional).
template <class Real = double>
struct two_by_two {
  Real a{}, b{}, c{}, d{};
  Real treated_total() const { return a + b; }
  Real control_total() const { return c + d; }
  Real total() const { return (a + b) + (c + d); }
};

/// Whether counts that are not whole numbers are taken (imputed or weighted counts) or refused as the typing error that they mostly are.
enum class fractional_counts { refused, allowed };

/// True if all four numbers of the trial are known.
template <class Real>
bool is_complete(const binary_trial<Real>& t) {
  return t.treated.events && t.treated.total && t.control.events && t.control.total;
}

/// Checks every number of the trial that is known: finite, events >= 0, total > 0, events <= total, whole (unless allowed).
/// Missing numbers pass. Throws input_error naming `function`, the trial, the arm, the value and the rule.
template <class Real>
void check(const binary_trial<Real>& t, const char* function, fractional_counts fractional = fractional_counts::refused) {
  const auto arm = [&](const binary_arm<Real>& x, const char* arm_name) {
    if (x.events && x.total) {  // the usual case: all is well
      const Real& events = *x.events;
      const Real& total = *x.total;
      if (events >= 0 && events <= total && total > 0 && detail::is_finite(total) &&
          (fractional == fractional_counts::allowed || (detail::is_whole(events) && detail::is_whole(total)))) {
        return;
      }
    }
    const auto fail = [&](const char* what, const Real& value, const char* rule) {
      detail::throw_study_error(function, t.label, std::string(arm_name) + "." + what, value, rule);
    };
    const auto count = [&](const std::optional<Real>& value, const char* what) {
      if (!value) return;
      if (!detail::is_finite(*value)) fail(what, *value, "must be a finite number");
      if (!(*value >= 0)) fail(what, *value, "must not be negative");
      if (fractional == fractional_counts::refused && !detail::is_whole(*value)) {
        fail(what, *value, "must be a whole number (imputed counts: fractional_counts::allowed, where it is taken)");
      }
    };
    count(x.events, "events");
    count(x.total, "total");
    if (x.total && !(*x.total > 0)) fail("total", *x.total, "must be positive");
    if (x.events && x.total && !(*x.events <= *x.total)) {
      const std::string rule = "must not exceed the arm's total of " + detail::to_text(*x.total);
      fail("events", *x.events, rule.c_str());
    }
  };
  arm(t.treated, "treated");
  arm(t.control, "control");
}

/// The 2x2 table of a complete trial. Precondition: is_complete(t).
template <class Real>
two_by_two<Real> table_of(const binary_trial<Real>& t) {
  return {*t.treated.events, *t.treated.total - *t.treated.events, *t.control.events, *t.control.total - *t.control.events};
}

}  // namespace metapool
