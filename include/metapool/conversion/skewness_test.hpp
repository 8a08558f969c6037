// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/conversion/five_numbers.hpp>
#include <metapool/data/check.hpp>

#include <cmath>

namespace metapool {

/// Whether five numbers are too skewed to stand for normal data, at the 5 % level.
template <class Real = double>
struct skewness_result {
  Real statistic{};
  Real critical_value{};
  bool skewed() const { return statistic > critical_value; }
};

/// Test of skewness from five numbers. Range: |min + max - 2 m| / (max - min) against 1 / log(n + 9) + 2.5 / (n + 1); quartiles:
/// |q1 + q3 - 2 m| / (q3 - q1) against 2.65 / sqrt(n) - 6 / n^2; both: the larger of 2.65 log(0.6 n) / sqrt(n) times the first and the
/// second, against 3 / sqrt(n) - 40 / n^3 (the preprint of 2020 had 2.97 and 39.1, and 1.01 and 2.43 for the range). The level is 5 %, the only
/// one with published critical values. Not skewed is not normal: with few patients the test sees little.
/// Throws input_error as sd_from_five_numbers, and if n < 5; not_estimable if range or quartiles coincide.
/// Shi, Luo, Wan et al. (2023) Stat Methods Med Res 32:1338, doi:10.1177/09622802231172043.
template <class Real>
skewness_result<Real> skewness_test(const five_numbers<Real>& x) {
  using std::fabs, std::log, std::sqrt;
  constexpr const char* function = "skewness_test";
  detail::check(x, function);
  const Real n = x.n, m = x.median, root = sqrt(n);
  if (!(n >= 5)) detail::throw_input_error(function, "n = " + detail::to_text(n) + " must be at least 5");
  if ((x.has_range() && !(*x.maximum > *x.minimum)) || (x.has_quartiles() && !(*x.q3 > *x.q1))) {
    detail::throw_not_estimable(function, "the ends of the range or of the quartiles coincide");
  }
  const Real by_range = x.has_range() ? Real(fabs(Real((*x.minimum - m) + (*x.maximum - m))) / (*x.maximum - *x.minimum)) : Real(0);
  const Real by_quartiles = x.has_quartiles() ? Real(fabs(Real((*x.q1 - m) + (*x.q3 - m))) / (*x.q3 - *x.q1)) : Real(0);
  if (!x.has_quartiles()) return {by_range, Real(1 / log(Real(n + 9)) + Real(5) / 2 / (n + 1))};
  if (!x.has_range()) return {by_quartiles, Real(Real(53) / 20 / root - 6 / (n * n))};
  const Real weighted = Real(53) / 20 * log(Real(3 * n / 5)) / root * by_range;
  return {weighted > by_quartiles ? weighted : by_quartiles, Real(3 / root - 40 / (n * n * n))};
}

}  // namespace metapool
