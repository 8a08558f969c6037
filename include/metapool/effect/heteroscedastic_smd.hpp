// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>

#include <cmath>

namespace metapool {

/// Standardised mean difference with unequal standard deviations (metafor's "SMDH"): g = J(m) (mean1 - mean2) / s with
/// s^2 = (sd1^2 + sd2^2) / 2 and m = n1 + n2 - 2; v = g^2 (sd1^4 / (n1 - 1) + sd2^4 / (n2 - 1)) / (8 s^4) + (sd1^2 / (n1 - 1) + sd2^2 / (n2 - 1)) / s^2.
/// Scale: identity, in standard deviations. Domain: n1, n2 >= 2, not both standard deviations 0.
/// The variance is metafor's from version 4.6 on; earlier ones multiply it by J^2. 14 significant digits.
/// Bonett (2008) Psychol Methods 13:99, doi:10.1037/1082-989X.13.2.99; Bonett (2009) Psychol Methods 14:225, doi:10.1037/a0016619.
struct heteroscedastic_smd {
  static constexpr measure_info info{"heteroscedastic_smd", "SMD", "standardised mean difference (unequal variances)", scale::identity};
  hedges_correction correction = hedges_correction::exact;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 2;
  }
  template <class Real>
  static bool in_domain(const two_means<Real>& t) {
    return t.sd1 > 0 || t.sd2 > 0;
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    using std::hypot;
    using std::sqrt;
    const Real s = hypot(t.sd1, t.sd2) / sqrt(Real(2));
    const Real j = standardized_mean_difference{correction}.factor(Real(t.n1 + t.n2 - 2));
    const Real g = j * ((t.mean1 - t.mean2) / s);
    const Real u1 = (t.sd1 / s) * (t.sd1 / s), u2 = (t.sd2 / s) * (t.sd2 / s);
    return {g, g * g * (u1 * u1 / (t.n1 - 1) + u2 * u2 / (t.n2 - 1)) / 8 + u1 / (t.n1 - 1) + u2 / (t.n2 - 1)};
  }
};

}  // namespace metapool
