// SPDX-License-Identifier: BSL-1.0
// The meta-analyses of a block of variants.
#pragma once

#include <metapool/batch/pool.hpp>
#include <metapool/batch/tails.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/variant_block.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace metapool::detail {

/// The columns of one random-effects method.
struct random_columns {
  std::vector<double> estimate, se, p, minus_log10_p, tau2, hk_se, hk_p, hk_minus_log10_p;
  std::vector<batch_status> status;
};

/// What is computed of each variant of a block, side by side.
struct pooled_block {
  std::vector<double> weight, mean, q;  ///< of the common effect; weight 0: no studies
  std::vector<double> se, z, p, q_p;
  std::vector<std::uint32_t> studies;
  std::vector<random_columns> random;

  void reset(std::size_t n, std::size_t methods) {
    for (std::vector<double>* column : {&weight, &mean, &q, &se, &z, &p, &q_p}) column->assign(n, 0.0);
    studies.assign(n, 0);
    random.resize(methods);
  }
};

/// The running sums of the first n variants: read off the block, or from its values in the order of the studies, to the same bits.
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
    double* const weight = out.weight.data();
    double* const mean = out.mean.data();
    double* const q = out.q.data();
    for (std::size_t j = 0; j < layout.studies; ++j) {
      const double* const y = block.y.data() + j * block.size;
      const double* const v = block.v.data() + j * block.size;
      for (std::size_t i = 0; i < n; ++i) {
        const bool there = v[i] > 0;
        const double w = there ? 1 / v[i] : 0.0;  // running_sums::add; what a missing study changes is not taken over
        const double all = weight[i] + w;
        const double share = w / all;
        const double d = y[i] - mean[i];
        q[i] = there ? q[i] + weight[i] * share * d * d : q[i];
        mean[i] = there ? mean[i] + share * d : mean[i];
        weight[i] = all;
      }
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::uint32_t k = 0;
    for (std::size_t b = 0; b < layout.direction_bytes; ++b) {
      const unsigned signs = block.signs[i * layout.direction_bytes + b];
      const unsigned any = (signs | signs >> 1U) & 0x55U;
      k += (any & 1U) + (any >> 2U & 1U) + (any >> 4U & 1U) + (any >> 6U);
    }
    out.studies[i] = k;
  }
}

template <class Estimator>
void pool_random(const gwas_analysis& a, const variant_layout& layout, const variant_block& block, const Estimator& estimator, random_columns& to) {
  const std::size_t n = block.size;
  for (std::vector<double>* column : {&to.estimate, &to.se, &to.p, &to.minus_log10_p, &to.tau2}) column->resize(n);
  to.status.resize(n);
  const batch_view<double> view{block.y, block.v, layout.studies, n};
  batch_random_effects(view, estimator,
                       {.estimate = to.estimate, .se = to.se, .p = to.p, .minus_log10_p = to.minus_log10_p, .tau2 = to.tau2, .status = to.status});
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
  for (std::size_t i = 0; i < n; ++i) {
    out.se[i] = root / std::sqrt(out.weight[i]);
    out.z[i] = out.mean[i] / out.se[i];
  }
  for (std::size_t i = 0; i < n; ++i) out.p[i] = batch_normal_p(out.z[i]);
  if (a.heterogeneity) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t k = out.studies[i];
      out.q_p[i] = k < 2 ? 1 : batch_chi_squared_p(out.q[i], k - 1);
    }
  }
  for (std::size_t m = 0; m < a.random_effects.size(); ++m) {
    switch (a.random_effects[m]) {
      case gwas_tau2::dersimonian_laird: pool_random(a, layout, block, dersimonian_laird{}, out.random[m]); break;
      case gwas_tau2::paule_mandel: pool_random(a, layout, block, paule_mandel{}, out.random[m]); break;
      case gwas_tau2::reml: pool_random(a, layout, block, reml{}, out.random[m]); break;
    }
  }
}

}  // namespace metapool::detail
