// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/information_size.hpp>
#include <metapool/sensitivity/sequential_boundaries.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// What a trial sequential analysis says.
enum class sequential_conclusion : std::uint8_t {
  open,           ///< neither a boundary nor the information size is reached: the next trial may still change the answer
  upper_crossed,  ///< significant, effect above none
  lower_crossed,  ///< significant, effect below none
  futile,         ///< inside the futility boundary: the effect sought is not there
  size_reached    ///< the information size is reached and no boundary crossed: no effect of that size
};

/// The meta-analysis as it stood after one trial.
template <class Real = double>
struct trial_sequential_look {
  std::string label{};            ///< the trial that was added
  Real patients{};                ///< in all trials so far
  Real information{};             ///< patients / required information size; may exceed 1
  Real estimate{}, se{}, z{};     ///< of the pooled effect so far
  std::optional<Real> tau2{};
  std::optional<sequential_look<Real>> boundary{};  ///< empty if this is no look: it adds less than 0.001 of the information, or the size was reached before
  Real lower{}, upper{};          ///< the interval adjusted for repeated looks; infinite ends where a boundary is, and without a boundary
};

/// Trial sequential analysis of trials in the order of their publication.
template <class Real = double>
struct trial_sequential_result {
  using real_type = Real;
  measure_info measure{};
  information_size<Real> size{};
  std::vector<trial_sequential_look<Real>> looks{};
  sequential_conclusion conclusion = sequential_conclusion::open;
  std::optional<std::size_t> decided{};     ///< the look at which it was reached
  std::optional<Real> inflation{};          ///< of the information size, for the plan's power with its looks; empty without beta
  sequential_look<Real> at_full_size{};     ///< the boundary at the information size itself, if it is not reached
};

/// Trial sequential analysis: the cumulative z curve of trials against boundaries that hold the error over all looks, with the information size as the yardstick.
///
/// data: effects in the order in which the trials came; patients: of each pooled trial, both arms. size: see required_information_size and for_diversity
/// (take D2 from the fit of all trials). plan: sequential_plan<>{} is two-sided 5 % by O'Brien-Fleming spending. estimator: reml{} or any other; fixed_tau2{} gives
/// the common-effect model.
/// Intervals: estimate - boundary se, with both boundaries of the look (repeated confidence intervals, as the software of the Copenhagen Trial Unit has them).
/// A plan with beta places futility at the power that the plan has; for that power the size must be multiplied by result.inflation.
/// Throws input_error if sizes differ, patients are not positive, the plan is out of range, or without studies; errors of random_effects.
/// Wetterslev, Thorlund, Brok & Gluud (2008) J Clin Epidemiol 61:64, doi:10.1016/j.jclinepi.2007.03.013; Jennison & Turnbull (1989) J R Stat Soc B 51:305.
template <class Real, class Plan = sequential_plan<>, class Estimator = reml>
trial_sequential_result<Real> trial_sequential(const effects<Real>& data, std::span<const Real> patients, const information_size<Real>& size, const Plan& plan = {},
                                               const Estimator& estimator = {}) {
  constexpr const char* function = "trial_sequential";
  const Real infinite = std::numeric_limits<Real>::infinity();
  detail::check_effects(function, data);
  if (patients.size() != data.size()) {
    detail::throw_input_error(function, "patients has " + std::to_string(patients.size()) + " values for " + std::to_string(data.size()) + " pooled studies");
  }
  if (!(size.patients > 0) || !detail::is_finite(size.patients)) detail::throw_input_error(function, "size.patients = " + detail::to_text(size.patients) + " must be positive and finite");
  trial_sequential_result<Real> result;
  result.measure = data.measure;
  result.size = size;

  effects<Real> so_far;
  so_far.measure = data.measure;
  std::vector<Real> fractions;
  std::vector<std::size_t> looked_at;  // which trial each fraction belongs to
  Real total = 0, before = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!(patients[i] > 0) || !detail::is_finite(patients[i])) detail::throw_study_error(function, data.labels[i], "patients", patients[i], "must be positive and finite");
    total += patients[i];
    so_far.y.push_back(data.y[i]);
    so_far.v.push_back(data.v[i]);
    so_far.labels.push_back(data.labels[i]);
    const model_fit<Real> fit = random_effects(so_far, estimator);
    if (!fit.convergence.converged) throw convergence_error(std::string(function) + ": the fit by " + fit.method + " after '" + data.labels[i] + "' did not converge");
    trial_sequential_look<Real> look;
    look.label = data.labels[i];
    look.patients = total;
    look.information = total / size.patients;
    look.estimate = fit.estimate;
    look.se = fit.se;
    look.z = fit.estimate / fit.se;
    look.tau2 = fit.tau2;
    look.lower = -infinite;
    look.upper = infinite;
    const Real t = (std::min)(look.information, Real(1));
    if (t - before >= Real(detail::least_step)) {
      fractions.push_back(t);
      looked_at.push_back(i);
      before = t;
    }
    result.looks.push_back(std::move(look));
  }
  const bool reached = before == Real(1);
  if (!reached) {  // the look at full size that is still to come
    if (Real(1) - before < Real(detail::least_step)) {
      fractions.back() = Real(1);
    } else {
      fractions.push_back(Real(1));
    }
  }
  const sequential_boundaries_result<Real> boundaries = sequential_boundaries(std::span<const Real>(fractions), plan);
  result.inflation = boundaries.inflation;
  result.at_full_size = boundaries.looks.back();
  for (std::size_t j = 0; j < looked_at.size(); ++j) {
    trial_sequential_look<Real>& look = result.looks[looked_at[j]];
    const sequential_look<Real>& b = boundaries.looks[j];
    look.boundary = b;
    if (detail::is_finite(b.upper)) look.lower = look.estimate - b.upper * look.se;
    if (detail::is_finite(b.lower)) look.upper = look.estimate - b.lower * look.se;
    if (result.decided) continue;
    const auto decide = [&](sequential_conclusion c) {
      result.conclusion = c;
      result.decided = looked_at[j];
    };
    const bool full = b.information == Real(1);
    if (look.z >= b.upper) {
      decide(sequential_conclusion::upper_crossed);
    } else if (look.z <= b.lower) {
      decide(sequential_conclusion::lower_crossed);
    } else if (full) {
      decide(sequential_conclusion::size_reached);
    } else if (b.futility && look.z < *b.futility && (!(plan.alpha_lower > 0) || look.z > -*b.futility)) {
      decide(sequential_conclusion::futile);
    }
  }
  return result;
}

/// The same for trials with binary outcomes: patients are those of the pooled trials. Errors also of effect_sizes.
template <detail::binary_trials Trials, class Measure, class Plan = sequential_plan<>, class Estimator = reml>
  requires binary_measure<Measure, typename detail::trial_type<Trials>::real_type>
auto trial_sequential(const Trials& trials, const Measure& measure, const information_size<typename detail::trial_type<Trials>::real_type>& size,
                      const Plan& plan = {}, const Estimator& estimator = {}) -> trial_sequential_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  const effects<Real> data = effect_sizes(trials, measure);
  std::vector<Real> all, pooled;
  for (const auto& t : trials) all.push_back(t.treated.total && t.control.total ? Real(*t.treated.total + *t.control.total) : Real(0));
  for (const std::size_t i : data.trial) pooled.push_back(all[i]);
  return trial_sequential(data, std::span<const Real>(pooled), size, plan, estimator);
}

}  // namespace metapool
