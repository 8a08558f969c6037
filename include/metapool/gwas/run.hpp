// SPDX-License-Identifier: BSL-1.0
// What goes through a genome-wide meta-analysis from its files to its lines, whichever way they are joined.
#pragma once

#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/genomic_control.hpp>
#include <metapool/gwas/leave_one_out.hpp>
#include <metapool/gwas/opened_study.hpp>
#include <metapool/gwas/pool_block.hpp>
#include <metapool/gwas/report.hpp>
#include <metapool/gwas/result_text.hpp>
#include <metapool/gwas/variant_block.hpp>
#include <metapool/gwas/variant_names.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace metapool::detail {

/// A block's results, and as text.
struct block_result {
  std::size_t first = 0, size = 0;  ///< variants
  pooled_block pooled;
  text_sink text, omitted_text;
  std::size_t lines = 0, hits = 0;
};

/// What goes through a meta-analysis from its first file to its last line.
struct gwas_run {
  const gwas_analysis& a;
  variant_layout layout;
  gwas_report& report;
  std::vector<opened_study> studies{};
  std::vector<std::string> names{};  ///< of the studies
  double lambda = 1;                 ///< of the result

  /// Checks the options, and reads the files' headers.
  gwas_run(const std::vector<gwas_study_file>& files, const gwas_analysis& analysis, gwas_report& to)
      : a(analysis), layout(analysis, files.size(), needs_values(analysis)), report(to) {
    check_gwas_analysis(files, a);
    if (a.genomic_control > 0) lambda = report.lambda = a.genomic_control;
    report.controlled = a.genomic_control > 0;
    report.bytes_per_variant = layout.bytes();
    for (const gwas_study_file& file : files) {
      studies.push_back(open_study(file, a, report));
      names.push_back(file.path);
    }
    check_distinct(files, studies);
  }

  /// Genomic control of the result by its own lambda.
  void control_result(std::vector<double>& chi_squared) {
    report.lambda = lambda_of(chi_squared);
    report.controlled = report.lambda > 1;
    lambda = report.controlled ? report.lambda : 1;
  }

  void finish_block(const variant_block& block, const variant_names& variants, block_result& r) const {
    r.text.clear(a.digits);
    r.omitted_text.clear(a.digits);
    pool_block(a, layout, block, r.size, lambda, r.pooled);
    r.lines = put_block(a, layout, block, r.size, variants, r.first, r.pooled, r.text);
    r.hits = a.leave_one_out > 0 ? put_leave_one_out(a, layout, block, r.size, variants, r.first, r.pooled, lambda, names, r.omitted_text) : 0;
  }

  /// chi-squared of the common effect of a block's variants.
  void collect(const variant_block& block, std::size_t n, pooled_block& pooled, std::vector<double>& chi_squared) const {
    pooled.reset(n, 0);
    pool_sums(layout, block, n, pooled);
    for (std::size_t i = 0; i < n; ++i) {
      if (pooled.studies[i] != 0) chi_squared.push_back(pooled.mean[i] * pooled.mean[i] * pooled.weight[i]);
    }
  }
};

}  // namespace metapool::detail
