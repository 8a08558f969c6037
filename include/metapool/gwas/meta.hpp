// SPDX-License-Identifier: BSL-1.0
// Genome-wide meta-analysis: from files of summary statistics to a file of results.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/genomic_control.hpp>
#include <metapool/gwas/join_by_name.hpp>
#include <metapool/gwas/join_sorted.hpp>
#include <metapool/gwas/leave_one_out.hpp>
#include <metapool/gwas/opened_study.hpp>
#include <metapool/gwas/ordered_pipeline.hpp>
#include <metapool/gwas/pool_block.hpp>
#include <metapool/gwas/report.hpp>
#include <metapool/gwas/result_text.hpp>
#include <metapool/math/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace metapool {
namespace detail {

/// A block's results, and as text.
struct block_result {
  std::size_t first = 0, size = 0;  ///< variants
  std::unique_ptr<merged_block> merged;
  pooled_block pooled;
  text_sink text, omitted_text;
  std::size_t lines = 0, hits = 0;
};

/// What goes through a meta-analysis from its first file to its last line.
struct gwas_run {
  const gwas_analysis& a;
  variant_layout layout;
  gwas_report& report;
  std::vector<std::string> names;  ///< of the studies
  double lambda = 1;               ///< of the result

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

/// Joins by name, then takes(block_result&) in order.
template <class Progress, class Take>
void run_by_name(gwas_run& run, std::vector<opened_study>& studies, const Progress& progress, const Take& take) {
  joined_variants variants;
  for (std::size_t j = 0; j < studies.size(); ++j) {
    opened_study& s = studies[j];
    line_source source(s.path, run.a.piece);
    run.report.files[j].counts.line_breaks = source.lines_before();
    join_file(run.a, run.layout, j, s.plan, s.scale, source, variants, run.report.files[j].counts, [&](std::uint64_t offset) { progress(j, offset); });
  }
  const std::size_t count = variants.names.size();
  run.report.variants = count;
  constexpr std::size_t size = joined_variants::block_size;
  const auto places = [&](std::size_t b) { return (std::min)(size, count - b * size); };
  if (run.a.genomic_control < 0) {
    std::vector<double> chi_squared;
    chi_squared.reserve(count);
    pooled_block pooled;
    for (std::size_t b = 0; b < variants.blocks.size(); ++b) run.collect(*variants.blocks[b], places(b), pooled, chi_squared);
    run.lambda = run.report.lambda = lambda_of(chi_squared);
    run.lambda = (std::max)(run.lambda, 1.0);
  }
  std::vector<block_result> items(thread_count(run.a.threads));
  std::size_t next = 0;
  ordered_pipeline(
      items,
      [&](block_result& r) {
        if (next == variants.blocks.size()) return false;
        r.first = next * size;
        r.size = places(next++);
        return true;
      },
      [&](block_result& r) { run.finish_block(*variants.blocks[r.first / size], variants.names, r); }, take);
}

/// Joins sorted files, block by block: each goes to use(block, place in the block's names, its result).
template <class Progress, class Each>
void join_sorted_files(const gwas_run& run, std::vector<opened_study>& studies, std::vector<gwas_counts*> counts, const Progress& progress, const Each& finish) {
  std::vector<std::unique_ptr<line_source>> sources;
  std::vector<row_stream> streams(studies.size());
  for (std::size_t j = 0; j < studies.size(); ++j) {
    sources.push_back(std::make_unique<line_source>(studies[j].path, run.a.piece / 4));
    row_stream& s = streams[j];
    s.source = sources.back().get();
    s.plan = &studies[j].plan;
    s.scale = studies[j].scale;
    s.counts = counts[j];
    s.rows.counts.named = s.next_rows.counts.named = run.a.named;
    *s.counts = gwas_counts{};
    s.counts->named = run.a.named;
    s.counts->line_breaks = s.source->lines_before();
  }
  sorted_join join(run.a, run.layout, streams);
  const unsigned threads = static_cast<unsigned>(thread_count(run.a.threads));
  std::vector<std::unique_ptr<merged_block>> ready, spare;
  const auto make = [&] {
    if (spare.empty()) return std::make_unique<merged_block>();
    std::unique_ptr<merged_block> block = std::move(spare.back());
    spare.pop_back();
    return block;
  };
  for (bool ended = false; !ended || !ready.empty();) {
    // the next pieces of the files, and what was joined before, side by side
    std::vector<std::size_t> wanting;
    for (std::size_t j = 0; j < streams.size() && !ended; ++j) {
      if (streams[j].wants_next()) wanting.push_back(j);
    }
    finish(ready, wanting.size(), threads, [&](std::size_t i) { streams[wanting[i]].fetch(run.layout.wants); });
    for (std::unique_ptr<merged_block>& block : ready) spare.push_back(std::move(block));
    ready.clear();
    for (const std::size_t j : wanting) progress(j, streams[j].source->offset());
    if (!ended) ended = join.advance(make, [&](std::unique_ptr<merged_block> block) { ready.push_back(std::move(block)); });
  }
}

template <class Progress, class Take>
void run_sorted(gwas_run& run, std::vector<opened_study>& studies, const Progress& progress, const Take& take) {
  std::vector<gwas_counts*> counts;
  for (gwas_file_report& file : run.report.files) counts.push_back(&file.counts);
  using blocks = std::vector<std::unique_ptr<merged_block>>;
  if (run.a.genomic_control < 0) {
    std::vector<double> chi_squared;
    pooled_block pooled;
    join_sorted_files(run, studies, counts, progress, [&](blocks& ready, std::size_t fetches, unsigned threads, const auto& fetch) {
      parallel_for(fetches, threads, fetch, 1);
      for (const auto& block : ready) run.collect(block->numbers, block->filled, pooled, chi_squared);
    });
    run.lambda = run.report.lambda = lambda_of(chi_squared);
    run.lambda = (std::max)(run.lambda, 1.0);
  }
  std::vector<block_result> results;
  run.report.variants = 0;
  join_sorted_files(run, studies, counts, progress, [&](blocks& ready, std::size_t fetches, unsigned threads, const auto& fetch) {
    if (results.size() < ready.size()) results.resize(ready.size());
    parallel_for(
        ready.size() + fetches, threads,
        [&](std::size_t i) {
          if (i >= ready.size()) {
            fetch(i - ready.size());
            return;
          }
          results[i].first = 0;
          results[i].size = ready[i]->filled;
          run.finish_block(ready[i]->numbers, ready[i]->names, results[i]);
        },
        1);
    for (std::size_t i = 0; i < ready.size(); ++i) {
      run.report.variants += results[i].size;
      take(results[i]);
    }
  });
}

}  // namespace detail

/// Genome-wide meta-analysis of the files, into the file at `output` (and, if asked for, leave-one-out results into the file at `omitted`): whole, or not at all.
///
/// What becomes of every line of every file is counted in the report. progress(file, bytes of it that were read) is called now and then, by one thread at a time.
/// Throws input_error if a file cannot be read, a column is not there, a compressed file is damaged or cut off, files are not in the order that was said, or an option is out of
/// its domain; error if the result cannot be written. The result's bytes are the same for any number of threads.
template <class Progress>
gwas_report gwas_meta(const std::vector<gwas_study_file>& files, const gwas_analysis& a, const std::string& output, const std::string& omitted, const Progress& progress) {
  detail::check_gwas_analysis(files, a);
  gwas_report report;
  detail::gwas_run run{a, detail::variant_layout(a, files.size(), detail::needs_values(a)), report, {}, 1};
  if (a.genomic_control > 0) run.lambda = report.lambda = a.genomic_control;
  report.bytes_per_variant = run.layout.bytes();
  std::vector<detail::opened_study> studies;
  for (const gwas_study_file& file : files) {
    studies.push_back(detail::open_study(file, a, report));
    run.names.push_back(file.path);
  }
  for (std::size_t j = 0; j < files.size(); ++j) {
    detail::control_study(files[j], a, studies[j], report.files[j], [&](std::uint64_t offset) { progress(j, offset); });
  }
  atomic_file to(output, "gwas_meta");
  std::unique_ptr<atomic_file> omitted_to;
  to.write(detail::result_header(a));
  if (a.leave_one_out > 0) {
    omitted_to = std::make_unique<atomic_file>(omitted, "gwas_meta");
    omitted_to->write(detail::leave_one_out_header(a));
  }
  const auto take = [&](detail::block_result& r) {
    to.write(r.text.view());
    if (omitted_to) omitted_to->write(r.omitted_text.view());
    report.written += r.lines;
    report.hits += r.hits;
  };
  if (a.join == gwas_join::by_name) {
    detail::run_by_name(run, studies, progress, take);
  } else {
    detail::run_sorted(run, studies, progress, take);
  }
  to.commit();
  if (omitted_to) omitted_to->commit();
  return report;
}

}  // namespace metapool
