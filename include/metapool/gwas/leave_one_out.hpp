// SPDX-License-Identifier: BSL-1.0
// Variants that stand out, pooled without each of their studies.
#pragma once

#include <metapool/batch/tails.hpp>
#include <metapool/gwas/pool_block.hpp>
#include <metapool/gwas/result_text.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool::detail {

template <class = void>
std::string leave_one_out_header(const gwas_analysis& a) {
  std::string s = "MarkerName\tOmitted\tStudies";
  s += a.scheme == gwas_scheme::standard_error ? "\tEffect\tStdErr" : "\tWeight\tZscore";
  return s + "\tP-value\tHetISq\tHetChiSq\tHetDf\tHetPVal\n";
}

/// For each of the first n variants with p below a.leave_one_out and two studies or more: a line for each of its studies, with the meta-analysis of the others.
/// `omitted`: a name for each study. Returns how many variants.
template <class = void>
std::size_t put_leave_one_out(const gwas_analysis& a, const variant_layout& layout, const variant_block& block, std::size_t n, const variant_names& names, std::size_t first,
                              const pooled_block& pooled, double lambda, const std::vector<std::string>& omitted, text_sink& to) {
  std::size_t hits = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(pooled.studies[i] >= 2 && pooled.p[i] < a.leave_one_out)) continue;
    ++hits;
    for (std::size_t left_out = 0; left_out < layout.studies; ++left_out) {
      if (!(pooled.v[left_out * block.size + i] > 0)) continue;
      running_sums s;
      for (std::size_t j = 0; j < layout.studies; ++j) {
        const double v = pooled.v[j * block.size + i];
        if (j != left_out && v > 0) s.add(pooled.y[j * block.size + i], v);
      }
      const double se = std::sqrt(lambda) / std::sqrt(s.weight), z = s.mean / se, p = batch_normal_p(z);
      const std::size_t df = pooled.studies[i] - 2;
      const double d = static_cast<double>(df), q_p = df == 0 ? 1.0 : batch_chi_squared_p(s.q, df);
      const bool effects = a.scheme == gwas_scheme::standard_error;
      to.put(names.name(first + i));
      to.put('\t');
      to.put(omitted[left_out]);
      to.put('\t');
      to.whole(df + 1);
      for (const double x : {effects ? s.mean : s.weight, effects ? se : z}) {
        to.put('\t');
        to.number(x);
      }
      to.put('\t');
      to.p_value(p, [&] { return batch_normal_minus_log10_p(z, p); });
      for (const double x : {s.q > d ? 100 * ((s.q - d) / s.q) : 0.0, s.q}) {
        to.put('\t');
        to.number(x);
      }
      to.put('\t');
      to.whole(df);
      to.put('\t');
      to.p_value(q_p, [&] { return df == 0 ? 0.0 : batch_chi_squared_minus_log10_p(s.q, df, q_p); });
      to.put('\n');
    }
  }
  return hits;
}

}  // namespace metapool::detail
