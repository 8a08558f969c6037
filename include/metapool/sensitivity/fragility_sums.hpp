// SPDX-License-Identifier: BSL-1.0
// The largest sum of one value a trial, each of which costs some of a limited number of changes.
#pragma once

#include <metapool/math/pack.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A knapsack solved exactly, trial after trial, by the largest sum for at most every number of changes.
class fragility_sums {
 public:
  /// Choices of one trial with the same cost, all pooled or none.
  struct group {
    std::size_t cost = 0, place = 0, size = 0;
    bool pooled = false;
    bool counted = false;  ///< adds one to the number of pooled trials that is fixed
  };
  std::vector<group> groups{};
  std::vector<std::size_t> first{0};  ///< of the groups of each trial
  std::size_t n = 0;                  ///< changes in all
  std::size_t layer = 0;              ///< counted trials in the sum
  std::vector<bool> switches{};       ///< which trials may be counted, and not be
  std::size_t all_switches = 0;       ///< how many
  std::vector<std::size_t> taken{};   ///< of the largest sum, one group a trial

  void clear() {
    groups.clear();
    first.assign(1, 0);
  }

  /// The largest sum of one of `top`, the values of the groups, a trial; -infinity if there is none.
  double largest(const std::vector<double>& top) {
    forward(top);
    const double found = by_changes()[n];
    taken.assign(trials(), 0);
    if (found != none) trace(top, n);
    return found;
  }

  /// The largest sums for at most 0, 1, ... n changes, which do not fall.
  std::span<const double> by_changes(const std::vector<double>& top) {
    forward(top);
    return {by_changes(), n + 1};
  }

  /// Sets `taken` to what gives the sum for at most so many changes that was found last, of the same `top`.
  void trace(const std::vector<double>& top, std::size_t changes) {
    const std::size_t k = trials();
    taken.assign(k, 0);
    std::size_t s = layer;
    for (std::size_t i = k; i-- > 0;) {
      const double* before = &forward_[i * size()];
      const double sum = before[size() + s * stride() + changes];
      for (std::size_t g = first[i]; g < first[i + 1]; ++g) {
        const std::size_t m = groups[g].cost, step = groups[g].counted ? 1 : 0;
        if (top[g] == none || m > changes || s < layers_[i].first + step || s > layers_[i].second + step || before[(s - step) * stride() + changes - m] + top[g] != sum) continue;
        taken[i] = g;
        s -= step;
        changes -= m;
        break;
      }
    }
  }

  /// By group the largest sum of all other trials with what its cost leaves.
  const std::vector<double>& others(const std::vector<double>& top) {
    const std::size_t k = trials();
    forward(top);
    backward_.assign((k + 1) * size(), none);
    std::fill_n(&backward_[k * size()], n + 1, 0.0);
    for (std::size_t i = k; i-- > 0;) add_trial(i, top, &backward_[(i + 1) * size()], &backward_[i * size()], {0, layer}, {0, layer});
    others_.assign(groups.size(), none);
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t g = first[i]; g < first[i + 1]; ++g) {
        const std::size_t step = groups[g].counted ? 1 : 0;
        if (groups[g].cost > n || step > layer) continue;
        const std::size_t room = n - groups[g].cost, in = layer - step;
        double most = none;
        for (std::size_t s = layers_[i].first; s <= (std::min)(in, layers_[i].second); ++s) {
          const double *a = &forward_[i * size() + s * stride()], *b = &backward_[(i + 1) * size() + (in - s) * stride()];
          if (a[room] == none || b[room] == none) continue;
          for (std::size_t m = 0; m <= room; ++m) most = (std::max)(most, a[m] + b[room - m]);
        }
        others_[g] = most;
      }
    }
    return others_;
  }

 private:
  static constexpr double none = -std::numeric_limits<double>::infinity();
  static constexpr std::size_t widest = 4;

  std::size_t trials() const { return first.size() - 1; }
  std::size_t stride() const { return n + 1 + widest; }  // what lies beyond n is written by whole packs and never looked at
  std::size_t size() const { return stride() * (layer + 1); }
  const double* by_changes() const { return &forward_[(trials() + 1) * size() - stride()]; }

  void forward(const std::vector<double>& top) {
    const std::size_t k = trials();
    forward_.resize((k + 1) * size());
    std::fill_n(forward_.begin(), n + 1, 0.0);
    layers_.assign(1, {0, 0});
    std::size_t seen = 0;  // trials that may or may not be counted
    for (std::size_t i = 0; i < k; ++i) {
      seen += switches[i] ? 1 : 0;
      const std::size_t to_come = all_switches - seen;
      layers_.push_back({layer > to_come ? layer - to_come : 0, (std::min)(layer, seen)});
      const auto [least, most] = layers_[i + 1];
      double* after = &forward_[(i + 1) * size()];
      for (std::size_t s = least; s <= most; ++s) std::fill_n(after + s * stride(), stride(), none);
      add_trial(i, top, &forward_[i * size()], after, layers_[i], layers_[i + 1]);
    }
  }

  /// From the layers of `before` to those of `after`, the first and the last of which are given.
  void add_trial(std::size_t i, const std::vector<double>& top, const double* before, double* after, std::pair<std::size_t, std::size_t> from_layers,
                 std::pair<std::size_t, std::size_t> to_layers) const {
    run_wide([&](auto bytes) {
      constexpr std::size_t in_pack = (std::min)(decltype(bytes)::value / sizeof(double), widest);
      using numbers = pack<double, in_pack>;
      const std::size_t row = stride(), changes = n;
      double best = none;
      bool pooled = false;
      for (std::size_t g = first[i], end = first[i + 1]; g < end; ++g) {
        const group& e = groups[g];
        const std::size_t m = e.cost, step = e.counted ? 1 : 0;
        if (m > changes || top[g] == none || (pooled == e.pooled && !(top[g] > best))) continue;  // a cheaper one is as good
        best = top[g];
        pooled = e.pooled;
        numbers add{}, from{}, to{};
        fill(add, best);
        for (std::size_t s = from_layers.first; s <= from_layers.second; ++s) {
          if (s + step < to_layers.first || s + step > to_layers.second) continue;
          const double* a = before + s * row;
          double* b = after + (s + step) * row + m;
          for (std::size_t c = 0; c + m <= changes; c += in_pack) {
            load(from, a + c);
            load(to, b + c);
            from = from + add;
            choose(to, from > to, from, to);
            store(b + c, to);
          }
        }
      }
    });
  }

  std::vector<double> forward_{}, backward_{}, others_{};
  std::vector<std::pair<std::size_t, std::size_t>> layers_{};  ///< after each number of trials: the least and the most counted ones that matter
};

}  // namespace metapool::detail
