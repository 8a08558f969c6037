// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/hedges_correction.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>

namespace metapool {

/// Sampling variance of Glass's delta y = J(m) d, m = n2 - 1. metafor's names in brackets.
enum class glass_variance {
  large_sample,          ///< 1/n1 + 1/n2 + y^2 / (2 n2) ["SMD1", vtype "LS"]
  large_sample_squared,  ///< J^2 (1/n1 + 1/n2 + d^2 / (2 n2)) ["SMD1", "LS2"]
  unbiased,              ///< 1/n1 + 1/n2 + (1 - (m - 2) / (m J^2)) y^2 ["SMD1", "UB"]
  heteroscedastic        ///< sd1^2 / (sd2^2 (n1 - 1)) + 1/(n2 - 1) + y^2 / (2 (n2 - 1)) ["SMD1H"; n instead of n - 1 before version 4.6]; Bonett (2008)
};

/// Glass's delta: y = J(n2 - 1) (mean1 - mean2) / sd2, standardised by the control arm's standard deviation.
/// Scale: identity, in standard deviations of the control arm. Domain: n1 >= 2, n2 >= 3, sd2 > 0. 13 significant digits.
/// Hedges (1981) J Educ Stat 6:107, doi:10.3102/10769986006002107; Bonett (2008) Psychol Methods 13:99, doi:10.1037/1082-989X.13.2.99.
struct glass_delta {
  static constexpr measure_info info{"glass_delta", "SMD", "Glass's delta", scale::identity};
  hedges_correction correction = hedges_correction::exact;
  glass_variance variance = glass_variance::large_sample;

  /// Two patients in the treated arm whatever the variance, since its standard deviation is reported from two on.
  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 3;
  }
  template <class Real>
  static bool in_domain(const two_means<Real>& t) {
    return t.sd2 > 0;
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    const Real m = t.n2 - 1;
    const Real j = standardized_mean_difference{correction}.factor(m);
    const Real d = (t.mean1 - t.mean2) / t.sd2;
    const Real y = j * d;
    const Real base = 1 / t.n1 + 1 / t.n2;
    switch (variance) {
      case glass_variance::large_sample_squared: return {y, j * j * (base + d * d / (2 * t.n2))};
      case glass_variance::unbiased: return {y, base + detail::hedges_excess(correction, m) / m * d * d};
      case glass_variance::heteroscedastic: {
        const Real u = t.sd1 / t.sd2;
        return {y, u * u / (t.n1 - 1) + (1 + y * y / 2) / m};
      }
      case glass_variance::large_sample: break;
    }
    return {y, base + y * y / (2 * t.n2)};
  }
};

}  // namespace metapool
