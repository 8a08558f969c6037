// SPDX-License-Identifier: BSL-1.0
// A few meta-analyses side by side, one in each place of a pack.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// So many columns go side by side in packs of that many bytes.
template <class Real, std::size_t Bytes>
inline constexpr std::size_t tile_width = Bytes / sizeof(Real) > 0 ? Bytes / sizeof(Real) : 1;

/// In place of infinity in a tile: products of two are finite, and its inverse changes no digit of a sum of weights. float has no room for that, nor for powers of the inverse, which
/// would be subnormal and slow: there it is infinity, whose weight is 0.
template <class Real>
[[gnu::always_inline]] inline Real far_variance() {
  return std::numeric_limits<Real>::digits > 30 ? Real(1e150) : std::numeric_limits<Real>::infinity();
}

/// N columns of studies, ready for sums without masks: a study that a column lacks has d = 0, w = 0 and v = far_variance. So has the most precise one, whose weight is kept apart,
/// as the kernels of one meta-analysis do. One more row of that kind makes their number even for those who take two at a time.
template <class Real, std::size_t N>
struct tile {
  using P = pack<Real, N>;
  std::size_t k = 0;
  Real* d = nullptr;             ///< k + 1 rows of N: the effects less that of the most precise study
  Real* v = nullptr;             ///< likewise: variances
  Real* w = nullptr;             ///< likewise: weights, or room for them
  const Real* rows_y = nullptr;  ///< where effects and variances come from: k rows, `stride` numbers apart
  const Real* rows_v = nullptr;
  std::size_t stride = 0;
  P v_top{};                     ///< of the most precise study; infinity without studies
  P origin{};                    ///< its effect
  P count{};                     ///< studies
  P invalid{};                   ///< 1 if an entry is neither valid nor missing
  P square{};                    ///< sum of d^2, or no less than that up to rounding: see tile_use
  P v_max{};
  bool plain = false;            ///< all entries are valid, and all numbers far from the ends of the number type: see plain_least and plain_most
};

/// Asks for what lies 1024 bytes on from a tile's part of a row, into the second cache, which has room for more requests under way: processors do not foresee that many rows at once.
template <std::size_t N, class Real>
[[gnu::always_inline]] inline void fetch_far(const Real* from) {
#if defined(__GNUC__)
  for (std::size_t l = 0; l < N; l += 64 / sizeof(Real)) __builtin_prefetch(from + l + 1024 / sizeof(Real), 0, 2);
#else
  static_cast<void>(from);
#endif
}

/// And for what lies 256 bytes on, into the first cache, if two lines of a row are taken at a time.
template <std::size_t N, class Real>
[[gnu::always_inline]] inline void fetch_near(const Real* from) {
#if defined(__GNUC__)
  if constexpr (N * sizeof(Real) > 64) {
    for (std::size_t l = 0; l < N; l += 64 / sizeof(Real)) __builtin_prefetch(from + l + 256 / sizeof(Real), 0, 3);
  }
#else
  static_cast<void>(from);
#endif
}

/// The variances of a plain tile lie between these: cubes of them are within the range of the number type, and every weight is far above that of far_variance.
template <class Real>
[[gnu::always_inline]] inline constexpr Real plain_least() {
  return std::numeric_limits<Real>::digits > 30 ? Real(1e-60) : Real(1e-9);
}

/// And the sum of the squares of its effects less that of the most precise study is no more than that over 16 times the number of studies.
template <class Real>
[[gnu::always_inline]] inline constexpr Real plain_most() {
  return std::numeric_limits<Real>::digits > 30 ? Real(1e100) : Real(1e9);
}

/// Finds each column's most precise study, if all entries are valid; else what it finds is of no use, and the sums show it. y, v: k rows, `stride` numbers apart.
/// Fetch: what follows is asked for here, and not later (pool_tile).
template <bool Fetch, class Real, std::size_t N>
[[gnu::always_inline]] inline void survey_rows(tile<Real, N>& t, const Real* y, const Real* v, std::size_t stride) {
  using P = pack<Real, N>;
  P v_top, v_max, origin;
  fill(v_top, std::numeric_limits<Real>::infinity());
  fill(v_max, Real(0));
  origin = v_max;
  t.invalid = v_max;
  fill(t.count, static_cast<Real>(t.k));
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    if constexpr (Fetch) {
      fetch_far<N>(y + i * stride);
      fetch_far<N>(v + i * stride);
    }
    choose(origin, vi < v_top, yi, origin);
    least(v_top, v_top, vi);
    greatest(v_max, v_max, vi);
  }
  t.v_top = v_top;
  t.v_max = v_max;
  t.origin = origin;
}

/// The same for any entries. copies: room for 2 k rows of N, where each column's valid studies are afterwards; the others have the effect `origin` and infinite variance.
/// Returns whether all entries are valid.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline bool clean_rows(tile<Real, N>& t, const Real* y, const Real* v, std::size_t stride, Real* copies) {
  using P = pack<Real, N>;
  P zero, one, infinity, largest, negative, all, count, v_top, v_max, origin, invalid;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(infinity, std::numeric_limits<Real>::infinity());
  fill(largest, (std::numeric_limits<Real>::max)());
  fill(negative, -(std::numeric_limits<Real>::max)());
  fill(all, static_cast<Real>(t.k));
  count = zero;
  v_top = infinity;
  v_max = zero;
  origin = zero;
  invalid = zero;
  Real* const y_copy = copies;
  Real* const v_copy = copies + t.k * N;
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi, part;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    fetch_far<N>(y + i * stride);
    fetch_far<N>(v + i * stride);
    fetch_near<N>(y + i * stride);
    fetch_near<N>(v + i * stride);
    const auto present = (yi == yi) & (vi == vi);
    const auto wrong = present & ((vi <= zero) | (vi > largest) | (yi > largest) | (yi < negative));
    const auto good = present & (vi > zero) & (vi <= largest) & (yi <= largest) & (yi >= negative);
    choose(invalid, wrong, one, invalid);
    choose(part, present, one, zero);
    count = count + part;
    choose(vi, good, vi, infinity);
    choose(yi, good, yi, zero);
    const auto less = vi < v_top;
    choose(v_top, less, vi, v_top);
    choose(origin, less, yi, origin);
    choose(v_max, (vi > v_max) & (vi <= largest), vi, v_max);
    store(y_copy + i * N, yi);
    store(v_copy + i * N, vi);
  }
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi;
    load(yi, y_copy + i * N);
    load(vi, v_copy + i * N);
    choose(yi, vi <= largest, yi, origin);
    store(y_copy + i * N, yi);
  }
  t.count = count;
  t.v_top = v_top;
  t.v_max = v_max;
  t.origin = origin;
  t.invalid = invalid;
  return !any_of<N>((count < all) | (invalid > zero));
}

}  // namespace metapool::detail
