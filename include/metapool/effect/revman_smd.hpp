// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/standardized_mean_difference.hpp>

#include <cmath>

namespace metapool {

/// Standardised mean difference as RevMan 5 computes it: Hedges' g with J = 1 - 3 / (4 N - 9) and v = N / (n1 n2) + g^2 / (2 (N - 3.94)),
/// N = n1 + n2.
/// Scale: identity, in standard deviations. Domain: N >= 4, pooled standard deviation positive. 14 significant digits.
/// Deeks & Higgins (2010) Statistical algorithms in Review Manager 5.
struct revman_standardized_mean_difference {
  static constexpr measure_info info = standardized_mean_difference::info;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return standardized_mean_difference::defined(t);
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    const Real y = standardized_mean_difference{.correction = hedges_correction::approximate}(t).y;
    const Real n = t.n1 + t.n2;
    return {y, 1 / t.n1 + 1 / t.n2 + y * y / (2 * (n - Real(394) / 100))};
  }
};

}  // namespace metapool
