// SPDX-License-Identifier: BSL-1.0
// From the trials of a fragility search to the fewest changes that are not excluded, for estimates that are a ratio of sums.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/sensitivity/fragility_climb.hpp>
#include <metapool/sensitivity/fragility_cubics.hpp>
#include <metapool/sensitivity/fragility_fronts.hpp>
#include <metapool/sensitivity/fragility_ranges.hpp>
#include <metapool/sensitivity/fragility_ratio.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// What is asked: whether significance is lost, or gained, by fewer than `end` changes, and on which side of no effect.
struct climb_question {
  bool loss = true;
  bool below = true;  ///< loss: the side on which the estimate lies; gain: that on which it is to lie
  std::size_t from = 1, end = 1;
  double most_work = 2e8;
};

/// What came out.
struct climb_answer {
  std::size_t least = 1;  ///< the smallest number of changes that is not excluded: the end if all are
  double work = 0;
  std::size_t boxes = 0;
};

/// The trials with both counts, which may change, in a searcher's order.
template <class Real>
struct climbed_trials {
  std::vector<two_by_two<Real>> tables{};
  std::vector<fragility_range> rooms{};
  std::vector<std::array<std::size_t, 2>> arms{};  ///< of each trial: the searcher's treated and control arm, or none
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  template <class Searcher>
  explicit climbed_trials(Searcher& searcher) {
    searcher.restore();
    std::vector<std::size_t> row(searcher.tables.size(), none);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!is_complete(searcher.tables[i])) continue;
      row[i] = tables.size();
      tables.push_back(table_of(searcher.tables[i]));
      rooms.push_back({});
      arms.push_back({none, none});
    }
    for (std::size_t j = 0; j < searcher.arms.size(); ++j) {
      const auto& arm = searcher.arms[j];
      fragility_range& room = rooms[row[arm.trial]];
      (arm.treated ? room.low.treated : room.low.control) = -static_cast<std::int32_t>(arm.fewer);
      (arm.treated ? room.high.treated : room.high.control) = static_cast<std::int32_t>(arm.more);
      arms[row[arm.trial]][arm.treated ? 0 : 1] = j;
    }
  }

  two_by_two<Real> changed(std::size_t trial, const fragility_move& m) const {
    const two_by_two<Real>& t = tables[trial];
    const Real a = Real(m.treated), c = Real(m.control);
    return {t.a + a, t.b - a, t.c + c, t.d - c};
  }

  /// By arm of the searcher.
  std::vector<long long> changes(const std::vector<fragility_move>& moves, std::size_t of_all) const {
    std::vector<long long> all(of_all, 0);
    for (std::size_t i = 0; i < moves.size(); ++i) {
      if (arms[i][0] != none) all[arms[i][0]] = moves[i].treated;
      if (arms[i][1] != none) all[arms[i][1]] = moves[i].control;
    }
    return all;
  }
};

/// attempt(changes by arm): how many these are if they reach the goal, otherwise 0.
template <class Source, class Real, class Attempt>
climb_answer climb_to(Source& source, const fragility_ratio& ratio, const climb_question& q, const climbed_trials<Real>& trials, std::size_t arms, const Attempt& attempt) {
  fragility_climb<Source> climb(source, ratio);
  climb.most_work = q.most_work;
  climb_answer a;
  a.least = climb.least(q.from, q.end, [&](const std::vector<fragility_move>& moves) { return attempt(trials.changes(moves, arms)); });
  a.work = climb.work();
  a.boxes = climb.boxes;
  return a;
}

/// Of a mean by inverse variance, tau2 being given, with limits a critical value times its standard error away. Measure and policy: those of corrected_effect, to which a table is all.
template <class Real, class Searcher, class Measure, class Policy, class Attempt>
climb_answer climb_weighted_mean(Searcher& searcher, const Measure& measure, const Policy& policy, double tau2, double no_effect, double critical, const climb_question& q,
                                 const Attempt& attempt) {
  const climbed_trials<Real> trials(searcher);
  const double sign = q.below ? 1 : -1;
  const auto effect_of = [&](std::size_t trial, const fragility_move& m, double& y, double& v) {
    std::array<Real, 4> added{};
    effect<Real> e;
    const zero_cell_context<Real> alone;
    if (corrected_effect(trials.changed(trial, m), measure, policy, alone, added, e) != study_status::pooled || !(e.v > 0)) return false;
    y = sign * (static_cast<double>(e.y) - no_effect);
    v = static_cast<double>(e.v) + tau2;
    return true;
  };
  fragility_fronts<decltype(effect_of)> fronts(trials.rooms, !q.loss, effect_of);
  return climb_to(fronts, {ratio_kind::inverse_variance, !q.loss, critical, 0}, q, trials, searcher.arms.size(), attempt);
}

/// Of Mantel and Haenszel's estimator of a measure, with limits a critical value times its standard error away. Policy: one that looks at each table alone.
template <class Real, class Searcher, class Measure, class Policy, class Attempt>
climb_answer climb_mantel_haenszel(Searcher& searcher, const Measure&, const Policy& policy, double no_effect, double critical, const climb_question& q, const Attempt& attempt) {
  climbed_trials<Real> trials(searcher);
  if (!q.below) {  // the arms change places
    for (std::size_t i = 0; i < trials.tables.size(); ++i) {
      two_by_two<Real>& t = trials.tables[i];
      t = {t.c, t.d, t.a, t.b};
      fragility_range& room = trials.rooms[i];
      std::swap(room.low.treated, room.low.control);
      std::swap(room.high.treated, room.high.control);
      std::swap(trials.arms[i][0], trials.arms[i][1]);
    }
  }
  using source = fragility_cubics<Real, Measure, Policy>;
  source cubics(trials.tables, trials.rooms, policy);
  return climb_to(cubics, {source::kind, !q.loss, critical, q.below ? no_effect : -no_effect}, q, trials, searcher.arms.size(), attempt);
}

}  // namespace metapool::detail
