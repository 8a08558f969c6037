// SPDX-License-Identifier: BSL-1.0
// The usual methods, ready to be tried on simulated trials.
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/continuous_effects.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/profile_likelihood.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/simulation/binary_trials.hpp>
#include <metapool/simulation/continuous_trials.hpp>
#include <metapool/simulation/simulate.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Pooling of effect sizes. to_effects: from the data to effects<double>.
template <class Data, class ToEffects>
std::vector<simulated_method<Data>> inverse_variance_methods(ToEffects to_effects, double level) {
  std::vector<simulated_method<Data>> all;
  const auto add = [&](const char* name, auto fit, auto interval) {
    all.push_back(simulate_method<Data>(name, [to_effects, fit, interval](const Data& data) { return interval(fit(to_effects(data))); }));
  };
  const auto with = [](auto estimator) { return [estimator](const effects<double>& e) { return random_effects(e, estimator); }; };
  const auto dl = with(dersimonian_laird{});
  const auto highest = with(reml{});
  const auto pm = with(paule_mandel{});
  add("common effect, Wald z", [](const effects<double>& e) { return common_effect(e); }, wald_z{.level = level});
  add("DerSimonian-Laird, Wald z", dl, wald_z{.level = level});
  add("REML, Wald z", highest, wald_z{.level = level});
  add("REML, Wald t", highest, wald_t{.level = level});
  add("REML, Hartung-Knapp", highest, hartung_knapp{.level = level});
  add("REML, Hartung-Knapp, factor at least 1", highest, hartung_knapp{.level = level, .floor = 1});
  add("Paule-Mandel, Hartung-Knapp", pm, hartung_knapp{.level = level});
  add("profile likelihood", highest, profile_likelihood{.level = level});
  add("next trial: REML, t, k - 2", highest, [level](const model_fit<double>& fit) { return predict(fit, higgins_thompson_spiegelhalter{.level = level}); });
  add("next trial: REML, t, k - 1", highest, [level](const model_fit<double>& fit) { return predict(fit, veroniki{.level = level}); });
  return all;
}

}  // namespace detail

/// Methods for trials with binary outcomes: Mantel-Haenszel, for the odds ratio Peto, and inverse variance by common effect, DerSimonian-Laird, REML and
/// Paule-Mandel with their usual intervals, and two for the next trial. Zero cells of the latter are corrected as effect_sizes does it by default.
template <class Measure>
  requires requires { typename binary_trials_model<Measure>; }
std::vector<simulated_method<std::vector<binary_trial<>>>> methods_for(const Measure& measure, double level = 0.95) {
  using data = std::vector<binary_trial<>>;
  detail::check_level("methods_for", level);
  auto all = detail::inverse_variance_methods<data>([measure](const data& trials) { return effect_sizes(trials, measure); }, level);
  if constexpr (std::same_as<Measure, odds_ratio>) {
    all.insert(all.begin(), simulate_method<data>("Peto", [level](const data& trials) { return wald_z{.level = level}(peto(trials)); }));
  }
  all.insert(all.begin(), simulate_method<data>("Mantel-Haenszel", [measure, level](const data& trials) { return wald_z{.level = level}(mantel_haenszel(trials, measure)); }));
  return all;
}

/// The same for trials with continuous outcomes.
template <class Measure>
  requires requires { typename continuous_trials_model<Measure>; }
std::vector<simulated_method<std::vector<continuous_trial<>>>> methods_for(const Measure& measure, double level = 0.95) {
  using data = std::vector<continuous_trial<>>;
  detail::check_level("methods_for", level);
  return detail::inverse_variance_methods<data>([measure](const data& trials) { return effect_sizes(trials, measure); }, level);
}

/// The same for effects with known variances (known_variances_model).
inline std::vector<simulated_method<effects<double>>> methods_for_effects(double level = 0.95) {
  detail::check_level("methods_for_effects", level);
  return detail::inverse_variance_methods<effects<double>>([](const effects<double>& e) -> const effects<double>& { return e; }, level);
}

}  // namespace metapool
