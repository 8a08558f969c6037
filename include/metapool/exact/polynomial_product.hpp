// SPDX-License-Identifier: BSL-1.0
// The product of two polynomials, of which laws of sums of counts are made.
#pragma once

#include <metapool/math/pack.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace metapool::detail {

template <class Pack, class Real>
[[gnu::always_inline]] inline void add_product(Pack& sum, const Pack& factor, const Real* from) {
  Pack x;
  load(x, from);
  sum = sum + factor * x;
}

/// c = a * b for the coefficients a of the shorter polynomial and b of the longer one, which has a block of zeros before and behind it. Block by block of eight packs, each
/// coefficient a sum of its own in a fixed order, so that its bits do not depend on the width. c has room for whole blocks.
template <std::size_t Width, class Real>
[[gnu::always_inline]] inline void multiply_blocks(const Real* a, std::size_t na, const Real* b, std::size_t nb, std::size_t margin, Real* c) {
  constexpr std::size_t block = 8 * Width;
  const std::size_t size = na + nb - 1;
  for (std::size_t n = 0; n < size; n += block) {
    pack<Real, Width> s0, s1, s2, s3, s4, s5, s6, s7;  // an array would be kept in memory
    fill(s0, Real(0));
    s1 = s2 = s3 = s4 = s5 = s6 = s7 = s0;
    const std::size_t first = n < nb ? 0 : n - (nb - 1), last = (std::min)(na - 1, n + (block - 1));
    const Real* x = b + (n + margin - first);
    for (std::size_t i = first; i <= last; ++i, --x) {
      pack<Real, Width> factor{};
      fill(factor, a[i]);
      add_product(s0, factor, x);
      add_product(s1, factor, x + Width);
      add_product(s2, factor, x + 2 * Width);
      add_product(s3, factor, x + 3 * Width);
      add_product(s4, factor, x + 4 * Width);
      add_product(s5, factor, x + 5 * Width);
      add_product(s6, factor, x + 6 * Width);
      add_product(s7, factor, x + 7 * Width);
    }
    store(c + n, s0);
    store(c + n + Width, s1);
    store(c + n + 2 * Width, s2);
    store(c + n + 3 * Width, s3);
    store(c + n + 4 * Width, s4);
    store(c + n + 5 * Width, s5);
    store(c + n + 6 * Width, s6);
    store(c + n + 7 * Width, s7);
  }
}

/// c = a * b, the coefficients of a product of polynomials.
template <class Real>
std::vector<Real> multiplied(const std::vector<Real>& a, const std::vector<Real>& b) {
  if (a.size() > b.size()) return multiplied(b, a);
  constexpr bool wide = std::is_same_v<Real, double> || std::is_same_v<Real, float>;
  constexpr std::size_t margin = wide ? 8 * 64 / sizeof(Real) : 0;  // the largest block
  const std::size_t size = a.size() + b.size() - 1;
  std::vector<Real> c(size + margin, Real(0));
  if constexpr (wide) {
    std::vector<Real> padded(b.size() + 2 * margin, Real(0));
    std::copy(b.begin(), b.end(), padded.begin() + static_cast<std::ptrdiff_t>(margin));
    run_wide([&](auto bytes) { multiply_blocks<decltype(bytes)::value / sizeof(Real)>(a.data(), a.size(), padded.data(), b.size(), margin, c.data()); });
  } else {
    for (std::size_t i = 0; i < a.size(); ++i) {
      for (std::size_t j = 0; j < b.size(); ++j) c[i + j] += a[i] * b[j];
    }
  }
  c.resize(size);
  return c;
}

}  // namespace metapool::detail
