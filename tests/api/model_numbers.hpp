// SPDX-License-Identifier: BSL-1.0
// Every number that the models give, for comparing scalar types.
#pragma once

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include "support/published.hpp"

#include <vector>

namespace metapool_test {

/// Every number of the models, in one row.
template <class Real>
std::vector<Real> model_numbers(const std::vector<metapool::binary_trial<Real>>& trials) {
  std::vector<Real> r;
  const auto add = [&](const metapool::model_fit<Real>& fit) {
    r.insert(r.end(), {fit.estimate, fit.se, fit.q});
    r.insert(r.end(), fit.weights.begin(), fit.weights.end());
    if (fit.tau2) r.push_back(*fit.tau2);
    if (fit.se_tau2) r.push_back(*fit.se_tau2);
  };
  const auto e = metapool::effect_sizes(trials, metapool::risk_ratio{});
  r.insert(r.end(), e.y.begin(), e.y.end());
  r.insert(r.end(), e.v.begin(), e.v.end());
  add(metapool::common_effect(e));
  add(metapool::random_effects(e));
  add(metapool::random_effects(e, metapool::dersimonian_laird{}));
  add(metapool::random_effects(e, metapool::paule_mandel{}));
  add(metapool::random_effects(e, metapool::maximum_likelihood{}));
  add(metapool::mantel_haenszel(trials, metapool::risk_ratio{}, metapool::constant_correction{}));
  add(metapool::mantel_haenszel(trials, metapool::odds_ratio{}));
  add(metapool::mantel_haenszel(trials, metapool::risk_difference{}));
  add(metapool::peto(trials));
  return r;
}

}  // namespace metapool_test
