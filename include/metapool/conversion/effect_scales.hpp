// SPDX-License-Identifier: BSL-1.0
// One effect said in the words of another: d and log odds ratio, risks at a baseline, odds ratio and risk ratio.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/math/constants.hpp>

#include <cmath>
#include <string>
#include <type_traits>

namespace metapool {

namespace detail {

template <class Real>
void check_effect(const effect<Real>& e, const char* function) {
  if (!is_finite(e.y)) throw_input_error(function, "y must be a finite number");
  if (!(e.v >= 0) || !is_finite(e.v)) throw_input_error(function, "v = " + to_text(e.v) + " must be finite and not negative");
}

template <class Real>
void check_risk(const char* function, const Real& p) {
  if (!(p > 0 && p < 1)) throw_input_error(function, "baseline_risk = " + to_text(p) + " must lie strictly between 0 and 1");
}

template <class Real>
void check_ratio(const char* function, const Real& x, const char* name) {
  if (!(x > 0) || !is_finite(x)) throw_input_error(function, std::string(name) + " = " + to_text(x) + " must be positive and finite");
}

}  // namespace detail

/// A standardised mean difference as a log odds ratio: y pi / sqrt 3, v pi^2 / 3. It holds for a logistic outcome cut anywhere; the sign stays
/// (the event is being above the cut). Throws input_error if y is not finite or v negative. 15 significant digits.
/// Hasselblad & Hedges (1995) Psychol Bull 117:167, doi:10.1037/0033-2909.117.1.167; Chinn (2000) Stat Med 19:3127.
template <class Real>
effect<Real> log_odds_ratio_from_smd(const effect<Real>& d) {
  using std::sqrt;
  detail::check_effect(d, "log_odds_ratio_from_smd");
  const Real pi = detail::pi<Real>();
  return {Real(d.y * pi / sqrt(Real(3))), Real(d.v * pi * pi / 3)};
}

/// The inverse: a log odds ratio as a standardised mean difference, y sqrt 3 / pi and 3 v / pi^2. Sources and throws as its inverse.
template <class Real>
effect<Real> smd_from_log_odds_ratio(const effect<Real>& log_or) {
  using std::sqrt;
  detail::check_effect(log_or, "smd_from_log_odds_ratio");
  const Real pi = detail::pi<Real>();
  return {Real(log_or.y * sqrt(Real(3)) / pi), Real(3 * log_or.v / (pi * pi))};
}

/// The absolute effect of a risk ratio at a baseline risk p0: p0 (RR - 1), treated risk minus baseline risk (positive: more events).
/// A treated risk above 1 is no risk: throws input_error, as it does if RR <= 0 or p0 is not in (0, 1).
/// number_needed_to_treat does the same for a pooled effect with its interval. 15 significant digits. Cochrane Handbook, 15.4.4.
template <class Real = double>
Real risk_difference_from_risk_ratio(const std::type_identity_t<Real>& risk_ratio, const std::type_identity_t<Real>& baseline_risk) {
  constexpr const char* function = "risk_difference_from_risk_ratio";
  detail::check_ratio(function, risk_ratio, "risk_ratio");
  detail::check_risk(function, baseline_risk);
  if (!(risk_ratio * baseline_risk <= 1)) {
    detail::throw_input_error(function, "risk_ratio = " + detail::to_text(risk_ratio) + " at a baseline risk of " + detail::to_text(baseline_risk) + " gives a treated risk above 1");
  }
  return baseline_risk * (risk_ratio - 1);
}

/// The absolute effect of an odds ratio at a baseline risk: p0 (1 - p0)(OR - 1) / (1 - p0 + OR p0), treated minus baseline risk.
/// Throws input_error if OR <= 0 or p0 is not in (0, 1). 15 significant digits. Cochrane Handbook, 15.4.4.
template <class Real = double>
Real risk_difference_from_odds_ratio(const std::type_identity_t<Real>& odds_ratio, const std::type_identity_t<Real>& baseline_risk) {
  constexpr const char* function = "risk_difference_from_odds_ratio";
  detail::check_ratio(function, odds_ratio, "odds_ratio");
  detail::check_risk(function, baseline_risk);
  const Real p = baseline_risk;
  return p * (1 - p) * (odds_ratio - 1) / (1 - p + odds_ratio * p);
}

/// An odds ratio as a risk ratio at a baseline risk: OR / (1 - p0 + OR p0). For the ends of an interval too, but its width then leaves out
/// that p0 is uncertain. Throws input_error if OR <= 0 or p0 is not in (0, 1). 15 significant digits. Cochrane Handbook, 15.4.4.
template <class Real = double>
Real risk_ratio_from_odds_ratio(const std::type_identity_t<Real>& odds_ratio, const std::type_identity_t<Real>& baseline_risk) {
  constexpr const char* function = "risk_ratio_from_odds_ratio";
  detail::check_ratio(function, odds_ratio, "odds_ratio");
  detail::check_risk(function, baseline_risk);
  return odds_ratio / (1 - baseline_risk + odds_ratio * baseline_risk);
}

/// The inverse: RR (1 - p0) / (1 - RR p0). Throws input_error if RR <= 0, p0 is not in (0, 1), or the treated risk would reach 1.
template <class Real = double>
Real odds_ratio_from_risk_ratio(const std::type_identity_t<Real>& risk_ratio, const std::type_identity_t<Real>& baseline_risk) {
  constexpr const char* function = "odds_ratio_from_risk_ratio";
  detail::check_ratio(function, risk_ratio, "risk_ratio");
  detail::check_risk(function, baseline_risk);
  if (!(risk_ratio * baseline_risk < 1)) {
    detail::throw_input_error(function, "risk_ratio = " + detail::to_text(risk_ratio) + " at a baseline risk of " + detail::to_text(baseline_risk) + " leaves no treated patient without the event");
  }
  return risk_ratio * (1 - baseline_risk) / (1 - risk_ratio * baseline_risk);
}

}  // namespace metapool
