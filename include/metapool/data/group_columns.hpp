// SPDX-License-Identifier: BSL-1.0
// The columns of files of rates, proportions, means of one group, correlations and reliabilities: names of this library, of metafor and of meta.
#pragma once

#include <metapool/data/column_roles.hpp>
#include <metapool/data/correlation.hpp>
#include <metapool/data/group_mean.hpp>
#include <metapool/data/proportion.hpp>
#include <metapool/data/rate.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/data/reliability.hpp>

#include <cstddef>

namespace metapool::detail {

/// A place in the table of roles that a type does not use: no column is ever found for it.
constexpr column_role no_role{"", ""};

/// What trial types whose columns are all needed have in common; Unused: the bits of the places that they do not use.
template <unsigned Unused>
struct plain_columns {
  static constexpr const char* remark = "";
  static bool dispensable(std::size_t role, const role_presence&) { return derived(role); }
  static constexpr bool derived(std::size_t role) { return (Unused >> role & 1U) != 0; }
};

template <class Real>
struct trial_columns<rate_trial<Real>> : plain_columns<0b100100> {
  static constexpr const char* type_name = "rate_trial";
  static constexpr column_role roles[6] = {{"treated_events", "treated_events x1i event.e events_treat"},
                                           {"treated_time", "treated_time t1i time.e time_treat"},
                                           no_role,
                                           {"control_events", "control_events x2i event.c events_ctrl"},
                                           {"control_time", "control_time t2i time.c time_ctrl"},
                                           no_role};
  template <class Fail>
  static rate_trial<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .treated = {.events = n[0], .time = n[1]}, .control = {.events = n[3], .time = n[4]}};
  }
  static row_numbers<Real> disassemble(const rate_trial<Real>& t) {
    return {t.treated.events, t.treated.time, {}, t.control.events, t.control.time, {}};
  }
  static void check(const rate_trial<Real>& t, const char* function, fractional_counts f) { metapool::check(t, function, f); }
};

template <class Real>
struct trial_columns<rate<Real>> : plain_columns<0b111100> {
  static constexpr const char* type_name = "rate";
  static constexpr column_role roles[6] = {{"events", "events xi event"}, {"time", "time ti"}, no_role, no_role, no_role, no_role};
  template <class Fail>
  static rate<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .events = n[0], .time = n[1]};
  }
  static row_numbers<Real> disassemble(const rate<Real>& s) { return {s.events, s.time, {}, {}, {}, {}}; }
  static void check(const rate<Real>& s, const char* function, fractional_counts f) { metapool::check(s, function, f); }
};

template <class Real>
struct trial_columns<proportion<Real>> : plain_columns<0b111100> {
  static constexpr const char* type_name = "proportion";
  static constexpr column_role roles[6] = {{"events", "events xi event"}, {"total", "total ni n"}, no_role, no_role, no_role, no_role};
  template <class Fail>
  static proportion<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .events = n[0], .total = n[1]};
  }
  static row_numbers<Real> disassemble(const proportion<Real>& s) { return {s.events, s.total, {}, {}, {}, {}}; }
  static void check(const proportion<Real>& s, const char* function, fractional_counts f) { metapool::check(s, function, f); }
};

template <class Real>
struct trial_columns<group_mean<Real>> : plain_columns<0b111000> {
  static constexpr const char* type_name = "group_mean";
  static constexpr column_role roles[6] = {{"mean", "mean mi"}, {"sd", "sd sdi"}, {"total", "total ni n"}, no_role, no_role, no_role};
  template <class Fail>
  static group_mean<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .mean = n[0], .sd = n[1], .total = n[2]};
  }
  static row_numbers<Real> disassemble(const group_mean<Real>& s) { return {s.mean, s.sd, s.total, {}, {}, {}}; }
  static void check(const group_mean<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

template <class Real>
struct trial_columns<correlation<Real>> : plain_columns<0b111100> {
  static constexpr const char* type_name = "correlation";
  static constexpr column_role roles[6] = {{"r", "r ri cor"}, {"total", "total ni n"}, no_role, no_role, no_role, no_role};
  template <class Fail>
  static correlation<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .r = n[0], .total = n[1]};
  }
  static row_numbers<Real> disassemble(const correlation<Real>& s) { return {s.r, s.total, {}, {}, {}, {}}; }
  static void check(const correlation<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

template <class Real>
struct trial_columns<reliability<Real>> : plain_columns<0b111000> {
  static constexpr const char* type_name = "reliability";
  static constexpr column_role roles[6] = {{"alpha", "alpha ai"}, {"items", "items mi"}, {"total", "total ni n"}, no_role, no_role, no_role};
  template <class Fail>
  static reliability<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .alpha = n[0], .items = n[1], .total = n[2]};
  }
  static row_numbers<Real> disassemble(const reliability<Real>& s) { return {s.alpha, s.items, s.total, {}, {}, {}}; }
  static void check(const reliability<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

}  // namespace metapool::detail
