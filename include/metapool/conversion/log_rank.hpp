// SPDX-License-Identifier: BSL-1.0
// Log-rank statistics and log hazard ratios from what a survival analysis prints.
#pragma once

#include <metapool/conversion/estimates.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/log_rank.hpp>
#include <metapool/effect/effects.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace metapool {

/// Which arm fares better: a p-value does not say it.
enum class favours : std::uint8_t { treated, control };

/// O - E and V of a log hazard ratio with its variance, O - E = y / v and V = 1 / v: what the measure hazard_ratio{} inverts.
/// Throws input_error if y is not finite or v is not positive. 15 significant digits.
template <class Real>
log_rank<Real> log_rank_from_hazard_ratio(const effect<Real>& e) {
  constexpr const char* function = "log_rank_from_hazard_ratio";
  if (!detail::is_finite(e.y)) detail::throw_input_error(function, "y must be a finite number");
  if (!(e.v > 0) || !detail::is_finite(e.v)) detail::throw_input_error(function, "v = " + detail::to_text(e.v) + " must be positive and finite");
  return {{}, Real(e.y / e.v), Real(1 / e.v)};
}

/// V from the events of each arm: O1 O2 / (O1 + O2). Throws input_error if an arm has no events (then V is 0) or a number is not finite.
/// Approximate, good for hazard ratios near 1. Parmar, Torri & Stewart (1998) Stat Med 17:2815; Tierney et al. (2007).
template <class Real = double>
Real log_rank_variance(const std::type_identity_t<Real>& treated_events, const std::type_identity_t<Real>& control_events) {
  constexpr const char* function = "log_rank_variance";
  for (const Real* x : {&treated_events, &control_events}) {
    if (!(*x > 0) || !detail::is_finite(*x)) detail::throw_input_error(function, "events = " + detail::to_text(*x) + " must be positive and finite in each arm");
  }
  return treated_events / (treated_events + control_events) * control_events;
}

/// V from the events of both arms together and the share of patients allocated to the treated arm: events share (1 - share); a quarter
/// of the events at 1:1. Throws input_error if events is not positive and finite, or the share is not in (0, 1).
template <class Real = double>
Real log_rank_variance_by_allocation(const std::type_identity_t<Real>& events, const std::type_identity_t<Real>& treated_share) {
  constexpr const char* function = "log_rank_variance_by_allocation";
  if (!(events > 0) || !detail::is_finite(events)) detail::throw_input_error(function, "events = " + detail::to_text(events) + " must be positive and finite");
  if (!(treated_share > 0 && treated_share < 1)) {
    detail::throw_input_error(function, "treated_share = " + detail::to_text(treated_share) + " must lie strictly between 0 and 1 (0.5 for 1:1)");
  }
  return events * treated_share * (1 - treated_share);
}

/// O - E from a log-rank test's two-sided p-value and V: +- sqrt(V) z(p/2), negative if the treated arm fares better (for a one-sided p
/// pass twice the p). Throws input_error if p is not in (0, 1) or V is not positive. 12 significant digits.
/// Its log hazard ratio is that of the measure hazard_ratio{}, (O - E) / V. A p printed with two digits leaves it uncertain by several per cent.
/// Tierney, Stewart, Ghersi, Burdett & Sydes (2007) Trials 8:16, doi:10.1186/1745-6215-8-16.
template <class Real = double>
log_rank<Real> log_rank_from_p(const std::type_identity_t<Real>& p, const std::type_identity_t<Real>& v, favours direction) {
  using std::sqrt;
  constexpr const char* function = "log_rank_from_p";
  if (!(v > 0) || !detail::is_finite(v)) detail::throw_input_error(function, "v = " + detail::to_text(v) + " must be positive and finite");
  const Real size = sqrt(v) * detail::checked_statistic_of_p<Real>(function, p, std::nullopt);
  return {{}, direction == favours::treated ? Real(-size) : size, v};
}

/// Log hazard ratio and variance from a printed hazard ratio and its two-sided p (Wald's, or log-rank's for want of it).
/// Throws input_error if the ratio is not positive or is 1, or p is not in (0, 1). 12 significant digits. From an interval: use
/// estimate_from_interval(interval, scale::log). Tierney et al. (2007).
template <class Real = double>
effect<Real> log_hazard_ratio_from_p(const std::type_identity_t<Real>& hazard_ratio, const std::type_identity_t<Real>& p) {
  using std::log;
  constexpr const char* function = "log_hazard_ratio_from_p";
  if (!(hazard_ratio > 0) || !detail::is_finite(hazard_ratio) || hazard_ratio == 1) {
    detail::throw_input_error(function, "hazard_ratio = " + detail::to_text(hazard_ratio) + " must be positive, finite and not 1");
  }
  const Real y = log(hazard_ratio), se = se_from_p<Real>(y, p);
  return {y, Real(se * se)};
}

}  // namespace metapool
