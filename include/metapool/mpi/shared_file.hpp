// SPDX-License-Identifier: BSL-1.0
// One file, written by many ranks, that is there whole or not at all.
#pragma once

#include <metapool/data/atomic_file.hpp>
#include <metapool/data/line_range.hpp>
#include <metapool/mpi/agree.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace metapool::detail {

/// A file into which the ranks write round by round, in each round the text of rank 0, then of rank 1, and so on. It gets its name when all is on the disk (atomic_file). Every
/// function is collective, the destructor too: what ends on one rank ends on all, as agree() sees to. Throws metapool::error on all ranks.
class shared_file {
 public:
  shared_file(MPI_Comm comm, const std::string& path, const char* function) : comm_(comm), path_(path), function_(function) {
    all_or_none(comm_, [&] {
      if (rank_of(comm_) == 0) file_.emplace(path, function);
    });
    std::string aside = file_ ? file_->aside() : std::string{};
    broadcast(comm_, aside, 0);
    failure opening;
    opening.watch([&] {
      if (MPI_File_open(comm_, aside.c_str(), MPI_MODE_WRONLY, MPI_INFO_NULL, &handle_) != MPI_SUCCESS) fail("cannot be opened for writing by all ranks");
    });
    opening.agree(comm_);
  }
  shared_file(const shared_file&) = delete;
  shared_file& operator=(const shared_file&) = delete;
  ~shared_file() {
    if (handle_ != MPI_FILE_NULL) MPI_File_close(&handle_);
  }

  /// Writes this rank's text behind those of the ranks before it. earlier: what this rank did for it; if that failed on any rank, all throw. What a failed write of this
  /// round says is seen in the next one, or in commit().
  void write(std::string_view text, failure& earlier) {
    earlier.watch([&] {
      if (text.size() > static_cast<std::size_t>((std::numeric_limits<int>::max)())) fail("a piece is larger than 2 gigabytes");
    });
    const std::array<std::int64_t, 2> mine{static_cast<std::int64_t>(text.size()), earlier.failed() || writing_.failed() ? 1 : 0};
    std::int64_t before = 0;
    std::array<std::int64_t, 2> all{};
    MPI_Exscan(mine.data(), &before, 1, MPI_INT64_T, MPI_SUM, comm_);
    if (rank_of(comm_) == 0) before = 0;  // left undefined there
    MPI_Allreduce(mine.data(), all.data(), 2, MPI_INT64_T, MPI_SUM, comm_);
    if (all[1] != 0) {
      writing_.agree(comm_);
      earlier.agree(comm_);
    }
    MPI_Status status;
    const int size = static_cast<int>(text.size());
    // not MPI_File_write_at_all: ranks whose write fails leave the others waiting in it for ever (Open MPI 4.1.4), and pieces of megabytes gain nothing by it
    const int result = MPI_File_write_at(handle_, end_ + before, text.data(), size, MPI_BYTE, &status);
    int written = 0;
    if (result == MPI_SUCCESS) MPI_Get_count(&status, MPI_BYTE, &written);
    writing_.watch([&] {
      if (written != size) full();
    });
    end_ += all[0];
  }

  /// Puts the file in its place.
  void commit() {
    writing_.agree(comm_);
    writing_.watch([&] {
      if (MPI_File_sync(handle_) != MPI_SUCCESS) full();
    });
    writing_.agree(comm_);
    const int closed = MPI_File_close(&handle_);
    all_or_none(comm_, [&] {
      if (closed != MPI_SUCCESS) full();
    });
    all_or_none(comm_, [&] {
      if (!file_) return;
      if (file_size(file_->aside(), function_) != static_cast<std::uint64_t>(end_)) full();
      file_->commit();
    });
  }

 private:
  [[noreturn]] void fail(const char* what) const { throw error(std::string(function_) + ": " + path_ + ": " + what); }
  [[noreturn]] void full() const { fail("could not be written to the end (disk full?); the old file, if any, is unchanged"); }

  MPI_Comm comm_;
  std::string path_;
  const char* function_;
  std::optional<atomic_file> file_{};  // on rank 0
  MPI_File handle_ = MPI_FILE_NULL;
  MPI_Offset end_ = 0;
  failure writing_{};
};

}  // namespace metapool::detail
