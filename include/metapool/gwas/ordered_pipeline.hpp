// SPDX-License-Identifier: BSL-1.0
// Pieces of work that are fetched in order, done side by side, and handed on in order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace metapool::detail {

/// Until fetch(item) is false: item after item is fetched (one at a time, in order), worked on (side by side), and taken (one at a time, in the order in which they were
/// fetched). `items`: one for each thread, used again and again. With one item all is done by the caller's thread. The first exception, in the order of the items, reaches the
/// caller when all threads have stopped.
template <class Item, class Fetch, class Work, class Take>
void ordered_pipeline(std::vector<Item>& items, const Fetch& fetch, const Work& work, const Take& take) {
  if (items.size() == 1) {
    while (fetch(items[0])) {
      work(items[0]);
      take(items[0]);
    }
    return;
  }
  std::mutex fetching, turns;
  std::condition_variable turned;
  std::size_t fetched = 0, turn = 0;
  bool finished = false, failed = false;
  std::exception_ptr error;
  const auto run = [&](Item& item) noexcept {
    for (;;) {
      std::size_t ticket = 0;
      std::exception_ptr problem;
      {
        const std::lock_guard<std::mutex> lock(fetching);
        if (finished) return;
        try {
          finished = !fetch(item);
        } catch (...) {
          problem = std::current_exception();
          finished = true;
        }
        if (finished && !problem) return;
        ticket = fetched++;
      }
      try {
        if (!problem) work(item);
      } catch (...) {
        problem = std::current_exception();
      }
      std::unique_lock<std::mutex> lock(turns);
      turned.wait(lock, [&] { return turn == ticket; });
      if (!failed && !problem) {
        lock.unlock();  // the turn keeps all others away
        try {
          take(item);
        } catch (...) {
          problem = std::current_exception();
        }
        lock.lock();
      }
      if (problem && !failed) {
        failed = true;
        error = problem;
      }
      const bool stop = failed;
      ++turn;
      lock.unlock();
      turned.notify_all();
      if (stop) {
        const std::lock_guard<std::mutex> end(fetching);
        finished = true;
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
    others.all.reserve(items.size() - 1);
    try {
      for (std::size_t i = 1; i < items.size(); ++i) others.all.emplace_back([&run, &item = items[i]] { run(item); });
    } catch (const std::system_error&) {  // fewer threads do the same work
    }
    run(items[0]);
  }
  if (error) std::rethrow_exception(error);
}

/// How many threads are meant: 0 for as many as the processor has.
template <class = void>
std::size_t thread_count(unsigned threads) {
  if (threads != 0) return threads;
  const unsigned there = std::thread::hardware_concurrency();
  return there == 0 ? 1 : there;
}

}  // namespace metapool::detail
