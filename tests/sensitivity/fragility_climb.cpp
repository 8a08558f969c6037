// SPDX-License-Identifier: BSL-1.0
// The fewest changes that are not excluded, of estimates that are a ratio of sums: beside all tables there are.
#include "support/close.hpp"
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
#include <cstdlib>
#include <vector>

using namespace metapool;
using detail::climb_answer;
using detail::climb_question;
using detail::fragility_goal;
using detail::fragility_verdict;
using metapool_test::trial;

namespace {

using tables = std::vector<binary_trial<>>;

struct draws {
  unsigned long long state = 5;
  int operator()(int below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<int>((state >> 33) % static_cast<unsigned long long>(below));
  }
};

/// What each table of one trial adds to the sums of a mean by inverse variance: w y and w; nothing if it is not pooled.
template <class Measure, class Policy>
std::vector<std::vector<double>> sums_by_table(const binary_trial<>& t, const Measure& measure, const Policy& policy) {
  std::vector<std::vector<double>> all;
  for (int a = 0; a <= *t.treated.total; ++a) {
    for (int c = 0; c <= *t.control.total; ++c) {
      const auto e = effect_sizes(tables{trial("", a, *t.treated.total, c, *t.control.total)}, measure, policy);
      all.push_back(e.y.empty() ? std::vector<double>{0, 0} : std::vector<double>{e.y[0] / e.v[0], 1 / e.v[0]});
    }
  }
  return all;
}

/// The fewest changes from `start` to tables of which reached(sums) holds, over all tables with the same totals; one more than all patients if there are none.
template <class Reached>
std::size_t by_all_tables(const tables& start, const std::vector<std::vector<std::vector<double>>>& sums, const Reached& reached, std::size_t trial = 0, std::size_t cost = 0,
                          std::vector<double> sum = {}, std::size_t best = 1000000) {
  if (trial == start.size()) return reached(sum) && cost > 0 && cost < best ? cost : best;
  const binary_trial<>& t = start[trial];
  std::size_t place = 0;
  for (int a = 0; a <= *t.treated.total; ++a) {
    for (int c = 0; c <= *t.control.total; ++c, ++place) {
      const std::size_t now = cost + static_cast<std::size_t>(std::abs(a - static_cast<int>(*t.treated.events)) + std::abs(c - static_cast<int>(*t.control.events)));
      if (now >= best) continue;
      std::vector<double> next = sums[trial][place];
      for (std::size_t j = 0; j < sum.size(); ++j) next[j] += sum[j];
      best = by_all_tables(start, sums, reached, trial + 1, now, next, best);
    }
  }
  return best;
}

/// A search whose judgement is that of the library, for the bounds alone.
template <class Judge>
struct bounds_alone {
  tables now;
  Judge judge;
  std::vector<long long> reached{};
  detail::fragility_searcher<double, Judge> searcher{now, judge};

  bounds_alone(const tables& t, const Judge& j) : now(t), judge(j) {
    for (std::size_t i = 0; i < now.size(); ++i) {
      for (const bool treated : {true, false}) {
        const auto& arm = treated ? t[i].treated : t[i].control;
        searcher.arms.push_back({i, treated, *arm.events, static_cast<std::size_t>(*arm.events), static_cast<std::size_t>(*arm.total - *arm.events), 0});
      }
    }
  }
  bounds_alone(const bounds_alone&) = delete;
  bounds_alone& operator=(const bounds_alone&) = delete;

  auto attempt(fragility_goal goal) {
    return [this, goal](const std::vector<long long>& changes) -> std::size_t {
      std::size_t cost = 0;
      for (std::size_t j = 0; j < changes.size(); ++j) {
        searcher.set(searcher.arms[j], changes[j]);
        cost += static_cast<std::size_t>(std::llabs(changes[j]));
      }
      return cost > 0 && searcher.reached(searcher.look(), goal) ? cost : 0;
    };
  }
};

struct tally {
  int less = 0, large = 0, lost = 0, gained = 0, never = 0;
};

/// The bounds on a common effect beside all tables, in each direction.
template <class Measure, class Policy>
void compare_common_effect(const tables& t, const Measure& measure, const Policy& policy, double level, double no_effect, tally& seen) {
  const auto judge = [&](const tables& x) { return infer(common_effect(effect_sizes(x, measure, policy)), wald_z{level}); };
  bounds_alone<decltype(judge)> alone(t, judge);
  alone.searcher.no_effect = no_effect;
  const fragility_verdict<double> now = alone.searcher.look();
  if (!now.stated) return;
  const double z = detail::normal_critical<double>(level);
  std::vector<std::vector<std::vector<double>>> sums;
  std::size_t patients = 0;
  for (const auto& x : t) {
    sums.push_back(sums_by_table(x, measure, policy));
    patients += static_cast<std::size_t>(*x.treated.total + *x.control.total);
  }
  const auto upper = [&](const std::vector<double>& s) { return s[0] - no_effect * s[1] + z * std::sqrt(s[1]); };
  const auto lower = [&](const std::vector<double>& s) { return s[0] - no_effect * s[1] - z * std::sqrt(s[1]); };
  for (const fragility_goal goal : {fragility_goal::not_significant, fragility_goal::significant_below, fragility_goal::significant_above}) {
    if (now.significant != (goal == fragility_goal::not_significant)) continue;
    const std::size_t least = by_all_tables(t, sums, [&](const std::vector<double>& s) {
      if (!(s[1] > 0)) return false;
      if (goal == fragility_goal::not_significant) return upper(s) >= 0 && lower(s) <= 0;
      return goal == fragility_goal::significant_below ? upper(s) < 0 : lower(s) > 0;
    });
    const climb_question q{.loss = now.significant, .below = now.significant ? now.to_below < now.to_above : goal == fragility_goal::significant_below, .from = 1, .end = patients + 1};
    const climb_answer a = detail::climb_weighted_mean<double>(alone.searcher, measure, policy, 0.0, no_effect, z, q, alone.attempt(goal));
    CHECK(a.least <= (least > patients ? patients + 1 : least));
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
  for (int i = 0; i < 30; ++i) {
    tables t;
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
  CHECK(seen.lost > 40);
  CHECK(seen.gained > 100);
  CHECK(seen.large > 20);
  CHECK(seen.never > 3);
}

TEST_CASE("Indices of hundreds are proven for a common effect, and are far below those of the greedy search") {
  const auto bcg = metapool_test::bcg();
  const auto ratio = fragility(bcg, risk_ratio{}, fixed_tau2{0}, wald_z{}, {.max_evaluations = 0});
  CHECK(ratio.greedy == 397u);
  CHECK(ratio.index == 252u);
  CHECK(ratio.proven);
  const auto after = infer(common_effect(effect_sizes(ratio.tables, risk_ratio{})));
  CHECK(after.upper >= 0);
  CHECK(after.lower <= 0);
  const auto peto = fragility(bcg, peto_odds_ratio{}, fixed_tau2{0}, wald_z{}, {.max_evaluations = 0});
  CHECK(peto.index == 410u);
  CHECK(peto.proven);
}
