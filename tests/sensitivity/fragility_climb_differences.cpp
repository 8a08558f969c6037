// SPDX-License-Identifier: BSL-1.0
// The fewest changes that are not excluded, of common differences and Peto's odds ratio: beside all tables there are.
#include "support/close.hpp"
#include "support/fragility_common_effect.hpp"
#include "support/published.hpp"

#include <metapool/effect/arcsine_difference.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>

using namespace metapool;
using metapool_test::climb_tally;
using metapool_test::compare_common_effect;
using metapool_test::draws;
using metapool_test::small_trials;
using metapool_test::trial_set;

TEST_CASE("The fewest changes that bounds on a common difference or Peto's odds ratio do not exclude are the fewest of all tables") {
  draws draw;
  climb_tally seen;
  for (int i = 0; i < 24; ++i) {
    const trial_set t = small_trials(draw, i);
    const double level = i % 5 == 0 ? 0.99 : i % 2 == 0 ? 0.8 : 0.5;
    compare_common_effect(t, risk_difference{}, constant_correction{.when = correct_when::all}, level, -0.05, seen);
    compare_common_effect(t, peto_odds_ratio{}, no_correction{}, level, 0, seen);
    compare_common_effect(t, arcsine_difference{}, no_correction{}, level, 0, seen);
  }
  CHECK(seen.less == 0);
  CHECK(seen.lost > 20);
  CHECK(seen.gained > 60);
  CHECK(seen.large > 0);
}
