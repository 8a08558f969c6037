// SPDX-License-Identifier: BSL-1.0
// A file of lines through a filter, by many ranks.
#pragma once

#include <metapool/data/file.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/lines/line_file.hpp>
#include <metapool/lines/line_filter.hpp>
#include <metapool/mpi/agree.hpp>
#include <metapool/mpi/shared_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace metapool {

namespace detail {

/// The pieces of a file of lines, shared out round by round: piece `round * ranks + rank`. Calls f(range) for each round of this rank, with an empty range where there is
/// none left; the number of rounds is the same on all ranks.
template <class F>
void for_each_round(MPI_Comm comm, const std::string& path, const byte_range& lines, std::uint64_t piece, const F& f) {
  const std::uint64_t rank = static_cast<std::uint64_t>(rank_of(comm)), ranks = static_cast<std::uint64_t>(ranks_of(comm));
  const std::uint64_t pieces = (std::max)(std::uint64_t(1), lines.size() / piece + (lines.size() % piece != 0));
  for (std::uint64_t first = 0; first < pieces; first += ranks) {
    const std::uint64_t mine = first + rank;
    f([&]() -> byte_range { return mine < pieces ? line_range(path, lines, mine, pieces) : byte_range{lines.end, lines.end}; });
  }
}

template <class = void>
std::string packed_reports(const std::vector<line_report>& reports) {
  byte_writer out;
  for (const line_report& r : reports) {
    out.put(r.lines);
    out.put(r.malformed);
    for (const std::uint64_t n : r.by_status) out.put(n);
    out.put(static_cast<std::uint64_t>(r.problems.size()));
    for (const line_problem& p : r.problems) {
      out.put(p.line);
      out.put(std::string_view(p.what));
    }
  }
  return out.bytes();
}

template <class = void>
std::vector<line_report> unpacked_reports(const std::string& bytes) {
  std::vector<line_report> reports;
  for (byte_reader in(bytes); !in.ended();) {
    line_report r;
    r.lines = in.whole();
    r.malformed = in.whole();
    for (std::uint64_t& n : r.by_status) n = in.whole();
    for (std::uint64_t n = in.whole(); n > 0; --n) {
      const std::uint64_t line = in.whole();
      r.problems.push_back({line, in.text()});
    }
    reports.push_back(r);
  }
  return reports;
}

}  // namespace detail

struct filter_file_options {
  line_filter_options filter{};
  std::string columns{};               ///< names, if the file has no line of them
  unsigned threads = 1;                ///< of each rank; 0: as many as the processor has
  std::uint64_t piece = 4U << 20U;     ///< bytes of a file that a thread gets at a time
};

/// Filters the file `in` to the file `out` by all ranks of a communicator: the bytes are those of one process, for any number of ranks and threads.
///
/// The ranks take pieces of the file in turn, find their places in the output by MPI_Exscan and write them by MPI_File_write_at into a new file beside `out`, which gets the
/// name when all of it is on the disk. All ranks must see both files. Memory a rank: some `piece` times threads times three, whatever the size of the file.
/// Collective; returns what became of the lines on rank 0, and nothing on the others. Throws metapool::error on all ranks if anything failed on any, with that rank's message;
/// `out` is then as it was. If a rank dies, MPI ends the others: `out` is as it was, and the new file, named `out`.0.part, is left behind.
template <class = void>
std::optional<line_report> filter_file(MPI_Comm comm, const std::string& in, const std::string& out, const filter_file_options& options = {}) {
  constexpr const char* function = "filter_file";
  line_file file;
  std::optional<line_filter> filter;
  detail::all_or_none(comm, [&] {
    detail::check_output_apart(in, out, function);
    if (options.piece == 0) detail::throw_input_error(function, "piece = 0: there must be a byte at least");
    file = look_at_lines(in, options.filter.format, options.columns, function);
    filter.emplace(options.filter, file.names);
  });
  const std::uint64_t threads = options.threads != 0 ? options.threads : (std::max)(std::thread::hardware_concurrency(), 1U);
  detail::shared_file to(comm, out, function);
  std::vector<line_report> reports;
  std::string text;
  if (file.has_header && detail::rank_of(comm) == 0) text = filter->header();
  detail::for_each_round(comm, in, file.lines, options.piece * threads, [&](const auto& range) {
    detail::failure reading;
    reading.watch([&] {
      line_reader reader(in, range(), function);
      reports.push_back(filter_lines(reader, *filter, options.threads, [&](std::string_view piece) { text.append(piece); }));
    });
    to.write(text, reading);
    text.clear();
  });
  to.commit();
  // The pieces in their order: the first of each rank, the second of each rank, ...
  std::vector<std::vector<line_report>> by_rank;
  detail::gather_in_order(comm, detail::packed_reports(reports), [&](const std::string& bytes) { by_rank.push_back(detail::unpacked_reports(bytes)); });
  if (by_rank.empty()) return std::nullopt;
  line_report all;
  for (std::size_t round = 0; round < by_rank.front().size(); ++round) {
    for (const auto& mine : by_rank) all.add(mine[round]);
  }
  return all;
}

}  // namespace metapool
