// SPDX-License-Identifier: BSL-1.0
// Sums of a block of columns, tile by tile, and what becomes of the columns that need a closer look.
#pragma once

#include <metapool/batch/columns.hpp>
#include <metapool/batch/reml_tile.hpp>
#include <metapool/batch/tile.hpp>
#include <metapool/batch/tile_root.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// Stands where an estimator does, for the common effect.
struct no_tau2 {};

/// What is known of each column of a block, before p-values and intervals.
template <class Real>
struct column_sums {
  static constexpr std::size_t most = 256;
  Real mean[most];
  Real weight[most];  ///< sum of the weights at tau2
  Real tau2[most];
  Real q[most];       ///< at tau2 = 0
  Real q_tau2[most];  ///< at tau2
  Real count[most];
  Real state[most];   ///< 0: done; 1: invalid; 2: one meta-analysis at a time must decide
  batch_status status[most];
};

/// Memory for one thread, got before its loop.
template <class Real>
struct batch_workspace {
  explicit batch_workspace(std::size_t studies) : k(studies), rows(7 * (studies + 1) * tile_width<Real, 64>), y(studies), v(studies) {}
  std::size_t k;
  std::vector<Real> rows;  ///< of a tile, with one row more than studies: d, v, w; 2 for cleaned copies; 2 for the last columns
  std::vector<Real> y, v;  ///< of one column
  column_sums<Real> sums;
};

/// Whether the columns of a tile keep so far from the ends of the number type that check_tau2_input passes them. More is asked here than there.
template <class Real, std::size_t N>
void doubt_of_range(const tile<Real, N>& t, pack<Real, N>& state) {
  using P = pack<Real, N>;
  P lowest, highest, largest, factor, two;
  // cubes of v_min and v_max within the range, and every weight far above that of far_variance
  fill(lowest, std::numeric_limits<Real>::digits > 30 ? Real(1e-100) : Real(1e-9));
  fill(highest, std::numeric_limits<Real>::digits > 30 ? Real(1e100) : Real(1e9));
  fill(largest, (std::numeric_limits<Real>::max)());
  fill(factor, 16 * static_cast<Real>(t.k));
  fill(two, Real(2));
  const P far = t.square * factor;
  const P steep = far / t.v_top / t.v_top / t.v_top;
  const auto fine = (t.v_top >= lowest) & (t.v_max <= highest) & (far <= highest) & (steep <= largest);
  choose(state, fine, state, two);
}

/// Sums of the columns of one tile, into places at, at + 1, ... of sums. Spread: Q is wanted; spread_at_tau2: Q at tau2 too.
template <class Estimator, bool Spread, class Real, std::size_t N>
void sum_tile(const Real* y, const Real* v, std::size_t stride, bool spread_at_tau2, batch_workspace<Real>& work, std::size_t at) {
  using P = pack<Real, N>;
  column_sums<Real>& sums = work.sums;
  const std::size_t room = (work.k + 1) * N;
  tile<Real, N> t;
  t.k = work.k;
  t.d = work.rows.data();
  t.v = t.d + room;
  t.w = t.v + room;
  tile_sums<Real, N> s;
  open_tile<Spread>(t, s, y, v, stride, t.w + room);
  P zero, one, two;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  P state = t.invalid, tau2 = zero;
  store(sums.count + at, t.count);
  if constexpr (Spread) store(sums.q + at, s.q);
  if constexpr (!std::is_same_v<Estimator, no_tau2>) {
    if constexpr (std::is_same_v<Estimator, dersimonian_laird>) {
      const P df = t.count - one;
      const P c = s.largest * (s.rest / s.w) + (s.rest - s.rest2 / s.w);
      choose(tau2, (s.q > df) & (c > zero), (s.q - df) / c, zero);
    } else {
      P doubt = zero;
      if constexpr (std::is_same_v<Estimator, paule_mandel>) paule_mandel_tile(t, s, tau2, doubt);
      if constexpr (std::is_same_v<Estimator, reml>) reml_tile(t, tau2, doubt);
      choose(state, (doubt > zero) & (state == zero), two, state);
    }
    doubt_of_range(t, state);
    choose(state, t.invalid > zero, one, state);
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
  store(sums.mean + at, mean);
  store(sums.weight + at, s.w);
  store(sums.tau2 + at, tau2);
  store(sums.state + at, state);
}

/// The sums of columns [begin, end), no more than column_sums::most and from a multiple of the tile's width on.
template <class Estimator, bool Spread, std::size_t N, class Real>
void sum_columns(const batch_view<Real>& data, std::size_t begin, std::size_t end, bool spread_at_tau2, batch_workspace<Real>& work) {
  std::size_t c = begin;
  for (; c + N <= end; c += N) {
    sum_tile<Estimator, Spread, Real, N>(data.y.data() + c, data.v.data() + c, data.columns, spread_at_tau2, work, c - begin);
  }
  if (c == end) return;
  Real* const y = work.rows.data() + 5 * (work.k + 1) * N;
  Real* const v = y + work.k * N;
  for (std::size_t i = 0; i < work.k; ++i) {
    for (std::size_t l = 0; l < N; ++l) {
      y[i * N + l] = c + l < end ? data.y[i * data.columns + c + l] : Real(0);
      v[i * N + l] = c + l < end ? data.v[i * data.columns + c + l] : Real(1);
    }
  }
  sum_tile<Estimator, Spread, Real, N>(y, v, N, spread_at_tau2, work, c - begin);
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
  sums.weight[at] = s.w;
  sums.tau2[at] = tau2;
  sums.q[at] = common.q;
  sums.q_tau2[at] = s.q;
  return batch_status::ok;
}

}  // namespace metapool::detail
