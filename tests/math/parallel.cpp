// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/parallel.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using metapool::detail::parallel_blocks;
using metapool::detail::parallel_for;

TEST_CASE("every index is visited once, by any number of threads") {
  for (const std::size_t count : {0u, 1u, 63u, 64u, 65u, 1000u}) {
    for (const unsigned threads : {0u, 1u, 2u, 3u, 16u}) {
      CAPTURE(count);
      CAPTURE(threads);
      std::vector<int> visits(count);
      parallel_for(count, threads, [&](std::size_t i) { ++visits[i]; }, 7);
      for (const int v : visits) CHECK(v == 1);
    }
  }
}

TEST_CASE("blocks do not depend on the threads") {
  for (const unsigned threads : {1u, 4u}) {
    std::vector<std::size_t> end_of(10);
    parallel_blocks(95, 10, threads, [&](std::size_t begin, std::size_t end) { end_of.at(begin / 10) = end; });
    CHECK(end_of == std::vector<std::size_t>{10, 20, 30, 40, 50, 60, 70, 80, 90, 95});
  }
  int calls = 0;
  parallel_blocks(5, 0, 1, [&](std::size_t begin, std::size_t end) { calls += end == begin + 1; });  // a block holds at least one
  CHECK(calls == 5);
}

TEST_CASE("with one thread the work is done by the caller's, in order") {
  std::vector<std::size_t> order;
  const auto caller = std::this_thread::get_id();
  parallel_for(300, 1, [&](std::size_t i) {
    CHECK(std::this_thread::get_id() == caller);
    order.push_back(i);
  });
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == i);
}

TEST_CASE("several threads work at once") {
  std::atomic<int> arrived{0};
  parallel_for(2, 2, [&](std::size_t) {
    ++arrived;
    while (arrived.load() < 2) std::this_thread::yield();  // ends only if both are there
  }, 1);
  CHECK(arrived.load() == 2);
}

TEST_CASE("the exception of the lowest block reaches the caller, whatever the number of threads") {
  for (const unsigned threads : {1u, 2u, 8u}) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      std::string what;
      std::atomic<int> done{0};
      try {
        parallel_for(1000, threads, [&](std::size_t i) {
          if (i == 17 || i == 18 || i == 500) throw std::runtime_error(std::to_string(i));
          ++done;
        }, 1);
      } catch (const std::runtime_error& e) {
        what = e.what();
      }
      CHECK(what == "17");
      CHECK(done.load() >= 17);
    }
  }
}
