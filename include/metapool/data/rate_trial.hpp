// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// One arm of a trial that counts events over person-time. time: any unit (patient-years, catheter-days), the same in all trials.
/// A number that was not reported stays empty.
template <class Real = double>
struct rate_arm {
  std::optional<Real> events{};
  std::optional<Real> time{};
};

/// A trial that counts events over person-time in two arms.
///
///     rate_trial<> t{.label = "Bach 1996", .treated = {.events = 0, .time = 798}, .control = {.events = 3, .time = 1040}};
template <class Real = double>
struct rate_trial {
  using real_type = Real;
  std::string label{};
  rate_arm<Real> treated{};
  rate_arm<Real> control{};
};

/// Events x and person-time t of two arms: 1 treated, 2 control. A correction makes the events fractional.
template <class Real = double>
struct two_rates {
  Real x1{}, t1{}, x2{}, t2{};
};

/// True if all four numbers of the trial are known.
template <class Real>
bool is_complete(const rate_trial<Real>& t) {
  return t.treated.events && t.treated.time && t.control.events && t.control.time;
}

/// Checks every number of the trial that is known: events finite, whole (unless allowed) and not negative, time finite and positive.
/// Throws input_error naming `function`, the trial, the arm, the value and the rule.
template <class Real>
void check(const rate_trial<Real>& t, const char* function, fractional_counts fractional = fractional_counts::refused) {
  const detail::study_rules rules{function, t.label};
  rules.count(t.treated.events, "treated.events", 0, fractional);
  rules.positive(t.treated.time, "treated.time");
  rules.count(t.control.events, "control.events", 0, fractional);
  rules.positive(t.control.time, "control.time");
}

/// The rates of a complete trial. Precondition: is_complete(t).
template <class Real>
two_rates<Real> rates_of(const rate_trial<Real>& t) {
  return {*t.treated.events, *t.treated.time, *t.control.events, *t.control.time};
}

}  // namespace metapool
