// SPDX-License-Identifier: BSL-1.0
// The short form of benchmarks/soak.
#include "../../benchmarks/soak/soak.hpp"

#include <doctest/doctest.h>

TEST_CASE("simulated batches without heterogeneity have the means, tails and coverage of theory, and an error of 5 % in their spread is found") {
  std::size_t judged = 0;
  for (const auto& f : metapool_soak::soak({.replicates = 20000})) {
    INFO(f.of.name << ": theory " << f.of.mean << ", seen " << f.seen << ", off " << f.off << " and " << f.worst_tenth << " standard errors");
    CHECK(f.holds());
    judged += f.judged ? 1U : 0U;
  }
  CHECK(judged >= 36);
  std::size_t broken = 0;
  for (const auto& f : metapool_soak::soak({.replicates = 10000, .spread = 1.05})) broken += f.holds() ? 0U : 1U;
  CHECK(broken >= 10);
}
