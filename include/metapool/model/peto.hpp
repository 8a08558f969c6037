// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/model/fit.hpp>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <utility>

namespace metapool {

/// Peto's one-step odds ratio: estimate = sum (O - E) / sum V, se = 1 / sqrt(sum V), with V the hypergeometric variance.
///
/// Nothing is added to any cell; studies without events in either arm (or with only events) have V = 0, contribute nothing and are listed
/// as double-zero. Good for rare events, balanced arms and effects near 1; biased otherwise (Greenland & Salvan 1990).
/// Scale: logarithm of the odds ratio. data: y = (O - E) / V, v = 1 / V. Q around the estimate. weights: V / sum V.
/// Throws input_error on bad counts or without studies; not_estimable if no study has events and non-events. 13 significant digits.
/// Yusuf, Peto, Lewis, Collins & Sleight (1985) Prog Cardiovasc Dis 27:335, doi:10.1016/S0033-0620(85)80003-7.
template <detail::binary_trials Trials>
auto peto(const Trials& trials, fractional_counts fractional = fractional_counts::refused) -> model_fit<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::sqrt;
  constexpr const char* function = "peto";
  model_fit<Real> fit;
  fit.model = model::peto;
  fit.method = "Peto";
  fit.data.measure = peto_odds_ratio::info;
  Real sum_o_e = 0, sum_v = 0;
  const auto offered = static_cast<std::size_t>(std::distance(std::begin(trials), std::end(trials)));
  detail::reserve(fit.data, offered);
  fit.weights.reserve(offered);
  for (const auto& trial : trials) {
    check(trial, function, fractional);
    study_audit<Real> audit;
    audit.label = trial.label;
    if (!is_complete(trial)) {
      audit.status = study_status::not_reported;
      fit.data.audit.push_back(std::move(audit));
      continue;
    }
    const auto m = detail::hypergeometric_moments(table_of(trial));
    if (!(m.v > 0)) {
      audit.status = detail::double_status(table_of(trial));
      fit.data.audit.push_back(std::move(audit));
      continue;
    }
    sum_o_e += m.o_e;
    sum_v += m.v;
    fit.weights.push_back(m.v);
    detail::append_pooled(fit.data, std::move(audit), effect<Real>{m.o_e / m.v, 1 / m.v});
  }
  if (fit.data.audit.empty()) detail::throw_input_error(function, "no studies");
  if (!(sum_v > 0)) detail::throw_not_estimable(function, "no study has both patients with and patients without the event");
  detail::warn_of_duplicate_labels(fit.data);
  fit.estimate = sum_o_e / sum_v;
  fit.se = sqrt(Real(1 / sum_v));
  fit.df = fit.data.size() - 1;
  for (std::size_t i = 0; i < fit.data.size(); ++i) {
    const Real r = fit.data.y[i] - fit.estimate;
    fit.q += r * r * fit.weights[i];
    fit.weights[i] /= sum_v;
  }
  return fit;
}

}  // namespace metapool
