// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/every_interval.hpp>

#include <metapool/model/random_effects.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;

TEST_CASE("intervals of the mean chosen at run time answer as when they are named, the dear ones too") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9, 0.2, 1.4}, {0.04, 0.09, 0.02, 0.3, 0.11, 0.05}), reml{});
  const nagashima draws{.draws = 500};
  CHECK(infer(fit, every_interval{draws}).upper == infer(fit, draws).upper);
  CHECK(infer(fit, every_interval{permutation{}}).p == infer(fit, permutation{}).p);
  CHECK(infer(fit, every_interval{cluster_robust{}}).upper == infer(fit, cluster_robust{}).upper);
  CHECK(infer(fit, every_interval{hartung_knapp{.floor = 1}}).upper == infer(fit, hartung_knapp{.floor = 1}).upper);
  CHECK(infer(fit, any_interval{hartung_knapp{.floor = 1}}).upper == infer(fit, hartung_knapp{.floor = 1}).upper);
}
