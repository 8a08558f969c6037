// SPDX-License-Identifier: BSL-1.0
// Simulated trials with a continuous outcome, and simulated effects with known variances.
#pragma once

#include <metapool/data/continuous_trial.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/simulation/arm_sizes.hpp>
#include <metapool/simulation/drawn.hpp>
#include <metapool/simulation/true_effects.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

/// Trials of two arms with normal outcomes. Means and standard deviations are drawn from their exact distributions, not patient by patient.
template <class Measure>
  requires std::same_as<Measure, mean_difference> || std::same_as<Measure, standardized_mean_difference>
struct continuous_trials_model {
  using data_type = std::vector<continuous_trial<>>;
  true_effects_model effects{};  ///< in units of the outcome; for the standardised difference in control standard deviations
  any_sizes sizes = drawn_sizes{};
  std::vector<double> sd{1};     ///< of the outcome within an arm: of every trial, or one for all
  double treated_sd_ratio = 1;   ///< the treated arm's standard deviation in units of the control arm's; 1 for the standardised difference

  /// Throws input_error unless effects, sizes (arms of 2 to 10^9 patients) and standard deviations are valid.
  void check(const char* function) const {
    detail::check(effects, function);
    detail::check(sizes, function, 2);
    const std::size_t k = detail::number_of_trials(sizes);
    if (sd.size() != 1 && sd.size() != k) {
      detail::throw_input_error(function, "sd has " + std::to_string(sd.size()) + " entries; it must have one for all or one for each of the " + std::to_string(k) + " trials");
    }
    for (const double s : sd) {
      if (!(s > 0) || !detail::is_finite(s)) detail::throw_input_error(function, "sd = " + detail::to_text(s) + " must be positive and finite");
    }
    if (!(treated_sd_ratio > 0) || !detail::is_finite(treated_sd_ratio)) detail::throw_input_error(function, "treated_sd_ratio = " + detail::to_text(treated_sd_ratio) + " must be positive and finite");
    if (std::same_as<Measure, standardized_mean_difference> && treated_sd_ratio != 1) {
      detail::throw_input_error(function, "treated_sd_ratio = " + detail::to_text(treated_sd_ratio) + " must be 1: the standardised difference has one standard deviation");
    }
  }

  drawn<data_type> draw(detail::random_stream& random) const {
    drawn<data_type> d{.mean = effects.mean};
    const std::size_t k = detail::number_of_trials(sizes);
    d.data.resize(k);
    const auto arm = [&](double mean, double deviation, double n) {
      continuous_arm<> a;
      a.mean = mean + deviation / std::sqrt(n) * random.normal();
      a.sd = deviation * std::sqrt(random.chi_squared(n - 1) / (n - 1));
      a.total = n;
      return a;
    };
    for (std::size_t i = 0; i < k; ++i) {
      const arm_sizes n = detail::draw_sizes(sizes, i, random);
      const double s = sd.size() == 1 ? sd[0] : sd[i], unit = std::same_as<Measure, standardized_mean_difference> ? s : 1;
      const double effect = detail::draw_effect(effects, random);
      d.data[i].treated = arm(unit * effect, treated_sd_ratio * s, n.treated);
      d.data[i].control = arm(0, s, n.control);
    }
    d.next_trial = detail::draw_effect(effects, random);
    return d;
  }
};

/// Effects with sampling variances that are known, as the methods for effect sizes suppose: y ~ N(true effect, v).
struct known_variances_model {
  using data_type = metapool::effects<double>;
  true_effects_model effects{};
  std::vector<double> v{};  ///< one entry a study
  measure_info measure{};

  /// Throws input_error unless the effects are valid and there are variances, positive and finite.
  void check(const char* function) const {
    detail::check(effects, function);
    if (v.empty()) detail::throw_input_error(function, "v: there is no study");
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (!(v[i] > 0) || !detail::is_finite(v[i])) detail::throw_input_error(function, "v[" + std::to_string(i) + "] = " + detail::to_text(v[i]) + " must be positive and finite");
    }
  }

  drawn<data_type> draw(detail::random_stream& random) const {
    std::vector<double> y;
    y.reserve(v.size());
    for (const double variance : v) {
      const double truth = detail::draw_effect(effects, random);
      y.push_back(truth + std::sqrt(variance) * random.normal());
    }
    drawn<data_type> d{.mean = effects.mean};
    d.data = known_effects(y, v);
    d.data.measure = measure;
    d.next_trial = detail::draw_effect(effects, random);
    return d;
  }
};

}  // namespace metapool
