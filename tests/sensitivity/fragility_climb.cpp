// SPDX-License-Identifier: BSL-1.0
// The fewest changes that are not excluded, of common ratios: beside all tables there are.
#include "support/close.hpp"
#include "support/fragility_common_effect.hpp"
#include "support/published.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>

using namespace metapool;
using metapool_test::climb_tally;
using metapool_test::compare_common_effect;
using metapool_test::draws;
using metapool_test::small_trials;
using metapool_test::trial;
using metapool_test::trial_set;

TEST_CASE("The fewest changes that bounds on a common effect do not exclude are the fewest of all tables") {
  draws draw;
  climb_tally seen;
  for (int i = 0; i < 24; ++i) {
    const trial_set t = small_trials(draw, i);
    const double level = i % 5 == 0 ? 0.99 : i % 2 == 0 ? 0.8 : 0.5;
    compare_common_effect(t, risk_ratio{}, constant_correction{}, level, 0, seen);
    compare_common_effect(t, odds_ratio{}, treatment_arm_correction{}, level, 0.2, seen);
    compare_common_effect(t, risk_ratio{}, no_correction{}, level, -0.3, seen);
  }
  CHECK(seen.less == 0);
  CHECK(seen.lost > 20);
  CHECK(seen.gained > 60);
  CHECK(seen.large > 10);
  CHECK(seen.never > 1);
}

TEST_CASE("Tables that jump from one side of no effect to the other hide none that do not") {
  climb_tally seen;  // two changes lose significance; the better ones go beyond
  compare_common_effect({trial("", 10, 10, 5, 7), trial("", 4, 11, 7, 8)}, risk_ratio{}, no_correction{}, 0.5, -0.3, seen);
  // nor do they among tables that cost as much, and that they are better than
  compare_common_effect({trial("", 3, 6, 2, 5), trial("", 7, 8, 3, 3)}, risk_ratio{}, no_correction{}, 0.5, 0, seen);
  CHECK(seen.lost == 2);
  CHECK(seen.less == 0);
}
