// SPDX-License-Identifier: BSL-1.0
// The fewest changes that are not excluded, of estimates that are a ratio of sums: beside all tables there are.
#include "support/close.hpp"
#include "support/fragility_by_tables.hpp"
#include "support/published.hpp"

#include <metapool/effect/arcsine_difference.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/sensitivity/fragility.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using detail::climb_answer;
using detail::climb_question;
using detail::fragility_goal;
using detail::fragility_verdict;
using metapool_test::bounds_alone;
using metapool_test::by_all_tables;
using metapool_test::draws;
using metapool_test::sums_of_tables;
using metapool_test::table_sums;
using metapool_test::trial_set;
using metapool_test::trial;

namespace {

/// Never sure that tables which are said not to reach the goal do not.
template <class Source>
struct unsure : Source {
  using Source::Source;
  static constexpr bool complete() { return false; }
};

struct tally {
  int less = 0, large = 0, lost = 0, gained = 0, never = 0;
};

/// The bounds on a common effect beside all tables, in each direction.
template <class Measure, class Policy>
void compare_common_effect(const trial_set& t, const Measure& measure, const Policy& policy, double level, double no_effect, tally& seen) {
  const auto judge = [&](const trial_set& x) { return infer(common_effect(effect_sizes(x, measure, policy)), wald_z{level}); };
  bounds_alone<decltype(judge)> alone(t, judge);
  alone.searcher.no_effect = no_effect;
  const fragility_verdict<double> now = alone.searcher.look();
  if (!now.stated) return;
  const double z = detail::normal_critical<double>(level);
  std::vector<sums_of_tables> sums;
  std::size_t patients = 0;
  for (const auto& x : t) {
    sums.push_back(metapool_test::pooled_by_table(x, measure, policy));
    patients += static_cast<std::size_t>(*x.treated.total + *x.control.total);
  }
  const auto upper = [&](const table_sums& s) { return s[0] - no_effect * s[1] + z * std::sqrt(s[1]); };
  const auto lower = [&](const table_sums& s) { return s[0] - no_effect * s[1] - z * std::sqrt(s[1]); };
  for (const fragility_goal goal : {fragility_goal::not_significant, fragility_goal::significant_below, fragility_goal::significant_above}) {
    if (now.significant != (goal == fragility_goal::not_significant)) continue;
    const std::size_t least = by_all_tables(t, sums, [&](const table_sums& s) {
      if (!(s[1] > 0)) return false;
      if (goal == fragility_goal::not_significant) return upper(s) >= 0 && lower(s) <= 0;
      return goal == fragility_goal::significant_below ? upper(s) < 0 : lower(s) > 0;
    });
    const climb_question q{.loss = now.significant, .below = now.significant ? now.to_below < now.to_above : goal == fragility_goal::significant_below, .from = 1, .end = patients + 1};
    const climb_answer a = detail::climb_weighted_mean<double>(alone.searcher, measure, policy, 0.0, no_effect, z, q, alone.attempt(goal));
    CHECK(a.least <= (least > patients ? patients + 1 : least));
    if (q.below) {  // the bounds do not exclude tables that are there, whatever is tried
      const detail::climbed_trials<double> all(alone.searcher);
      const auto effect_of = [&](std::size_t i, const detail::fragility_move& m, double& y, double& v) {
        const auto place = [&](double treated, double control) { return static_cast<std::size_t>(treated * (*t[i].control.total + 1) + control); };
        const auto& s = sums[i][place(*t[i].treated.events + m.treated, *t[i].control.events + m.control)];
        if (!(s[1] > 0)) return false;
        y = s[0] / s[1] - no_effect;
        v = 1 / s[1];
        return true;
      };
      using fronts = unsure<detail::fragility_fronts<decltype(effect_of)>>;
      fronts source(all.rooms, !q.loss, effect_of);
      const detail::fragility_ratio ratio{detail::ratio_kind::inverse_variance, !q.loss, z, 0};
      detail::fragility_climb<fronts> climb(source, ratio);
      CHECK(climb.least(1, q.end, [](const auto&) { return std::size_t(0); }) <= least);
    }
    seen.less += a.least < (least > patients ? patients + 1 : least);
    seen.large += least > 6 && least <= patients;
    seen.never += least > patients;
    ++(now.significant ? seen.lost : seen.gained);
  }
}

}  // namespace

TEST_CASE("The fewest changes that bounds on a common effect do not exclude are the fewest of all tables") {
  draws draw;
  tally seen;
  for (int i = 0; i < 18; ++i) {
    trial_set t;
    const int k = i % 3 == 0 ? 3 : 2, most = k == 3 ? 3 : 9;
    for (int j = 0; j < k; ++j) {
      const int n = 3 + draw(most), m = 3 + draw(most), a = draw(n + 1), c = draw(m + 1);
      t.push_back(trial("", a, n, c, m));
    }
    const double level = i % 5 == 0 ? 0.99 : i % 2 == 0 ? 0.8 : 0.5;
    compare_common_effect(t, risk_ratio{}, constant_correction{}, level, 0, seen);
    compare_common_effect(t, odds_ratio{}, treatment_arm_correction{}, level, 0.2, seen);
    compare_common_effect(t, risk_difference{}, constant_correction{.when = correct_when::all}, level, -0.05, seen);
    compare_common_effect(t, peto_odds_ratio{}, no_correction{}, level, 0, seen);
    compare_common_effect(t, arcsine_difference{}, no_correction{}, level, 0, seen);
    compare_common_effect(t, risk_ratio{}, no_correction{}, level, -0.3, seen);
  }
  CHECK(seen.less == 0);
  CHECK(seen.lost > 20);
  CHECK(seen.gained > 60);
  CHECK(seen.large > 10);
  CHECK(seen.never > 1);
}

TEST_CASE("Tables that jump from one side of no effect to the other hide none that do not") {
  tally seen;  // two changes lose significance; the better ones go beyond
  compare_common_effect({trial("", 10, 10, 5, 7), trial("", 4, 11, 7, 8)}, risk_ratio{}, no_correction{}, 0.5, -0.3, seen);
  CHECK(seen.lost == 1);
}
