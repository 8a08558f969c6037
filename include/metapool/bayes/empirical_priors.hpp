// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/tau_prior.hpp>
#include <metapool/data/check.hpp>

#include <cstddef>
#include <cstdint>

namespace metapool {

/// What Turner et al. (2015) tell apart among binary outcomes, in the order of their table IV.
enum class binary_outcome : std::uint8_t {
  all_cause_mortality,
  obstetric,
  cause_specific_mortality_or_major_morbidity,
  resource_use_or_hospital_stay,
  surgical_or_device_success,
  withdrawal,
  internal_structure,
  general_physical_health,
  adverse_event,
  infection_or_new_disease,
  signs_and_symptoms,
  pain,
  quality_of_life,
  mental_health,
  biological_marker,
  subjective
};

/// What is compared.
enum class comparison_type : std::uint8_t {
  drug_placebo,      ///< pharmacological against placebo or control
  drug_drug,         ///< pharmacological against pharmacological
  other_placebo,     ///< non-pharmacological against placebo or control
  other_drug,        ///< non-pharmacological against pharmacological
  other_other        ///< non-pharmacological against non-pharmacological
};

/// What Rhodes et al. (2015) tell apart among continuous outcomes, in the order of their table 3.
enum class continuous_outcome : std::uint8_t {
  obstetric,
  resource_use_or_hospital_stay,
  internal_structure,
  general_health_adverse_event_pain_quality_of_life,
  signs_symptoms_infection_new_disease,
  mental_health,
  biological_marker,
  subjective
};

/// The medical areas of rhodes(). Cancer is not offered: the copies of that table (A.3.2) that were at hand differ in signs.
enum class medical_area : std::uint8_t { other, respiratory };

/// The distribution of tau^2 of log odds ratios in a new meta-analysis of any kind: log-normal, mean -2.56, sd 1.74, fitted to the
/// Cochrane Database. Turner et al. (2015) Stat Med 34:984, doi:10.1002/sim.6381. Made for odds ratios; for other measures it is a choice of the analyst.
template <class = void>
log_normal_tau2 turner() {
  return {-2.56, 1.74};
}

/// The same by outcome and comparison (their table IV). Scale: log odds ratios.
template <class = void>
log_normal_tau2 turner(binary_outcome outcome, comparison_type comparison) {
  static constexpr double mean[5][16] = {
      {-3.95, -3.52, -3.71, -2.34, -2.14, -2.99, -2.71, -2.29, -1.87, -2.49, -2.06, -1.83, -2.54, -2.12, -1.77, -2.70},
      {-4.18, -3.75, -3.95, -2.58, -2.37, -3.23, -2.94, -2.53, -2.10, -2.73, -2.29, -2.06, -2.78, -2.35, -2.00, -2.93},
      {-4.17, -3.74, -3.93, -2.56, -2.36, -3.21, -2.93, -2.51, -2.10, -2.71, -2.28, -2.05, -2.77, -2.34, -1.99, -2.92},
      {-2.92, -2.49, -2.68, -1.31, -1.11, -1.96, -1.67, -1.26, -0.84, -1.46, -1.03, -0.80, -1.51, -1.09, -0.74, -1.67},
      {-3.50, -3.08, -3.27, -1.90, -1.69, -2.55, -2.26, -1.85, -1.43, -2.05, -1.61, -1.38, -2.10, -1.67, -1.33, -2.26}};
  static constexpr double sd[5][16] = {
      {1.34, 1.74, 1.74, 1.74, 1.74, 1.74, 1.74, 1.53, 1.52, 1.52, 1.51, 1.52, 1.54, 1.53, 1.52, 1.52},
      {1.41, 1.79, 1.79, 1.79, 1.79, 1.79, 1.79, 1.58, 1.58, 1.58, 1.58, 1.58, 1.60, 1.60, 1.58, 1.58},
      {1.55, 1.91, 1.91, 1.91, 1.91, 1.91, 1.92, 1.72, 1.71, 1.71, 1.71, 1.71, 1.73, 1.72, 1.71, 1.71},
      {1.02, 1.50, 1.51, 1.50, 1.50, 1.51, 1.51, 1.25, 1.24, 1.24, 1.24, 1.25, 1.27, 1.27, 1.24, 1.25},
      {1.26, 1.68, 1.68, 1.68, 1.68, 1.68, 1.68, 1.46, 1.45, 1.45, 1.45, 1.45, 1.47, 1.47, 1.45, 1.45}};
  const auto row = static_cast<std::size_t>(comparison), column = static_cast<std::size_t>(outcome);
  if (row >= 5 || column >= 16) detail::throw_input_error("turner", "outcome and comparison must be values of their enumerations");
  return {mean[row][column], sd[row][column]};
}

/// The distribution of tau^2 of standardised mean differences in a new meta-analysis of any kind: log-t with 5 degrees of freedom, location
/// -3.44, scale 2.59. Rhodes et al. (2015) J Clin Epidemiol 68:52, doi:10.1016/j.jclinepi.2014.08.012.
template <class = void>
log_t_tau2 rhodes() {
  return {-3.44, 2.59, 5};
}

/// The same by outcome, comparison and area (their tables 3 and A.3.1; the three non-pharmacological comparisons are one column there).
/// Scale: standardised mean differences. Mental health in a non-pharmacological comparison has the location -3.85 of R's bayesmeta and rnmamod (the paper itself was not seen), which is
/// 1 lower than the table's other entries would make it.
template <class = void>
log_t_tau2 rhodes(continuous_outcome outcome, comparison_type comparison, medical_area area = medical_area::other) {
  static constexpr double location[2][3][8] = {{{-4.13, -2.55, -2.43, -3.16, -3.00, -2.99, -3.41, -2.76},
                                                {-4.40, -2.83, -2.70, -3.44, -3.27, -3.27, -3.68, -3.03},
                                                {-3.99, -2.41, -2.29, -3.02, -2.86, -3.85, -3.27, -2.62}},
                                               {{-6.03, -4.46, -4.33, -5.07, -4.90, -4.90, -5.31, -4.66},
                                                {-6.31, -4.73, -4.61, -5.34, -5.18, -5.17, -5.59, -4.94},
                                                {-5.89, -4.32, -4.19, -4.93, -4.76, -4.76, -5.17, -4.52}}};
  static constexpr double scale[2][3][8] = {{{2.34, 2.73, 2.50, 2.50, 2.50, 2.16, 2.83, 2.58},
                                             {2.31, 2.70, 2.46, 2.44, 2.47, 2.14, 2.78, 2.59},
                                             {2.11, 2.57, 2.32, 2.27, 2.33, 1.93, 2.66, 2.41}},
                                            {{2.36, 2.74, 2.51, 2.51, 2.50, 2.17, 2.83, 2.59},
                                             {2.31, 2.70, 2.46, 2.45, 2.47, 2.14, 2.78, 2.59},
                                             {2.21, 2.57, 2.33, 2.28, 2.33, 1.94, 2.66, 2.41}}};
  const auto where = static_cast<std::size_t>(area), column = static_cast<std::size_t>(outcome);
  const auto given = static_cast<std::size_t>(comparison);
  if (where >= 2 || column >= 8 || given >= 5) detail::throw_input_error("rhodes", "outcome, comparison and area must be values of their enumerations");
  const std::size_t row = given < 2 ? given : 2;
  return {location[where][row][column], scale[where][row][column], 5};
}

}  // namespace metapool
