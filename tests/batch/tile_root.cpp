// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/tile_root.hpp>

#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace mp = metapool;
using metapool_test::answers;
using metapool_test::check_random_effects;
using metapool_test::mixed;
using metapool_test::table;

TEST_CASE("the batch's Paule-Mandel is that of one meta-analysis at a time, in every kind of column") {
  check_random_effects<double>(mp::paule_mandel{}, 9, 150, 3, 30, 64);
}

TEST_CASE("the bits do not depend on the number of threads") {
  const std::size_t k = 6, m = 9001;
  const table<double> t = mixed<double>(k, m, 10, 10);
  std::vector<std::vector<double>> seen;
  for (unsigned threads : {1u, 2u, 3u}) {
    answers<double> a(m);
    mp::batch_random_effects(t.view(), mp::paule_mandel{}, mp::batch_columns<double>{.estimate = a.estimate, .lower = a.lower, .tau2 = a.tau2, .q = a.q}, {.threads = threads});
    std::vector<double> all = a.estimate;
    all.insert(all.end(), a.lower.begin(), a.lower.end());
    all.insert(all.end(), a.tau2.begin(), a.tau2.end());
    for (double& x : all) {
      if (x != x) x = -1e300;
    }
    seen.push_back(all);
  }
  CHECK(seen[0] == seen[1]);
  CHECK(seen[0] == seen[2]);
}
