// SPDX-License-Identifier: BSL-1.0
// Sums of all subsets of some studies, each put together from two parts.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/math/wide_pack.hpp>
#include <metapool/sensitivity/subsets.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace metapool::detail {

/// Sums at tau2 = 0 of one set of studies. The mean is hi + lo: hi the effect of a study that weighs much, lo small where the studies agree, so that nothing
/// cancels in the distance between two means.
template <class Real>
struct part_sums {
  Real weight{}, hi{}, lo{};
  Real q{};  ///< Cochran's Q
  Real c{};  ///< sum w - sum w^2 / sum w
};

/// The same for many sets, as columns.
template <class Real>
struct part_table {
  std::vector<Real> weight, hi, lo, q, c;
  explicit part_table(std::size_t size) : weight(size), hi(size), lo(size), q(size), c(size) {}
};

/// Sums of n sets (a multiple of N), each of them joined with `other`, which shares no study with them: every term is positive, so that no digit is lost.
/// weights W_a, W_b, means apart by d, f = W / (W_a + W_b): Q = Q_a + Q_b + f_a W_b d^2 and C = f_a (C_a + 2 W_b) + f_b C_b.
/// If Apart weight, hi and lo are stored; else 1 / weight in the place of weight, and the mean, hi + lo, in that of hi. C only if WithC.
/// plain: the weights are far from the ends of the number type.
template <std::size_t N, bool Apart, bool WithC, class Real>
[[gnu::always_inline]] inline void join_parts(const part_table<Real>& from, std::size_t n, const part_sums<Real>& other, Real* weight, Real* hi, Real* lo, Real* q, Real* c,
                                              bool plain = false) {
  using P = pack<Real, N>;
  P one{}, w_b{}, hi_b{}, lo_b{}, q_b{}, c_b{}, twice{};
  fill(one, Real(1));
  fill(w_b, other.weight);
  fill(hi_b, other.hi);
  fill(lo_b, other.lo);
  fill(q_b, other.q);
  fill(c_b, other.c);
  twice = w_b + w_b;
  for (std::size_t i = 0; i < n; i += N) {
    P w_a{}, hi_a{}, lo_a{}, q_a{};
    load(w_a, from.weight.data() + i);
    load(hi_a, from.hi.data() + i);
    load(lo_a, from.lo.data() + i);
    load(q_a, from.q.data() + i);
    const P w = w_a + w_b;
    P inverse{};
    if (plain) {
      reciprocal_within(inverse, w);
    } else {
      inverse = one / w;
    }
    const P f_a = w_a * inverse, f_b = w_b * inverse;
    const P d = (hi_b - hi_a) + (lo_b - lo_a);
    const P sum = (q_a + q_b) + ((f_a * w_b) * d) * d;
    const auto first = w_a >= w_b;
    P base{}, rest{};
    choose(base, first, hi_a, hi_b);
    choose(rest, first, lo_a + f_b * d, lo_b - f_a * d);
    store(q + i, sum);
    if constexpr (Apart) {
      store(weight + i, w);
      store(hi + i, base);
      store(lo + i, rest);
    } else {
      store(weight + i, inverse);
      base = base + rest;
      store(hi + i, base);
    }
    if constexpr (WithC) {
      P c_a{};
      load(c_a, from.c.data() + i);
      const P both = f_a * (c_a + twice) + f_b * c_b;
      store(c + i, both);
    }
  }
}

/// The sums of one set, study by study.
template <class Real>
part_sums<Real> sums_of(std::span<const Real> y, std::span<const Real> w, study_mask mask) {
  part_sums<Real> a;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    const Real both = a.weight + w[i];
    const Real f_a = a.weight / both, f_b = w[i] / both;
    const Real d = (y[i] - a.hi) - a.lo;
    a.q += ((f_a * w[i]) * d) * d;
    a.c = f_a * (a.c + (w[i] + w[i]));
    if (a.weight >= w[i]) {
      a.lo += f_b * d;
    } else {
      a.hi = y[i];
      a.lo = -(f_a * d);
    }
    a.weight = both;
  }
  return a;
}

/// All 2^n subsets of the first n >= 3 studies.
template <class Real>
part_table<Real> subset_table(std::span<const Real> y, std::span<const Real> w, std::size_t n) {
  constexpr std::size_t first = 8;
  part_table<Real> t(std::size_t(1) << n);
  for (std::size_t m = 0; m < first; ++m) {
    const part_sums<Real> a = sums_of(y, w, m);
    t.weight[m] = a.weight;
    t.hi[m] = a.hi;
    t.lo[m] = a.lo;
    t.q[m] = a.q;
    t.c[m] = a.c;
  }
  run_wide([&](auto bytes) {
    constexpr std::size_t wide = decltype(bytes)::value / sizeof(Real);
    constexpr std::size_t N = wide < 1 ? 1 : wide > first ? first : wide;
    for (std::size_t i = 3; i < n; ++i) {
      const std::size_t half = std::size_t(1) << i;
      const part_sums<Real> study{w[i], y[i], Real(0), Real(0), Real(0)};
      join_parts<N, true, true>(t, half, study, t.weight.data() + half, t.hi.data() + half, t.lo.data() + half, t.q.data() + half,
                                t.c.data() + half);
    }
  });
  return t;
}

}  // namespace metapool::detail
