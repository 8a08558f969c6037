// SPDX-License-Identifier: BSL-1.0
// A few meta-analyses side by side, one in each place of a pack: the sums of tau2/kernel.hpp, in the same order.
#pragma once

#include <metapool/math/pack.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// So many columns go side by side in packs of that many bytes.
template <class Real, std::size_t Bytes>
inline constexpr std::size_t tile_width = Bytes / sizeof(Real) > 0 ? Bytes / sizeof(Real) : 1;

/// N columns of studies, ready for sums without masks: a study that a column lacks has d = 0 and v = infinity, thus weight 0, which changes no bit of any sum.
/// So has the most precise one, whose weight is kept apart, as the kernels of one meta-analysis do.
template <class Real, std::size_t N>
struct tile {
  using P = pack<Real, N>;
  std::size_t k = 0;
  Real* d = nullptr;  ///< k rows of N: the effects less that of the most precise study
  Real* v = nullptr;  ///< variances
  Real* w = nullptr;  ///< room for weights
  P v_top{};          ///< of the most precise study; infinity without studies
  P origin{};         ///< its effect
  P count{};          ///< studies
  P invalid{};        ///< 1 if an entry is neither valid nor missing
  P square{};         ///< sum of d^2
  P v_max{};
};

template <class Real, std::size_t N>
struct tile_sums {
  using P = pack<Real, N>;
  P largest{}, rest{}, rest2{}, w{}, centre{}, q{};
};

/// Finds each column's most precise study. y, v: k rows, `stride` numbers apart; copies: room for 2 k rows of N, used if entries are missing or invalid.
/// Afterwards y and v and stride may point there.
template <class Real, std::size_t N>
void find_most_precise(tile<Real, N>& t, const Real*& y, const Real*& v, std::size_t& stride, pack<Real, N>& top, Real* copies) {
  using P = pack<Real, N>;
  P zero, one, infinity, largest, check, index, count, v_top, v_max, origin, invalid;
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
    const P sum = yi + vi;
    check = check + (sum - sum);  // 0, or NaN as soon as an entry is NaN or infinite
    const auto less = vi < v_top;
    choose(origin, less, yi, origin);
    choose(top, less, index, top);
    choose(v_top, v_top < vi, v_top, vi);  // in this form a single instruction: minimum and maximum
    choose(v_max, v_max > vi, v_max, vi);
    index = index + one;
  }
  const auto keep = [&] {
    t.count = count;
    t.v_top = v_top;
    t.v_max = v_max;
    t.origin = origin;
    t.invalid = invalid;
  };
  if (!any_of<N>((check != zero) | (v_top <= zero))) {
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

/// Q about s.centre, from the tile's d and w and the weight s.largest of the most precise study.
template <class Real, std::size_t N>
void weigh_squares(const tile<Real, N>& t, tile_sums<Real, N>& s) {
  using P = pack<Real, N>;
  P q = (s.largest * s.centre) * s.centre;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, w;
    load(d, t.d + i * N);
    load(w, t.w + i * N);
    const P r = d - s.centre;
    q = q + (w * r) * r;
  }
  s.q = q;
}

/// Fills a tile and its sums at tau2 = 0: weights and mean, and if Spread also sum of w^2 and Q (with d, v, w kept in the tile).
template <bool Spread, class Real, std::size_t N>
void open_tile(tile<Real, N>& t, tile_sums<Real, N>& s, const Real* y, const Real* v, std::size_t stride, Real* copies) {
  using P = pack<Real, N>;
  P top, index, one, infinity, rest, rest2, offset, square;
  find_most_precise(t, y, v, stride, top, copies);
  fill(one, Real(1));
  fill(infinity, std::numeric_limits<Real>::infinity());
  fill(rest, Real(0));
  index = rest2 = offset = square = rest;
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    choose(vi, index == top, infinity, vi);
    index = index + one;
    const P d = yi - t.origin;
    const P w = one / vi;
    rest = rest + w;
    offset = offset + w * d;
    if constexpr (Spread) {
      rest2 = rest2 + w * w;
      square = square + d * d;
      store(t.d + i * N, d);
      store(t.v + i * N, vi);
      store(t.w + i * N, w);
    }
  }
  s.largest = one / t.v_top;
  s.rest = rest;
  s.rest2 = rest2;
  s.w = s.largest + rest;
  s.centre = offset / s.w;
  t.square = square;
  if constexpr (Spread) weigh_squares(t, s);
}

/// The sums of the mean at tau2, and Q there if asked for; d and v are those of the tile.
template <bool Spread, class Real, std::size_t N>
void pool_tile(const tile<Real, N>& t, const pack<Real, N>& tau2, tile_sums<Real, N>& s) {
  using P = pack<Real, N>;
  P one, rest, offset;
  fill(one, Real(1));
  fill(rest, Real(0));
  offset = rest;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, v;
    load(d, t.d + i * N);
    load(v, t.v + i * N);
    const P w = one / (v + tau2);
    rest = rest + w;
    offset = offset + w * d;
    if constexpr (Spread) store(t.w + i * N, w);
  }
  s.largest = one / (t.v_top + tau2);
  s.rest = rest;
  s.w = s.largest + rest;
  s.centre = offset / s.w;
  if constexpr (Spread) weigh_squares(t, s);
}

}  // namespace metapool::detail
