// SPDX-License-Identifier: BSL-1.0
// What can be told of a file of trials, and which columns it is told of.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/column_roles.hpp>
#include <metapool/data/decimal.hpp>
#include <metapool/data/stated_on.hpp>
#include <metapool/data/text_table.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {

/// How to read trials from a file. All defaults mean: found out from the file.
///
///     const auto t = read_csv<binary_trial<>>("deaths.csv", {.treated_events = "deaths drug", .control_events = "deaths placebo"});
struct csv_options {
  char delimiter = '\0';                                     ///< ',', ';', '\t', ...
  char decimal = '\0';                                       ///< '.' or ','
  std::vector<std::string> missing = number_format{}.missing;  ///< tokens for a number that was not reported
  fractional_counts fractional = fractional_counts::refused;  ///< events that are not whole numbers (binary trials)
  /// Names of columns, where the names that are known do not serve.
  std::string label{};
  std::string treated_events{}, treated_total{}, treated_non_events{};
  std::string control_events{}, control_total{}, control_non_events{};
  std::string treated_mean{}, treated_sd{}, control_mean{}, control_sd{};
  std::string estimate{}, se{}, variance{}, lower{}, upper{}, p{};
  std::string treated_time{}, control_time{};
  std::string events{}, total{}, time{}, mean{}, sd{}, r{}, alpha{}, items{};
  std::string both{}, treated_only{}, control_only{}, neither{};
  std::string before_mean{}, before_sd{}, after_mean{}, after_sd{}, correlation{};
  std::string treated_before_mean{}, treated_before_sd{}, treated_after_mean{}, treated_after_sd{}, treated_correlation{};
  std::string control_before_mean{}, control_before_sd{}, control_after_mean{}, control_after_sd{}, control_correlation{};
  std::string predictors{}, r_squared{}, observed_minus_expected{};
  /// Of reported effects: the scale on which the file states estimates and intervals, and the level of its intervals.
  stated_on on = stated_on::pooling_scale;
  double level = 0.95;
};

namespace detail {

/// The caller's column names in the order of the trial type's roles, the label last.
template <class Trial>
named_roles named_columns(const csv_options& o, const char* function) {
  const std::pair<std::string_view, const std::string*> all[] = {
      {"treated_events", &o.treated_events}, {"treated_total", &o.treated_total}, {"treated_non_events", &o.treated_non_events},
      {"control_events", &o.control_events}, {"control_total", &o.control_total}, {"control_non_events", &o.control_non_events},
      {"treated_mean", &o.treated_mean},     {"treated_sd", &o.treated_sd},       {"control_mean", &o.control_mean},
      {"control_sd", &o.control_sd},         {"estimate", &o.estimate},           {"se", &o.se},
      {"variance", &o.variance},             {"lower", &o.lower},                 {"upper", &o.upper},
      {"p", &o.p},                           {"treated_time", &o.treated_time},   {"control_time", &o.control_time},
      {"events", &o.events},                 {"total", &o.total},                 {"time", &o.time},
      {"mean", &o.mean},                     {"sd", &o.sd},                       {"r", &o.r},
      {"alpha", &o.alpha},                   {"items", &o.items},                 {"both", &o.both},
      {"treated_only", &o.treated_only},     {"control_only", &o.control_only},   {"neither", &o.neither},
      {"before_mean", &o.before_mean},       {"before_sd", &o.before_sd},         {"after_mean", &o.after_mean},
      {"after_sd", &o.after_sd},             {"correlation", &o.correlation},     {"predictors", &o.predictors},
      {"r_squared", &o.r_squared},           {"observed_minus_expected", &o.observed_minus_expected},
      {"treated_before_mean", &o.treated_before_mean}, {"treated_before_sd", &o.treated_before_sd}, {"treated_after_mean", &o.treated_after_mean},
      {"treated_after_sd", &o.treated_after_sd},       {"treated_correlation", &o.treated_correlation}, {"control_before_mean", &o.control_before_mean},
      {"control_before_sd", &o.control_before_sd},     {"control_after_mean", &o.control_after_mean},   {"control_after_sd", &o.control_after_sd},
      {"control_correlation", &o.control_correlation}};
  named_roles named{};
  named[label_place] = o.label;
  for (const auto& choice : all) {
    if (choice.second->empty()) continue;
    bool used = false;
    for (std::size_t r = 0; r < role_count<Trial>; ++r) {
      if (choice.first == trial_columns<Trial>::roles[r].name) {
        named[r] = *choice.second;
        used = true;
      }
    }
    if (!used) {
      throw_input_error(function, "csv_options." + std::string(choice.first) + " = " + in_quotes(*choice.second) + " names a number that a " +
                                      trial_columns<Trial>::type_name + " does not have");
    }
  }
  return named;
}

}  // namespace detail
}  // namespace metapool
