// SPDX-License-Identifier: BSL-1.0
// A loop over independent pieces of work, by several threads. Neither Boost nor Eigen.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace metapool::detail {

/// Calls f(begin, end) for the blocks [0, block), [block, 2 block), ... of [0, count), by `threads` threads (0: as many as the processor
/// has; never more than blocks). The blocks depend on count and block alone, so that a result kept by index, or by block and then combined
/// in order, has the same bits for any number of threads; with threads = 1 all is done by the caller's thread, in order.
/// f must be callable from several threads at once. What it throws reaches the caller when all threads have stopped (no new blocks are
/// begun): of several exceptions that of the lowest block, whatever the number of threads. If the system gives fewer threads, those do the work.
template <class F>
void parallel_blocks(std::size_t count, std::size_t block, unsigned threads, F&& f) {
  block = (std::max)(block, std::size_t(1));
  const std::size_t blocks = count / block + (count % block != 0);
  const auto run = [&](std::size_t b) { f(b * block, b + 1 == blocks ? count : (b + 1) * block); };
  std::size_t workers = threads != 0 ? threads : (std::max)(std::thread::hardware_concurrency(), 1u);
  workers = (std::min)(workers, blocks);
  if (workers <= 1) {
    for (std::size_t b = 0; b < blocks; ++b) run(b);
    return;
  }

  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex guard;
  std::size_t failed_block = blocks;
  std::exception_ptr error;
  // Blocks are begun in order: when one fails, all before it have been begun and will be finished, so that the lowest is always the same.
  const auto work = [&]() noexcept {
    while (!failed.load()) {
      const std::size_t b = next.fetch_add(1);
      if (b >= blocks) return;
      try {
        run(b);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(guard);
        if (b < failed_block) {
          failed_block = b;
          error = std::current_exception();
        }
        failed.store(true);
      }
    }
  };

  struct joined_threads {
    std::vector<std::thread> all;
    ~joined_threads() {
      for (std::thread& t : all) t.join();
    }
  };
  {
    joined_threads others;
    others.all.reserve(workers - 1);
    try {
      while (others.all.size() + 1 < workers) others.all.emplace_back(work);
    } catch (const std::system_error&) {
    }
    work();
  }
  if (error) std::rethrow_exception(error);
}

/// Calls f(i) for i = 0, ..., count - 1, as parallel_blocks does with blocks of `block` (so many that a block outlasts a thread's coming
/// for it: some microseconds).
template <class F>
void parallel_for(std::size_t count, unsigned threads, F&& f, std::size_t block = 64) {
  parallel_blocks(count, block, threads, [&f](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) f(i);
  });
}

}  // namespace metapool::detail
