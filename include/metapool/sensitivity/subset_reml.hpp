// SPDX-License-Identifier: BSL-1.0
// The likelihoods of eight subsets side by side.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/subset_group.hpp>
#include <metapool/tau2/score_packs.hpp>

#include <cstddef>
#include <limits>

namespace metapool::detail {

/// N of the eight subsets of a group, from the place `at` on: their effects less that of the most precise study, and the score of their likelihoods.
template <class Real, std::size_t N>
class subset_likelihood {
 public:
  using P = pack<Real, N>;
  static constexpr std::size_t size = subset_group<Real>::size;

  /// room: 2 numbers a row and place.
  subset_likelihood(const subset_source<Real>& source, const subset_group<Real>& group, std::size_t at, Real* room)
      : s(source), g(group), first(at), d(room), w(room + N * group.rows) {
    P zero{}, largest{}, origin{}, keep{}, difference{}, v{};
    fill(zero, Real(0));
    fill(largest, (std::numeric_limits<Real>::max)());
    load(top, g.v_top + first);
    load(count, g.count + first);
    load(origin, g.origin + first);
    choose(v_max, top <= largest, top, zero);
    for (std::size_t r = 0; r < g.rows; ++r) {
      fill(difference, s.y[g.study[r]]);
      fill(v, s.v[g.study[r]]);
      difference = difference - origin;
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + first);
        difference = difference * keep;
        v = v * keep;
      }
      choose(v_max, v_max > v, v_max, v);
      store(d + r * N, difference);
    }
  }

  P top{}, count{}, v_max{};  ///< smallest variance (infinite without studies), studies, largest variance

  /// z'z and z'Vz / (2 z'z), z the effects less their plain mean.
  void spread(P& square, P& flat) const {
    P zero{}, half{}, sum{}, x{}, v{}, keep{};
    fill(zero, Real(0));
    fill(half, Real(0.5));
    sum = zero;
    for (std::size_t r = 0; r < g.rows; ++r) {
      load(x, d + r * N);
      sum = sum + x;
    }
    const P centre = sum / count;
    square = centre * centre;
    P weighted = top * square;
    for (std::size_t r = 0; r < g.rows; ++r) {
      load(x, d + r * N);
      fill(v, s.v[g.study[r]]);
      x = (x - centre) * (x - centre);
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + first);
        x = x * keep;
      }
      square = square + x;
      weighted = weighted + v * x;
    }
    choose(flat, square > zero, half * weighted / square, zero);
  }

  /// Two weights by one division, within 2 ulp.
  void score(const P& at, score_pack<Real, N>& out) const {
    P zero{}, one{}, va{}, vb{}, keep{}, da{}, db{};
    fill(zero, Real(0));
    fill(one, Real(1));
    P rest = zero, rest2 = zero, rest3 = zero, offset = zero;
    const auto add = [&](std::size_t r, P& weight) {
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + first);
        weight = weight * keep;
      }
      load(da, d + r * N);
      store(w + r * N, weight);
      const P square = weight * weight;
      rest = rest + weight;
      rest2 = rest2 + square;
      rest3 = rest3 + square * weight;
      offset = offset + weight * da;
    };
    std::size_t r = 0;
    for (; r + 1 < g.rows; r += 2) {
      fill(va, s.v[g.study[r]]);
      fill(vb, s.v[g.study[r + 1]]);
      va = va + at;
      vb = vb + at;
      const P inverse = one / (va * vb);
      P wa = vb * inverse, wb = va * inverse;
      add(r, wa);
      add(r + 1, wb);
    }
    if (r < g.rows) {
      fill(va, s.v[g.study[r]]);
      P wa = one / (va + at);
      add(r, wa);
    }
    const P largest = one / (top + at);
    const P inverse = one / (largest + rest);
    const P centre = offset * inverse;
    const P u_top = zero - largest * centre;
    P square = zero, shift = zero, a = u_top * u_top;
    for (r = 0; r < g.rows; ++r) {
      load(da, d + r * N);
      load(db, w + r * N);
      const P u = db * (da - centre);
      a = a + u * u;
      const P e = u - u_top;
      const P we = db * e;
      square = square + we * e;
      shift = shift + we;
    }
    out.t = at;
    out.a = a;
    out.put(largest, rest, rest2, rest3, inverse, square, shift);
  }

 private:
  const subset_source<Real>& s;
  const subset_group<Real>& g;
  std::size_t first;
  Real* d;
  Real* w;
};

}  // namespace metapool::detail
