// SPDX-License-Identifier: BSL-1.0
// Shared by the tests of the measures of two means.
#pragma once

#include "effect/delta_method.hpp"

#include <metapool/effect/continuous_effects.hpp>

#include <vector>

namespace metapool_test {

/// Ordinary, small, huge, close and distant arms; means and standard deviations positive.
inline std::vector<metapool::two_means<double>> pairs_of_means() {
  return {{30.5, 5.2, 24, 26, 6.1, 19}, {2, 1, 3, 3, 2, 4}, {100, 15, 1e9, 100.001, 15.001, 1e9}, {1e6, 3, 50, 1e6 + 1, 3, 7}, {8, 2, 1e9, 2, 5, 3}};
}
inline metapool::two_means<wide> widen(const metapool::two_means<double>& t) {
  return {wide(t.mean1), wide(t.sd1), wide(t.n1), wide(t.mean2), wide(t.sd2), wide(t.n2)};
}
inline metapool::two_means<double> swap_arms(const metapool::two_means<double>& t) { return {t.mean2, t.sd2, t.n2, t.mean1, t.sd1, t.n1}; }
inline metapool::two_means<double> in_unit(const metapool::two_means<double>& t, double unit, double shift = 0) {
  return {t.mean1 * unit + shift, t.sd1 * unit, t.n1, t.mean2 * unit + shift, t.sd2 * unit, t.n2};
}

}  // namespace metapool_test
