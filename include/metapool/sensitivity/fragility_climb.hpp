// SPDX-License-Identifier: BSL-1.0
// The fewest changes that can reach the goal of fragility, for estimates that are a ratio of sums.
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

/// Boxes of the ratio and omega (fragility_ratio) that together hold the point of every set of tables, each with a number of changes below which none of its tables reaches the goal; the
/// box with the smallest is looked at next. A multiple of E1 and E2 plus a positive multiple of N, at the ends of the ratio, with all bends and the omega at which it is largest, is a linear
/// function of the sums, and its largest value for every number of changes follows at once (fragility_sums): the box's number is the first for which it is not below 0. The tables of that
/// value are tried, and better multipliers are looked for (fragility_multipliers). Where there are none the box is split, in the ratio or omega or the changes of an arm.
///
/// Source: what the changes of each trial add to the sums (fragility_fronts, fragility_cubics): trials(), room(trial), reach(changes), terms(trial, move), prepare(form) and
/// best(trial, cost, range, move); complete() if all moves that may reach the goal are looked at, so that tables that do not may be left out; low_ratio(), high_ratio(),
/// least_omega(box), most_omega(box): limits of all tables' points.
template <class Source>
class fragility_climb {
 public:
  fragility_climb(Source& source, const fragility_ratio& ratio) : source_(source), ratio_(ratio) {}
  double most_work = 2e8;
  double work = 0;
  std::size_t boxes = 0;

  /// The smallest number of changes, from `from` to `end`, that is not excluded: `end` if all below are. attempt(moves): how many changes these are if they reach the goal, otherwise 0;
  /// what is reached becomes the end.
  template <class Attempt>
  std::size_t least(std::size_t from, std::size_t end, const Attempt& attempt) {
    end_ = end;
    std::size_t bound = from;
    for (std::size_t n = 32; bound < end_; n *= 2) {
      n_ = (std::min)(n, end_ - 1);
      if (n_ < bound) continue;
      begin(bound);
      while (!open_.empty()) {
        node b = next();
        if (b.least >= end_ || b.least > n_) continue;
        if (work + source_.work > most_work) return b.least;
        ++boxes;
        if (!looked_at(b, attempt) && !split(b)) return open_.empty() ? b.least : (std::min)(b.least, open_.front().least);
      }
      bound = (std::min)(n_ + 1, end_);
    }
    return end_;
  }

 private:
  static constexpr double margin = 1e-9;  // the equations hold to rounding errors only
  using moves = std::vector<fragility_move>;
  using ranges = std::shared_ptr<const std::vector<fragility_range>>;

  struct node : ratio_interval {
    bounded_parts multipliers{};
    std::size_t least = 1, number = 0;
    ranges in{};  ///< of each trial; none: its room
  };

  /// The sums' groups, the units, and the boxes to begin with, for at most n_ changes.
  void begin(std::size_t bound) {
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
    open_.clear();
    node b;
    b.least = bound;
    const double none = ratio_.no_effect();
    for (const bool above : {true, false}) {
      if (above && (ratio_.gain || !ratio_.with_ratio())) continue;
      b.low[0] = above ? (std::max)(none, source_.low_ratio()) : source_.low_ratio();
      b.high[0] = above ? source_.high_ratio() : (std::min)(none, source_.high_ratio());
      b.low[1] = 0;
      b.high[1] = std::numeric_limits<double>::infinity();
      limit(b);
      if (b.low[0] <= b.high[0]) push(b);
    }
  }

  void limit(node& b) const {
    b.low[1] = (std::max)(b.low[1], source_.least_omega(b));
    b.high[1] = (std::max)(b.low[1], (std::min)(b.high[1], source_.most_omega(b)));
  }

  void add_terms(ratio_terms& sum, std::size_t trial, const fragility_move& m) const {
    const ratio_terms t = source_.terms(trial, m);
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += t[j];
  }

  static bool later(const node& a, const node& b) { return a.least != b.least ? a.least > b.least : a.number < b.number; }
  void push(node b) {
    b.number = ++made_;
    open_.push_back(std::move(b));
    std::push_heap(open_.begin(), open_.end(), later);
  }
  node next() {
    std::pop_heap(open_.begin(), open_.end(), later);
    node b = std::move(open_.back());
    open_.pop_back();
    return b;
  }

  static std::size_t ends(const node& b) { return b.low[0] < b.high[0] ? 2 : 1; }

  /// Raises the number of a box; true if it need not be looked at any more. cuts_ then are the sums of tables that stand against it, which no multipliers were found to exclude.
  template <class Attempt>
  bool looked_at(node& b, const Attempt& attempt) {
    search_.cuts.clear();
    cut_moves_.clear();
    cut_low_ = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    cut_high_ = {-cut_low_[0], -cut_low_[1]};
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
        const std::size_t end = (first + tried) % ends(b);
        const std::size_t reaches = at_end(b, end, used);
        if (reaches <= b.least) {
          stands = true;
          first = end;
          add_cut(b, end, used);
          if (tried_tables(b.least, attempt) || b.least >= end_) return b.least >= end_;
        } else if (reaches < raised) {
          raised = reaches;
          lowest = end;
        }
      }
      if (!stands) {
        b.least = raised;
        b.multipliers = used;
        first = lowest;
        if (b.least >= end_ || b.least > n_) return true;
      } else if (!search_.separate(lambda)) {
        return false;
      }
    }
    return false;
  }

  /// The fewest changes for which an end of the ratio stands against the multipliers.
  std::size_t at_end(const node& b, std::size_t end, const bounded_parts& used) {
    const ratio_form f = ratio_.form(b, b.end(end), used);
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
  const moves& tables_at(std::size_t changes) {
    sums_.trace(top_, changes);
    chosen_.clear();
    for (const std::size_t g : sums_.taken) chosen_.push_back(move_[g]);
    return chosen_;
  }

  void add_cut(const node& b, std::size_t end, const bounded_parts& used) {
    cut_moves_.push_back(tables_at(b.least));
    ratio_terms sum{};
    for (std::size_t i = 0; i < cut_moves_.back().size(); ++i) add_terms(sum, i, cut_moves_.back()[i]);
    fragility_cut c;
    const double omega = ratio_.worst_omega(b, used);
    for (std::size_t j = 0; j < 3; ++j) c.sum[j] = ratio_.part(j, b, b.end(end), omega, used[j] < 0)(sum) / unit_[j];
    search_.cuts.push_back(std::move(c));
    if (!(sum[1] > 0) || (ratio_.logarithm() && !(sum[0] > 0))) return;
    const double ratio = sum[0] / sum[1], at[] = {ratio_.distance(ratio), ratio_form{ratio_.variance(ratio), 0}(sum)};
    for (std::size_t d = 0; d < 2; ++d) {
      cut_low_[d] = (std::min)(cut_low_[d], at[d]);
      cut_high_[d] = (std::max)(cut_high_[d], at[d]);
    }
  }

  /// Tries the tables of the last cut, then of the same function for more changes, halving; true if that made the end no more than the box's number.
  template <class Attempt>
  bool tried_tables(std::size_t changes, const Attempt& attempt) {
    const auto reaches = [&](const moves& m) {
      const std::size_t cost = attempt(m);
      if (cost > 0 && cost < end_) end_ = cost;
      return cost > 0;
    };
    if (reaches(cut_moves_.back())) return end_ <= changes;
    std::size_t low = changes, high = (std::min)(end_, n_ + 1);
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      if (reaches(tables_at(middle))) {
        high = (std::min)(middle, end_);
      } else {
        low = middle;
      }
    }
    return false;
  }

  /// The unit of each part: what the trials as they are give at the ends, without sign.
  void measure(const node& b) {
    unit_ = {1e-300, 1e-300, 1e-300, 1};
    for (std::size_t e = 0; e < ends(b); ++e) {
      const double now = (std::max)(b.low[1], (std::min)(b.high[1], ratio_form{ratio_.variance(b.end(e)), 0}(now_)));
      for (std::size_t j = 0; j < 3; ++j) {
        const ratio_form f = ratio_.part(j, b, b.end(e), now, false);
        double size = std::fabs(f.constant);
        for (std::size_t t = 0; t < now_.size(); ++t) size += std::fabs(f.on[t] * now_[t]);
        unit_[j] = (std::max)(unit_[j], size);
      }
    }
  }

  /// A dimension in which the box is wide, beside how far the points of the tables that stand against it lie apart, or else the changes.
  bool split(node& b) {
    const double low = ratio_.distance(b.low[0]), high = ratio_.distance(b.high[0]), d = (std::max)({std::fabs(low), std::fabs(high), 1e-3});
    double in_ratio = ratio_.with_ratio() ? high - low : 0, in_omega = ratio_.gain ? b.high[1] - b.low[1] : 0;
    if (2 * in_ratio < cut_high_[0] - cut_low_[0]) in_ratio = 0;
    if (2 * in_omega < cut_high_[1] - cut_low_[1]) in_omega = 0;
    in_ratio /= d;
    in_omega /= b.high[1] + 0.01 * ratio_form{ratio_.variance(b.high[0]), 0}(now_);
    if ((std::max)(in_ratio, in_omega) < 0.1) return split_moves(b);
    const std::size_t in = in_ratio > in_omega ? 0 : 1;
    const double at = in == 0 && ratio_.logarithm() ? std::sqrt(b.low[0]) * std::sqrt(b.high[0]) : (b.low[in] + b.high[in]) / 2;
    node other = b;
    b.high[in] = other.low[in] = at;
    limit(b);
    limit(other);
    push(std::move(b));
    push(std::move(other));
    return true;
  }

  /// In the arm in which the tables that stand against the box differ most; if they are the same, which were tried, next to an arm of these, so that they are alone in the end.
  bool split_moves(node& b) {
    if (cut_moves_.empty()) return false;
    const auto change = [](fragility_move& m, bool treated) -> std::int32_t& { return treated ? m.treated : m.control; };
    std::size_t trial = 0;
    bool in_treated = true, found = false;
    std::int32_t most = 0, at = 0;  // one half goes to here, with it
    for (std::size_t i = 0; i < source_.trials(); ++i) {
      fragility_range in = b.in ? (*b.in)[i] : source_.room(i);
      for (const bool treated : {true, false}) {
        std::int32_t fewest = std::numeric_limits<std::int32_t>::max(), greatest = std::numeric_limits<std::int32_t>::min();
        for (moves& c : cut_moves_) {
          fewest = (std::min)(fewest, change(c[i], treated));
          greatest = (std::max)(greatest, change(c[i], treated));
        }
        const std::int32_t low = change(in.low, treated), high = change(in.high, treated);
        if (low == high || (found && greatest - fewest <= most)) continue;
        found = true;
        most = greatest - fewest;
        at = most > 0 ? fewest + (most - 1) / 2 : low < fewest ? fewest - 1 : fewest;
        trial = i;
        in_treated = treated;
      }
    }
    if (!found) return source_.complete();  // one set of tables, which was tried
    std::vector<fragility_range> below;
    for (std::size_t i = 0; i < source_.trials(); ++i) below.push_back(b.in ? (*b.in)[i] : source_.room(i));
    std::vector<fragility_range> above = below;
    change(below[trial].high, in_treated) = at;
    change(above[trial].low, in_treated) = at + 1;
    node other = b;
    b.in = std::make_shared<const std::vector<fragility_range>>(std::move(below));
    other.in = std::make_shared<const std::vector<fragility_range>>(std::move(above));
    push(std::move(b));
    push(std::move(other));
    return true;
  }

  Source& source_;
  const fragility_ratio& ratio_;
  std::size_t n_ = 0;    ///< changes looked at
  std::size_t end_ = 0;  ///< the fewest known to reach the goal, or one more than are asked for
  std::size_t made_ = 0;
  std::vector<node> open_{};
  fragility_sums sums_{};
  std::vector<double> top_{};  ///< by group of the sums: the largest value at one end, and what gives it
  moves move_{};
  moves chosen_{};
  ratio_terms now_{};  ///< the sums of the trials as they are
  fragility_multipliers search_{};
  std::vector<moves> cut_moves_{};           ///< of each cut
  std::array<double, 2> cut_low_{}, cut_high_{};  ///< of the cuts' own points: estimate less no effect, omega
  bounded_parts unit_{};
};

}  // namespace metapool::detail
