// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/rate_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

/// Incidence rate ratio: y = log((x1 / t1) / (x2 / t2)), v = 1/x1 + 1/x2 (metafor's "IRR").
/// Scale: log. Domain: events in both arms (after the policy for zeros). 15 significant digits, also for ratios near 1.
/// Rothman, Greenland & Lash (2008) Modern Epidemiology, 3rd edition, chapter 14.
struct incidence_rate_ratio {
  using default_policy = constant_correction;
  static constexpr measure_info info{"incidence_rate_ratio", "IRR", "incidence rate ratio", scale::log};

  template <class Real>
  static bool defined(const two_rates<Real>& t) {
    return t.x1 > 0 && t.x2 > 0;
  }
  /// True for trials without events, which carry no information on the ratio.
  template <class Real>
  static bool uninformative(const two_rates<Real>& t) {
    return t.x1 == 0 && t.x2 == 0;
  }
  template <class Real>
  effect<Real> operator()(const two_rates<Real>& t) const {
    const Real difference = detail::difference_of_products(t.x1, t.t2, t.x2, t.t1);
    return {detail::log_ratio(Real(t.x1 * t.t2), Real(t.x2 * t.t1), difference), 1 / t.x1 + 1 / t.x2};
  }
};

}  // namespace metapool
