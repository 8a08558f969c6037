// SPDX-License-Identifier: BSL-1.0
// The meta-analyses of a block of variants.
#pragma once

#include <metapool/batch/pool.hpp>
#include <metapool/batch/tails.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/variant_block.hpp>
#include <metapool/math/pack.hpp>
#include <metapool/math/tail_packs.hpp>
#include <metapool/math/wide_pack.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// The columns of one random-effects method.
struct random_columns {
  std::vector<double> estimate, se, p, tau2, hk_se, hk_p, hk_minus_log10_p;
  std::vector<batch_status> status;
};

/// What is computed of each variant of a block, side by side.
struct pooled_block {
  std::vector<double> y, v;             ///< study by study, as many as the block has places; NaN: missing. Empty without layout.values
  std::vector<double> weight, mean, q;  ///< of the common effect; weight 0: no studies
  std::vector<double> se, z, p, q_p, df;  ///< df: studies - 1
  std::vector<std::uint32_t> studies;
  std::vector<random_columns> random;

  void reset(std::size_t n, std::size_t methods) {
    for (std::vector<double>* column : {&weight, &mean, &q, &se, &z, &p, &q_p, &df}) column->assign(n, 0.0);
    studies.assign(n, 0);
    random.resize(methods);
  }
};

/// The running sums of variants i to i + N - 1 from their values in the order of the studies, as running_sums::add makes them.
template <std::size_t N>
[[gnu::always_inline]] inline void sum_values(const variant_layout& layout, const variant_block& block, std::size_t i, pooled_block& out) {
  using P = std::conditional_t<N == 1, double, pack<double, N>>;
  P zero, one, weight, mean, q;
  fill(zero, 0.0);
  fill(one, 1.0);
  fill(weight, 0.0);
  fill(mean, 0.0);
  fill(q, 0.0);
  for (std::size_t j = 0; j < layout.studies; ++j) {
    P y, v, w;
    load(y, out.y.data() + j * block.size + i);
    load(v, out.v.data() + j * block.size + i);
    const auto there = v > zero;
    choose(w, there, one / v, zero);  // what a missing study changes is not taken over
    const P all = weight + w, share = w / all, d = y - mean;
    choose(q, there, q + weight * share * d * d, q);
    choose(mean, there, mean + share * d, mean);
    weight = all;
  }
  store(out.weight.data() + i, weight);
  store(out.mean.data() + i, mean);
  store(out.q.data() + i, q);
}

/// Standard error, z and p of variants i to i + N - 1, and p of Q if asked for: 1 of one study, whose Q is 0.
template <std::size_t N>
[[gnu::always_inline]] inline void test_sums(double root, bool heterogeneity, std::size_t i, pooled_block& out) {
  using P = std::conditional_t<N == 1, double, pack<double, N>>;
  P weight, mean, q, df, p, one, most, factor;
  fill(one, 1.0);
  fill(factor, root);
  load(weight, out.weight.data() + i);
  load(mean, out.mean.data() + i);
  square_root(p, weight);
  const P se = factor / p, z = mean / se;
  store(out.se.data() + i, se);
  store(out.z.data() + i, z);
  normal_two_sided_tail(p, z);
  store(out.p.data() + i, p);
  if (!heterogeneity) return;
  load(q, out.q.data() + i);
  load(df, out.df.data() + i);
  fill(most, most_whole_degrees);
  least(most, df, most);
  greatest(most, most, one);
  whole_chi_squared_tail<N>(p, q, most);
  store(out.q_p.data() + i, p);
}

/// f(pack width) for packs as wide as the processor's, then for the rest one by one.
template <class F>
void side_by_side(std::size_t n, const F& f) {
  run_widest<double>([&](auto bytes) __attribute__((always_inline)) {
    constexpr std::size_t N = decltype(bytes)::value / sizeof(double);
    std::size_t i = 0;
    for (; i + N <= n; i += N) f(std::integral_constant<std::size_t, N>{}, i);
    for (; i < n; ++i) f(std::integral_constant<std::size_t, 1>{}, i);
  });
}

/// The running sums of the first n variants: read off the block, or from its values in the order of the studies, to the same bits. The values are kept, too.
template <class = void>
void pool_sums(const variant_layout& layout, const variant_block& block, std::size_t n, pooled_block& out) {
  if (!layout.values) {
    for (std::size_t i = 0; i < n; ++i) {
      const double* const s = block.numbers.data() + i * layout.width + layout.sums;
      out.weight[i] = s[0];
      out.mean[i] = s[1];
      out.q[i] = s[2];
    }
  } else {
    out.y.resize(layout.studies * block.size);
    out.v.resize(layout.studies * block.size);
    for (std::size_t j = 0; j < layout.studies; ++j) block.values[j].get(block.size, out.y.data() + j * block.size, out.v.data() + j * block.size);
    side_by_side(n, [&](auto width, std::size_t i) __attribute__((always_inline)) { sum_values<decltype(width)::value>(layout, block, i, out); });
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t k = 0;
    for (std::size_t b = 0; b < layout.direction_bytes; ++b) {
      const unsigned signs = block.signs[i * layout.direction_bytes + b];
      const unsigned any = (signs | signs >> 1U) & 0x55U;
      k += (any & 1U) + (any >> 2U & 1U) + (any >> 4U & 1U) + (any >> 6U);
    }
    out.studies[i] = k;
    out.df[i] = static_cast<double>(k) - 1;
  }
}

template <class Estimator>
void pool_random(const gwas_analysis& a, const variant_layout& layout, std::size_t n, const pooled_block& from, const Estimator& estimator, random_columns& to) {
  for (std::vector<double>* column : {&to.estimate, &to.se, &to.p, &to.tau2}) column->resize(n);
  to.status.resize(n);
  const batch_view<double> view{from.y, from.v, layout.studies, n};
  batch_random_effects(view, estimator, {.estimate = to.estimate, .se = to.se, .p = to.p, .tau2 = to.tau2, .status = to.status});
  if (!a.hartung_knapp) return;
  for (std::vector<double>* column : {&to.hk_se, &to.hk_p, &to.hk_minus_log10_p}) column->resize(n);
  batch_random_effects(view, estimator, {.se = to.hk_se, .p = to.hk_p, .minus_log10_p = to.hk_minus_log10_p}, {.test = batch_test::hartung_knapp});
}

/// The meta-analyses of the first n variants of a block. lambda: of the result's genomic control, which divides every chi-squared of the common effect.
/// A function of the block alone: any block may be pooled by any thread, process or machine.
template <class = void>
void pool_block(const gwas_analysis& a, const variant_layout& layout, const variant_block& block, std::size_t n, double lambda, pooled_block& out) {
  out.reset(n, a.random_effects.size());
  pool_sums(layout, block, n, out);
  const double root = std::sqrt(lambda);
  side_by_side(n, [&](auto width, std::size_t i) __attribute__((always_inline)) { test_sums<decltype(width)::value>(root, a.heterogeneity, i, out); });
  if (a.heterogeneity && layout.studies > static_cast<std::size_t>(most_whole_degrees)) {
    for (std::size_t i = 0; i < n; ++i) {
      if (out.df[i] > most_whole_degrees) out.q_p[i] = batch_chi_squared_p(out.q[i], out.studies[i] - 1);
    }
  }
  for (std::size_t m = 0; m < a.random_effects.size(); ++m) {
    switch (a.random_effects[m]) {
      case gwas_tau2::dersimonian_laird: pool_random(a, layout, block.size, out, dersimonian_laird{}, out.random[m]); break;
      case gwas_tau2::paule_mandel: pool_random(a, layout, block.size, out, paule_mandel{}, out.random[m]); break;
      case gwas_tau2::reml: pool_random(a, layout, block.size, out, reml{}, out.random[m]); break;
    }
  }
}

}  // namespace metapool::detail
