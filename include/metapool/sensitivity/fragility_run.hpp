// SPDX-License-Identifier: BSL-1.0
// The course of fragility(): the verdict on the tables as they are, greedy search, exchanges or bounds, trial of all.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/sensitivity/fragility_bounds.hpp>
#include <metapool/sensitivity/fragility_climbed.hpp>
#include <metapool/sensitivity/fragility_exchange.hpp>
#include <metapool/sensitivity/fragility_result.hpp>
#include <metapool/sensitivity/fragility_search.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

struct no_bounds {
  static constexpr bool available = false;
};

/// How many changes these are, by arm, if they reach the goal, which is then noted; otherwise 0.
template <class Real, class Judge>
std::size_t attempt_of_fragility(fragility_searcher<Real, Judge>& searcher, fragility_goal goal, const std::vector<long long>& changes, std::vector<long long>& witness,
                                 fragility_result<Real>& result) {
  std::size_t cost = 0;
  for (std::size_t j = 0; j < changes.size(); ++j) {
    searcher.set(searcher.arms[j], changes[j]);
    cost += static_cast<std::size_t>(changes[j] < 0 ? -changes[j] : changes[j]);
  }
  if (cost == 0 || !searcher.reached(searcher.look(), goal)) return 0;
  result.index = cost;
  witness = changes;
  return cost;
}

/// Lowers the index and raises at_least by bounds on ratios of sums.
template <class Real, class Judge, class Bounds>
void climbs_of_fragility(fragility_searcher<Real, Judge>& searcher, const std::vector<fragility_goal>& goals, const fragility_options& options, const Bounds& bounds,
                         std::vector<long long>& witness, fragility_result<Real>& result, std::size_t most) {
  searcher.restore();
  const fragility_verdict<Real> now = searcher.look();
  const auto end = [&] { return result.index ? *result.index : most + 1; };
  double work = options.max_bounds;
  std::size_t least = most + 1, goals_left = goals.size();
  for (const fragility_goal goal : goals) {
    climb_question q;
    q.loss = result.significant;
    q.below = result.significant ? now.to_below < now.to_above : goal == fragility_goal::significant_below;
    q.from = result.at_least;
    q.end = end();
    q.most_work = work / static_cast<double>(goals_left--);  // as much for each side, and what one leaves for the next
    const climb_answer a = bounds.climb(searcher, q, [&](const std::vector<long long>& changes) { return attempt_of_fragility(searcher, goal, changes, witness, result); });
    least = (std::min)(least, a.least);
    work -= a.work;
    result.boxes += a.boxes;
  }
  result.at_least = (std::max)(result.at_least, (std::min)(least, end()));
}

/// Lowers the index, and raises at_least, by bounds: first for one change less than the index, and if that cannot be decided for fewer.
template <class Real, class Judge, class Bounds>
void bounds_of_fragility(fragility_searcher<Real, Judge>& searcher, const std::vector<fragility_goal>& goals, const fragility_options& options, Bounds& bounds,
                         std::vector<long long>& witness, fragility_result<Real>& result, std::size_t most) {
  double work = options.max_bounds;
  std::size_t n = result.index ? *result.index - 1 : most;
  const auto mean_of = [&](const std::vector<long long>& changes) {  // of symmetric intervals; the judgement keeps tau2
    for (std::size_t j = 0; j < changes.size(); ++j) searcher.set(searcher.arms[j], changes[j]);
    const fragility_verdict<Real> v = searcher.look();
    return static_cast<double>(Real(v.to_below - v.to_above)) / 2;
  };
  const double original = mean_of(std::vector<long long>(searcher.arms.size(), 0));
  while (n >= result.at_least && work > options.max_bounds / 64) {
    bool unknown = false;
    for (const fragility_goal goal : goals) {
      const bool below = result.significant ? original < 0 : goal == fragility_goal::significant_below;
      const double near = witness.empty() ? original : mean_of(witness);
      double share = work / 2;
      const bound_outcome outcome = bounds.decide(searcher, result.significant, below, n, result.at_least, near, share, result.boxes, [&](const std::vector<long long>& changes) -> std::size_t {
        return attempt_of_fragility(searcher, goal, changes, witness, result);
      });
      work -= work / 2 - share;
      unknown = outcome == bound_outcome::unknown;
      if (unknown) break;
    }
    if (!unknown) {
      result.at_least = n + 1;
      break;
    }
    n = n * 3 / 4;
  }
}

/// fragility() with bounds: bounds.decide(...) of bounds that are `available` says whether n changes can reach the goal.
template <binary_trials Trials, class Judge, class Bounds>
auto find_fragility(const Trials& trials, Judge& judge, const fragility_options& options, Bounds& bounds) -> fragility_result<typename trial_type<Trials>::real_type> {
  using Real = typename trial_type<Trials>::real_type;
  constexpr const char* function = "fragility";
  if (!(options.alpha > 0 && options.alpha < 1)) throw_input_error(function, "alpha = " + to_text(options.alpha) + " must lie strictly between 0 and 1");
  if (!is_finite(options.no_effect)) throw_input_error(function, "no_effect must be a finite number");
  fragility_result<Real> result;
  std::vector<binary_trial<Real>> tables(std::begin(trials), std::end(trials));
  if (tables.empty()) throw_input_error(function, "no studies");

  fragility_searcher<Real, Judge> searcher{tables, judge};
  searcher.alpha = options.alpha;
  searcher.no_effect = options.no_effect;
  std::size_t most = 0;  // as many changes as there are patients, or more than are asked for
  for (std::size_t i = 0; i < tables.size(); ++i) {
    check(tables[i], function);
    if (!is_complete(tables[i])) continue;
    for (const bool treated : {true, false}) {
      const binary_arm<Real>& arm = treated ? tables[i].treated : tables[i].control;
      result.patients += *arm.total;
      if (treated ? options.arms == fragility_arms::control : options.arms == fragility_arms::treated) continue;
      const auto whole = [&](const Real& x) { return x < Real(options.max_changes) ? static_cast<std::size_t>(x) : options.max_changes; };
      fragility_arm<Real> a{i, treated, *arm.events, whole(*arm.events), whole(Real(*arm.total - *arm.events)), 0};
      most += (std::min)(options.max_changes - (std::min)(most, options.max_changes), a.room());
      searcher.arms.push_back(a);
    }
  }
  using judged = decltype(judge(static_cast<const std::vector<binary_trial<Real>>&>(tables)));
  const auto first = judge(static_cast<const std::vector<binary_trial<Real>>&>(tables));
  const fragility_verdict<Real> original = verdict_of<Real>(first, options.alpha, options.no_effect);
  ++searcher.evaluations;
  if (!original.stated) throw_not_estimable(function, "there is no conclusion to overturn: no interval or p-value on the trials as they are");
  result.significant = original.significant;

  std::vector<fragility_goal> goals{fragility_goal::not_significant};
  fragility_goal goal = goals.front();
  if (!original.significant) {
    fragility_direction side = options.direction;
    if constexpr (!with_limits<judged>) {
      if (side != fragility_direction::either) throw_input_error(function, "a direction needs an interval, and this judgement is a p-value");
      goals = {fragility_goal::significant};
    } else {
      if (side == fragility_direction::as_estimated) {
        if constexpr (requires { first.estimate; }) {
          side = first.estimate < Real(options.no_effect) ? fragility_direction::below : fragility_direction::above;
        } else {
          throw_input_error(function, "the side of the estimate is asked for, and this judgement has no estimate");
        }
      }
      goals = {fragility_goal::significant_below, fragility_goal::significant_above};
      if (side == fragility_direction::below) goals.pop_back();
      if (side == fragility_direction::above) goals.erase(goals.begin());
    }
    goal = goals.size() == 2 ? fragility_goal::significant : goals.front();
  }

  std::vector<long long> witness;
  fragility_goal found = goal;
  for (const fragility_goal each : goals) {
    const std::size_t limit = result.index ? *result.index - 1 : most;
    const std::optional<std::size_t> steps = searcher.greedy(each, limit);
    if (!steps) continue;
    result.index = result.greedy = steps;
    witness = searcher.changes();
    found = each;
  }
  if (options.search == fragility_search::exact) {
    const std::size_t budget = (std::min)(options.max_evaluations, static_cast<std::size_t>(1) << 40);
    std::size_t spent = 0;
    // all tables at `at_least` changes: false if these are more than can be judged
    const auto try_all = [&](std::size_t affordable) {
      const std::size_t ways = searcher.ways(result.at_least, budget);
      if (ways > affordable || ways > budget - spent) return false;
      spent += ways;
      searcher.restore();
      if (searcher.every(goal, result.at_least)) {
        result.index = result.at_least;
        witness = searcher.changes();
      } else {
        ++result.at_least;
      }
      return true;
    };
    const auto left = [&] { return result.index ? *result.index > result.at_least : result.at_least <= most; };
    const auto tried_all = [&](std::size_t affordable) {
      while (left() && try_all(affordable)) {
      }
      return !left();
    };
    bool bounded = false;
    if constexpr (Bounds::available) bounded = bounds.applies();
    if (result.index && !bounded) {
      for (std::size_t j = 0; j < witness.size(); ++j) searcher.set(searcher.arms[j], witness[j]);
      result.index = fragility_exchange<Real, Judge>(searcher, found, options.max_evaluations).fewest();
      witness = searcher.changes();
    }
    if constexpr (Bounds::available) {
      // few ways to change less than the greedy search are soon tried
      std::size_t ways = 0;
      const std::size_t few = 2000, end = result.index ? *result.index : most + 1;
      for (std::size_t n = result.at_least; n < end && ways <= few; ++n) ways += searcher.ways(n, few);
      if (ways <= few) tried_all(few);
      if (left() && bounded) {
        if constexpr (Bounds::climbs) {
          climbs_of_fragility(searcher, goals, options, bounds, witness, result, most);
        } else {
          bounds_of_fragility(searcher, goals, options, bounds, witness, result, most);
        }
      }
    }
    tried_all(budget);
  }
  result.proven = result.index ? *result.index == result.at_least : result.at_least > most && most < options.max_changes;
  result.evaluations = searcher.evaluations;
  result.unstated = searcher.unstated;
  if (!result.index) return result;

  result.quotient = Real(*result.index) / result.patients;
  searcher.restore();
  for (std::size_t j = 0; j < witness.size(); ++j) {
    if (witness[j] == 0) continue;
    const auto& arm = searcher.arms[j];
    searcher.set(searcher.arms[j], witness[j]);
    if (result.changes.empty() || result.changes.back().trial != arm.trial) result.changes.push_back({arm.trial, tables[arm.trial].label, 0, 0});
    (arm.treated ? result.changes.back().treated : result.changes.back().control) = witness[j];
  }
  result.tables = std::move(tables);
  return result;
}

}  // namespace metapool::detail
