// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

/// Risk ratio (relative risk): y = log((a / n1) / (c / n2)), v = 1/a - 1/n1 + 1/c - 1/n2.
/// Scale: log. Domain: a > 0 and c > 0 (after the zero-cell policy); with all patients of both arms having the event v = 0.
/// v is computed as b/(a n1) + d/(c n2), which does not cancel. 15 significant digits.
/// Katz, Baptista, Azen & Pike (1978) Biometrics 34:469, doi:10.2307/2530610.
struct risk_ratio {
  static constexpr measure_info info{"risk_ratio", "RR", "risk ratio", scale::log};

  /// Whether the measure is defined for a table with these zero cells.
  template <class Real>
  static bool defined(const two_by_two<Real>& t) {
    return t.a > 0 && t.c > 0;
  }

  /// True for the double-zero studies that carry no information on the risk ratio: those without an event.
  template <class Real>
  static bool uninformative(const two_by_two<Real>& t) {
    return t.a == 0 && t.c == 0;
  }

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    const Real n1 = t.treated_total();
    const Real n2 = t.control_total();
    // a n2 - c n1 = a d - b c
    const Real y = detail::log_ratio(Real(t.a * n2), Real(t.c * n1), detail::difference_of_products(t.a, t.d, t.b, t.c));
    return {y, t.b / (t.a * n1) + t.d / (t.c * n2)};
  }

  /// The same from the observed table and what is added to a and c only (rr_totals::events_only). Where all patients of an arm have
  /// the event, its term of the variance is 1/a - 1/(a + added), not 0.
  /// Hartung & Knapp (2001) Stat Med 20:3875, equation 18, doi:10.1002/sim.1009.
  template <class Real>
  effect<Real> events_corrected(const two_by_two<Real>& t, const Real& added_treated, const Real& added_control) const {
    const two_by_two<Real> sum{t.a + added_treated, t.b, t.c + added_control, t.d};
    effect<Real> e = (*this)(sum);
    if (t.b == 0 && t.a > 0) e.v += added_treated / (t.a * sum.a);
    if (t.d == 0 && t.c > 0) e.v += added_control / (t.c * sum.c);
    return e;
  }
};

}  // namespace metapool
