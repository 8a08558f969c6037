// SPDX-License-Identifier: BSL-1.0
// What ranks have to agree on: whether all is well, and texts of one for all.
#pragma once

#include <metapool/data/error.hpp>

// The old C++ bindings of MPI, which are not used, would be compiled and linked.
#if !defined(OMPI_SKIP_MPICXX)
#define OMPI_SKIP_MPICXX 1
#endif
#if !defined(MPICH_SKIP_MPICXX)
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace metapool::detail {

template <class = void>
int rank_of(MPI_Comm comm) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  return rank;
}

template <class = void>
int ranks_of(MPI_Comm comm) {
  int ranks = 1;
  MPI_Comm_size(comm, &ranks);
  return ranks;
}

/// The bytes of one rank for all. Collective.
template <class = void>
void broadcast(MPI_Comm comm, std::string& text, int from) {
  constexpr std::uint64_t most = std::uint64_t(1) << 28;  // sizes of messages are ints
  std::uint64_t size = text.size();
  MPI_Bcast(&size, 1, MPI_UINT64_T, from, comm);
  text.resize(static_cast<std::size_t>(size));
  for (std::uint64_t at = 0; at < size; at += most) {
    MPI_Bcast(text.data() + at, static_cast<int>((std::min)(most, size - at)), MPI_BYTE, from, comm);
  }
}

/// Hands the bytes of each rank to take(text) on rank 0, in the order of the ranks. Collective; memory: those of one rank at a time.
template <class Take>
void gather_in_order(MPI_Comm comm, const std::string& mine, Take&& take) {
  constexpr std::uint64_t most = std::uint64_t(1) << 28;
  constexpr int tag = 1;
  const int rank = rank_of(comm), ranks = ranks_of(comm);
  if (rank != 0) {
    const std::uint64_t size = mine.size();
    MPI_Send(&size, 1, MPI_UINT64_T, 0, tag, comm);
    for (std::uint64_t at = 0; at < size; at += most) MPI_Send(mine.data() + at, static_cast<int>((std::min)(most, size - at)), MPI_BYTE, 0, tag, comm);
    return;
  }
  take(mine);
  std::string text;
  for (int from = 1; from < ranks; ++from) {
    std::uint64_t size = 0;
    MPI_Recv(&size, 1, MPI_UINT64_T, from, tag, comm, MPI_STATUS_IGNORE);
    text.resize(static_cast<std::size_t>(size));
    for (std::uint64_t at = 0; at < size; at += most) {
      MPI_Recv(text.data() + at, static_cast<int>((std::min)(most, size - at)), MPI_BYTE, from, tag, comm, MPI_STATUS_IGNORE);
    }
    take(text);
  }
}

/// What a rank's work threw, kept until the ranks agree.
class failure {
 public:
  /// Calls work() unless something has failed before.
  template <class F>
  void watch(F&& work) noexcept {
    if (failed_) return;
    try {
      work();
    } catch (const std::exception& e) {
      say(e.what());
    } catch (...) {
      say("an exception that is no std::exception");
    }
  }
  bool failed() const { return failed_; }

  /// Throws metapool::error on all ranks if work failed on any, with the message of the lowest such rank. Collective.
  void agree(MPI_Comm comm) {
    const int ranks = ranks_of(comm);
    int mine = failed_ ? rank_of(comm) : ranks, first = ranks;
    MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm);
    if (first == ranks) return;
    std::string what = what_;
    broadcast(comm, what, first);
    throw error("rank " + std::to_string(first) + ": " + what);
  }

 private:
  void say(const char* what) noexcept {
    failed_ = true;
    try {
      what_ = what;
    } catch (...) {
      what_.clear();
    }
  }
  bool failed_ = false;
  std::string what_{};
};

/// Runs work() on this rank; returns on all ranks or throws on all. Collective.
template <class F>
void all_or_none(MPI_Comm comm, F&& work) {
  failure f;
  f.watch(work);
  f.agree(comm);
}

/// Numbers and texts as bytes, and back, between programs of one kind on machines of one kind.
class byte_writer {
 public:
  void put(std::uint64_t x) { bytes_.append(reinterpret_cast<const char*>(&x), sizeof x); }
  void put(double x) { put(std::bit_cast<std::uint64_t>(x)); }
  void put(std::string_view text) {
    put(static_cast<std::uint64_t>(text.size()));
    bytes_.append(text);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_{};
};

class byte_reader {
 public:
  explicit byte_reader(std::string_view bytes) : bytes_(bytes) {}
  bool ended() const { return bytes_.empty(); }
  std::uint64_t whole() {
    std::uint64_t x = 0;
    std::memcpy(&x, take(sizeof x).data(), sizeof x);
    return x;
  }
  double number() { return std::bit_cast<double>(whole()); }
  std::string text() { return std::string(take(static_cast<std::size_t>(whole()))); }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) throw error("ranks: a message is shorter than it says");
    const std::string_view piece = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return piece;
  }
  std::string_view bytes_;
};

}  // namespace metapool::detail
