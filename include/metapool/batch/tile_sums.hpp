// SPDX-License-Identifier: BSL-1.0
// The sums of tau2/kernel.hpp over the columns of a tile, in the same order.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>

#include <cstddef>

namespace metapool::detail {

template <class Real, std::size_t N>
struct tile_sums {
  using P = pack<Real, N>;
  P largest{}, rest{}, rest2{}, w{}, centre{}, q{};
};

/// Q about s.centre, from the tile's d and w and the weight s.largest of the most precise study.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void weigh_squares(const tile<Real, N>& t, tile_sums<Real, N>& s) {
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

/// 1 / x; plain: x is far from the ends of the number type.
template <class Pack>
[[gnu::always_inline]] inline void inverse_of(Pack& out, const Pack& x, bool plain) {
  if (plain) {
    reciprocal_within(out, x);
  } else {
    Pack one;
    fill(one, place_of<Pack>(1));
    out = one / x;
  }
}

/// What a tile is opened for.
enum class tile_use {
  mean,     ///< weights and mean at tau2 = 0; nothing is kept in the tile
  spread,   ///< and Q: d and w are kept
  moments,  ///< and the sum of w^2: d, v and w are kept
  search    ///< the same; here, as for `mean`, t.square is the sum of d^2 itself
};

/// The sums of open_tile over the studies, that of w d in the place of the mean. Plain: as t.plain.
template <tile_use Use, bool Plain, class Real, std::size_t N>
[[gnu::always_inline]] inline void add_rows(tile<Real, N>& t, tile_sums<Real, N>& s, const Real* y, const Real* v, std::size_t stride, const pack<Real, N>& top) {
  using P = pack<Real, N>;
  P index, zero, one, far, rest, rest2, offset, square;
  fill(one, Real(1));
  fill(zero, Real(0));
  fill(far, far_variance<Real>());
  index = rest = rest2 = offset = square = zero;
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi, w;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    const auto other = index != top;
    index = index + one;
    const P d = yi - t.origin;
    inverse_of(w, vi, Plain && i % 2 == 0);  // every other by the divider, which else has nothing to do: the bits are the same
    choose(w, other, w, zero);
    rest = rest + w;
    offset = offset + w * d;
    if constexpr (Use == tile_use::mean || Use == tile_use::search) square = square + d * d;
    if constexpr (Use == tile_use::moments || Use == tile_use::search) {
      rest2 = rest2 + w * w;
      choose(vi, other, vi, far);
      if constexpr (!Plain) least(vi, vi, far);
      store(t.v + i * N, vi);
    }
    if constexpr (Use != tile_use::mean) {
      store(t.d + i * N, d);
      store(t.w + i * N, w);
    }
  }
  s.rest = rest;
  s.rest2 = rest2;
  s.centre = offset;
  t.square = square;
}

/// Fills a tile and its sums at tau2 = 0.
template <tile_use Use, class Real, std::size_t N>
[[gnu::always_inline]] inline void open_tile(tile<Real, N>& t, tile_sums<Real, N>& s, const Real* y, const Real* v, std::size_t stride, Real* copies) {
  using P = pack<Real, N>;
  P top, far, none;
  find_most_precise(t, y, v, stride, top, copies);
  if constexpr (Use != tile_use::mean) {
    fill(far, far_variance<Real>());
    fill(none, Real(0));
    store(t.d + t.k * N, none);
    store(t.v + t.k * N, far);
    store(t.w + t.k * N, none);
  }
  if (t.plain) {
    add_rows<Use, true>(t, s, y, v, stride, top);
  } else {
    add_rows<Use, false>(t, s, y, v, stride, top);
  }
  inverse_of(s.largest, t.v_top, t.plain);
  s.w = s.largest + s.rest;
  s.centre = s.centre / s.w;
  if constexpr (Use != tile_use::mean) weigh_squares(t, s);
  // no d^2 is more than v_max w d^2, and the sum of w d^2 is that about the mean and the mean's own
  if constexpr (Use == tile_use::spread || Use == tile_use::moments) t.square = t.v_max * (s.q + (s.w * s.centre) * s.centre);
}

/// The sums of the mean at tau2, and Q there if asked for; d and v are those of the tile.
template <bool Spread, class Real, std::size_t N>
[[gnu::always_inline]] inline void pool_tile(const tile<Real, N>& t, const pack<Real, N>& tau2, tile_sums<Real, N>& s) {
  using P = pack<Real, N>;
  P rest, offset;
  fill(rest, Real(0));
  offset = rest;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, v;
    load(d, t.d + i * N);
    load(v, t.v + i * N);
    P w;
    reciprocal_within(w, v + tau2);  // what is out of its range gets another look
    rest = rest + w;
    offset = offset + w * d;
    if constexpr (Spread) store(t.w + i * N, w);
  }
  reciprocal_within(s.largest, t.v_top + tau2);
  s.rest = rest;
  s.w = s.largest + rest;
  s.centre = offset / s.w;
  if constexpr (Spread) weigh_squares(t, s);
}

}  // namespace metapool::detail
