// SPDX-License-Identifier: BSL-1.0
// Columns whose single maximum of the likelihood is yet to be proved, gathered from many tiles so that no vector runs half empty.
#pragma once

#include <metapool/batch/reml_tile.hpp>
#include <metapool/batch/tile.hpp>
#include <metapool/math/wide_pack.hpp>
#include <metapool/tau2/score_packs.hpp>

#include <cstddef>

namespace metapool::detail {

/// N columns of which a part of the line is proved to hold one root of the score: from 0 up to the point `from`. Each step evaluates the score once for all. What becomes of a column
/// does not depend on the others.
template <class Real, std::size_t N>
class proof_queue {
 public:
  using P = pack<Real, N>;
  static constexpr int most = 24;  ///< evaluations a column

  /// room: 3 (k + 1) N numbers; state: where 2 is written for a column if nothing is proved; given_up, gave_up: a list of these.
  [[gnu::always_inline]] inline proof_queue(std::size_t k, Real* room, Real* state, std::size_t* given_up, std::size_t& gave_up)
      : state_(state), given_up_(given_up), gave_up_(gave_up) {
    gave_up = 0;
    t_.k = k;
    t_.d = room;
    t_.v = room + (k + 1) * N;
    t_.w = room + 2 * (k + 1) * N;
    for (std::size_t i = 0; i < (k + 1) * N; ++i) {
      t_.d[i] = Real(0);
      t_.v[i] = Real(1);
    }
    for (std::size_t f = 0; f < fields; ++f) {
      for (std::size_t l = 0; l < N; ++l) lane_[f][l] = Real(1);
    }
    for (std::size_t l = 0; l < N; ++l) used_[l] = 0;
  }

  /// Takes in the columns of a tile that one look does not settle. wanted: 1 for those to look at; at: the first one's place.
  [[gnu::always_inline]] inline void add(const tile<Real, N>& t, const score_bounds<Real, N>& bounds, const score_pack<Real, N>& first, const score_pack<Real, N>& last,
                                         const P& wanted, std::size_t at) {
    P zero, proved, trial;
    fill(zero, Real(0));
    score_pack<Real, N> from = first;
    bounds.look(from, last, proved);
    if (!any_of<N>((wanted > zero) & (proved == zero))) return;
    bounds.aim(from, last, trial);
    Real settled[N], asked[N], values[fields][N];
    store(settled, proved);
    store(asked, wanted);
    keep(values, from.t, from.a, from.da, from.g, from.dg, last.t, last.a, last.da, last.g, last.dg, bounds.v_min, bounds.square, bounds.flat, trial);
    for (std::size_t l = 0; l < N; ++l) {
      if (!(asked[l] > 0) || settled[l] > 0) continue;
      while (count_ == N) step();
      std::size_t slot = 0;
      while (used_[slot] != 0) ++slot;
      used_[slot] = 1;
      ++count_;
      place_[slot] = at + l;
      for (std::size_t f = 0; f < fields; ++f) lane_[f][slot] = values[f][l];
      for (std::size_t i = 0; i < t.k; ++i) {
        t_.d[i * N + slot] = t.d[i * N + l];
        t_.v[i * N + slot] = t.v[i * N + l];
      }
      t_.v[t.k * N + slot] = far_variance<Real>();
    }
  }

  /// Settles the columns that are left.
  [[gnu::always_inline]] inline void finish() {
    while (count_ > 0) step();
  }

 private:
  static constexpr std::size_t fields = 14;

  template <class... Packs>
  [[gnu::always_inline]] static inline void keep(Real (&to)[fields][N], const Packs&... packs) {
    static_assert(sizeof...(packs) == fields);
    std::size_t f = 0;
    (store(to[f++], packs), ...);
  }

  template <class... Packs>
  [[gnu::always_inline]] static inline void fetch(const Real (&from)[fields][N], Packs&... packs) {
    static_assert(sizeof...(packs) == fields);
    std::size_t f = 0;
    (load(packs, from[f++]), ...);
  }

  [[gnu::always_inline]] inline void step() {
    P zero, proved, reached, trial;
    fill(zero, Real(0));
    score_pack<Real, N> from, last, next;
    score_bounds<Real, N> bounds;
    fetch(lane_, from.t, from.a, from.da, from.g, from.dg, last.t, last.a, last.da, last.g, last.dg, bounds.v_min, bounds.square, bounds.flat, trial);
    t_.v_top = bounds.v_min;
    score_at(t_, trial, next);
    bounds.between(from, next, reached);
    choose(reached, next.t > from.t, reached, zero);
    P nearer;
    bounds.halve(from.t, trial, nearer);
    from.take(reached, next);
    bounds.look(from, last, proved);
    bounds.aim(from, last, trial);
    choose(trial, reached > zero, trial, nearer);
    keep(lane_, from.t, from.a, from.da, from.g, from.dg, last.t, last.a, last.da, last.g, last.dg, bounds.v_min, bounds.square, bounds.flat, trial);
    Real settled[N];
    store(settled, proved);
    for (std::size_t l = 0; l < N; ++l) {
      if (used_[l] == 0) continue;
      if (!(settled[l] > 0)) {
        if (used_[l]++ < most) continue;
        state_[place_[l]] = Real(2);
        given_up_[gave_up_++] = place_[l];
      }
      used_[l] = 0;
      --count_;
    }
  }

  tile<Real, N> t_;
  Real* state_;
  std::size_t* given_up_;
  std::size_t& gave_up_;
  alignas(N * sizeof(Real)) Real lane_[fields][N];
  std::size_t place_[N];
  int used_[N];  ///< 0: free; otherwise evaluations + 1
  std::size_t count_ = 0;
};

}  // namespace metapool::detail
