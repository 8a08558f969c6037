// SPDX-License-Identifier: BSL-1.0
// The columns of files of matched pairs, of one group or two arms measured twice, of partial correlations and of log-rank statistics.
#pragma once

#include <metapool/data/group_columns.hpp>
#include <metapool/data/log_rank.hpp>
#include <metapool/data/matched_pairs.hpp>
#include <metapool/data/partial_correlation.hpp>
#include <metapool/data/pre_post.hpp>

#include <cstddef>

namespace metapool::detail {

template <class Real>
struct trial_columns<matched_pairs<Real>> : plain_columns<0b110000> {
  static constexpr const char* type_name = "matched_pairs";
  static constexpr column_role roles[6] = {
      {"both", "both ai"}, {"treated_only", "treated_only bi"}, {"control_only", "control_only ci"}, {"neither", "neither di"}, no_role, no_role};
  template <class Fail>
  static matched_pairs<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .both = n[0], .treated_only = n[1], .control_only = n[2], .neither = n[3]};
  }
  static row_numbers<Real> disassemble(const matched_pairs<Real>& s) { return {s.both, s.treated_only, s.control_only, s.neither, {}, {}}; }
  static void check(const matched_pairs<Real>& s, const char* function, fractional_counts f) { metapool::check(s, function, f); }
};

/// metafor's m1i, m2i, sd1i are not taken: which of them is the first occasion differs between its own examples.
template <class Real>
struct trial_columns<pre_post<Real>> : plain_columns<0> {
  static constexpr const char* type_name = "pre_post";
  static constexpr column_role roles[6] = {{"before_mean", "before_mean pre_mean mean_pre mean.pre m_pre"}, {"before_sd", "before_sd pre_sd sd_pre sd.pre"},
                                           {"after_mean", "after_mean post_mean mean_post mean.post m_post"}, {"after_sd", "after_sd post_sd sd_post sd.post"},
                                           {"total", "total ni n"}, {"correlation", "correlation ri cor"}};
  template <class Fail>
  static pre_post<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .before = {.mean = n[0], .sd = n[1]}, .after = {.mean = n[2], .sd = n[3]}, .total = n[4], .correlation = n[5]};
  }
  static row_numbers<Real> disassemble(const pre_post<Real>& s) {
    return {s.before.mean, s.before.sd, s.after.mean, s.after.sd, s.total, s.correlation};
  }
  static void check(const pre_post<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

template <class Real>
struct trial_columns<pre_post_trial<Real>> {
  static constexpr const char* type_name = "pre_post_trial";
  static constexpr const char* remark = "";
  static constexpr column_role roles[12] = {
      {"treated_before_mean", "treated_before_mean pre_mean_treat"}, {"treated_before_sd", "treated_before_sd pre_sd_treat"},
      {"treated_after_mean", "treated_after_mean post_mean_treat"},  {"treated_after_sd", "treated_after_sd post_sd_treat"},
      {"treated_total", "treated_total n1i n.e n_treat"},            {"treated_correlation", "treated_correlation r1i r_treat"},
      {"control_before_mean", "control_before_mean pre_mean_ctrl"},  {"control_before_sd", "control_before_sd pre_sd_ctrl"},
      {"control_after_mean", "control_after_mean post_mean_ctrl"},   {"control_after_sd", "control_after_sd post_sd_ctrl"},
      {"control_total", "control_total n2i n.c n_ctrl"},             {"control_correlation", "control_correlation r2i r_ctrl"}};
  static bool dispensable(std::size_t, const role_presence&) { return false; }
  static constexpr bool derived(std::size_t) { return false; }
  template <class Fail>
  static pre_post_trial<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    const auto arm = [&](std::size_t first) {
      return pre_post_arm<Real>{.before = {.mean = n[first], .sd = n[first + 1]}, .after = {.mean = n[first + 2], .sd = n[first + 3]}, .total = n[first + 4], .correlation = n[first + 5]};
    };
    return {.label = {}, .treated = arm(0), .control = arm(6)};
  }
  static row_numbers<Real> disassemble(const pre_post_trial<Real>& s) {
    const pre_post_arm<Real>&t = s.treated, &c = s.control;
    return {t.before.mean, t.before.sd, t.after.mean, t.after.sd, t.total, t.correlation, c.before.mean, c.before.sd, c.after.mean, c.after.sd, c.total, c.correlation};
  }
  static void check(const pre_post_trial<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

/// r_squared is needed for semi-partial correlations only: its column may be absent (and where the caller names the other three, is not looked for).
template <class Real>
struct trial_columns<partial_correlation<Real>> : plain_columns<0b110000> {
  static constexpr const char* type_name = "partial_correlation";
  static constexpr column_role roles[6] = {
      {"r", "r ri cor"}, {"predictors", "predictors mi"}, {"total", "total ni n"}, {"r_squared", "r_squared r2i"}, no_role, no_role};
  static bool dispensable(std::size_t role, const role_presence& there) { return role > 3 || (role == 3 && there[0] && there[1] && there[2]); }
  template <class Fail>
  static partial_correlation<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .r = n[0], .predictors = n[1], .total = n[2], .r_squared = n[3]};
  }
  static row_numbers<Real> disassemble(const partial_correlation<Real>& s) { return {s.r, s.predictors, s.total, s.r_squared, {}, {}}; }
  static void check(const partial_correlation<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

template <class Real>
struct trial_columns<log_rank<Real>> : plain_columns<0b111100> {
  static constexpr const char* type_name = "log_rank";
  static constexpr column_role roles[6] = {{"observed_minus_expected", "observed_minus_expected O-E o_e"}, {"variance", "variance V var"}, no_role, no_role, no_role, no_role};
  template <class Fail>
  static log_rank<Real> assemble(const row_numbers<Real>& n, fractional_counts, const Fail&) {
    return {.label = {}, .observed_minus_expected = n[0], .variance = n[1]};
  }
  static row_numbers<Real> disassemble(const log_rank<Real>& s) { return {s.observed_minus_expected, s.variance, {}, {}, {}, {}}; }
  static void check(const log_rank<Real>& s, const char* function, fractional_counts) { metapool::check(s, function); }
};

}  // namespace metapool::detail
