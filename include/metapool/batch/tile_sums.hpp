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

/// Fills a tile and its sums at tau2 = 0: weights and mean, and if Spread also sum of w^2 and Q (with d, v, w kept in the tile).
template <bool Spread, class Real, std::size_t N>
[[gnu::always_inline]] inline void open_tile(tile<Real, N>& t, tile_sums<Real, N>& s, const Real* y, const Real* v, std::size_t stride, Real* copies) {
  using P = pack<Real, N>;
  P top, index, zero, one, far, rest, rest2, offset, square;
  find_most_precise(t, y, v, stride, top, copies);
  fill(one, Real(1));
  fill(zero, Real(0));
  fill(far, far_variance<Real>());
  fill(rest, Real(0));
  index = rest2 = offset = square = rest;
  if constexpr (Spread) {
    store(t.d + t.k * N, rest);
    store(t.v + t.k * N, far);
    store(t.w + t.k * N, rest);
  }
  for (std::size_t i = 0; i < t.k; ++i) {
    P yi, vi;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    const auto most_precise = index == top;
    index = index + one;
    const P d = yi - t.origin;
    P w;
    inverse_of(w, vi, t.plain);
    choose(w, most_precise, zero, w);
    if constexpr (Spread) choose(vi, most_precise, far, vi);
    rest = rest + w;
    offset = offset + w * d;
    square = square + d * d;
    if constexpr (Spread) {
      rest2 = rest2 + w * w;
      store(t.d + i * N, d);
      least(vi, vi, far);
      store(t.v + i * N, vi);
      store(t.w + i * N, w);
    }
  }
  inverse_of(s.largest, t.v_top, t.plain);
  s.rest = rest;
  s.rest2 = rest2;
  s.w = s.largest + rest;
  s.centre = offset / s.w;
  t.square = square;
  if constexpr (Spread) weigh_squares(t, s);
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
