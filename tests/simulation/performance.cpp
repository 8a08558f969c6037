// SPDX-License-Identifier: BSL-1.0
#include <metapool/simulation/performance.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

metapool::detail::performance_tally of(const std::vector<simulated_answer>& answers, double truth) {
  metapool::detail::performance_tally t;
  for (const auto& a : answers) {
    ++t.replicates;
    t.take(a, truth, truth);
  }
  return t;
}

}  // namespace

TEST_CASE("performance measures and their Monte Carlo errors, by hand") {
  const std::vector<simulated_answer> answers{{1.0, 0.5, 1.5}, {2.0, 1.0, 3.0}, {0.0, -0.5, 0.5}, {1.5, 1.25, 1.75}};
  const auto r = metapool::detail::performance_of("m", interval_target::mean, of(answers, 1));
  CHECK(r.answered == 4);
  CHECK(r.coverage->value == 0.5);
  CHECK(r.coverage->error == 0.25);
  CHECK(r.rejection->value == 0.75);
  CHECK(close(r.rejection->error, std::sqrt(0.75 * 0.25 / 4), digits15));
  CHECK(*r.median_width == 1);
  // errors 0, 1, -1, 1/2: mean 1/8, variance (2.25 - 4/64) / 3 = 35/48
  CHECK(close(r.bias->value, 0.125, digits15));
  CHECK(close(r.bias->error, std::sqrt(35.0 / 48 / 4), digits14));
  CHECK(close(r.empirical_se->value, std::sqrt(35.0 / 48), digits14));
  CHECK(close(r.empirical_se->error, std::sqrt(35.0 / 48 / 6), digits14));
  // squares 0, 1, 1, 1/4: mean 9/16; sum of squared deviations 2.0625 - 4 (9/16)^2
  CHECK(close(r.mse->value, 9.0 / 16, digits15));
  CHECK(close(r.mse->error, std::sqrt((2.0625 - 4 * 81.0 / 256) / 12), digits14));
}

TEST_CASE("an interval without end covers and rejects nothing; an empty one covers nothing, rejects all and has no width") {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto open = metapool::detail::performance_of("m", interval_target::mean, of({{{}, -infinity, infinity, interval_state::unbounded}}, 7));
  CHECK(open.coverage->value == 1);
  CHECK(open.rejection->value == 0);
  CHECK(*open.median_width == infinity);
  CHECK(!open.bias);
  const auto none = metapool::detail::performance_of("m", interval_target::mean, of({{{}, 0, 0, interval_state::empty_set}}, 0));
  CHECK(none.empty == 1);
  CHECK(none.coverage->value == 0);
  CHECK(none.rejection->value == 1);
  CHECK(*none.median_width == 0);
}

TEST_CASE("the ends of an interval belong to it; the median of an even number is between the two; of one estimate there is no spread") {
  const auto r = metapool::detail::performance_of("m", interval_target::mean, of({{1.0, 0, 2}}, 2));
  CHECK(r.coverage->value == 1);
  CHECK(r.rejection->value == 0);
  CHECK(!r.bias);
  CHECK(*metapool::detail::performance_of("m", interval_target::mean, of({{1.0, 0, 2}, {1.0, 0, 5}}, 2)).median_width == 3.5);
  CHECK(*metapool::detail::performance_of("m", interval_target::mean, of({{1.0, 0, 5}, {1.0, 0, 2}, {1.0, 0, 3}}, 2)).median_width == 3);
  CHECK(!metapool::detail::performance_of("m", interval_target::mean, of({}, 2)).coverage);
  CHECK(!metapool::detail::performance_of("m", interval_target::next_trial, of({{1.0, 0, 2}, {1.0, 0, 5}}, 2)).bias);
}

TEST_CASE("an answer that is no interval is a failure, not a rejection") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto r = metapool::detail::performance_of("m", interval_target::mean, of({{1.0, nan, 2}, {1.0, 0, nan}, {nan, 0, 1}, {1.0, 3, 2}, {1.0, 0, 2}}, 1));
  CHECK(r.failed == 4);
  CHECK(r.answered == 1);
  CHECK(r.coverage->value == 1);
  CHECK(*r.median_width == 2);
}

TEST_CASE("tallies added up are those of all data sets") {
  const std::vector<simulated_answer> all{{1.0, 0.5, 1.5}, {2.0, 1.0, 3.0}, {0.0, -0.5, 0.5}};
  auto sum = of({all[0]}, 1);
  sum.refused = 2;
  auto rest = of({all[1], all[2]}, 1);
  rest.failed = 3;
  rest.refused = 1;
  sum += rest;
  const auto r = metapool::detail::performance_of("m", interval_target::mean, sum), whole = metapool::detail::performance_of("m", interval_target::mean, of(all, 1));
  CHECK(r.refused == 3);
  CHECK(r.failed == 3);
  CHECK(r.replicates == 3);
  CHECK(r.coverage->value == whole.coverage->value);
  CHECK(r.rejection->value == whole.rejection->value);
  CHECK(r.mse->error == whole.mse->error);
  CHECK(*r.median_width == *whole.median_width);
}
