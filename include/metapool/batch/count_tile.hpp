// SPDX-License-Identifier: BSL-1.0
// Sums over 2x2 tables of several meta-analyses side by side.
#pragma once

#include <metapool/batch/tile.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/model/mantel_haenszel.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <span>

namespace metapool {

/// m meta-analyses of up to k 2x2 tables each, study by study: number i * columns + c is that of study i in meta-analysis c. A study of which a number is
/// NaN is missing. Scale: patients, whole numbers.
template <class Real = double>
struct batch_counts {
  std::span<const Real> treated_events{}, treated_total{}, control_events{}, control_total{};
  std::size_t studies = 0;
  std::size_t columns = 0;
};

namespace detail {

template <class Real>
void check_batch_counts(const char* function, const batch_counts<Real>& data) {
  if (data.studies == 0) throw_input_error(function, "studies = 0: there must be at least one row");
  if (data.columns != 0 && data.studies > static_cast<std::size_t>(-1) / sizeof(Real) / data.columns) throw_input_error(function, "studies x columns is too large");
  const std::size_t size = data.studies * data.columns;
  if (data.treated_events.size() != size || data.treated_total.size() != size || data.control_events.size() != size || data.control_total.size() != size) {
    throw_input_error(function, "events and totals must have studies x columns numbers");
  }
}

/// Sums of a block of columns; r and s hold those of O - E and V for Peto's method.
template <class Real>
struct count_sums {
  static constexpr std::size_t most = 256;
  Real r[most], s[most], r_minus_s[most], p[most], pr[most], ps_qr[most], qs[most], j[most];
  Real count[most];     ///< tables with information
  Real complete[most];  ///< tables
  Real state[most];     ///< 0: done; 1: invalid; 2: one meta-analysis at a time must decide

  mantel_haenszel_sums<Real> get(std::size_t at) const {
    mantel_haenszel_sums<Real> m;
    m.r = r[at];
    m.s = s[at];
    m.r_minus_s = r_minus_s[at];
    m.p = p[at];
    m.pr = pr[at];
    m.ps_qr = ps_qr[at];
    m.qs = qs[at];
    m.j = j[at];
    return m;
  }
  void put(std::size_t at, const mantel_haenszel_sums<Real>& m) {
    r[at] = m.r;
    s[at] = m.s;
    r_minus_s[at] = m.r_minus_s;
    p[at] = m.p;
    pr[at] = m.pr;
    ps_qr[at] = m.ps_qr;
    qs[at] = m.qs;
    j[at] = m.j;
  }
};

/// The sums of add_table and of peto, N columns side by side. Differences of products of whole numbers are exact where the products are; where they may not be
/// the column's state is 2.
template <class Measure, class Real, std::size_t N>
void sum_table_tile(const Real* const (&from)[4], std::size_t k, std::size_t stride, count_sums<Real>& sums, std::size_t place) {
  using P = pack<Real, N>;
  P zero, one, two, big, exact, r, s, r_minus_s, p, pr, ps_qr, qs, j, count, complete, invalid, doubt;
  fill(zero, Real(0));
  fill(one, Real(1));
  fill(two, Real(2));
  fill(big, 1 / std::numeric_limits<Real>::epsilon());      // from it on every number is whole
  fill(exact, 2 / std::numeric_limits<Real>::epsilon());
  r = s = r_minus_s = p = pr = ps_qr = qs = j = count = complete = invalid = doubt = zero;
  for (std::size_t i = 0; i < k; ++i) {
    P a, n1, c, n2, part;
    load(a, from[0] + i * stride);
    load(n1, from[1] + i * stride);
    load(c, from[2] + i * stride);
    load(n2, from[3] + i * stride);
    const auto present = (a == a) & (n1 == n1) & (c == c) & (n2 == n2);
    const auto whole = (((a + big) - big == a) | (a >= big)) & (((c + big) - big == c) | (c >= big)) & (((n1 + big) - big == n1) | (n1 >= big)) &
                       (((n2 + big) - big == n2) | (n2 >= big));
    const auto good = present & whole & (a >= zero) & (c >= zero) & (a <= n1) & (c <= n2) & (n1 > zero) & (n2 > zero) & (n1 - n1 == zero) & (n2 - n2 == zero);
    choose(part, good, one, zero);
    complete = complete + part;
    P wrong;
    choose(wrong, present, one - part, zero);
    choose(invalid, wrong > zero, one, invalid);
    choose(a, good, a, zero);
    choose(c, good, c, zero);
    choose(n1, good, n1, one);
    choose(n2, good, n2, one);
    choose(doubt, n1 * n2 > exact, one, doubt);
    const P b = n1 - a, d = n2 - c;
    const P n = (a + b) + (c + d);
    const P ad = a * d, bc = b * c;
    P informative;
    if constexpr (std::same_as<Measure, risk_ratio>) {
      const P weight = c * n1 / n;
      r = r + a * n2 / n;
      s = s + weight;
      r_minus_s = r_minus_s + (ad - bc) / n;
      p = p + (a * d * n1 + b * c * n2) / (n * n);
      choose(informative, (a > zero) | (c > zero), one, zero);
    } else if constexpr (std::same_as<Measure, odds_ratio>) {
      const P ri = ad / n, si = bc / n, pi = (a + d) / n, qi = (b + c) / n;
      r = r + ri;
      s = s + si;
      r_minus_s = r_minus_s + (ad - bc) / n;
      pr = pr + pi * ri;
      ps_qr = ps_qr + (pi * si + qi * ri);
      qs = qs + qi * si;
      choose(informative, ((a > zero) | (c > zero)) & ((b > zero) | (d > zero)), one, zero);
    } else if constexpr (std::same_as<Measure, risk_difference>) {
      P weight = n1 * (n2 / n);
      choose(weight, good, weight, zero);
      r = r + (ad - bc) / n;
      s = s + weight;
      p = p + (n1 * n1 * c - n2 * n2 * a + n1 * n2 * (n2 - n1) / two) / (n * n);
      j = j + (ad + bc) / (two * n);
      informative = part;
    } else {
      const P events = a + c, others = b + d;
      const P v = (n1 / n) * (n2 / n) * events * (others / (n - one));
      P o_e = (ad - bc) / n;
      choose(o_e, v > zero, o_e, zero);
      r = r + o_e;
      s = s + v;
      choose(informative, v > zero, one, zero);
    }
    choose(informative, good, informative, zero);
    count = count + informative;
  }
  P state;
  choose(state, doubt > zero, two, zero);
  choose(state, invalid > zero, one, state);
  store(sums.r + place, r);
  store(sums.s + place, s);
  store(sums.r_minus_s + place, r_minus_s);
  store(sums.p + place, p);
  store(sums.pr + place, pr);
  store(sums.ps_qr + place, ps_qr);
  store(sums.qs + place, qs);
  store(sums.j + place, j);
  store(sums.count + place, count);
  store(sums.complete + place, complete);
  store(sums.state + place, state);
}

/// The sums of columns [begin, end), no more than count_sums::most. room: 4 k rows of N.
template <class Measure, std::size_t N, class Real>
void sum_table_columns(const batch_counts<Real>& data, std::size_t begin, std::size_t end, Real* room, count_sums<Real>& sums) {
  const Real* const all[4] = {data.treated_events.data(), data.treated_total.data(), data.control_events.data(), data.control_total.data()};
  std::size_t c = begin;
  for (; c + N <= end; c += N) {
    const Real* const from[4] = {all[0] + c, all[1] + c, all[2] + c, all[3] + c};
    sum_table_tile<Measure, Real, N>(from, data.studies, data.columns, sums, c - begin);
  }
  if (c == end) return;
  const std::size_t rows = data.studies * N;
  for (std::size_t which = 0; which < 4; ++which) {
    for (std::size_t i = 0; i < data.studies; ++i) {
      for (std::size_t l = 0; l < N; ++l) room[which * rows + i * N + l] = c + l < end ? all[which][i * data.columns + c + l] : Real(1);
    }
  }
  const Real* const from[4] = {room, room + rows, room + 2 * rows, room + 3 * rows};
  sum_table_tile<Measure, Real, N>(from, data.studies, N, sums, c - begin);
}

}  // namespace detail
}  // namespace metapool
