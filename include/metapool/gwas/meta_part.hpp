// SPDX-License-Identifier: BSL-1.0
// A part of a genome-wide meta-analysis of files that are sorted by position: the parts of one, computed anywhere, follow each other to its result.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/data/check.hpp>
#include <metapool/gwas/analysis.hpp>
#include <metapool/gwas/locus_pieces.hpp>
#include <metapool/gwas/report.hpp>
#include <metapool/gwas/run.hpp>
#include <metapool/gwas/run_sorted.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace metapool {
namespace detail {

/// What became of the lines of a piece.
struct piece_outcome {
  std::vector<gwas_counts> counts{};  ///< by file; lines of a piece that is not the first are counted from 1
  std::uint64_t variants = 0, written = 0, hits = 0;

  /// Behind the pieces that were added before.
  void add_to(gwas_report& report) const {
    for (std::size_t j = 0; j < counts.size(); ++j) report.files[j].counts.append(counts[j]);
    report.variants += variants;
    report.written += written;
    report.hits += hits;
  }
};

/// Throws input_error unless the files are joined by position, and plain.
template <class = void>
void check_can_be_cut(const gwas_run& run) {
  if (run.a.join != gwas_join::by_position) throw_input_error("gwas_meta", "only files that are joined by position can be shared out: say so (JOIN POSITION), and have them sorted");
  for (const gwas_file_report& file : run.report.files) {
    if (file.compressed) throw_input_error("gwas_meta", file.path + ": is compressed: only plain files can be shared out");
  }
}

/// Joins and pools a piece: its results go to take(block_result&) in order.
template <class Progress, class Take>
piece_outcome pool_piece(const gwas_run& run, const locus_piece& piece, const Progress& progress, const Take& take) {
  piece_outcome all{std::vector<gwas_counts>(run.studies.size())};
  std::vector<gwas_counts*> counts;
  for (gwas_counts& c : all.counts) counts.push_back(&c);
  pool_sorted(run, counts, &piece, progress, [&](block_result& r) {
    all.variants += r.size;
    all.written += r.lines;
    all.hits += r.hits;
    take(r);
  });
  return all;
}

/// Line numbers count from the file's first line, not from the piece's: the lines before are counted if one is named.
template <class = void>
void number_lines(const gwas_run& run, const locus_piece& piece, const piece_outcome& outcome) {
  for (std::size_t j = 0; j < outcome.counts.size(); ++j) {
    bool named = false;
    for (const std::vector<gwas_dropped_line>& lines : outcome.counts[j].first) named = named || !lines.empty();
    if (named) run.report.files[j].counts.line_breaks = line_source(run.studies[j].path, 1, piece.ranges[j]).lines_skipped();
  }
}

}  // namespace detail

/// Part `part` of `parts` (0 to parts - 1) of what gwas_meta does with plain files that are joined by position. The files that the parts write, put one behind the other, have the bytes of
/// gwas_meta's (the first part has the line of names), for any number of parts; the counts of their reports add up to those of its report.
///
/// The files are cut where places in the genome are, found by looking into them: no part reads what the others read, but for genomic control by the files' own lambda, for which each reads
/// all of them. Throws what gwas_meta throws; input_error, too, if part >= parts, if the files are compressed or not joined by position, or if the result is to have genomic control by its own
/// lambda, which a part does not know. A file that is not sorted is an error of one part at least.
template <class Progress>
gwas_report gwas_meta_part(const std::vector<gwas_study_file>& files, const gwas_analysis& a, std::uint64_t part, std::uint64_t parts, const std::string& output, const std::string& omitted,
                           const Progress& progress) {
  if (!(part < parts)) detail::throw_input_error("gwas_meta", "part = " + std::to_string(part) + " must be below the number of parts, " + std::to_string(parts));
  gwas_report report;
  detail::gwas_run run(files, a, report);
  detail::check_can_be_cut(run);
  detail::check_output(files, output);
  if (a.leave_one_out > 0) detail::check_output(files, omitted);
  if (a.genomic_control < 0) detail::throw_input_error("gwas_meta", "a part of a result does not know the lambda of all of it: give the value for its genomic control");
  for (std::size_t j = 0; j < files.size(); ++j) {
    detail::control_study(files[j], a, run.studies[j], report.files[j], [&](std::uint64_t offset) { progress(j, offset); });
  }
  atomic_file to(output, "gwas_meta");
  std::unique_ptr<atomic_file> omitted_to;
  if (a.leave_one_out > 0) omitted_to = std::make_unique<atomic_file>(omitted, "gwas_meta");
  if (part == 0) {
    to.write(detail::result_header(a));
    if (omitted_to) omitted_to->write(detail::leave_one_out_header(a));
  }
  const detail::locus_piece piece = detail::locus_cutter(run.studies, run.layout.wants).piece(part, parts);
  const detail::piece_outcome outcome = detail::pool_piece(run, piece, progress, [&](detail::block_result& r) {
    to.write(r.text.view());
    if (omitted_to) omitted_to->write(r.omitted_text.view());
  });
  detail::number_lines(run, piece, outcome);
  outcome.add_to(report);
  to.commit();
  if (omitted_to) omitted_to->commit();
  return report;
}

}  // namespace metapool
