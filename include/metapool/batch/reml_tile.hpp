// SPDX-License-Identifier: BSL-1.0
// REML of a tile of columns: a root of the score.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_root.hpp>
#include <metapool/math/wide_pack.hpp>
#include <metapool/tau2/root_packs.hpp>
#include <metapool/tau2/score_packs.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// The score of each column at a tau2. Weighed: the tile holds the weights at this point already.
template <bool Weighed = false, class Real, std::size_t N>
[[gnu::always_inline]] inline void score_at(const tile<Real, N>& t, const pack<Real, N>& at, score_pack<Real, N>& out) {
  using P = pack<Real, N>;
  P zero, one;
  fill(zero, Real(0));
  fill(one, Real(1));
  const P top = one / (t.v_top + at);
  P rest = zero, rest2 = zero, rest3 = zero, offset = zero;
  for (std::size_t i = 0; i < t.k; i += 2) {
    P da, db, wa, wb;
    if constexpr (Weighed) {
      load(wa, t.w + i * N);
      load(wb, t.w + (i + 1) * N);
    } else {
      two_weights(t, i, at, wa, wb);
    }
    load(da, t.d + i * N);
    load(db, t.d + (i + 1) * N);
    const P aa = wa * wa, bb = wb * wb;
    rest = rest + (wa + wb);
    rest2 = rest2 + (aa + bb);
    rest3 = rest3 + (aa * wa + bb * wb);
    offset = offset + (wa * da + wb * db);
  }
  const P inverse = one / (top + rest);
  const P centre = offset * inverse;
  const P u_top = zero - top * centre;
  P square = zero, shift = zero, a = u_top * u_top;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, w;
    load(d, t.d + i * N);
    load(w, t.w + i * N);
    const P u = w * (d - centre);
    a = a + u * u;
    const P e = u - u_top;
    const P we = w * e;
    square = square + we * e;
    shift = shift + we;
  }
  out.t = at;
  out.a = a;
  out.put(top, rest, rest2, rest3, inverse, square, shift);
}

/// The first root of the score that a search from 0 finds, given a tile with the weights at 0: tau2 and the points at 0 and last; done is 1 where it settled.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void search_reml_tile(const tile<Real, N>& t, score_bounds<Real, N>& bounds, score_pack<Real, N>& first, score_pack<Real, N>& last,
                                                    pack<Real, N>& tau2, pack<Real, N>& done) {
  using P = pack<Real, N>;
  P zero, one, half, far, slack, sum, vd, vdd, vs;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(half, Real(0.5));
  fill(far, far_variance<Real>());
  fill(slack, std::numeric_limits<Real>::digits > 30 ? Real(1 + 1e-9) : Real(1 + 1e-4));
  // sums about the most precise study's effect, then about the plain mean: z'z loses a factor k at the most, and what z'Vz may lose is added to it
  sum = vd = vdd = zero;
  vs = t.v_top;
  for (std::size_t i = 0; i < t.k; ++i) {
    P d, v;
    load(d, t.d + i * N);
    load(v, t.v + i * N);
    choose(v, v < far, v, zero);
    const P part = v * d;
    sum = sum + d;
    vs = vs + v;
    vd = vd + part;
    vdd = vdd + part * d;
  }
  const P centre = sum / t.count;
  P lost;
  fill(lost, 16 * std::numeric_limits<Real>::epsilon() * static_cast<Real>(t.k));
  const P z2 = t.square - centre * sum;
  const P vz2 = vdd - centre * (vd + vd) + centre * centre * vs + lost * t.v_max * t.square;
  bounds.v_min = t.v_top;
  bounds.square = z2;
  choose(bounds.flat, z2 > zero, half * vz2 / z2, zero);

  score_at<true>(t, zero, first);
  last = first;
  P f, slope;
  first.ratio(f, slope);
  const P s = z2 / (t.count - one);
  const P upper = (s + half * (s + (t.v_max - t.v_top))) * slack;  // beyond the bound of likelihood_objective
  const auto rises = first.a > first.g;
  choose(done, rises, zero, one);
  choose(f, rises, f, one);
  choose(slope, rises, slope, zero - one);
  tau2 = zero;
  if (!any_of<N>(rises)) return;
  // g / a tends to the line A + B t; a guess is where this line and a hyperbola C / (t + D) with it, which agree with value and slope at 0, are 1
  const P n = t.count - one;
  const P over = one / z2, b = n * over, a = over * (n * (vz2 + vz2) * over - vs * (n / t.count));
  const P e = one - a;
  const P shift = (e - f) / (b + slope);
  const P linear = e - b * shift;
  P root;
  square_root(root, linear * linear + (b + b) * (shift + shift) * f);
  choose(tau2, (rises) & (shift > zero), (linear + root) / (b + b), zero);
  const auto evaluate = [&](const P& at, const P& live, P& value, P& derivative) __attribute__((always_inline)) {
    score_pack<Real, N> now;
    score_at(t, at, now);
    now.ratio(value, derivative);
    last.take(live, now);  // a place that is done keeps its last point, so that nothing hangs on how long its neighbours take
  };
  solve_packs<Real, N>(evaluate, f, slope, t.v_top, upper, tau2, done);
}

}  // namespace metapool::detail
