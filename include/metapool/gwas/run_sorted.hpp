// SPDX-License-Identifier: BSL-1.0
// Meta-analysis of files that are in one order: all of them, or a piece.
#pragma once

#include <metapool/gwas/join_sorted.hpp>
#include <metapool/gwas/locus_pieces.hpp>
#include <metapool/gwas/run.hpp>
#include <metapool/math/parallel.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

using sorted_blocks = std::vector<std::unique_ptr<merged_block>>;

/// Joins sorted files, or a piece of them, to blocks of variants. counts: by file, begun anew; lines of a piece that is not the first are counted from 1.
/// finish(blocks, n, threads, fetch) is called again and again: with blocks that are joined, and n pieces of files to be read by fetch(0), ..., fetch(n - 1), all of which may be done side by side.
template <class Progress, class Finish>
void join_sorted_files(const gwas_run& run, const std::vector<gwas_counts*>& counts, const locus_piece* piece, const Progress& progress, const Finish& finish) {
  const std::vector<opened_study>& studies = run.studies;
  std::vector<std::unique_ptr<line_source>> sources;
  std::vector<row_stream> streams(studies.size());
  for (std::size_t j = 0; j < studies.size(); ++j) {
    if (piece != nullptr) {
      sources.push_back(std::make_unique<line_source>(studies[j].path, run.a.piece / 4, piece->ranges[j]));
    } else {
      sources.push_back(std::make_unique<line_source>(studies[j].path, run.a.piece / 4));
    }
    row_stream& s = streams[j];
    s.source = sources.back().get();
    s.plan = &studies[j].plan;
    s.scale = studies[j].scale;
    s.counts = counts[j];
    if (piece != nullptr) s.last_locus = piece->from;
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
  for (std::size_t j = 0; j < streams.size() && piece != nullptr; ++j) {
    if (piece->ranges[j].size() == 0 || streams[j].last_locus < piece->to) continue;
    throw_not_sorted(studies[j].path + ": what lies between byte " + std::to_string(piece->ranges[j].begin) + " and byte " + std::to_string(piece->ranges[j].end));
  }
}

/// chi-squared of the common effect of all variants of sorted files, or of a piece of them, behind those that are there.
template <class Progress>
void collect_sorted(const gwas_run& run, const std::vector<gwas_counts*>& counts, const locus_piece* piece, const Progress& progress, std::vector<double>& chi_squared) {
  pooled_block pooled;
  join_sorted_files(run, counts, piece, progress, [&](const sorted_blocks& ready, std::size_t fetches, unsigned threads, const auto& fetch) {
    parallel_for(fetches, threads, fetch, 1);
    for (const std::unique_ptr<merged_block>& block : ready) run.collect(block->numbers, block->filled, pooled, chi_squared);
  });
}

/// Joins and pools sorted files, or a piece of them, then takes(block_result&) in order.
template <class Progress, class Take>
void pool_sorted(const gwas_run& run, const std::vector<gwas_counts*>& counts, const locus_piece* piece, const Progress& progress, const Take& take) {
  std::vector<block_result> results;
  join_sorted_files(run, counts, piece, progress, [&](const sorted_blocks& ready, std::size_t fetches, unsigned threads, const auto& fetch) {
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
    for (std::size_t i = 0; i < ready.size(); ++i) take(results[i]);
  });
}

template <class Progress, class Take>
void run_sorted(gwas_run& run, const Progress& progress, const Take& take) {
  std::vector<gwas_counts*> counts;
  for (gwas_file_report& file : run.report.files) counts.push_back(&file.counts);
  if (run.a.genomic_control < 0) {
    std::vector<double> chi_squared;
    collect_sorted(run, counts, nullptr, progress, chi_squared);
    run.control_result(chi_squared);
  }
  run.report.variants = 0;
  pool_sorted(run, counts, nullptr, progress, [&](block_result& r) {
    run.report.variants += r.size;
    take(r);
  });
}

}  // namespace metapool::detail
