// SPDX-License-Identifier: BSL-1.0
// The fewest changes that bounds on Mantel and Haenszel's sums do not exclude: beside all tables there are.
#include "support/close.hpp"
#include "support/fragility_by_tables.hpp"
#include "support/published.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/sensitivity/fragility_mantel_haenszel.hpp>

#include <array>
#include <cmath>
#include <concepts>
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
using metapool_test::small_trials;
using metapool_test::sums_of_tables;
using metapool_test::table_sums;
using metapool_test::trial_set;
using metapool_test::trial;

namespace {

/// Written anew, from the papers: of one table with what is added.
table_sums sums_of(const risk_ratio&, double a, double b, double c, double d) {
  const double n1 = a + b, n2 = c + d, n = n1 + n2;
  return {a * n2 / n, c * n1 / n, ((a + c) * n1 * n2 - a * c * n) / (n * n)};
}
table_sums sums_of(const odds_ratio&, double a, double b, double c, double d) {
  const double n = a + b + c + d, p = (a + d) / n, q = (b + c) / n, r = a * d / n, s = b * c / n;
  return {r, s, p * r, p * s + q * r, q * s};
}
table_sums sums_of(const risk_difference&, double a, double b, double c, double d) {
  const double n1 = a + b, n2 = c + d, n = n1 + n2;
  return {(a * n2 - c * n1) / n, n1 * n2 / n, (n1 * n1 * c - n2 * n2 * a + n1 * n2 * (n2 - n1) / 2) / (n * n), (a * d + b * c) / (2 * n)};
}

/// Estimate and standard error; the latter 0 if they are not determined.
std::array<double, 2> estimate(const risk_ratio&, const table_sums& s) {
  if (!(s[0] > 0 && s[1] > 0)) return {};
  return {std::log(s[0] / s[1]), std::sqrt(s[2] / (s[0] * s[1]))};
}
std::array<double, 2> estimate(const odds_ratio&, const table_sums& s) {
  if (!(s[0] > 0 && s[1] > 0)) return {};
  return {std::log(s[0] / s[1]), std::sqrt(s[2] / (2 * s[0] * s[0]) + s[3] / (2 * s[0] * s[1]) + s[4] / (2 * s[1] * s[1]))};
}
std::array<double, 2> estimate(const risk_difference&, const table_sums& s) {
  const double d = s[0] / s[1], v = (d * s[2] + s[3]) / (s[1] * s[1]);
  return {d, v > 1e-12 ? std::sqrt(v) : 0};
}

/// What a policy adds to the arms of a table; zero: whether it has a zero cell.
std::array<double, 2> added(const no_correction&, bool, double, double) { return {}; }
std::array<double, 2> added(const constant_correction& p, bool zero, double, double) { return zero || p.when == correct_when::all ? std::array{p.add, p.add} : std::array{0.0, 0.0}; }
std::array<double, 2> added(const treatment_arm_correction&, bool zero, double n1, double n2) { return zero ? std::array{n1 / (n1 + n2), n2 / (n1 + n2)} : std::array{0.0, 0.0}; }

template <class Measure, class Policy>
sums_of_tables sums_by_table(const binary_trial<>& t, const Measure& measure, const Policy& policy) {
  sums_of_tables all;
  const double n1 = *t.treated.total, n2 = *t.control.total;
  for (double a = 0; a <= n1; ++a) {
    for (double c = 0; c <= n2; ++c) {
      const bool none = a == 0 && c == 0, full = a == n1 && c == n2;
      const auto x = added(policy, a == 0 || c == 0 || a == n1 || c == n2, n1, n2);
      auto s = sums_of(measure, a + x[0], n1 - a + x[0], c + x[1], n2 - c + x[1]);
      const bool drop = policy.double_zeros == double_zero::drop;
      if ((none && (drop || !std::same_as<Measure, risk_difference>)) || (full && (drop || std::same_as<Measure, odds_ratio>))) s = {};
      all.push_back(s);
    }
  }
  return all;
}

/// Never sure that tables which are said not to reach the goal do not.
template <class Source>
struct unsure : Source {
  using Source::Source;
  static constexpr bool complete() { return false; }
};

struct tally {
  int unstated = 0, large = 0, lost = 0, gained = 0;
};

template <class Measure, class Policy>
void compare(const trial_set& t, const Measure& measure, const Policy& policy, double level, double no_effect, tally& seen) {
  detail::mantel_haenszel_judgement<double, Measure, wald_z, Policy> judge{measure, wald_z{level}, policy};
  bounds_alone<decltype(judge)> alone(t, judge);
  alone.searcher.no_effect = no_effect;
  const fragility_verdict<double> now = alone.searcher.look();
  if (!now.stated) {
    ++seen.unstated;
    return;
  }
  const double z = detail::normal_critical<double>(level);
  std::vector<sums_of_tables> sums;
  std::size_t patients = 0;
  for (const auto& x : t) {
    sums.push_back(sums_by_table(x, measure, policy));
    patients += static_cast<std::size_t>(*x.treated.total + *x.control.total);
  }
  for (const fragility_goal goal : {fragility_goal::not_significant, fragility_goal::significant_below, fragility_goal::significant_above}) {
    if (now.significant != (goal == fragility_goal::not_significant)) continue;
    std::size_t least = by_all_tables(t, sums, [&](const table_sums& s) {
      const auto [mean, se] = estimate(measure, s);
      if (!(se > 0)) return false;
      const bool below = mean + z * se < no_effect, above = mean - z * se > no_effect;
      return goal == fragility_goal::not_significant ? !below && !above : goal == fragility_goal::significant_below ? below : above;
    });
    if (least > patients) least = patients + 1;
    const climb_question q{.loss = now.significant, .below = now.significant ? now.to_below < now.to_above : goal == fragility_goal::significant_below, .from = 1, .end = patients + 1};
    const climb_answer a = detail::climb_mantel_haenszel<double>(alone.searcher, measure, policy, no_effect, z, q, alone.attempt(goal));
    CHECK(a.least == least);
    if (q.below) {  // the bounds do not exclude tables that are there, whatever is tried
      const detail::climbed_trials<double> all(alone.searcher);
      using cubics = unsure<detail::fragility_cubics<double, Measure, Policy>>;
      cubics source(all.tables, all.rooms, policy);
      const detail::fragility_ratio ratio{cubics::kind, !q.loss, z, no_effect};
      detail::fragility_climb<cubics> climb(source, ratio);
      climb.most_work = 1e6;
      CHECK(climb.least(1, q.end, [](const auto&) { return std::size_t(0); }) <= least);
    }
    seen.large += least > 6 && least <= patients;
    ++(now.significant ? seen.lost : seen.gained);
  }
}

template <class Measure, class Policy>
void compare_best(draws& draw, const Measure& measure, const Policy& policy) {
  const int n = 3 + draw(9), m = 3 + draw(9), a = draw(n + 1), c = draw(m + 1);
  const two_by_two<double> table{double(a), double(n - a), double(c), double(m - c)};
  detail::fragility_range room{{-a, -c}, {n - a, m - c}};
  using cubics = detail::fragility_cubics<double, Measure, Policy>;
  cubics source({table}, {room}, policy);
  const sums_of_tables anew = sums_by_table(trial("", a, n, c, m), measure, policy);
  const auto sums = [&](const detail::fragility_move& move) {
    const table_sums& s = anew[static_cast<std::size_t>((a + move.treated) * (m + 1) + c + move.control)];
    return cubics::kind == detail::ratio_kind::odds_ratio ? detail::ratio_terms{s[0], s[1], s[2], s[4]} : detail::ratio_terms{s[0], s[1], s[2], s[3]};
  };
  detail::ratio_form f;
  for (double& x : f.on) x = (draw(2001) - 1000) / 1000.0;
  source.prepare(f.on);
  if (draw(2) == 0 && n - a > 1) room.high.treated = 1;  // part of the room
  int wrong = 0;
  for (std::size_t cost = 0; cost <= source.room(0).most_cost(); ++cost) {
    double most = -INFINITY;
    room.each_at(cost, [&](const detail::fragility_move& move) {
      const auto t = source.terms(0, move), other = sums(move);
      for (std::size_t j = 0; j < t.size(); ++j) wrong += std::fabs(t[j] - other[j]) > 1e-12;
      wrong += move.cost() != cost;
      most = std::fmax(most, f(other));
    });
    detail::fragility_move best;
    const double found = source.best(0, cost, room, best);
    wrong += !(found == most || std::fabs(found - most) < 1e-11);
    if (most > -INFINITY) wrong += std::fabs(f(sums(best)) - most) > 1e-11;
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("The largest value of a linear function of the sums at every cost is that of all tables at that cost") {
  draws draw;
  for (int i = 0; i < 40; ++i) {
    compare_best(draw, risk_ratio{}, no_correction{});
    compare_best(draw, odds_ratio{}, no_correction{});
    compare_best(draw, risk_difference{}, no_correction{double_zero::drop});
    compare_best(draw, odds_ratio{}, treatment_arm_correction{});
    compare_best(draw, odds_ratio{}, constant_correction{.when = correct_when::all});
    compare_best(draw, risk_ratio{}, constant_correction{});
  }
}

TEST_CASE("The fewest changes that bounds on Mantel and Haenszel's sums do not exclude are the fewest of all tables") {
  draws draw;
  tally seen;
  for (int i = 0; i < 12; ++i) {
    const trial_set t = small_trials(draw, i);
    const double level = i % 4 == 1 ? 0.95 : i % 2 == 0 ? 0.8 : 0.5;
    compare(t, risk_ratio{}, no_correction{}, level, 0, seen);
    compare(t, odds_ratio{}, no_correction{}, level, 0, seen);
    compare(t, risk_difference{}, no_correction{}, level, 0, seen);
    compare(t, risk_ratio{}, constant_correction{}, level, -0.1, seen);
    compare(t, odds_ratio{}, treatment_arm_correction{}, level, 0.2, seen);
    compare(t, odds_ratio{}, constant_correction{.when = correct_when::all}, level, 0, seen);
    compare(t, risk_difference{}, no_correction{double_zero::drop}, level, 0.05, seen);
  }
  CHECK(seen.lost > 15);
  CHECK(seen.gained > 60);
  CHECK(seen.large > 2);
}

TEST_CASE("Tables without any variance, which reach nothing, do not keep the bounds from an end") {
  const trial_set t{trial("", 1, 2, 0, 1)};  // at 2/2 and 0/1 the difference is 1, and its variance 0
  const fragility_options by_bounds{.no_effect = 0.133, .max_evaluations = 0};
  const auto r = fragility_mantel_haenszel(t, risk_difference{}, wald_z{0.99}, by_bounds);
  CHECK(r.proven);
  CHECK(!r.index);
  CHECK(r.boxes < 5000);
}

TEST_CASE("Significance may be lost by tables whose estimate lies beyond no effect") {
  tally seen;
  compare({trial("", 4, 5, 1, 1), trial("", 0, 1, 1, 3)}, risk_ratio{}, no_correction{}, 0.2, 0, seen);
  CHECK(seen.lost == 1);
}
