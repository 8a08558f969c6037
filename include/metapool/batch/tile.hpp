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
  Real* d = nullptr;  ///< k + 1 rows of N: the effects less that of the most precise study
  Real* v = nullptr;  ///< likewise: variances
  Real* w = nullptr;  ///< likewise: weights, or room for them
  P v_top{};          ///< of the most precise study; infinity without studies
  P origin{};         ///< its effect
  P count{};          ///< studies
  P invalid{};        ///< 1 if an entry is neither valid nor missing
  P square{};         ///< sum of d^2, or no less than that up to rounding: see tile_use
  P v_max{};
  bool plain = false;  ///< all entries are valid, and no variance is near the ends of the number type
};

/// Asks for what lies 1024 bytes on, into the second cache, which has room for more requests under way: processors do not foresee that many rows at once.
template <class Real>
[[gnu::always_inline]] inline void fetch_ahead(const Real* from) {
#if defined(__GNUC__)
  __builtin_prefetch(from + 1024 / sizeof(Real), 0, 2);
#else
  static_cast<void>(from);
#endif
}

/// Finds each column's most precise study. y, v: k rows, `stride` numbers apart; copies: room for 2 k rows of N, used if entries are missing or invalid.
/// Afterwards y and v and stride may point there.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void find_most_precise(tile<Real, N>& t, const Real*& y, const Real*& v, std::size_t& stride, pack<Real, N>& top, Real* copies) {
  using P = pack<Real, N>;
  P zero, one, infinity, largest, check, index, count, v_top, v_max, origin, invalid, low, high;
  fill(low, std::numeric_limits<Real>::digits > 30 ? Real(1e-290) : Real(1e-30));
  fill(high, std::numeric_limits<Real>::digits > 30 ? Real(1e290) : Real(1e30));
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(infinity, std::numeric_limits<Real>::infinity());
  fill(largest, (std::numeric_limits<Real>::max)());
  fill(count, static_cast<Real>(t.k));
  check = zero;
  index = zero;
  top = zero;
  v_top = infinity;
  v_max = zero;
  origin = zero;
  invalid = zero;
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    for (std::size_t l = 0; l < N; l += 64 / sizeof(Real)) {
      fetch_ahead(y + i * stride + l);
      fetch_ahead(v + i * stride + l);
    }
    check = check + (yi + vi);  // not finite as soon as an entry is not; a sum that overflows is looked at in vain
    const auto less = vi < v_top;
    choose(origin, less, yi, origin);
    choose(top, less, index, top);
    least(v_top, v_top, vi);
    greatest(v_max, v_max, vi);
    index = index + one;
  }
  const auto keep = [&]() __attribute__((always_inline)) {
    t.count = count;
    t.v_top = v_top;
    t.v_max = v_max;
    t.origin = origin;
    t.invalid = invalid;
  };
  t.plain = !any_of<N>((check - check != zero) | (v_top < low) | (v_max > high));
  if (t.plain) {
    keep();
    return;
  }

  P negative;
  fill(negative, -(std::numeric_limits<Real>::max)());
  count = zero;
  v_top = infinity;
  v_max = zero;
  origin = zero;
  index = zero;
  top = zero;
  Real* const y_copy = copies;
  Real* const v_copy = copies + t.k * N;
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi, part;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
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
    choose(top, less, index, top);
    choose(v_max, (vi > v_max) & (vi <= largest), vi, v_max);
    index = index + one;
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
  keep();
  y = y_copy;
  v = v_copy;
  stride = N;
}

}  // namespace metapool::detail
