// SPDX-License-Identifier: BSL-1.0
// The searches behind fragility: single changes one after the other, and all changes of a given number.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/error.hpp>
#include <metapool/inference/result.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <vector>

namespace metapool::detail {

/// What a judgement says of one set of tables, and how far it is from each other conclusion (a distance of 0 or less is that conclusion).
template <class Real>
struct fragility_verdict {
  bool stated = false;  ///< false if nothing came out: an error, NaN, an empty interval
  bool significant = false;
  Real to_null{}, to_below{}, to_above{};
};

template <class V>
concept with_limits = requires(const V& v) {
  v.lower;
  v.upper;
};

/// From a p-value, or from anything with lower and upper.
template <class Real, class V>
fragility_verdict<Real> verdict_of(const V& v, double alpha, double no_effect) {
  fragility_verdict<Real> r;
  if constexpr (with_limits<V>) {
    if constexpr (requires { v.state == interval_state::empty_set; }) {
      if (v.state == interval_state::empty_set) return r;
    }
    const Real lower = v.lower, upper = v.upper, none = Real(no_effect);
    if (!(lower <= upper)) return r;
    r.stated = true;
    r.significant = lower > none || upper < none;
    r.to_null = (std::max)(Real(lower - none), Real(none - upper));
    r.to_below = upper - none;
    r.to_above = none - lower;
  } else {
    const Real p = static_cast<Real>(v);
    if (!(p >= 0)) return r;
    r.stated = true;
    r.significant = p < Real(alpha);
    r.to_null = Real(alpha) - p;
    r.to_below = r.to_above = p - Real(alpha);
  }
  return r;
}

/// One arm whose events may change.
template <class Real>
struct fragility_arm {
  std::size_t trial = 0;
  bool treated = true;
  Real events{};
  std::size_t fewer = 0, more = 0;  ///< how many events may become non-events, and the other way round
  long long change = 0;
  std::size_t room() const { return (std::max)(fewer, more); }
};

/// Which conclusion is looked for.
enum class fragility_goal { not_significant, significant, significant_below, significant_above };

template <class Real, class Judge>
struct fragility_searcher {
  std::vector<binary_trial<Real>>& tables;
  Judge& judge;
  std::vector<fragility_arm<Real>> arms{};
  double alpha = 0.05;
  double no_effect = 0;
  std::size_t evaluations = 0;
  std::size_t unstated = 0;

  fragility_verdict<Real> look() {
    ++evaluations;
    fragility_verdict<Real> v;
    try {
      v = verdict_of<Real>(judge(static_cast<const std::vector<binary_trial<Real>>&>(tables)), alpha, no_effect);
    } catch (const error&) {  // these tables leave the method without an answer: no conclusion, so none that is overturned
    }
    unstated += v.stated ? 0 : 1;
    return v;
  }

  void set(fragility_arm<Real>& arm, long long change) {
    arm.change = change;
    binary_trial<Real>& t = tables[arm.trial];
    (arm.treated ? t.treated : t.control).events = Real(arm.events + Real(change));
  }

  static Real distance(const fragility_verdict<Real>& v, fragility_goal goal) {
    switch (goal) {
      case fragility_goal::not_significant: return v.to_null;
      case fragility_goal::significant_below: return v.to_below;
      case fragility_goal::significant_above: return v.to_above;
      case fragility_goal::significant: break;
    }
    return (std::min)(v.to_below, v.to_above);
  }

  static bool reached(const fragility_verdict<Real>& v, fragility_goal goal) {
    if (!v.stated) return false;
    switch (goal) {
      case fragility_goal::not_significant: return !v.significant;
      case fragility_goal::significant: return v.significant;
      case fragility_goal::significant_below: return v.significant && v.to_below < 0;
      case fragility_goal::significant_above: return v.significant && v.to_above < 0;
    }
    return false;
  }

  void restore() {
    for (auto& arm : arms) set(arm, 0);
  }

  std::vector<long long> changes() const {
    std::vector<long long> all;
    all.reserve(arms.size());
    for (const auto& arm : arms) all.push_back(arm.change);
    return all;
  }

  /// Atal's search: the one change that brings the conclusion nearest to the goal is made and kept, until the goal is reached. No arm goes back on its
  /// way. The number of steps, at most `limit`, with the arms as they are then; empty if no step is left.
  std::optional<std::size_t> greedy(fragility_goal goal, std::size_t limit) {
    restore();
    for (std::size_t step = 1; step <= limit; ++step) {
      fragility_arm<Real>* best = nullptr;
      long long best_change = 0;
      Real nearest{};
      bool arrived = false;
      for (auto& arm : arms) {
        const long long now = arm.change;
        for (const long long by : {1LL, -1LL}) {
          if ((now > 0 && by < 0) || (now < 0 && by > 0)) continue;
          const std::size_t used = static_cast<std::size_t>(now < 0 ? -now : now);
          if (used >= (by > 0 ? arm.more : arm.fewer)) continue;
          set(arm, now + by);
          const fragility_verdict<Real> v = look();
          if (!v.stated) continue;
          const Real d = distance(v, goal);
          if (best == nullptr || d < nearest) {
            best = &arm;
            best_change = now + by;
            nearest = d;
            arrived = reached(v, goal);
          }
        }
        set(arm, now);
      }
      if (best == nullptr) return std::nullopt;
      set(*best, best_change);
      if (arrived) return step;
    }
    return std::nullopt;
  }

  /// How many different sets of tables are `count` changes away, not counted beyond `most`: points of integer coordinates at that distance.
  std::size_t ways(std::size_t count, std::size_t most) const {
    std::vector<std::size_t> sum(count + 1, 0);
    sum[0] = 1;
    for (const auto& arm : arms) {
      for (std::size_t n = count + 1; n-- > 0;) {
        std::size_t total = sum[n];
        for (std::size_t m = 1; m <= n && m <= arm.room() && total <= most; ++m) {
          const std::size_t signs = (m <= arm.more ? 1u : 0u) + (m <= arm.fewer ? 1u : 0u);
          total = sum[n - m] > most ? most + 1 : total + signs * sum[n - m];
        }
        sum[n] = (std::min)(total, most + 1);
      }
    }
    return sum[count];
  }

  /// Every set of tables `left` changes away in the arms from `first` on; true, with the arms as they are then, at the first that reaches the goal.
  bool every(fragility_goal goal, std::size_t left, std::size_t first = 0) {
    if (left == 0) return reached(look(), goal);
    for (std::size_t j = first; j < arms.size(); ++j) {
      auto& arm = arms[j];
      for (std::size_t m = 1; m <= left && m <= arm.room(); ++m) {
        const long long change = static_cast<long long>(m);
        if (m <= arm.more) {
          set(arm, change);
          if (every(goal, left - m, j + 1)) return true;
        }
        if (m <= arm.fewer) {
          set(arm, -change);
          if (every(goal, left - m, j + 1)) return true;
        }
      }
      set(arm, 0);
    }
    return false;
  }
};

}  // namespace metapool::detail
