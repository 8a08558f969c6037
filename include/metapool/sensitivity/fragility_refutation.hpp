// SPDX-License-Identifier: BSL-1.0
// How many changes tables need at least whose point lies in a box of the ratio and omega.
#pragma once

#include <metapool/sensitivity/fragility_multipliers.hpp>
#include <metapool/sensitivity/fragility_ranges.hpp>
#include <metapool/sensitivity/fragility_ratio.hpp>
#include <metapool/sensitivity/fragility_sums.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace metapool::detail {

using fragility_moves = std::vector<fragility_move>;

/// A box, and what is known of the tables in it.
struct climb_box : ratio_interval {
  bounded_parts multipliers{};
  std::size_t least = 1;  ///< fewer changes do not reach the goal
  std::size_t number = 0;
  int move_splits = 0;  ///< since the ratio or omega was split
  std::shared_ptr<const std::vector<fragility_range>> in{};  ///< moves of each trial; none: its room
};

/// Raises the number of one box after the other (fragility_climb says how). Holds references: what it is made of outlives it.
template <class Source>
class fragility_refutation {
 public:
  fragility_refutation(Source& source, const fragility_ratio& ratio) : source_(source), ratio_(ratio) {}
  double work = 0;
  std::size_t end = 0;  ///< the fewest changes known to reach the goal, or one more than are asked for

  /// From now on for at most n changes.
  void begin(std::size_t n) {
    n_ = n;
    source_.reach(n_);
    const std::size_t k = source_.trials();
    sums_.clear();
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t c = 0; c <= (std::min)(n_, source_.room(i).most_cost()); ++c) sums_.groups.push_back({c, 0, 0, true, false});
      sums_.first.push_back(sums_.groups.size());
    }
    sums_.n = n_;
    sums_.switches.assign(k, false);
    top_.resize(sums_.groups.size());
    move_.resize(sums_.groups.size());
    now_ = {};
    for (std::size_t i = 0; i < k; ++i) add_terms(now_, i, {});
  }

  /// The sums of the trials as they are.
  const ratio_terms& now() const { return now_; }
  /// The tables that stand against the last box, and the limits of their points: estimate less no effect, omega.
  const std::vector<fragility_moves>& tables() const { return tables_; }
  const std::array<double, 2>& low() const { return low_; }
  const std::array<double, 2>& high() const { return high_; }

  /// Raises the number of a box; true if it need not be looked at any more. If it must, tables() stand against it, which no multipliers were found to exclude.
  template <class Attempt>
  bool raised(climb_box& b, const Attempt& attempt) {
    search_.cuts.clear();
    tables_.clear();
    low_ = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    high_ = {-low_[0], -low_[1]};
    search_.free = {ratio_.with_ratio(), true, true, false};
    measure(b);
    bounded_parts lambda;  // in units
    for (std::size_t j = 0; j < lambda.size(); ++j) lambda[j] = b.multipliers[j] * unit_[j];
    if (!search_.allow(lambda)) lambda = {0, 0.9, 0.4, 0};
    std::size_t first = 0;
    for (int round = 0; round < 40; ++round) {
      bounded_parts used;
      for (std::size_t j = 0; j < used.size(); ++j) used[j] = lambda[j] / unit_[j];
      std::size_t raised = n_ + 1, lowest = first;
      bool stands = false;
      for (std::size_t tried = 0; tried < ends(b) && !stands; ++tried) {
        const std::size_t at = (first + tried) % ends(b);
        const std::size_t reaches = at_end(b, at, used);
        if (reaches <= b.least) {
          stands = true;
          first = at;
          add_cut(b, at, used);
          if (tried_tables(b.least, attempt) || b.least >= end) return b.least >= end;
        } else if (reaches < raised) {
          raised = reaches;
          lowest = at;
        }
      }
      if (!stands) {
        b.least = raised;
        b.multipliers = used;
        first = lowest;
        if (b.least >= end || b.least > n_) return true;
      } else if (!search_.separate(lambda)) {
        return false;
      }
    }
    return false;
  }

 private:
  static constexpr double margin = 1e-9;  // the equations hold to rounding errors only

  static std::size_t ends(const climb_box& b) { return b.low[0] < b.high[0] ? 2 : 1; }

  void add_terms(ratio_terms& sum, std::size_t trial, const fragility_move& m) const {
    const ratio_terms t = source_.terms(trial, m);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += t[j];
  }

  /// The fewest changes for which an end of the ratio stands against the multipliers.
  std::size_t at_end(const climb_box& b, std::size_t at, const bounded_parts& used) {
    const ratio_form f = ratio_.form(b, b.end(at), used);
    source_.prepare(f.on);
    for (std::size_t i = 0; i < source_.trials(); ++i) {
      const fragility_range& in = b.in ? (*b.in)[i] : source_.room(i);
      for (std::size_t g = sums_.first[i]; g < sums_.first[i + 1]; ++g) top_[g] = source_.best(i, sums_.groups[g].cost, in, move_[g]);
    }
    work += static_cast<double>(sums_.groups.size()) * static_cast<double>(n_) / 8;
    const std::span<const double> all = sums_.by_changes(top_);
    return static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), -margin - f.constant) - all.begin());
  }

  /// The tables of the largest value at so many changes, of the end that was looked at last.
  const fragility_moves& tables_at(std::size_t changes) {
    sums_.trace(top_, changes);
    chosen_.clear();
    for (const std::size_t g : sums_.taken) chosen_.push_back(move_[g]);
    return chosen_;
  }

  void add_cut(const climb_box& b, std::size_t at, const bounded_parts& used) {
    tables_.push_back(tables_at(b.least));
    ratio_terms sum{};
    for (std::size_t i = 0; i < tables_.back().size(); ++i) add_terms(sum, i, tables_.back()[i]);
    fragility_cut c;
    const double omega = ratio_.worst_omega(b, used);
    for (std::size_t j = 0; j < 3; ++j) c.sum[j] = ratio_.part(j, b, b.end(at), omega, used[j] < 0)(sum) / unit_[j];
    search_.cuts.push_back(std::move(c));
    if (!(sum[1] > 0) || (ratio_.logarithm() && !(sum[0] > 0))) return;
    const double ratio = sum[0] / sum[1], own[] = {ratio_.distance(ratio), ratio_form{ratio_.variance(ratio), 0}(sum)};
    for (std::size_t d = 0; d < 2; ++d) {
      low_[d] = (std::min)(low_[d], own[d]);
      high_[d] = (std::max)(high_[d], own[d]);
    }
  }

  /// Tries the tables of the last cut, then of the same function for more changes, halving; true if that made the end no more than the box's number.
  template <class Attempt>
  bool tried_tables(std::size_t changes, const Attempt& attempt) {
    const auto reaches = [&](const fragility_moves& m) {
      const std::size_t cost = attempt(m);
      work += 100 * static_cast<double>(m.size());
      if (cost > 0 && cost < end) end = cost;
      return cost > 0;
    };
    if (reaches(tables_.back())) return end <= changes;
    std::size_t low = changes, high = (std::min)(end, n_ + 1);
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      if (reaches(tables_at(middle))) {
        high = (std::min)(middle, end);
      } else {
        low = middle;
      }
    }
    return false;
  }

  /// The unit of each part: what the trials as they are give at the ends, without sign.
  void measure(const climb_box& b) {
    unit_ = {1e-300, 1e-300, 1e-300, 1};
    for (std::size_t e = 0; e < ends(b); ++e) {
      const double now = (std::max)(b.low[1], (std::min)(b.high[1], ratio_form{ratio_.variance(b.end(e)), 0}(now_)));
      for (std::size_t j = 0; j < 3; ++j) {
        unit_[j] = (std::max)(unit_[j], ratio_.part(j, b, b.end(e), now, false).size(now_));
      }
    }
  }

  Source& source_;
  const fragility_ratio& ratio_;
  std::size_t n_ = 0;  ///< changes looked at
  fragility_sums sums_{};
  std::vector<double> top_{};  ///< by group of the sums: the largest value at one end, and what gives it
  fragility_moves move_{}, chosen_{};
  ratio_terms now_{};
  fragility_multipliers search_{};
  std::vector<fragility_moves> tables_{};  ///< of each cut
  std::array<double, 2> low_{}, high_{};
  bounded_parts unit_{};
};

}  // namespace metapool::detail
