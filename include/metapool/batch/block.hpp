// SPDX-License-Identifier: BSL-1.0
// Sums of a block of columns, tile by tile, and what becomes of the columns that need a closer look.
#pragma once

#include <metapool/batch/column_sums.hpp>
#include <metapool/batch/columns.hpp>
#include <metapool/batch/reml_proof.hpp>
#include <metapool/batch/reml_tile.hpp>
#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_root.hpp>
#include <metapool/batch/tile_sums.hpp>
#include <metapool/math/wide_pack.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>
#include <metapool/tau2/score_packs.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>

namespace metapool::detail {

/// Whether the columns of a tile keep so far from the ends of the number type that check_tau2_input passes them. More is asked here than there.
template <class Real, std::size_t N>
[[gnu::always_inline]] inline void doubt_of_range(const tile<Real, N>& t, pack<Real, N>& state) {
  using P = pack<Real, N>;
  P lowest, highest, largest, factor, two;
  // cubes of v_min and v_max within the range, and every weight far above that of far_variance
  fill(lowest, std::numeric_limits<Real>::digits > 30 ? Real(1e-100) : Real(1e-9));
  fill(highest, std::numeric_limits<Real>::digits > 30 ? Real(1e100) : Real(1e9));
  fill(largest, (std::numeric_limits<Real>::max)());
  fill(factor, 16 * static_cast<Real>(t.k));
  fill(two, Real(2));
  const P far = t.square * factor;
  const auto fine = (t.v_top >= lowest) & (t.v_max <= highest) & (far <= highest) & (far <= largest * t.v_top * t.v_top * t.v_top);
  choose(state, fine, state, two);
}

/// A tile in the memory of a thread.
template <std::size_t N, class Real>
[[gnu::always_inline]] inline tile<Real, N> tile_in(batch_workspace<Real>& work) {
  tile<Real, N> t;
  t.k = work.k;
  t.d = work.rows();
  t.v = t.d + (t.k + 1) * N;
  t.w = t.v + (t.k + 1) * N;
  return t;
}

/// Sums of the columns of one tile, into places at, at + 1, ... of sums. Spread: Q is wanted; spread_at_tau2: Q at tau2 too.
template <class Estimator, bool Spread, class Real, std::size_t N, class Proofs>
[[gnu::always_inline]] inline void sum_tile(const Real* y, const Real* v, std::size_t stride, bool spread_at_tau2, batch_workspace<Real>& work, Proofs& proofs, std::size_t at,
                                            pack<Real, N>& odd, bool& complete) {
  using P = pack<Real, N>;
  constexpr bool no_tau = std::is_same_v<Estimator, no_tau2>, moments = std::is_same_v<Estimator, dersimonian_laird>;
  constexpr tile_use use = no_tau ? (Spread ? tile_use::spread : tile_use::mean) : moments ? tile_use::moments : tile_use::search;
  column_sums<Real>& sums = work.sums;
  tile<Real, N> t = tile_in<N>(work);
  tile_sums<Real, N> s;
  open_tile<use>(t, s, y, v, stride, t.w + (t.k + 1) * N, complete);
  P zero, one, two;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  P state = zero, tau2 = zero, largest;
  fill(largest, (std::numeric_limits<Real>::max)() / 4);
  store(sums.count + at, t.count);
  [[maybe_unused]] const P first_q = s.q;
  if constexpr (Spread) {
    store(sums.q + at, s.q);
  } else {
    store(sums.q + at, zero);
  }
  if (!t.plain) {
    if constexpr (!Spread) choose(state, t.square * s.w <= largest, state, two);  // Q may overflow
    if constexpr (!no_tau) doubt_of_range(t, state);
    choose(state, t.invalid > zero, one, state);
  }
  [[maybe_unused]] score_bounds<Real, N> bounds;
  [[maybe_unused]] score_pack<Real, N> first, last;
  if constexpr (!no_tau) {
    if constexpr (moments) {
      const P df = t.count - one;
      P over, part, part2;
      reciprocal_within(over, s.w);
      quotient_within(part, s.rest, s.w, over);
      quotient_within(part2, s.rest2, s.w, over);
      const P c = s.largest * part + (s.rest - part2);
      choose(tau2, (s.q > df) & (c > zero), (s.q - df) / c, zero);
    } else {
      P done = one;
      if constexpr (std::is_same_v<Estimator, paule_mandel>) paule_mandel_tile(t, s, tau2, done);
      if constexpr (std::is_same_v<Estimator, reml>) search_reml_tile(t, bounds, first, last, tau2, done);
      choose(state, (done > zero) | (state > zero), state, two);
    }
    if (spread_at_tau2) {
      pool_tile<true>(t, tau2, s);
      store(sums.q_tau2 + at, s.q);
    } else {
      pool_tile<false>(t, tau2, s);
    }
  } else if constexpr (Spread) {
    store(sums.q_tau2 + at, s.q);
  }
  const P mean = t.origin + s.centre;
  P se;
  inverse_of(se, s.w, false);  // the divider is idle here, and sooner ready
  square_root(se, se);
  store(sums.mean + at, mean);
  store(sums.se + at, se);
  store(sums.weight + at, s.w);
  store(sums.tau2 + at, tau2);
  store(sums.state + at, state);
  if (!t.plain) {
    P smallest;
    fill(smallest, (std::numeric_limits<Real>::min)());
    const auto usual = (state == zero) & (t.count >= two) & (s.w >= smallest) & (s.w <= largest) & (mean <= largest) & (zero - mean <= largest);
    choose(odd, usual, odd, one);
    if constexpr (Spread) choose(odd, first_q <= largest, odd, one);
  } else if constexpr (!no_tau && !moments) {
    choose(odd, state == zero, odd, one);
  }
  if constexpr (std::is_same_v<Estimator, reml>) {
    P wanted;
    choose(wanted, (state == zero) & (t.count >= two), one, zero);
    proofs.add(t, bounds, first, last, wanted, at);
  }
}

/// The sums of columns [begin, end), no more than column_sums::most and from a multiple of the tile's width on.
template <class Estimator, bool Spread, std::size_t N, class Real>
[[gnu::always_inline]] inline void sum_columns(const batch_view<Real>& data, std::size_t begin, std::size_t end, bool spread_at_tau2, batch_workspace<Real>& work) {
  const std::size_t room = (work.k + 1) * N;
  Real* const last_y = work.rows() + 5 * room;
  Real* const last_v = last_y + room;
  std::conditional_t<std::is_same_v<Estimator, reml>, proof_queue<Real, N>, no_proofs> proofs(work.k, last_v + room, work.sums.state, work.sums.given_up, work.sums.gave_up);
  pack<Real, N> odd, zero;
  fill(zero, Real(0));
  fill(odd, Real(work.k < 2));
  bool complete = true;
  tile<Real, N> t = tile_in<N>(work);
  close_tile(t);
  for (std::size_t c = begin; c < end; c += N) {
    const Real* y = data.y.data() + c;
    const Real* v = data.v.data() + c;
    std::size_t stride = data.columns;
    if (end - c < N) {
      for (std::size_t i = 0; i < work.k; ++i) {
        for (std::size_t l = 0; l < N; ++l) {
          last_y[i * N + l] = c + l < end ? y[i * stride + l] : Real(0);
          last_v[i * N + l] = c + l < end ? v[i * stride + l] : Real(1);
        }
      }
      y = last_y;
      v = last_v;
      stride = N;
    }
    sum_tile<Estimator, Spread, Real, N>(y, v, stride, spread_at_tau2, work, proofs, c - begin, odd, complete);
  }
  work.sums.regular = !any_of<N>(odd > zero);
  if constexpr (std::is_same_v<Estimator, reml>) proofs.finish();
}

/// One column by the kernels of one meta-analysis.
template <class Real, class Estimator>
batch_status decide_column(const batch_view<Real>& data, std::size_t column, const Estimator& estimator, batch_workspace<Real>& work, std::size_t at) {
  column_sums<Real>& sums = work.sums;
  std::size_t k = 0;
  for (std::size_t i = 0; i < data.studies; ++i) {
    const Real y = data.y[i * data.columns + column], v = data.v[i * data.columns + column];
    if (!(y == y && v == v)) continue;
    work.y[k] = y;
    work.v[k++] = v;
  }
  const std::span<const Real> y(work.y.data(), k), v(work.v.data(), k);
  Real tau2 = 0;
  if constexpr (!std::is_same_v<Estimator, no_tau2>) {
    if (k >= 2) {
      try {
        const tau2_estimate<Real> t = estimator(y, v);
        if (!t.convergence.converged) return batch_status::not_converged;
        if (!(t.tau2 >= 0 && t.tau2 <= (std::numeric_limits<Real>::max)())) return batch_status::not_converged;
        tau2 = t.tau2;
      } catch (const input_error&) {
        return batch_status::out_of_range;
      } catch (const error&) {
        return batch_status::not_estimable;
      }
    }
  }
  const pooled_sums<Real> common = pool_at(y, v, Real(0));
  const pooled_sums<Real> s = tau2 > 0 ? pool_at(y, v, tau2) : common;
  sums.mean[at] = s.mean;
  sums.se[at] = std::sqrt(1 / s.w);
  sums.weight[at] = s.w;
  sums.tau2[at] = tau2;
  sums.q[at] = common.q;
  sums.q_tau2[at] = s.q;
  sums.state[at] = 0;
  return batch_status::ok;
}

}  // namespace metapool::detail
