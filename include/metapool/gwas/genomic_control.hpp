// SPDX-License-Identifier: BSL-1.0
// Genomic control: how much larger than expected the chi-squared statistics of a study are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// The median of chi-squared statistics over that of the chi-squared distribution with one degree of freedom, 0.4549364. NaN without statistics. Changes their order.
/// Devlin & Roeder (1999) Biometrics 55:997.
template <class = void>
double lambda_of(std::vector<double>& chi_squared) {
  constexpr double expected = 0.45493642311957283;
  const std::size_t n = chi_squared.size();
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = chi_squared.begin() + static_cast<std::ptrdiff_t>(n / 2);
  std::nth_element(chi_squared.begin(), middle, chi_squared.end());
  double median = *middle;
  if (n % 2 == 0) median = (median + *std::max_element(chi_squared.begin(), middle)) / 2;
  return median / expected;
}

}  // namespace metapool::detail
