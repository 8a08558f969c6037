// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/continuous_effects.hpp>

namespace metapool {

/// Sampling variance of a mean difference.
enum class md_variance {
  separate,  ///< sd1^2/n1 + sd2^2/n2 (metafor's vtype "LS"; RevMan, meta)
  pooled     ///< s^2 (1/n1 + 1/n2) with the pooled variance s^2 (metafor's vtype "HO")
};

/// Mean difference: y = mean1 - mean2, treated minus control.
/// Scale: identity, in units of the outcome. v = 0 if both standard deviations are 0. Domain: n1, n2 >= 2 (a standard deviation needs
/// two patients). 15 significant digits.
struct mean_difference {
  static constexpr measure_info info{"mean_difference", "MD", "mean difference", scale::identity};
  md_variance variance = md_variance::separate;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 2;
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    const Real y = t.mean1 - t.mean2;
    if (variance == md_variance::pooled) {
      const Real m = t.n1 + t.n2 - 2;
      const Real s2 = ((t.n1 - 1) * t.sd1 * t.sd1 + (t.n2 - 1) * t.sd2 * t.sd2) / m;
      return {y, s2 * (1 / t.n1 + 1 / t.n2)};
    }
    return {y, t.sd1 * t.sd1 / t.n1 + t.sd2 * t.sd2 / t.n2};
  }
};

}  // namespace metapool
