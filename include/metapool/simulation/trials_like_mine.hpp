// SPDX-License-Identifier: BSL-1.0
// With trials like mine, which interval holds?
#pragma once

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/simulation/methods.hpp>
#include <metapool/simulation/simulate.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace metapool {

struct trials_like_mine_options {
  std::vector<double> i2{0, 0.25, 0.5, 0.75};  ///< heterogeneities that are tried, each in [0, 1)
  std::optional<double> mean{};                ///< true mean on the pooling scale; empty: what the trials give (Mantel-Haenszel, or the common effect)
  any_spread spread{};
  simulate_options simulation{};
  double level = 0.95;
};

/// What simulations say of an interval.
enum class interval_verdict : std::uint8_t {
  holds,       ///< it was seen to cover what it should, to a point
  undecided,   ///< it covered less, but chance alone may do that
  falls_short  ///< it covers less, or has too often no answer
};

/// What simulated trials of the same sizes and baselines say of the methods.
struct trials_like_mine_result {
  measure_info measure{};
  double level = 0.95;
  double mean{};                           ///< true mean, pooling scale
  std::vector<double> baseline{};          ///< control risks, or standard deviations, of the trials
  std::vector<std::string> left_out{};     ///< trials that lack a number
  std::vector<double> i2{};                ///< one entry a study
  std::vector<double> tau2{};
  std::vector<simulation_result> studies{};
  std::optional<std::size_t> shortest{};   ///< number of the method that holds() at every heterogeneity with the shortest intervals of the mean; empty if none does

  /// The lowest coverage of a method's interval of the mean over the heterogeneities; empty if it is no such interval, or has an answer for fewer than 99 of 100 data sets.
  std::optional<double> least_coverage(std::size_t method) const {
    std::optional<double> least;
    for (const simulation_result& s : studies) {
      const method_performance& m = s.methods.at(method);
      if (m.target != interval_target::mean || !m.coverage || static_cast<double>(m.answered) < 0.99 * static_cast<double>(m.replicates)) return std::nullopt;
      least = std::fmin(least.value_or(1), m.coverage->value);
    }
    return least;
  }

  /// Whether a method's interval of the mean covers at least level - 0.01 at every heterogeneity, with an answer for 99 of 100 data sets. One that was seen to
  /// cover less somewhere, but by no more than two Monte Carlo errors, is undecided: more data sets would tell.
  interval_verdict verdict(std::size_t method) const {
    if (!least_coverage(method)) return interval_verdict::falls_short;
    interval_verdict result = interval_verdict::holds;
    for (const simulation_result& s : studies) {
      const method_performance& m = s.methods[method];
      if (m.coverage->value + 2 * m.coverage->error < level - 0.01) return interval_verdict::falls_short;
      if (m.coverage->value < level - 0.01) result = interval_verdict::undecided;
    }
    return result;
  }
  bool holds(std::size_t method) const { return verdict(method) == interval_verdict::holds; }
};

namespace detail {

/// The studies of all heterogeneities for a model whose tau2 is still open. v: variances of the effects in trials of these sizes.
template <class Model, class Methods>
void simulate_heterogeneities(const char* function, Model model, const Methods& methods, const std::vector<double>& v, const trials_like_mine_options& options, trials_like_mine_result& r) {
  check_level(function, options.level);
  if (options.i2.empty()) throw_input_error(function, "i2: there is none to try");
  if (v.size() < 2) throw_input_error(function, "fewer than two complete trials");
  const double typical = typical_variance(std::span<const double>(v));
  r.level = options.level;
  r.mean = model.effects.mean;
  for (const double i2 : options.i2) {
    if (!(i2 >= 0 && i2 < 1)) throw_input_error(function, "i2 = " + to_text(i2) + " must be in [0, 1)");
    model.effects.tau2 = typical * i2 / (1 - i2);
    model.effects.spread = options.spread;
    r.i2.push_back(i2);
    r.tau2.push_back(model.effects.tau2);
    r.studies.push_back(simulate(model, methods, options.simulation));
  }
  double best = 0;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    if (!r.holds(m)) continue;
    double width = 0;  // the logarithm of the geometric mean
    bool empty = false;
    for (const simulation_result& s : r.studies) {
      empty = empty || !(*s.methods[m].median_width > 0);
      width += std::log(*s.methods[m].median_width);
    }
    if (empty) continue;  // half of the intervals have no point
    if (!r.shortest || width < best) {
      best = width;
      r.shortest = m;
    }
  }
}

}  // namespace detail

/// Tries the usual methods (methods_for) on simulated trials with the patients of these trials and their baseline risks, (events + 1/2) / (patients + 1) of the control
/// arm, at several heterogeneities, and says which interval of the mean holds its level at all of them and is shortest. I2 refers to the variances
/// of the effects at the expected numbers of events.
///
///     const auto which = trials_like_mine(trials, risk_ratio{});
///     std::puts(describe(which).c_str());
///
/// Trials that lack a number are left out and named. Some 0.05 ms a data set and heterogeneity with ten trials; the answer depends on the seed alone.
/// Throws input_error on bad counts, options out of range or fewer than two complete trials.
template <detail::binary_trials Trials, class Measure>
  requires requires { typename binary_trials_model<Measure>; }
trials_like_mine_result trials_like_mine(const Trials& trials, const Measure& measure, const trials_like_mine_options& options = {}) {
  constexpr const char* function = "trials_like_mine";
  trials_like_mine_result r{.measure = Measure::info};
  std::vector<binary_trial<>> complete;
  std::vector<arm_sizes> sizes;
  for (const binary_trial<>& t : trials) {
    check(t, function);
    if (!is_complete(t)) {
      r.left_out.push_back(t.label);
      continue;
    }
    complete.push_back(t);
    sizes.push_back({*t.treated.total, *t.control.total});
    r.baseline.push_back((*t.control.events + 0.5) / (*t.control.total + 1));
  }
  if (complete.size() < 2) detail::throw_input_error(function, "fewer than two complete trials");
  binary_trials_model<Measure> model{.sizes = sizes, .control_risk = r.baseline};
  if (options.mean) {
    model.effects.mean = *options.mean;
  } else {
    try {
      model.effects.mean = mantel_haenszel(complete, measure).estimate;
    } catch (const not_estimable&) {  // without events there is nothing to be seen of an effect
    }
  }
  model.check(function);
  std::vector<double> v;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    // an arm without any expected event or non-event would have no variance
    const double half = 0.5 / (sizes[i].treated + 1), treated = std::fmin(1 - half, std::fmax(half, model.treated_risk(r.baseline[i], model.effects.mean)));
    const double a = treated * sizes[i].treated, c = r.baseline[i] * sizes[i].control;
    v.push_back(measure(two_by_two<>{a, sizes[i].treated - a, c, sizes[i].control - c}).v);
  }
  detail::simulate_heterogeneities(function, model, methods_for(measure, options.level), v, options, r);
  return r;
}

/// The same for trials with continuous outcomes: normal, with each trial's pooled standard deviation in both arms, to whose variances I2 refers; the mean is in units of the outcome (of
/// standard deviations for the standardised difference). Throws input_error also if an arm has fewer than two patients or no trial's spread.
template <detail::continuous_trials Trials, class Measure>
  requires requires { typename continuous_trials_model<Measure>; }
trials_like_mine_result trials_like_mine(const Trials& trials, const Measure& measure, const trials_like_mine_options& options = {}) {
  constexpr const char* function = "trials_like_mine";
  trials_like_mine_result r{.measure = Measure::info};
  std::vector<continuous_trial<>> complete;
  std::vector<arm_sizes> sizes;
  for (const continuous_trial<>& t : trials) {
    check(t, function);
    if (!is_complete(t)) {
      r.left_out.push_back(t.label);
      continue;
    }
    const double n1 = *t.treated.total, n2 = *t.control.total, s1 = *t.treated.sd, s2 = *t.control.sd;
    const double pooled = std::sqrt(((n1 - 1) * s1 * s1 + (n2 - 1) * s2 * s2) / (n1 + n2 - 2));
    if (!(n1 >= 2 && n2 >= 2)) detail::throw_study_error(function, t.label, "total", (std::min)(n1, n2), "must be at least 2");
    if (!(pooled > 0)) detail::throw_study_error(function, t.label, "sd", pooled, "must be positive in an arm at least");
    complete.push_back(t);
    sizes.push_back({n1, n2});
    r.baseline.push_back(pooled);
  }
  if (complete.size() < 2) detail::throw_input_error(function, "fewer than two complete trials");
  const auto effects = effect_sizes(complete, measure);
  continuous_trials_model<Measure> model{.sizes = sizes, .sd = r.baseline};
  model.effects.mean = options.mean ? *options.mean : common_effect(effects).estimate;
  model.check(function);
  // arms that differ by the true mean and share the pooled standard deviation
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double sd = r.baseline[i], difference = std::same_as<Measure, mean_difference> ? model.effects.mean : sd * model.effects.mean;
    complete[i] = {complete[i].label, {difference, sd, sizes[i].treated}, {0.0, sd, sizes[i].control}};
  }
  const std::vector<double> v = effect_sizes(complete, measure).v;
  detail::simulate_heterogeneities(function, model, methods_for(measure, options.level), v, options, r);
  return r;
}

}  // namespace metapool
