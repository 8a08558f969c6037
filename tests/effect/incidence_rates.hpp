// SPDX-License-Identifier: BSL-1.0
// Shared by the tests of the measures of two rates.
#pragma once

#include <metapool/data/rate_trial.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <vector>

namespace metapool_test {

using wide_rate = boost::multiprecision::cpp_bin_float_50;

inline metapool::two_rates<wide_rate> widen(const metapool::two_rates<double>& t) {
  return {wide_rate(t.x1), wide_rate(t.t1), wide_rate(t.x2), wide_rate(t.t2)};
}
inline metapool::two_rates<double> swap_arms(const metapool::two_rates<double>& t) { return {t.x2, t.t2, t.x1, t.t1}; }

/// Ordinary, corrected, tiny, huge and nearly equal rates.
inline std::vector<metapool::two_rates<double>> rates() {
  return {{7, 1344, 11, 1988}, {0.5, 50, 4.5, 45}, {1, 0.25, 2, 1e9}, {1e9 - 1, 1e9, 1e9, 1e9 + 1}, {123456789, 1e7, 123456780, 1.0000001e7}, {3, 1e-6, 4, 2e-6}};
}

}  // namespace metapool_test
