// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/rate_effects.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

namespace detail {

/// Differences of rates are defined without events, and a trial without any tells something of them.
struct needs_no_events {
  template <class Real>
  static bool defined(const two_rates<Real>&) {
    return true;
  }
  template <class Real>
  static bool uninformative(const two_rates<Real>&) {
    return false;
  }
};

/// x1 / t1 - x2 / t2, without cancellation where the two are nearly equal.
template <class Real>
Real rate_difference(const two_rates<Real>& t) {
  return difference_of_products(t.x1, t.t2, t.x2, t.t1) / t.t1 / t.t2;
}

}  // namespace detail

/// Incidence rate difference: y = x1 / t1 - x2 / t2, v = x1 / t1^2 + x2 / t2^2 (metafor's "IRD").
/// Scale: identity, events per unit of time. Without a correction a trial without events has variance 0 and is left out.
/// 15 significant digits of y also where the rates are nearly equal.
/// Rothman, Greenland & Lash (2008) Modern Epidemiology, 3rd edition, chapter 14.
struct incidence_rate_difference : detail::needs_no_events {
  using default_policy = constant_correction;
  static constexpr measure_info info{"incidence_rate_difference", "IRD", "incidence rate difference", scale::identity};

  template <class Real>
  effect<Real> operator()(const two_rates<Real>& t) const {
    return {detail::rate_difference(t), t.x1 / t.t1 / t.t1 + t.x2 / t.t2 / t.t2};
  }
};

/// Difference of square roots of rates: y = sqrt(x1 / t1) - sqrt(x2 / t2), v = (1/t1 + 1/t2) / 4 (metafor's "IRSD").
/// Scale: identity; a difference of square roots has no natural scale to be brought back to. Needs no correction for zeros.
/// The variance-stabilising transformation of the Poisson distribution: Bartlett (1936) J R Stat Soc Suppl 3:68.
struct square_root_rate_difference : detail::needs_no_events {
  using default_policy = no_correction;
  static constexpr measure_info info{"square_root_rate_difference", "IRSD", "difference of square roots of incidence rates", scale::identity};

  template <class Real>
  effect<Real> operator()(const two_rates<Real>& t) const {
    using std::sqrt;
    const Real v = (1 / t.t1 + 1 / t.t2) / 4;
    const Real sum = sqrt(Real(t.x1 / t.t1)) + sqrt(Real(t.x2 / t.t2));
    if (!(sum > 0)) return {Real(0), v};
    // (a - b) / (sqrt(a) + sqrt(b)) = sqrt(a) - sqrt(b)
    return {detail::rate_difference(t) / sum, v};
  }
};

}  // namespace metapool
