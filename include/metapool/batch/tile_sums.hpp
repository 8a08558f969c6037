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

/// Whether the rows are gone through again at tau2, with time to ask for those that follow.
template <tile_use Use>
inline constexpr bool pools_later = Use == tile_use::moments || Use == tile_use::search;

/// add(row, by_newton) for every row: of three inverses two by the divider, which else has nothing to do, and one by multiplications. The bits are the same.
template <class Add>
[[gnu::always_inline]] inline void share_out(std::size_t k, const Add& add) {
  std::size_t i = 0;
  for (; i + 3 <= k; i += 3) {
    add(i, false);
    add(i + 1, true);
    add(i + 2, false);
  }
  for (; i < k; ++i) add(i, i + 1 < k);
}

/// The sums of open_tile over the studies, that of w d in the place of the mean. Plain: as t.plain.
template <tile_use Use, bool Plain, class Real, std::size_t N>
[[gnu::always_inline]] inline void add_rows(tile<Real, N>& t, tile_sums<Real, N>& s, const Real* y, const Real* v, std::size_t stride) {
  using P = pack<Real, N>;
  P zero, far, rest, rest2, offset, square;
  fill(zero, Real(0));
  fill(far, far_variance<Real>());
  rest = rest2 = offset = square = zero;
  auto left = zero == zero;
  inverse_of(s.largest, t.v_top, Plain);  // before the rows, which need not wait for it
  const auto add = [&](std::size_t i, bool by_newton) __attribute__((always_inline)) {
    P yi, vi, w;
    load(yi, y + i * stride);
    load(vi, v + i * stride);
    if constexpr (Plain && pools_later<Use>) {
      fetch_near<N>(y + i * stride);
      fetch_near<N>(v + i * stride);
    }
    auto top = left;
    take_equal(top, left, vi, t.v_top);
    const P d = yi - t.origin;
    inverse_of(w, vi, by_newton);
    choose(w, top, zero, w);
    rest = rest + w;
    offset = offset + w * d;
    if constexpr (Use == tile_use::mean) add_product(square, d, d);
    if constexpr (Use == tile_use::search) square = square + d * d;
    if constexpr (pools_later<Use>) {
      rest2 = rest2 + w * w;
      choose(vi, top, far, vi);
      if constexpr (!Plain) least(vi, vi, far);
      store(t.v + i * N, vi);
    }
    if constexpr (Use != tile_use::mean) {
      store(t.d + i * N, d);
      store(t.w + i * N, w);
    }
  };
  if constexpr (Plain) {
    share_out(t.k, add);
  } else {
    for (std::size_t i = 0; i < t.k; ++i) add(i, false);
  }
  s.rest = rest;
  s.rest2 = rest2;
  s.centre = offset;
  t.square = square;
}

/// What follows add_rows: the weight of all studies, their mean, and Q.
template <tile_use Use, class Real, std::size_t N>
[[gnu::always_inline]] inline void close_rows(tile<Real, N>& t, tile_sums<Real, N>& s) {
  s.w = s.largest + s.rest;
  s.centre = s.centre / s.w;
  if constexpr (Use != tile_use::mean) weigh_squares(t, s);
  // no d^2 is more than v_max w d^2, and the sum of w d^2 is that about the mean and the mean's own
  if constexpr (Use == tile_use::spread || Use == tile_use::moments) t.square = t.v_max * (s.q + (s.w * s.centre) * s.centre);
}

/// The row more than studies.
template <class Real, std::size_t N>
void close_tile(tile<Real, N>& t) {
  for (std::size_t l = 0; l < N; ++l) {
    t.d[t.k * N + l] = 0;
    t.v[t.k * N + l] = far_variance<Real>();
    t.w[t.k * N + l] = 0;
  }
}

/// Fills a tile and its sums at tau2 = 0. y, v: k rows, `stride` numbers apart; copies: room for 2 k rows of N, used if entries are missing or invalid; complete: whether all entries of
/// the last tile were valid, as those of the next one mostly will be then.
template <tile_use Use, class Real, std::size_t N>
[[gnu::always_inline]] inline void open_tile(tile<Real, N>& t, tile_sums<Real, N>& s, const Real* y, const Real* v, std::size_t stride, Real* copies, bool& complete) {
  using P = pack<Real, N>;
  t.rows_y = y;
  t.rows_v = v;
  t.stride = stride;
  t.plain = complete;
  if (complete) {
    survey_rows<!pools_later<Use>>(t, y, v, stride);
    add_rows<Use, true>(t, s, y, v, stride);
    close_rows<Use>(t, s);
    P low, high, square, large, least;
    fill(low, plain_least<Real>());
    fill(high, plain_most<Real>());
    fill(square, plain_most<Real>() / (16 * static_cast<Real>(t.k)));
    fill(large, (std::numeric_limits<Real>::max)() / 8);
    fill(least, -(std::numeric_limits<Real>::max)() / 8);
    // an entry that is not finite makes t.square or the weights so, and a variance that is not positive is less than low
    t.plain = all_of<N>((t.square <= square) & (s.w <= large) & (t.v_top >= low) & (t.v_max <= high) & (t.origin <= large) & (t.origin >= least));
    if (t.plain) return;
  }
  complete = clean_rows(t, y, v, stride, copies);
  add_rows<Use, false>(t, s, copies, copies + t.k * N, N);
  close_rows<Use>(t, s);
}

/// The sums of the mean at tau2, and Q there if asked for; d and v are those of the tile. What follows the tile in memory is asked for here.
template <bool Spread, class Real, std::size_t N>
[[gnu::always_inline]] inline void pool_tile(const tile<Real, N>& t, const pack<Real, N>& tau2, tile_sums<Real, N>& s) {
  using P = pack<Real, N>;
  P rest, offset;
  fill(rest, Real(0));
  offset = rest;
  reciprocal_within(s.largest, t.v_top + tau2);
  const auto add = [&](std::size_t i, bool by_newton) __attribute__((always_inline)) {
    P d, v, w;
    load(d, t.d + i * N);
    load(v, t.v + i * N);
    fetch_far<N>(t.rows_y + i * t.stride);
    fetch_far<N>(t.rows_v + i * t.stride);
    inverse_of(w, v + tau2, by_newton);  // what is out of the range of that gets another look
    rest = rest + w;
    offset = offset + w * d;
    if constexpr (Spread) store(t.w + i * N, w);
  };
  share_out(t.k, add);
  s.rest = rest;
  s.w = s.largest + rest;
  s.centre = offset / s.w;
  if constexpr (Spread) weigh_squares(t, s);
}

}  // namespace metapool::detail
