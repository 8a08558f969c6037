// SPDX-License-Identifier: BSL-1.0
// z-scores and p-values in logarithms, as far out as genome-wide studies go.
#pragma once

#include <metapool/math/normal.hpp>

#include <cmath>

namespace metapool::detail {

/// The z >= 0 with -log10 P(|Z| > z) = x, for x >= 0. 12 digits, or 1e-15 where z is small: Newton's steps on the logarithm of the tail, which is nearly a parabola, so that three or four are enough.
template <class = void>
double z_of_minus_log10_p(double x) {
  constexpr double ln10 = 2.302585092994045684;
  if (!(x > 0)) return 0;
  if (x < 290) {
    const double p = std::pow(10.0, -x);
    if (p > 0.5) return normal_quantile<double>(0.5 + 0.5 * -std::expm1(-x * ln10));
    return normal_upper_quantile<double>(p / 2);
  }
  const double target = -x * ln10 - std::log(2.0);  // ln P(Z > z)
  double z = std::sqrt(-2 * target - std::log(6.283185307179586 * -2 * target));
  for (int i = 0; i < 20; ++i) {
    const double tail = log_normal_upper_tail<double>(z);
    const double step = (tail - target) / (z + 1 / z);  // the slope is phi(z) / P(Z > z), which is z + 1/z to 1e-6 here
    z += step;
    if (!(std::fabs(step) > 1e-14 * z)) break;
  }
  return z;
}

}  // namespace metapool::detail
