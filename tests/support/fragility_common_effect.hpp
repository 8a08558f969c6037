// SPDX-License-Identifier: BSL-1.0
// The fewest changes that are not excluded, of a common effect: beside all tables there are.
#pragma once

#include "support/close.hpp"
#include "support/fragility_by_tables.hpp"

#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/sensitivity/fragility.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool_test {

/// A source never sure that tables which are said not to reach the goal do not.
template <class Source>
struct unsure : Source {
  using Source::Source;
  static constexpr bool complete() { return false; }
};

struct climb_tally {
  int less = 0, large = 0, lost = 0, gained = 0, never = 0;
};

/// The bounds on a common effect beside all tables, in each direction.
template <class Measure, class Policy>
void compare_common_effect(const trial_set& t, const Measure& measure, const Policy& policy, double level, double no_effect, climb_tally& seen) {
  const auto judge = [&](const trial_set& x) { return metapool::infer(metapool::common_effect(metapool::effect_sizes(x, measure, policy)), metapool::wald_z{level}); };
  bounds_alone<decltype(judge)> alone(t, judge);
  alone.searcher.no_effect = no_effect;
  const metapool::detail::fragility_verdict<double> now = alone.searcher.look();
  if (!now.stated) return;
  const double z = metapool::detail::normal_critical<double>(level);
  std::vector<sums_of_tables> sums;
  std::size_t patients = 0;
  for (const auto& x : t) {
    sums.push_back(pooled_by_table(x, measure, policy));
    patients += static_cast<std::size_t>(*x.treated.total + *x.control.total);
  }
  const auto upper = [&](const table_sums& s) { return s[0] - no_effect * s[1] + z * std::sqrt(s[1]); };
  const auto lower = [&](const table_sums& s) { return s[0] - no_effect * s[1] - z * std::sqrt(s[1]); };
  for (const metapool::detail::fragility_goal goal : {metapool::detail::fragility_goal::not_significant, metapool::detail::fragility_goal::significant_below, metapool::detail::fragility_goal::significant_above}) {
    if (now.significant != (goal == metapool::detail::fragility_goal::not_significant)) continue;
    const std::size_t least = by_all_tables(t, sums, [&](const table_sums& s) {
      if (!(s[1] > 0)) return false;
      if (goal == metapool::detail::fragility_goal::not_significant) return upper(s) >= 0 && lower(s) <= 0;
      return goal == metapool::detail::fragility_goal::significant_below ? upper(s) < 0 : lower(s) > 0;
    });
    const metapool::detail::climb_question q{.loss = now.significant, .below = now.significant ? now.to_below < now.to_above : goal == metapool::detail::fragility_goal::significant_below, .from = 1, .end = patients + 1};
    const metapool::detail::climb_answer a = metapool::detail::climb_weighted_mean<double>(alone.searcher, measure, policy, 0.0, no_effect, z, q, alone.attempt(goal));
    CHECK(a.least <= (least > patients ? patients + 1 : least));
    if (q.below) {  // the bounds do not exclude tables that are there, whatever is tried
      const metapool::detail::climbed_trials<double> all(alone.searcher);
      const auto effect_of = [&](std::size_t i, const metapool::detail::fragility_move& m, double& y, double& v) {
        const auto place = [&](double treated, double control) { return static_cast<std::size_t>(treated * (*t[i].control.total + 1) + control); };
        const auto& s = sums[i][place(*t[i].treated.events + m.treated, *t[i].control.events + m.control)];
        if (!(s[1] > 0)) return false;
        y = s[0] / s[1] - no_effect;
        v = 1 / s[1];
        return true;
      };
      using fronts = unsure<metapool::detail::fragility_fronts<decltype(effect_of)>>;
      fronts source(all.rooms, !q.loss, effect_of);
      const metapool::detail::fragility_ratio ratio{metapool::detail::ratio_kind::inverse_variance, !q.loss, z, 0};
      metapool::detail::fragility_climb<fronts> climb(source, ratio);
      CHECK(climb.least(1, q.end, [](const auto&) { return std::size_t(0); }) <= least);
    }
    seen.less += a.least < (least > patients ? patients + 1 : least);
    seen.large += least > 6 && least <= patients;
    seen.never += least > patients;
    ++(now.significant ? seen.lost : seen.gained);
  }
}

}  // namespace metapool_test
