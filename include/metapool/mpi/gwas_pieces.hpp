// SPDX-License-Identifier: BSL-1.0
// One genome-wide meta-analysis by many ranks: files that are sorted by position, piece by piece of the genome.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/gwas/commands.hpp>
#include <metapool/gwas/meta_part.hpp>
#include <metapool/mpi/agree.hpp>
#include <metapool/mpi/shared_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metapool {

/// What came of one job.
struct gwas_job_report {
  std::uint64_t written = 0;  ///< lines of its result
  std::string text{};         ///< gwas_report_text
};

namespace detail {

template <class = void>
void pack_outcome(const piece_outcome& outcome, byte_writer& out) {
  for (const std::uint64_t n : {outcome.variants, outcome.written, outcome.hits}) out.put(n);
  for (const gwas_counts& c : outcome.counts) {
    for (const std::uint64_t n : {c.lines, c.used, c.swapped, c.complemented, c.added, c.line_breaks}) out.put(n);
    for (const std::uint64_t n : c.dropped) out.put(n);
    for (const std::vector<gwas_dropped_line>& lines : c.first) {
      out.put(static_cast<std::uint64_t>(lines.size()));
      for (const gwas_dropped_line& line : lines) {
        out.put(line.line);
        out.put(std::string_view(line.marker));
      }
    }
  }
}

template <class = void>
piece_outcome unpacked_outcome(byte_reader& in, std::size_t files) {
  piece_outcome outcome{std::vector<gwas_counts>(files)};
  for (std::uint64_t* n : {&outcome.variants, &outcome.written, &outcome.hits}) *n = in.whole();
  for (gwas_counts& c : outcome.counts) {
    for (std::uint64_t* n : {&c.lines, &c.used, &c.swapped, &c.complemented, &c.added, &c.line_breaks}) *n = in.whole();
    for (std::uint64_t& n : c.dropped) n = in.whole();
    for (std::vector<gwas_dropped_line>& lines : c.first) {
      for (std::uint64_t n = in.whole(); n > 0; --n) {
        const std::uint64_t line = in.whole();
        lines.push_back({line, in.text()});
      }
    }
  }
  return outcome;
}

/// Genomic control of files by their own lambda, each found by one rank. Collective.
template <class = void>
void control_studies(MPI_Comm comm, const gwas_job& job, gwas_run& run) {
  std::vector<double> lambda(job.files.size(), 0), all(job.files.size(), 0);
  failure reading;
  int owner = 0;
  for (std::size_t j = 0; j < job.files.size(); ++j) {
    if (job.files[j].genomic_control > 0 && rank_of(comm) == 0) lambda[j] = job.files[j].genomic_control;
    if (!(job.files[j].genomic_control < 0)) continue;
    if (owner == rank_of(comm)) reading.watch([&] { lambda[j] = own_lambda(run.a, run.studies[j], [](std::uint64_t) {}); });
    owner = (owner + 1) % ranks_of(comm);
  }
  reading.agree(comm);
  MPI_Allreduce(lambda.data(), all.data(), static_cast<int>(all.size()), MPI_DOUBLE, MPI_SUM, comm);  // one number and zeros
  for (std::size_t j = 0; j < job.files.size(); ++j) scale_study(job.files[j], run.a, all[j], run.studies[j], run.report.files[j]);
}

/// Genomic control of the result by its own lambda, from the chi-squared of each rank. Collective.
template <class = void>
void control_result(MPI_Comm comm, const std::vector<double>& mine, gwas_run& run) {
  std::vector<double> all;
  gather_in_order(comm, std::string(reinterpret_cast<const char*>(mine.data()), mine.size() * sizeof(double)), [&](const std::string& bytes) {
    const std::size_t before = all.size();
    all.resize(before + bytes.size() / sizeof(double));
    if (!bytes.empty()) std::memcpy(all.data() + before, bytes.data(), bytes.size());
  });
  if (rank_of(comm) == 0) run.control_result(all);
  MPI_Bcast(&run.report.lambda, 1, MPI_DOUBLE, 0, comm);
  MPI_Bcast(&run.lambda, 1, MPI_DOUBLE, 0, comm);
}

}  // namespace detail

/// One meta-analysis by all ranks of a communicator: its files, which must be plain, sorted, and joined by position, are cut at the same places in the genome, and each rank takes pieces in turn.
///
/// Writes what gwas_meta writes: the file job.output, beside it .info and, if asked for, .leave_one_out, with the same bytes for any number of ranks and pieces. piece: bytes of the largest file
/// that a rank takes at a time. Genomic control by own lambdas is that of whole files and of the whole result; the latter joins the files twice, and rank 0 has 8 bytes a variant for it. Memory of
/// a rank else: the text of a piece's result, and pieces of the files. Collective; returns the report on rank 0, and nothing on the others. Throws metapool::error on all ranks if anything
/// failed on any, with the message of the lowest such rank; files are then as they were, but that a result may be there whole without what lies beside it.
template <class = void>
std::optional<gwas_job_report> gwas_meta_by_pieces(MPI_Comm comm, const gwas_job& job, std::uint64_t piece = 16U << 20U) {
  constexpr const char* function = "gwas_meta";
  const std::uint64_t rank = static_cast<std::uint64_t>(detail::rank_of(comm)), ranks = static_cast<std::uint64_t>(detail::ranks_of(comm));
  const auto no_progress = [](std::size_t, std::uint64_t) {};
  gwas_report report;
  std::optional<detail::gwas_run> run;
  std::optional<detail::locus_cutter> cutter;
  std::string sizes;
  detail::all_or_none(comm, [&] {
    if (piece == 0) detail::throw_input_error(function, "piece = 0: there must be a byte at least");
    run.emplace(job.files, job.analysis, report);
    detail::check_can_be_cut(*run);
    detail::check_output(job.files, job.output);
    cutter.emplace(run->studies, run->layout.wants);
    sizes = cutter->sizes();
  });
  std::string first = sizes;
  detail::broadcast(comm, first, 0);
  detail::all_or_none(comm, [&] {
    if (sizes != first) detail::throw_input_error(function, "the files have other sizes than on rank 0");
  });
  const std::uint64_t rounds = cutter->size() / piece / ranks + 1, pieces = rounds * ranks;
  detail::control_studies(comm, job, *run);
  if (job.analysis.genomic_control < 0) {
    std::vector<double> chi_squared;
    detail::all_or_none(comm, [&] {
      std::vector<gwas_counts> none(job.files.size());
      std::vector<gwas_counts*> counts;
      for (gwas_counts& c : none) counts.push_back(&c);
      for (std::uint64_t round = 0; round < rounds; ++round) {
        const detail::locus_piece mine = cutter->piece(round * ranks + rank, pieces);
        detail::collect_sorted(*run, counts, &mine, no_progress, chi_squared);
      }
    });
    detail::control_result(comm, chi_squared, *run);
  }
  detail::shared_file to(comm, job.output, function);
  std::optional<detail::shared_file> omitted_to;
  const bool omit = job.analysis.leave_one_out > 0;
  if (omit) omitted_to.emplace(comm, job.output + ".leave_one_out", function);
  detail::byte_writer outcomes;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    std::string text, omitted_text;
    detail::failure joining;
    joining.watch([&] {
      if (round == 0 && rank == 0) text = detail::result_header(job.analysis);
      if (round == 0 && rank == 0 && omit) omitted_text = detail::leave_one_out_header(job.analysis);
      const detail::piece_outcome outcome = detail::pool_piece(*run, cutter->piece(round * ranks + rank, pieces), no_progress, [&](detail::block_result& r) {
        text += r.text.view();
        omitted_text += r.omitted_text.view();
      });
      detail::pack_outcome(outcome, outcomes);
    });
    to.write(text, joining);
    if (omitted_to) omitted_to->write(omitted_text, joining);
  }
  to.commit();
  if (omitted_to) omitted_to->commit();
  // the pieces in their order: the first of each rank, the second of each rank, ...
  std::vector<std::string> by_rank;
  detail::gather_in_order(comm, outcomes.bytes(), [&](const std::string& bytes) { by_rank.push_back(bytes); });
  std::optional<gwas_job_report> result;
  detail::all_or_none(comm, [&] {
    if (rank != 0) return;
    std::vector<detail::byte_reader> readers(by_rank.begin(), by_rank.end());
    for (std::uint64_t i = 0; i < pieces; ++i) detail::unpacked_outcome(readers[static_cast<std::size_t>(i % ranks)], job.files.size()).add_to(report);
    atomic_file info(job.output + ".info", function);
    info.write(gwas_info_text(job.analysis, report));
    info.commit();
    result = gwas_job_report{report.written, gwas_report_text(report)};
  });
  return result;
}

}  // namespace metapool
