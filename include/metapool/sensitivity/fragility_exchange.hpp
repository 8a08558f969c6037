// SPDX-License-Identifier: BSL-1.0
// Fewer changes than the greedy search finds, by exchanging one for another.
#pragma once

#include <metapool/sensitivity/fragility_search.hpp>

#include <cstddef>
#include <vector>

namespace metapool::detail {

/// Looks, from tables that reach the goal, for such with one change less, and again from there: the change is taken back without which the goal is nearest; then one change after the other
/// is exchanged for one elsewhere, whichever brings the goal nearest, until it is reached or no exchange brings it nearer. Tries every goal of greedy(), whatever judges; what it does not
/// find may exist. Changed arms times 4 arms judgements a step.
template <class Real, class Judge>
class fragility_exchange {
 public:
  using searcher_type = fragility_searcher<Real, Judge>;

  /// most: judgements.
  fragility_exchange(searcher_type& searcher, fragility_goal goal, std::size_t most) : searcher_(searcher), goal_(goal), end_(searcher.evaluations + most) {}

  /// The fewest changes found, with the arms as they are then. Precondition: the arms are at tables that reach the goal.
  std::size_t fewest() {
    std::size_t count = 0;
    for (const auto& arm : searcher_.arms) count += used(arm);
    while (count > 1 && one_less()) --count;
    return count;
  }

 private:
  using arm_type = fragility_arm<Real>;

  static std::size_t used(const arm_type& arm) { return static_cast<std::size_t>(arm.change < 0 ? -arm.change : arm.change); }
  static long long one_nearer_to_none(const arm_type& arm) { return arm.change > 0 ? arm.change - 1 : arm.change + 1; }
  bool spent() const { return searcher_.evaluations >= end_; }

  /// The distance from the goal with this change; not below `nearest` if there is no answer. reached_ is set if it is the goal.
  bool nearer(arm_type& arm, long long change, Real& nearest, bool any) {
    const long long now = arm.change;
    searcher_.set(arm, change);
    const fragility_verdict<Real> v = searcher_.look();
    searcher_.set(arm, now);
    if (!v.stated) return false;
    const Real d = searcher_type::distance(v, goal_);
    if (any && !(d < nearest)) return false;
    nearest = d;
    reached_ = searcher_type::reached(v, goal_);
    return true;
  }

  /// True with the arms at one change less; false with the arms as they were.
  bool one_less() {
    const std::vector<long long> before = searcher_.changes();
    reached_ = false;
    arm_type* taken = nullptr;
    Real distance{};
    for (auto& arm : searcher_.arms) {
      if (arm.change != 0 && nearer(arm, one_nearer_to_none(arm), distance, taken != nullptr)) taken = &arm;
    }
    if (taken != nullptr) searcher_.set(*taken, one_nearer_to_none(*taken));
    while (taken != nullptr && !reached_ && !spent() && exchange(distance)) {
    }
    if (taken != nullptr && reached_) return true;
    for (std::size_t j = 0; j < before.size(); ++j) searcher_.set(searcher_.arms[j], before[j]);
    return false;
  }

  /// Makes the one exchange that brings the goal nearest; false if none brings it nearer.
  bool exchange(Real& distance) {
    arm_type *from = nullptr, *to = nullptr;
    long long change = 0;
    for (auto& one : searcher_.arms) {
      if (one.change == 0) continue;
      const long long now = one.change;
      searcher_.set(one, one_nearer_to_none(one));
      for (auto& other : searcher_.arms) {
        if (&other == &one) continue;
        for (const long long by : {1LL, -1LL}) {
          if ((other.change > 0 && by < 0) || (other.change < 0 && by > 0) || used(other) >= (by > 0 ? other.more : other.fewer)) continue;
          if (nearer(other, other.change + by, distance, true)) {
            from = &one;
            to = &other;
            change = other.change + by;
          }
        }
      }
      searcher_.set(one, now);
    }
    if (from == nullptr) return false;
    searcher_.set(*from, one_nearer_to_none(*from));
    searcher_.set(*to, change);
    return true;
  }

  searcher_type& searcher_;
  fragility_goal goal_;
  std::size_t end_;
  bool reached_ = false;
};

}  // namespace metapool::detail
