// SPDX-License-Identifier: BSL-1.0
// Measurements before and after, in one group or in two arms.
#pragma once

#include <metapool/data/check_study.hpp>

#include <optional>
#include <string>

namespace metapool {

/// Mean and standard deviation at one of the two occasions (units of the outcome).
template <class Real = double>
struct occasion {
  std::optional<Real> mean{};
  std::optional<Real> sd{};
};

/// One group measured twice: `total` patients, and the correlation of their two measurements (rarely reported; from the standard deviation of
/// the changes it is (sd_before^2 + sd_after^2 - sd_change^2) / (2 sd_before sd_after)). A number that was not reported stays empty.
///
///     pre_post<> s{.label = "Smith", .before = {.mean = 26, .sd = 5.2}, .after = {.mean = 30.5, .sd = 6.1}, .total = 24, .correlation = 0.61};
template <class Real = double>
struct pre_post {
  using real_type = Real;
  std::string label{};
  occasion<Real> before{};
  occasion<Real> after{};
  std::optional<Real> total{};
  std::optional<Real> correlation{};
};

/// One arm of a trial that is measured before and after.
template <class Real = double>
struct pre_post_arm {
  occasion<Real> before{};
  occasion<Real> after{};
  std::optional<Real> total{};
  std::optional<Real> correlation{};
};

/// A trial of two arms that are each measured before and after.
template <class Real = double>
struct pre_post_trial {
  using real_type = Real;
  std::string label{};
  pre_post_arm<Real> treated{};
  pre_post_arm<Real> control{};
};

namespace detail {

/// Group: pre_post or pre_post_arm.
template <class Group>
bool complete_group(const Group& g) {
  return g.before.mean && g.before.sd && g.after.mean && g.after.sd && g.total && g.correlation;
}

template <class Group>
void check_group(const Group& g, const study_rules& rules, const std::string& arm) {
  rules.finite(g.before.mean, (arm + "before.mean").c_str());
  rules.not_negative(g.before.sd, (arm + "before.sd").c_str());
  rules.finite(g.after.mean, (arm + "after.mean").c_str());
  rules.not_negative(g.after.sd, (arm + "after.sd").c_str());
  rules.count(g.total, (arm + "total").c_str(), 1);
  rules.at_most_one(g.correlation, (arm + "correlation").c_str());
}

}  // namespace detail

template <class Real>
bool is_complete(const pre_post<Real>& s) {
  return detail::complete_group(s);
}
template <class Real>
bool is_complete(const pre_post_trial<Real>& s) {
  return detail::complete_group(s.treated) && detail::complete_group(s.control);
}

/// Checks the numbers that are known: finite means, sd >= 0, total a whole number of at least 1, correlation between -1 and 1.
/// Throws input_error naming `function`, the study, the number, its value and the rule.
template <class Real>
void check(const pre_post<Real>& s, const char* function) {
  detail::check_group(s, detail::study_rules{function, s.label}, std::string());
}
template <class Real>
void check(const pre_post_trial<Real>& s, const char* function) {
  const detail::study_rules rules{function, s.label};
  detail::check_group(s.treated, rules, "treated.");
  detail::check_group(s.control, rules, "control.");
}

}  // namespace metapool
