// SPDX-License-Identifier: BSL-1.0
// What a Cochrane review holds: comparisons, outcomes, subgroups, studies, and the results that the program stored beside them.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuous_trial.hpp>
#include <metapool/data/decimal.hpp>
#include <metapool/data/reported.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metapool {

/// What the studies of an outcome report.
enum class revman_data { dichotomous, continuous, generic_inverse_variance, o_minus_e };

/// How the file says that they were pooled.
enum class revman_method { mantel_haenszel, inverse_variance, peto, o_minus_e };

/// Which totals an outcome has.
enum class revman_totals { all, subgroups_only, none };

/// The interval of the pooled mean and the between-study variance (RevMan 5 knows the first of each only).
enum class revman_interval { wald, hartung_knapp };
enum class revman_tau2 { dersimonian_laird, reml };

/// Results as the file has them; what it leaves blank is empty. effect, lower, upper, prediction: as a reader wants them (ratios, not logarithms).
/// se: on the pooling scale. weight and i2: per cent. z: as stored (RevMan 5 drops its sign).
template <class Real = double>
struct revman_results {
  std::optional<Real> effect{}, lower{}, upper{}, se{}, weight{};
  std::optional<Real> chi2{}, df{}, p_chi2{}, i2{}, tau2{}, z{}, p_z{};
  std::optional<Real> between_chi2{}, between_p{}, between_i2{};  ///< test between subgroups
  std::optional<Real> prediction_lower{}, prediction_upper{}, tau2_lower{}, tau2_upper{};  ///< RevMan Web only
  std::optional<Real> events_1{}, total_1{}, events_2{}, total_2{}, studies{};
};

/// A study's row: arm 1 is the experimental one. Which numbers are there depends on the outcome's data.
template <class Real = double>
struct revman_study {
  std::string id{}, label{}, footnote{};
  std::string year{};
  std::size_t line = 0;                 ///< of the file
  bool estimable = true;                ///< as the file says
  std::optional<Real> events_1{}, total_1{}, events_2{}, total_2{};
  std::optional<Real> mean_1{}, sd_1{}, mean_2{}, sd_2{};
  std::optional<Real> estimate{}, se{};  ///< generic inverse variance, on the pooling scale
  std::optional<Real> o_e{}, variance{};
  revman_results<Real> stored{};
};

/// A subgroup: the studies [first, first + count) of its outcome.
template <class Real = double>
struct revman_subgroup {
  std::string name{};
  std::size_t first = 0, count = 0;
  revman_results<Real> stored{};
};

template <class Real = double>
struct revman_outcome {
  std::string number{}, name{}, label_1{}, label_2{};
  std::size_t line = 0;
  revman_data data = revman_data::dichotomous;
  std::string measure{};                ///< as the file has it: "RR", "Hazard Ratio", ...
  bool ratio = false;                   ///< pooled as a logarithm
  revman_method method = revman_method::inverse_variance;
  bool random = false;
  revman_tau2 tau2 = revman_tau2::dersimonian_laird;
  revman_interval interval = revman_interval::wald;
  bool swap_events = false;             ///< the effect is that on not having the event
  revman_totals totals = revman_totals::all;
  double level_studies = 0.95, level_total = 0.95;
  std::vector<revman_study<Real>> studies{};
  std::vector<revman_subgroup<Real>> subgroups{};
  revman_results<Real> stored{};
};

template <class Real = double>
struct revman_comparison {
  std::string number{}, name{};
  std::vector<revman_outcome<Real>> outcomes{};
};

/// A review. not_understood: what the file holds in its analyses that was not read, one line each; nothing else there was passed over but
/// layout (titles of axes, sorting, dates of change).
template <class Real = double>
struct revman_review {
  std::string file{}, title{};
  std::vector<revman_comparison<Real>> comparisons{};
  std::vector<std::string> not_understood{};
};

namespace detail {

/// The letters of a text in lower case, all else dropped: "Odds Ratio (Non-event)" -> "oddsrationonevent".
template <class = void>
std::string letters(std::string_view s) {
  std::string out;
  for (const char c : s) {
    const char l = to_lower(c);
    if (l >= 'a' && l <= 'z') out += l;
  }
  return out;
}

/// True for a measure that is pooled as a logarithm.
template <class = void>
bool is_ratio_measure(std::string_view measure) {
  const std::string m = letters<>(measure);
  return m == "or" || m == "rr" || m == "hr" || m == "petoor" || m.find("ratio") != std::string::npos;
}

template <class Real>
std::vector<revman_study<Real>> studies_of(const revman_outcome<Real>& outcome, const revman_subgroup<Real>* group) {
  if (group == nullptr) return outcome.studies;
  return {outcome.studies.begin() + static_cast<std::ptrdiff_t>(group->first),
          outcome.studies.begin() + static_cast<std::ptrdiff_t>(group->first + group->count)};
}

template <class = void>
void check_kind(bool right, const char* function, const std::string& outcome) {
  if (!right) throw_input_error(function, "outcome '" + outcome + "' holds another kind of data");
}

}  // namespace detail

/// The trials of a dichotomous outcome, in the file's order, ready for effect_sizes; with swap_events non-events stand for events.
/// Throws input_error if the outcome holds another kind of data.
template <class Real>
std::vector<binary_trial<Real>> binary_trials_of(const revman_outcome<Real>& outcome, const revman_subgroup<Real>* subgroup = nullptr) {
  detail::check_kind(outcome.data == revman_data::dichotomous, "binary_trials_of", outcome.name);
  std::vector<binary_trial<Real>> out;
  for (const auto& s : detail::studies_of(outcome, subgroup)) {
    binary_trial<Real> t{.label = s.label, .treated = {.events = s.events_1, .total = s.total_1}, .control = {.events = s.events_2, .total = s.total_2}};
    if (outcome.swap_events) {
      if (t.treated.events && t.treated.total) t.treated.events = Real(*t.treated.total - *t.treated.events);
      if (t.control.events && t.control.total) t.control.events = Real(*t.control.total - *t.control.events);
    }
    out.push_back(t);
  }
  return out;
}

/// The trials of a continuous outcome, in the file's order. Throws input_error if the outcome holds another kind of data.
template <class Real>
std::vector<continuous_trial<Real>> continuous_trials_of(const revman_outcome<Real>& outcome, const revman_subgroup<Real>* subgroup = nullptr) {
  detail::check_kind(outcome.data == revman_data::continuous, "continuous_trials_of", outcome.name);
  std::vector<continuous_trial<Real>> out;
  for (const auto& s : detail::studies_of(outcome, subgroup)) {
    out.push_back({.label = s.label, .treated = {.mean = s.mean_1, .sd = s.sd_1, .total = s.total_1}, .control = {.mean = s.mean_2, .sd = s.sd_2, .total = s.total_2}});
  }
  return out;
}

/// The estimates of a generic inverse-variance or O - E outcome on the pooling scale: the estimate with its se, or (O - E) / V with variance 1 / V.
/// Studies with se or V = 0 (RevMan's "not estimable") come without an uncertainty. Throws input_error if the outcome holds another kind of data.
template <class Real>
std::vector<reported<Real>> reported_effects_of(const revman_outcome<Real>& outcome, const revman_subgroup<Real>* subgroup = nullptr) {
  const bool generic = outcome.data == revman_data::generic_inverse_variance;
  detail::check_kind(generic || outcome.data == revman_data::o_minus_e, "reported_effects_of", outcome.name);
  std::vector<reported<Real>> out;
  for (const auto& s : detail::studies_of(outcome, subgroup)) {
    reported<Real> t;
    t.label = s.label;
    if (generic) {
      t.estimate = s.estimate;
      if (s.se && *s.se != 0) t.se = s.se;
    } else if (s.o_e && s.variance && *s.variance != 0) {
      t.estimate = Real(*s.o_e / *s.variance);
      t.variance = Real(1 / *s.variance);
    }
    out.push_back(t);
  }
  return out;
}

}  // namespace metapool
