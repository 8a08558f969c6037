// SPDX-License-Identifier: BSL-1.0
// Effects of matched pairs on the whole population: the risks of the two margins compared. a: both, b: treated only, c: control only,
// d: neither; n pairs.
#pragma once

#include <metapool/effect/paired_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

namespace detail {

/// (a + d) (b + c) + 4 b c = n (b + c) - (b - c)^2, without cancellation and divided by n^2.
template <class Real>
Real discordance(const paired_table<Real>& t) {
  const Real n = t.total();
  return ((t.both + t.neither) / n) * ((t.treated_only + t.control_only) / n) + 4 * (t.treated_only / n) * (t.control_only / n);
}

}  // namespace detail

/// Risk difference of matched pairs (metafor's "MPRD"): y = (b - c) / n, v = (n (b + c) - (b - c)^2) / n^3.
/// Scale: identity, a risk. Defined for every table; v = 0 if all pairs are of one kind or no pair is discordant. 15 significant digits.
/// Newcombe (1998) Stat Med 17:2635.
struct paired_risk_difference {
  static constexpr measure_info info{"paired_risk_difference", "RD", "risk difference of matched pairs", scale::identity};

  template <class Real>
  static bool defined(const paired_table<Real>&) {
    return true;
  }
  /// Every study has information on the risk difference.
  template <class Real>
  static study_status without_information(const paired_table<Real>&) {
    return study_status::pooled;
  }
  template <class Real>
  effect<Real> operator()(const paired_table<Real>& t) const {
    const Real n = t.total();
    return {(t.treated_only - t.control_only) / n, detail::discordance(t) / n};
  }
};

/// Marginal risk ratio of matched pairs (metafor's "MPRR"): y = log((a + b) / (a + c)), v = (b + c) / ((a + b) (a + c)).
/// Scale: log. Domain: an event under both treatments (after the zero-cell policy); v = 0 without a discordant pair. 15 significant digits.
/// Zou (2007) Clin Trials 4:25, doi:10.1177/1740774506075667.
struct paired_risk_ratio {
  static constexpr measure_info info{"paired_risk_ratio", "RR", "risk ratio of matched pairs", scale::log};

  template <class Real>
  static bool defined(const paired_table<Real>& t) {
    return t.treated_events() > 0 && t.control_events() > 0;
  }
  /// double_zero without an event.
  template <class Real>
  static study_status without_information(const paired_table<Real>& t) {
    return t.treated_events() == 0 && t.control_events() == 0 ? study_status::double_zero : study_status::pooled;
  }
  template <class Real>
  effect<Real> operator()(const paired_table<Real>& t) const {
    const Real e1 = t.treated_events(), e2 = t.control_events();
    return {detail::log_ratio(e1, e2, Real(t.treated_only - t.control_only)), (t.treated_only + t.control_only) / e1 / e2};
  }
};

/// Marginal odds ratio of matched pairs (metafor's "MPOR"): y = log((a + b) (b + d) / ((a + c) (c + d))), by the delta method from the
/// multinomial distribution v = n (n (b + c) - (b - c)^2) / ((a + b) (c + d) (a + c) (b + d)).
/// Scale: log. Domain: events and non-events under both treatments (after the zero-cell policy); v = 0 without a discordant pair.
/// The conditional odds ratio (paired_conditional.hpp) is farther from 1 and a different quantity. 15 significant digits.
/// Becker & Balagtas (1993) Biometrics 49:997, doi:10.2307/2532242.
struct paired_odds_ratio {
  static constexpr measure_info info{"paired_odds_ratio", "OR", "marginal odds ratio of matched pairs", scale::log};

  template <class Real>
  static bool defined(const paired_table<Real>& t) {
    return t.treated_events() > 0 && t.control_events() > 0 && t.treated_others() > 0 && t.control_others() > 0;
  }
  /// double_zero without an event, double_full with nothing but events.
  template <class Real>
  static study_status without_information(const paired_table<Real>& t) {
    if (t.treated_events() == 0 && t.control_events() == 0) return study_status::double_zero;
    return t.treated_others() == 0 && t.control_others() == 0 ? study_status::double_full : study_status::pooled;
  }
  template <class Real>
  effect<Real> operator()(const paired_table<Real>& t) const {
    const Real n = t.total();
    const Real e1 = t.treated_events() / n, e2 = t.control_events() / n, o1 = t.treated_others() / n, o2 = t.control_others() / n;
    // (a + b) (b + d) - (a + c) (c + d) = n (b - c)
    const Real y = detail::log_ratio(Real(e1 * o2), Real(e2 * o1), Real((t.treated_only - t.control_only) / n));
    return {y, detail::discordance(t) / n / (e1 * o1) / (e2 * o2)};
  }
};

}  // namespace metapool
