// SPDX-License-Identifier: BSL-1.0
// Eight subsets of the studies side by side: their sums at a between-study variance.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/subsets.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace metapool::detail {

/// The studies that subsets are made of, by precision.
template <class Real>
struct subset_source {
  std::vector<Real> y, v, w;
  std::vector<std::size_t> order;  ///< the most precise study first
  std::vector<std::uint8_t> rank;  ///< the place of each study in it
  bool moderate =
      true;  ///< the numbers keep so far from the ends of their type that every subset passes check_tau2_input and nothing overflows in a search
  bool plain = false;  ///< no weight of a subset, and no Q but 0, is so near them that inverses and quotients by steps might not be rightly rounded

  subset_source(std::span<const Real> effects, std::span<const Real> variances)
      : y(effects.begin(), effects.end()), v(variances.begin(), variances.end()), rank(y.size()) {
    for (std::size_t i = 0; i < y.size(); ++i) {
      w.push_back(1 / v[i]);
      order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return v[a] < v[b] || (v[a] == v[b] && a < b); });
    for (std::size_t i = 0; i < y.size(); ++i) rank[order[i]] = static_cast<std::uint8_t>(i);
    // as doubt_of_range of the batch, for all studies at once
    const bool wide = std::numeric_limits<Real>::digits > 30;
    const Real lowest = wide ? Real(1e-100) : Real(1e-9), highest = wide ? Real(1e100) : Real(1e9);
    const Real v_min = v[order.front()], v_max = v[order.back()];
    const auto ends = std::minmax_element(y.begin(), y.end());
    const Real spread = *ends.second - *ends.first;
    const Real n = static_cast<Real>(y.size());
    const Real far = spread * spread * n * 16 * n;
    moderate = v_min >= lowest && v_max <= highest && far <= highest && far / v_min / v_min / v_min <= (std::numeric_limits<Real>::max)();
    plain = wide && v_min >= Real(1e-30) && v_max <= Real(1e30) && (spread == 0 || (spread >= Real(1e-30) && spread <= Real(1e30)));
  }

  std::size_t k() const { return y.size(); }
  /// The place in `order` of the most precise study of a subset; k for none.
  std::size_t top_rank(study_mask mask) const {
    for (std::size_t r = 0; r < order.size(); ++r) {
      if ((mask >> order[r] & 1) != 0) return r;
    }
    return order.size();
  }
};

/// Eight subsets, in the form in which their sums are taken: the most precise study of each apart, all others in rows.
template <class Real>
struct subset_group {
  static constexpr std::size_t size = 8;
  study_mask mask[size];
  Real origin[size], v_top[size], w_top[size], count[size];  ///< of the most precise study; infinite variance and no weight without studies
  std::size_t rows = 0;
  std::uint8_t study[64];  ///< of each row
  bool shared[64];         ///< every subset has it, and not as its most precise study
  Real keep[64 * size];    ///< else 1 where a subset has it so, and 0 where not
};

/// Eight masks and the ranks of their most precise studies.
template <class Real>
void open_group(const subset_source<Real>& s, const study_mask* masks, const std::size_t* top, subset_group<Real>& g) {
  constexpr std::size_t size = subset_group<Real>::size;
  study_mask any = 0, all = ~study_mask(0), tops = 0, every_top = ~study_mask(0);
  for (std::size_t l = 0; l < size; ++l) {
    g.mask[l] = masks[l];
    const bool empty = top[l] >= s.k();
    const std::size_t i = empty ? 0 : s.order[top[l]];
    const study_mask bit = empty ? 0 : study_mask(1) << i;
    any |= masks[l];
    all &= masks[l];
    tops |= bit;
    every_top &= bit;
    g.origin[l] = empty ? Real(0) : s.y[i];
    g.v_top[l] = empty ? std::numeric_limits<Real>::infinity() : s.v[i];
    g.w_top[l] = empty ? Real(0) : s.w[i];
    g.count[l] = static_cast<Real>(std::popcount(masks[l]));
  }
  g.rows = 0;
  for (study_mask left = any & ~every_top; left != 0; left &= left - 1) {
    const std::size_t i = static_cast<std::size_t>(std::countr_zero(left));
    const study_mask bit = study_mask(1) << i;
    g.study[g.rows] = static_cast<std::uint8_t>(i);
    g.shared[g.rows] = (all & bit) != 0 && (tops & bit) == 0;
    if (!g.shared[g.rows]) {
      const std::size_t r = s.rank[i];
      Real* const keep = g.keep + g.rows * size;
      for (std::size_t l = 0; l < size; ++l) keep[l] = static_cast<Real>((masks[l] >> i & 1) & static_cast<study_mask>(top[l] != r));
    }
    ++g.rows;
  }
}

/// What is known of eight subsets.
template <class Real>
struct group_sums {
  Real mean[8], variance[8], q[8], c[8], tau2[8];  ///< variance: of the mean, 1 / sum of weights
  Real doubt[8];                                   ///< 1 where one meta-analysis at a time must decide
};

/// Mean, its variance, Q and C = sum w - sum w^2 / sum w at tau2 = 0, as the kernel of one meta-analysis takes them.
template <std::size_t N, class Real>
void sum_group(const subset_source<Real>& s, const subset_group<Real>& g, group_sums<Real>& out) {
  using P = pack<Real, N>;
  constexpr std::size_t size = subset_group<Real>::size;
  P one{};
  fill(one, Real(1));
  for (std::size_t at = 0; at < size; at += N) {
    P origin{}, largest{}, rest{}, rest2{}, offset{}, w{}, d{}, keep{};
    load(origin, g.origin + at);
    load(largest, g.w_top + at);
    fill(rest, Real(0));
    rest2 = offset = rest;
    for (std::size_t r = 0; r < g.rows; ++r) {
      fill(w, s.w[g.study[r]]);
      fill(d, s.y[g.study[r]]);
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + at);
        w = w * keep;
      }
      d = d - origin;
      rest = rest + w;
      rest2 = rest2 + w * w;
      offset = offset + w * d;
    }
    const P weight = largest + rest;
    const P centre = offset / weight;
    P q = (largest * centre) * centre;
    for (std::size_t r = 0; r < g.rows; ++r) {
      fill(w, s.w[g.study[r]]);
      fill(d, s.y[g.study[r]]);
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + at);
        w = w * keep;
      }
      d = (d - origin) - centre;
      q = q + (w * d) * d;
    }
    const P mean = origin + centre, variance = one / weight, c = largest * (rest / weight) + (rest - rest2 / weight);
    store(out.mean + at, mean);
    store(out.variance + at, variance);
    store(out.q + at, q);
    store(out.c + at, c);
  }
}

/// Mean and variance at out.tau2, where that is above 0; elsewhere they stay. Two weights by one division, within 2 ulp.
template <std::size_t N, class Real>
void pool_group(const subset_source<Real>& s, const subset_group<Real>& g, group_sums<Real>& out) {
  using P = pack<Real, N>;
  constexpr std::size_t size = subset_group<Real>::size;
  P zero{}, one{};
  fill(zero, Real(0));
  fill(one, Real(1));
  for (std::size_t at = 0; at < size; at += N) {
    P tau2{}, origin{}, top{}, offset = zero, a{}, b{}, keep{}, y{};
    load(tau2, out.tau2 + at);
    if (!any_of<N>(tau2 > zero)) continue;
    load(origin, g.origin + at);
    load(top, g.v_top + at);
    P weight = one / (top + tau2);
    const auto add = [&](std::size_t r, P& w) {
      if (!g.shared[r]) {
        load(keep, g.keep + r * size + at);
        w = w * keep;
      }
      fill(y, s.y[g.study[r]]);
      weight = weight + w;
      offset = offset + w * (y - origin);
    };
    std::size_t r = 0;
    for (; r + 1 < g.rows; r += 2) {
      fill(a, s.v[g.study[r]]);
      fill(b, s.v[g.study[r + 1]]);
      a = a + tau2;
      b = b + tau2;
      const P inverse = one / (a * b);
      P wa = b * inverse, wb = a * inverse;
      add(r, wa);
      add(r + 1, wb);
    }
    if (r < g.rows) {
      fill(a, s.v[g.study[r]]);
      P w = one / (a + tau2);
      add(r, w);
    }
    P mean{}, before{}, variance_before{};
    P variance = one / weight;
    load(before, out.mean + at);
    load(variance_before, out.variance + at);
    mean = origin + offset * variance;
    choose(mean, tau2 > zero, mean, before);
    choose(variance, tau2 > zero, variance, variance_before);
    store(out.mean + at, mean);
    store(out.variance + at, variance);
  }
}

}  // namespace metapool::detail
