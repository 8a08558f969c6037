// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/profiles.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace metapool {

/// What a tool with its defaults says of a set of trials. Scales: those of the fits.
template <class Real = double>
struct analysis {
  using real_type = Real;
  std::string_view profile{};              ///< the tool's name
  model_fit<Real> common{};                ///< common effect; by Mantel-Haenszel where the tool does so
  mean_inference<Real> common_mean{};      ///< its Wald z interval
  model_fit<Real> random{};                ///< random effects
  mean_inference<Real> random_mean{};      ///< with the tool's interval
  std::optional<metapool::prediction<Real>> prediction{};  ///< empty if the tool gives none or the studies are too few
  heterogeneity_result<Real> heterogeneity{};              ///< of the random-effects fit, both definitions of I2
  Real i2{};                               ///< I2 by the tool's definition, a fraction
};

namespace detail {

template <class Real, class Profile>
void finish_analysis(analysis<Real>& a, const Profile& p) {
  a.profile = Profile::name;
  a.common_mean = wald_z{.level = p.interval.level}(a.common);
  a.random_mean = p.interval(a.random);
  if (a.random.tau2) a.prediction = p.predict(a.random, a.random_mean);
  a.heterogeneity = heterogeneity(a.random);
  a.i2 = Profile::i2 == i2_definition::from_tau2 && a.heterogeneity.i2_tau2 ? *a.heterogeneity.i2_tau2 : a.heterogeneity.i2_q;
}

}  // namespace detail

/// Analyses effects as a tool does by default: profile::metafor{}, profile::meta{}, profile::revman5{}, profile::revman_web{}, profile::stata{}, or a
/// profile of your own with the same members. What concerns 2x2 tables has no part here.
/// Errors: those of common_effect, random_effects and the interval.
template <class Real, class Profile>
analysis<Real> analyse(const effects<Real>& data, const Profile& p) {
  analysis<Real> a;
  a.common = common_effect(data);
  a.random = random_effects(data, p.tau2);
  detail::finish_analysis(a, p);
  return a;
}

/// Analyses binary trials as a tool does by default, with its rules for zero cells and its common-effect method.
/// Errors: those of effect_sizes, mantel_haenszel, random_effects and the interval.
template <detail::binary_trials Trials, class Measure, class Profile>
auto analyse(const Trials& trials, const Measure& measure, const Profile& p) -> analysis<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  effects<Real> data = effect_sizes(trials, measure, p.zero_cells);
  analysis<Real> a;
  if constexpr (Profile::tables && mantel_haenszel_measure<Measure>) {
    a.common = mantel_haenszel(trials, measure, p.pooled_zero_cells);
    if constexpr (Profile::q_around_tables) {
      a.random = random_effects(std::move(data), dersimonian_laird_around<Real>{a.common.estimate});
    } else {
      a.random = random_effects(std::move(data), p.tau2);
    }
  } else {
    a.common = common_effect(data);
    a.random = random_effects(std::move(data), p.tau2);
  }
  detail::finish_analysis(a, p);
  return a;
}

}  // namespace metapool
