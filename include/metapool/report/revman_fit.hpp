// SPDX-License-Identifier: BSL-1.0
// The fit of a review's outcome by the method that its file names.
#pragma once

#include <metapool/data/revman.hpp>
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/reported_effects.hpp>
#include <metapool/effect/revman_smd.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/revman_random_effects.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A pooled result with the Q that RevMan shows beside it.
template <class Real>
struct revman_fit {
  model_fit<Real> fit{};
  Real q{};
};

/// What is added to tables with a zero cell: to the studies' own, and before summing over tables.
struct revman_zero_cells {
  bool studies = true, pooled = true;
};

template <class Real>
revman_fit<Real> revman_pool(effects<Real> data, const revman_outcome<Real>& o) {
  revman_fit<Real> r;
  if (!o.random) {
    r.fit = common_effect(std::move(data));
  } else if (o.tau2 == revman_tau2::reml) {
    r.fit = random_effects(std::move(data), reml{});
  } else {
    r.fit = random_effects(std::move(data), dersimonian_laird{});
  }
  r.q = r.fit.q;
  return r;
}

template <class Real, class Measure>
revman_fit<Real> revman_binary(const revman_outcome<Real>& o, const std::vector<binary_trial<Real>>& trials, const Measure& measure, revman_zero_cells zero) {
  const auto policy = [](bool add) { return add ? zero_cell_policy(constant_correction{}) : zero_cell_policy(no_correction{}); };
  const auto data = effect_sizes(trials, measure, policy(zero.studies));
  if (o.method != revman_method::mantel_haenszel) return revman_pool(data, o);
  revman_fit<Real> r;
  r.fit = mantel_haenszel(trials, measure, policy(zero.pooled));
  if (!zero.studies) {  // the studies' own effects as observed
    r.fit.q = 0;
    for (std::size_t i = 0; i < data.size(); ++i) r.fit.q += (data.y[i] - r.fit.estimate) * (data.y[i] - r.fit.estimate) / data.v[i];
    if (data.size() == r.fit.data.size()) r.fit.data = data;
  }
  r.q = r.fit.q;
  if (!o.random) return r;
  const Real around = r.fit.estimate;
  if (data.size() < 2 || o.tau2 == revman_tau2::reml) {
    const Real q = r.q;
    r = revman_pool(data, o);
    r.q = q;
  } else {
    r.fit = random_effects(data, dersimonian_laird_around<Real>{around});
  }
  return r;
}

/// The fit of an outcome or of one of its subgroups by the stored method. Throws input_error on bad data, not_estimable if nothing is left.
template <class Real>
revman_fit<Real> revman_fit_of(const revman_outcome<Real>& o, const revman_subgroup<Real>* group, revman_zero_cells zero) {
  const std::string m = letters<>(o.measure);
  const auto unknown = [&] { throw_input_error("verify", "outcome '" + o.name + "': the effect measure '" + o.measure + "' is not known"); };
  switch (o.data) {
    case revman_data::dichotomous: {
      const auto trials = binary_trials_of(o, group);
      if (o.method == revman_method::peto) {
        revman_fit<Real> r;
        r.fit = peto(trials);
        r.q = r.fit.q;
        return r;
      }
      if (m == "rr" || m.substr(0, 9) == "riskratio") return revman_binary(o, trials, risk_ratio{}, zero);
      if (m == "or" || m.substr(0, 9) == "oddsratio") return revman_binary(o, trials, odds_ratio{}, zero);
      if (m == "rd" || m.substr(0, 14) == "riskdifference") return revman_binary(o, trials, risk_difference{}, zero);
      break;
    }
    case revman_data::continuous:
      if (m == "md" || m == "meandifference") return revman_pool(effect_sizes(continuous_trials_of(o, group), mean_difference{}), o);
      if (m == "smd" || m == "stdmeandifference" || m == "standardizedmeandifference" || m == "standardisedmeandifference") {
        return revman_pool(effect_sizes(continuous_trials_of(o, group), revman_standardized_mean_difference{}), o);
      }
      break;
    case revman_data::generic_inverse_variance:
    case revman_data::o_minus_e: {
      const measure_info info{"effect", "y", "effect", o.ratio ? scale::log : scale::identity};
      return revman_pool(effect_sizes(reported_effects_of(o, group), info), o);
    }
  }
  unknown();
  return {};
}

template <class Real>
bool has_zero_cell(const revman_outcome<Real>& o) {
  if (o.data != revman_data::dichotomous || o.method == revman_method::peto) return false;
  for (const auto& s : o.studies) {
    if (!(s.events_1 && s.events_2 && s.total_1 && s.total_2)) continue;
    if (*s.events_1 == 0 || *s.events_2 == 0 || *s.events_1 == *s.total_1 || *s.events_2 == *s.total_2) return true;
  }
  return false;
}

}  // namespace metapool::detail
