// SPDX-License-Identifier: BSL-1.0
// Simulated trials with a binary outcome.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/math/random_counts.hpp>
#include <metapool/simulation/arm_sizes.hpp>
#include <metapool/simulation/drawn.hpp>
#include <metapool/simulation/true_effects.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

/// Trials of two arms with binomial events. The control arm's risk is that of the trial; the treated arm's follows from it by the trial's own true effect.
///
///     binary_trials_model<risk_ratio> model{.effects = {.mean = std::log(0.7), .tau2 = 0.1}, .sizes = drawn_sizes{.trials = 5}, .control_risk = {0.2}};
template <class Measure>
  requires std::same_as<Measure, risk_ratio> || std::same_as<Measure, odds_ratio> || std::same_as<Measure, risk_difference>
struct binary_trials_model {
  using data_type = std::vector<binary_trial<>>;
  true_effects_model effects{};  ///< logarithms of ratios; differences of risks
  any_sizes sizes = drawn_sizes{};
  std::vector<double> control_risk{0.2};  ///< of every trial, or one for all; in (0, 1)
  double logit_risk_sd = 0;               ///< if positive, the control risk's logit varies normally about that of control_risk, anew in every replicate

  /// Throws input_error unless effects, sizes (arms of 1 to 10^9 patients), risks and their spread are valid.
  void check(const char* function) const {
    detail::check(effects, function);
    detail::check(sizes, function, 1);
    const std::size_t k = detail::number_of_trials(sizes);
    if (control_risk.size() != 1 && control_risk.size() != k) {
      detail::throw_input_error(function, "control_risk has " + std::to_string(control_risk.size()) + " entries; it must have one for all or one for each of the " + std::to_string(k) + " trials");
    }
    for (const double p : control_risk) {
      if (!(p > 0 && p < 1)) detail::throw_input_error(function, "control_risk = " + detail::to_text(p) + " must lie between 0 and 1");
    }
    if (!(logit_risk_sd >= 0 && logit_risk_sd <= 100)) detail::throw_input_error(function, "logit_risk_sd = " + detail::to_text(logit_risk_sd) + " must be between 0 and 100");
  }

  /// The treated arm's risk; outside [0, 1] where the effect cannot be.
  static double treated_risk(double control, double effect) {
    if constexpr (std::same_as<Measure, risk_ratio>) {
      return control * std::exp(effect);
    } else if constexpr (std::same_as<Measure, odds_ratio>) {
      return detail::logistic(std::log(control / (1 - control)) + effect);
    } else {
      return control + effect;
    }
  }

  drawn<data_type> draw(detail::random_stream& random) const {
    drawn<data_type> d{.mean = effects.mean};
    const std::size_t k = detail::number_of_trials(sizes);
    d.data.resize(k);
    for (std::size_t i = 0; i < k; ++i) {
      const arm_sizes n = detail::draw_sizes(sizes, i, random);
      double risk = control_risk.size() == 1 ? control_risk[0] : control_risk[i];
      if (logit_risk_sd > 0) risk = detail::logistic(std::log(risk / (1 - risk)) + logit_risk_sd * random.normal());
      double treated = treated_risk(risk, detail::draw_effect(effects, random));
      if (treated < 0 || treated > 1) {
        treated = treated < 0 ? 0 : 1;
        ++d.clipped;
      }
      d.data[i].treated = {.events = detail::random_binomial(random, n.treated, treated), .total = n.treated};
      d.data[i].control = {.events = detail::random_binomial(random, n.control, risk), .total = n.control};
    }
    d.next_trial = detail::draw_effect(effects, random);
    return d;
  }
};

}  // namespace metapool
