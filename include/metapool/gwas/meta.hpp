// SPDX-License-Identifier: BSL-1.0
// Genome-wide meta-analysis: from files of summary statistics to a file of results.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/join_by_name.hpp>
#include <metapool/gwas/ordered_pipeline.hpp>
#include <metapool/gwas/report.hpp>
#include <metapool/gwas/run.hpp>
#include <metapool/gwas/run_sorted.hpp>
#include <metapool/math/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace metapool {
namespace detail {

/// Joins by name, then takes(block_result&) in order.
template <class Progress, class Take>
void run_by_name(gwas_run& run, const Progress& progress, const Take& take) {
  joined_variants variants;
  for (std::size_t j = 0; j < run.studies.size(); ++j) {
    const opened_study& s = run.studies[j];
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
    run.control_result(chi_squared);
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

}  // namespace detail

/// Genome-wide meta-analysis of the files, into the file at `output` (and, if asked for, leave-one-out results into the file at `omitted`): whole, or not at all.
///
/// What becomes of every line of every file is counted in the report. progress(file, bytes of it that were read) is called now and then, by one thread at a time.
/// Throws input_error if a file cannot be read, is there twice with the same columns or would be replaced by a result, a column is not there, a compressed file is damaged or cut off, files are not in the order that was said, or an option is out of
/// its domain; error if the result cannot be written. The result's bytes are the same for any number of threads.
template <class Progress>
gwas_report gwas_meta(const std::vector<gwas_study_file>& files, const gwas_analysis& a, const std::string& output, const std::string& omitted, const Progress& progress) {
  gwas_report report;
  detail::gwas_run run(files, a, report);
  detail::check_output(files, output);
  if (a.leave_one_out > 0) detail::check_output(files, omitted);
  for (std::size_t j = 0; j < files.size(); ++j) {
    detail::control_study(files[j], a, run.studies[j], report.files[j], [&](std::uint64_t offset) { progress(j, offset); });
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
    detail::run_by_name(run, progress, take);
  } else {
    detail::run_sorted(run, progress, take);
  }
  to.commit();
  if (omitted_to) omitted_to->commit();
  return report;
}

}  // namespace metapool
