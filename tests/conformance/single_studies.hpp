// SPDX-License-Identifier: BSL-1.0
// Operations on one 2x2 table or one arm: exact tests and intervals, Pearson's test, numbers needed to treat. Some have no peer among the
// reference cases and serve the measurement of accuracy.
#pragma once

#include "conformance/operations.hpp"
#include "conformance/studies.hpp"

#include <metapool/exact/fisher.hpp>
#include <metapool/exact/pearson_chi_squared.hpp>
#include <metapool/exact/proportion.hpp>
#include <metapool/inference/number_needed_to_treat.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/mantel_haenszel.hpp>

#include <cstddef>
#include <string>

namespace conformance {

/// The study of the option `study`, which counts from 1.
template <class Real>
metapool::binary_trial<Real> study_of(const data_set& data, const options& o) {
  const double study = o.number("study");
  const auto trials = binary_trials<Real>(data);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (study == static_cast<double>(i + 1)) return trials[i];
  }
  throw file_error(data.file.string() + ": there is no study " + o.text("study"));
}

template <class Real>
answers<Real> fisher_exact(const data_set& data, const options& o) {
  const auto r = metapool::fisher_exact(study_of<Real>(data, o));
  answers<Real> a;
  a.set_p("p", r.p);
  // where the margins allow one table only the library has no estimate; R's rule for the least possible count gives 0
  a.set("odds_ratio", r.odds_ratio.value_or(Real(0)));
  a.set("ci_lb", r.lower);
  a.set("ci_ub", r.upper);
  a.set_p("p_less", r.p_less);
  a.set_p("p_greater", r.p_greater);
  a.set_p("p_mid", r.p_mid);
  a.set("ci_lb_mid", r.lower_mid);
  a.set("ci_ub_mid", r.upper_mid);
  return a;
}

/// Option correct: Yates' correction.
template <class Real>
answers<Real> pearson_chi_squared(const data_set& data, const options& o) {
  const auto correction = o.flag("correct", false) ? metapool::continuity_correction::yates : metapool::continuity_correction::none;
  const auto r = metapool::pearson_chi_squared(study_of<Real>(data, o), correction);
  answers<Real> a;
  a.set("chi_squared", r.statistic);
  a.set_p("p", r.p);
  return a;
}

/// Intervals of the proportion of a study's treated arm, by each method.
template <class Real>
answers<Real> proportion(const data_set& data, const options& o) {
  const auto arm = study_of<Real>(data, o).treated;
  answers<Real> a;
  const auto add = [&](const auto& method, const std::string& name) {
    const auto r = metapool::proportion_interval(arm, method);
    a.set(name + "_lb", r.lower);
    a.set(name + "_ub", r.upper);
  };
  add(metapool::clopper_pearson{}, "clopper_pearson");
  add(metapool::clopper_pearson_mid_p{}, "mid_p");
  add(metapool::jeffreys{}, "jeffreys");
  add(metapool::wilson{}, "wilson");
  return a;
}

/// From the Mantel-Haenszel estimate at the option `baseline_risk`. An infinite number has no entry.
template <class Real>
answers<Real> number_needed_to_treat(const data_set& data, const options& o) {
  const std::string measure = o.text("measure");
  const Real baseline(o.number("baseline_risk"));
  const auto trials = binary_trials<Real>(data);
  answers<Real> a;
  with_binary_measure(measure, [&](const auto& m) {
    const auto r = metapool::number_needed_to_treat(metapool::wald_z{}(metapool::mantel_haenszel(trials, m)), baseline);
    a.set("estimate", r.estimate.value);
    a.set("best", r.best.value);
    a.set("worst", r.worst.value);
  });
  return a;
}

template <class Real>
std::span<const operation<Real>> single_study_operations() {
  static constexpr operation<Real> table[] = {
      {"fisher_exact", fisher_exact<Real>},
      {"pearson_chi_squared", pearson_chi_squared<Real>},
      {"proportion", proportion<Real>},
      {"number_needed_to_treat", number_needed_to_treat<Real>},
  };
  return table;
}

}  // namespace conformance
