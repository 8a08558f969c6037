// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

namespace detail {

/// Observed minus expected events of the treated arm given the margins, and the hypergeometric variance.
template <class Real>
struct observed_minus_expected {
  Real o_e{};
  Real v{};
};

template <class Real>
observed_minus_expected<Real> hypergeometric_moments(const two_by_two<Real>& t) {
  const Real n1 = t.treated_total(), n2 = t.control_total(), n = t.total();
  const Real events = t.a + t.c, others = t.b + t.d;
  // a - n1 (a + c) / n = (a d - b c) / n; fractions first, so that 10^9 patients do not overflow float
  observed_minus_expected<Real> m;
  m.o_e = difference_of_products(t.a, t.d, t.b, t.c) / n;
  if (n > 1) m.v = (n1 / n) * (n2 / n) * events * (others / (n - 1));
  return m;
}

}  // namespace detail

/// Peto's one-step odds ratio of a single study: y = (O - E) / V, v = 1 / V, with O - E the treated arm's events less those expected from
/// the margins and V their hypergeometric variance. The pooled estimate is model/peto.hpp's.
/// Scale: log. Domain: both an event and a non-event in the study, two patients or more; a zero cell in one arm needs no correction, so
/// that the default policy of effect_sizes is no_correction (metafor's escalc adds 0.5 by default, its rma.peto nothing).
/// Close to the odds ratio near 1 only; biased for large effects or unbalanced arms (Greenland & Salvan 1990). 14 significant digits.
/// Yusuf, Peto, Lewis, Collins & Sleight (1985) Prog Cardiovasc Dis 27:335, doi:10.1016/S0033-0620(85)80003-7.
struct peto_odds_ratio {
  static constexpr measure_info info{"peto_odds_ratio", "OR", "Peto odds ratio", scale::log};
  using default_policy = no_correction;

  template <class Real>
  static bool defined(const two_by_two<Real>& t) {
    return t.a + t.c > 0 && t.b + t.d > 0 && t.total() > 1;
  }

  /// True for the studies without an event, and for those with nothing but events.
  template <class Real>
  static bool uninformative(const two_by_two<Real>& t) {
    return (t.a == 0 && t.c == 0) || (t.b == 0 && t.d == 0);
  }

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    const auto m = detail::hypergeometric_moments(t);
    return {m.o_e / m.v, 1 / m.v};
  }
};

}  // namespace metapool
