// SPDX-License-Identifier: BSL-1.0
// Genome-wide meta-analyses by many ranks, a chromosome (or any other job) at a time.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/gwas/commands.hpp>
#include <metapool/gwas/meta.hpp>
#include <metapool/mpi/agree.hpp>
#include <metapool/mpi/gwas_pieces.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metapool {

namespace detail {

/// Which rank does which job: the largest first, each to the rank that has least to do.
template <class = void>
std::vector<int> shared_out(const std::vector<std::uint64_t>& sizes, int ranks) {
  std::vector<std::size_t> order(sizes.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  std::vector<std::uint64_t> load(static_cast<std::size_t>(ranks), 0);
  std::vector<int> owner(sizes.size());
  for (const std::size_t job : order) {
    const auto least = std::min_element(load.begin(), load.end());
    owner[job] = static_cast<int>(least - load.begin());
    *least += sizes[job];
  }
  return owner;
}

/// Whether gwas_meta_by_pieces can do a job. What cannot be opened is left to an error of its own.
template <class = void>
bool can_be_cut(const gwas_job& job) {
  if (job.analysis.join != gwas_join::by_position) return false;
  for (const gwas_study_file& file : job.files) {
    if (byte_source(file.path).compressed()) return false;
  }
  return true;
}

}  // namespace detail

/// Runs jobs (what ANALYZE asks for in a script of gwas_meta) by all ranks of a communicator: studies come by chromosome, and each chromosome's meta-analysis is a job of its own.
///
/// Each job is done by one rank with its own threads (gwas_analysis::threads), the largest first, and writes what gwas_meta writes: the file job.output, beside it .info and, if asked for,
/// .leave_one_out. If there are more ranks than jobs, those of plain files that are joined by position are done before, one after the other, each by all ranks (gwas_meta_by_pieces).
/// The files have the same bytes for any number of ranks. Genomic control by a result's own lambda is that of its job alone: give lambdas of the whole genome.
/// Collective; returns the reports in the order of the jobs on rank 0, and nothing on the others. Throws metapool::error on all ranks if a job failed, when the others are done
/// (if one by all ranks failed, at once); each file is there whole or not at all. Throws too if two jobs write one file. Memory a rank: that of its largest job.
template <class = void>
std::optional<std::vector<gwas_job_report>> gwas_meta(MPI_Comm comm, const std::vector<gwas_job>& jobs) {
  constexpr const char* function = "gwas_meta";
  std::string shared;
  detail::all_or_none(comm, [&] {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (jobs[i].output == jobs[j].output) detail::throw_input_error(function, "two jobs write '" + jobs[i].output + "'");
      }
    }
    if (detail::rank_of(comm) != 0) return;  // one rank decides for all
    std::vector<std::uint64_t> sizes;
    for (const gwas_job& job : jobs) {
      sizes.push_back(0);
      for (const gwas_study_file& file : job.files) sizes.back() += file_size(file.path, function);
    }
    detail::byte_writer out;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      const bool cut = jobs.size() < static_cast<std::size_t>(detail::ranks_of(comm)) && detail::can_be_cut(jobs[i]);
      if (cut) sizes[i] = 0;
      out.put(static_cast<std::uint64_t>(cut ? 1U : 0U));
    }
    for (const int rank : detail::shared_out(sizes, detail::ranks_of(comm))) out.put(static_cast<std::uint64_t>(rank));
    shared = out.bytes();
  });
  detail::broadcast(comm, shared, 0);
  detail::byte_writer mine;
  detail::failure failed;
  detail::byte_reader owners(shared);
  std::vector<bool> cut;
  for (std::size_t i = 0; i < jobs.size(); ++i) cut.push_back(owners.whole() != 0);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!cut[i]) continue;
    const std::optional<gwas_job_report> report = gwas_meta_by_pieces(comm, jobs[i]);
    if (!report) continue;
    mine.put(static_cast<std::uint64_t>(i));
    mine.put(report->written);
    mine.put(std::string_view(report->text));
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (owners.whole() != static_cast<std::uint64_t>(detail::rank_of(comm)) || cut[i]) continue;
    failed.watch([&] {
      const gwas_job& job = jobs[i];
      const gwas_report report = gwas_meta(job.files, job.analysis, job.output, job.output + ".leave_one_out", [](std::size_t, std::uint64_t) {});
      atomic_file info(job.output + ".info", function);
      info.write(gwas_info_text(job.analysis, report));
      info.commit();
      mine.put(static_cast<std::uint64_t>(i));
      mine.put(report.written);
      mine.put(std::string_view(gwas_report_text(report)));
    });
  }
  failed.agree(comm);
  std::vector<gwas_job_report> all(jobs.size());
  detail::gather_in_order(comm, mine.bytes(), [&](const std::string& bytes) {
    for (detail::byte_reader in(bytes); !in.ended();) {
      gwas_job_report& report = all[static_cast<std::size_t>(in.whole())];
      report.written = in.whole();
      report.text = in.text();
    }
  });
  if (detail::rank_of(comm) != 0) return std::nullopt;
  return all;
}

}  // namespace metapool
