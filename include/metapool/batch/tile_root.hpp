// SPDX-License-Identifier: BSL-1.0
// The between-study variance by Paule and Mandel in each column of a tile.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_sums.hpp>
#include <metapool/math/wide_pack.hpp>
#include <metapool/tau2/root_packs.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// Weights 1 / (v + at) of rows i and i + 1 by one division (float: two): within 2 ulp, which is enough while searching. Divisions are most of what a search costs.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void two_weights(const tile<Real, N>& t, std::size_t i, const pack<Real, N>& at, pack<Real, N>& wa, pack<Real, N>& wb) {
  using P = pack<Real, N>;
  P a, b, inverse;
  load(a, t.v + i * N);
  load(b, t.v + (i + 1) * N);
  a = a + at;
  b = b + at;
  if constexpr (std::numeric_limits<Real>::digits > 30) {
    reciprocal_within(inverse, a * b);
    wa = b * inverse;
    wb = a * inverse;
  } else {
    reciprocal_within(wa, a);
    reciprocal_within(wb, b);
  }
  store(t.w + i * N, wa);
  store(t.w + (i + 1) * N, wb);
}

/// Paule and Mandel: Q(tau2) = count - 1. s: the sums at 0. done is 0 where one meta-analysis at a time must decide.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void paule_mandel_tile(const tile<Real, N>& t, const tile_sums<Real, N>& s, pack<Real, N>& tau2, pack<Real, N>& done) {
  using P = pack<Real, N>;
  P zero, one, above;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(above, Real(1.000001));
  const P n = t.count - one;
  const auto evaluate = [&](const P& at, const P&, P& f, P& slope) __attribute__((always_inline)) {
    P rest = zero, offset = zero;
    for (std::size_t i = 0; i < t.k; i += 2) {
      P wa, wb, da, db;
      two_weights(t, i, at, wa, wb);
      load(da, t.d + i * N);
      load(db, t.d + (i + 1) * N);
      rest = rest + wa + wb;
      offset = offset + wa * da + wb * db;
    }
    const P top = one / (t.v_top + at);
    const P centre = offset / (top + rest);
    const P u_top = top * centre;
    P q = u_top * centre, a = u_top * u_top;
    for (std::size_t i = 0; i < t.k; ++i) {
      P d, w;
      load(d, t.d + i * N);
      load(w, t.w + i * N);
      const P r = d - centre;
      const P u = w * r;
      q = q + u * r;
      a = a + u * u;
    }
    const P ratio = n / q;
    f = one - ratio;
    slope = zero - ratio * (a / q);
  };
  P a = (s.largest * s.centre) * (s.largest * s.centre);
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, w;
    load(d, t.d + i * N);
    load(w, t.w + i * N);
    const P u = w * (d - s.centre);
    a = a + u * u;
  }
  const auto wanted = s.q > n;
  P f, slope;
  const P ratio = n / s.q;
  choose(f, wanted, one - ratio, one);
  choose(slope, wanted, zero - ratio * (a / s.q), zero - one);
  choose(done, wanted, zero, one);
  tau2 = zero;  // no guess
  const P upper = t.square / n * above;  // the sum of squares about any centre is no less than that about the mean, and Q(t) <= that / t
  if (any_of<N>(wanted)) solve_packs<Real, N>(evaluate, f, slope, t.v_top, upper, tau2, done);
}

}  // namespace metapool::detail
