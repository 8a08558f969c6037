// SPDX-License-Identifier: BSL-1.0
// Variances by the delta method with derivatives taken numerically in 50 digits, independently of the library's formulas.
#pragma once

#include "effect/measures.hpp"

#include <array>
#include <cstddef>

namespace metapool_test {

/// The gradient of f at x by central differences.
template <std::size_t N, class F>
std::array<wide, N> gradient(const F& f, const std::array<wide, N>& x) {
  std::array<wide, N> g;
  for (std::size_t i = 0; i < N; ++i) {
    const wide h = (x[i] == 0 ? wide(1) : wide(abs(x[i]))) * wide("1e-15");
    auto above = x, below = x;
    above[i] += h;
    below[i] -= h;
    g[i] = (f(above) - f(below)) / (2 * h);
  }
  return g;
}

/// Of a function of counts: multinomial within each group of cells. first, count: the cells of a group.
template <std::size_t N>
wide multinomial_variance(const std::array<wide, N>& g, const std::array<wide, N>& x, std::size_t first, std::size_t count) {
  wide n = 0, squares = 0, mean = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    n += x[i];
    squares += x[i] * g[i] * g[i];
    mean += x[i] * g[i];
  }
  return squares - mean * mean / n;
}

inline std::array<wide, 4> cells(const metapool::two_by_two<double>& t) { return {wide(t.a), wide(t.b), wide(t.c), wide(t.d)}; }

/// Of a measure of a 2x2 table with the arms' sizes fixed.
template <class F>
double two_binomials(const F& f, const metapool::two_by_two<double>& t) {
  const auto x = cells(t);
  const auto g = gradient(f, x);
  return static_cast<double>(wide(multinomial_variance(g, x, 0, 2) + multinomial_variance(g, x, 2, 2)));
}

/// Of a measure of four cells with only their total fixed.
template <class F>
double one_multinomial(const F& f, const std::array<wide, 4>& x) {
  return static_cast<double>(multinomial_variance(gradient(f, x), x, 0, 4));
}

}  // namespace metapool_test
