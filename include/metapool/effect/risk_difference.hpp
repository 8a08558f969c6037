// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

/// Risk difference: y = a/n1 - c/n2, v = a b / n1^3 + c d / n2^3.
/// Scale: identity (a risk, 0.1 for ten percentage points). Defined for every table; v = 0 if each arm has no events or only events.
/// y is computed as (a d - b c) / (n1 n2), which does not cancel. 15 significant digits.
/// Sources of the variance: the binomial distribution; Cochrane Handbook chapter 10.
struct risk_difference : detail::needs_no_cell {
  static constexpr measure_info info{"risk_difference", "RD", "risk difference", scale::identity};

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    const Real n1 = t.treated_total();
    const Real n2 = t.control_total();
    const Real y = detail::difference_of_products(t.a, t.d, t.b, t.c) / (n1 * n2);
    return {y, t.a * t.b / (n1 * n1 * n1) + t.c * t.d / (n2 * n2 * n2)};
  }
};

}  // namespace metapool
