// SPDX-License-Identifier: BSL-1.0
// Shared by the tests of the measures of 2x2 tables.
#pragma once

#include <metapool/data/binary_trial.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <vector>

namespace metapool_test {

using wide = boost::multiprecision::cpp_bin_float_50;

inline metapool::two_by_two<wide> widen(const metapool::two_by_two<double>& t) { return {wide(t.a), wide(t.b), wide(t.c), wide(t.d)}; }

/// Ordinary, corrected, tiny, huge, nearly null and lopsided tables.
inline std::vector<metapool::two_by_two<double>> tables() {
  return {{4, 119, 11, 128},  {0.5, 12.5, 3.5, 26.5}, {1, 1, 1, 2},         {5e8 + 1, 5e8 - 1, 5e8, 5e8}, {1e9 - 1, 1, 1, 1e9 - 1},
          {3, 999999997, 2, 999999998}, {42, 70, 47, 63}, {7, 3, 1, 1000000}, {123456789, 876543211, 123456780, 876543220}};
}

inline metapool::two_by_two<double> swap_arms(const metapool::two_by_two<double>& t) { return {t.c, t.d, t.a, t.b}; }
inline metapool::two_by_two<double> swap_events(const metapool::two_by_two<double>& t) { return {t.b, t.a, t.d, t.c}; }

}  // namespace metapool_test
