// SPDX-License-Identifier: BSL-1.0
// The fewest changes that can reach the goal of fragility, for estimates that are a ratio of sums.
#pragma once

#include <metapool/sensitivity/fragility_ranges.hpp>
#include <metapool/sensitivity/fragility_ratio.hpp>
#include <metapool/sensitivity/fragility_refutation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
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
  fragility_climb(Source& source, const fragility_ratio& ratio) : source_(source), ratio_(ratio), refutation_(source, ratio) {}
  double most_work = 2e8;
  std::size_t boxes = 0;

  /// The smallest number of changes, from `from` to `end`, that is not excluded: `end` if all below are. attempt(moves): how many changes these are if they reach the goal, otherwise 0;
  /// what is reached becomes the end.
  template <class Attempt>
  std::size_t least(std::size_t from, std::size_t end, const Attempt& attempt) {
    refutation_.end = end;
    std::size_t bound = from;
    for (std::size_t n = 32; bound < refutation_.end; n *= 2) {
      n_ = (std::min)(n, refutation_.end - 1);
      if (n_ < bound) continue;
      begin(bound);
      while (!open_.empty()) {
        climb_box b = next();
        if (b.least >= refutation_.end || b.least > n_) continue;
        if (work() > most_work) return b.least;
        ++boxes;
        if (!refutation_.raised(b, attempt) && !split(b)) return open_.empty() ? b.least : (std::min)(b.least, open_.front().least);
      }
      bound = (std::min)(n_ + 1, refutation_.end);
    }
    return refutation_.end;
  }

  double work() const { return refutation_.work + source_.work; }

 private:
  /// The boxes to begin with.
  void begin(std::size_t bound) {
    refutation_.begin(n_);
    open_.clear();
    climb_box b;
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

  void limit(climb_box& b) const {
    b.low[1] = (std::max)(b.low[1], source_.least_omega(b));
    b.high[1] = (std::max)(b.low[1], (std::min)(b.high[1], source_.most_omega(b)));
  }

  static bool later(const climb_box& a, const climb_box& b) { return a.least != b.least ? a.least > b.least : a.number < b.number; }
  void push(climb_box b) {
    b.number = ++made_;
    open_.push_back(std::move(b));
    std::push_heap(open_.begin(), open_.end(), later);
  }
  climb_box next() {
    std::pop_heap(open_.begin(), open_.end(), later);
    climb_box b = std::move(open_.back());
    open_.pop_back();
    return b;
  }

  /// A dimension in which the box is wide, beside how far the points of the tables that stand against it lie apart, or else the changes.
  bool split(climb_box& b) {
    const double low = ratio_.distance(b.low[0]), high = ratio_.distance(b.high[0]), d = (std::max)({std::fabs(low), std::fabs(high), 1e-3});
    double in_ratio = ratio_.with_ratio() ? (high - low) / d : 0, in_omega = 0;
    if (ratio_.gain) in_omega = (b.high[1] - b.low[1]) / (b.high[1] + 0.01 * ratio_form{ratio_.variance(b.high[0]), 0}.size(refutation_.now()));
    if (b.move_splits < 4 || (std::max)(in_ratio, in_omega) < 0.02) {
      if (2 * (high - low) < refutation_.high()[0] - refutation_.low()[0]) in_ratio = 0;
      if (2 * (b.high[1] - b.low[1]) < refutation_.high()[1] - refutation_.low()[1]) in_omega = 0;
      if ((std::max)(in_ratio, in_omega) < 0.1) return split_moves(b);
    }
    b.move_splits = 0;
    const std::size_t in = in_ratio > in_omega ? 0 : 1;
    const double at = in == 0 && ratio_.logarithm() ? std::sqrt(b.low[0]) * std::sqrt(b.high[0]) : (b.low[in] + b.high[in]) / 2;
    climb_box other = b;
    b.high[in] = other.low[in] = at;
    limit(b);
    limit(other);
    push(std::move(b));
    push(std::move(other));
    return true;
  }

  /// In the arm in which the tables that stand against the box differ most; if they are the same, which were tried, next to an arm of these, so that they are alone in the end.
  bool split_moves(climb_box& b) {
    if (refutation_.tables().empty()) return false;
    const auto change = [](auto& m, bool treated) -> auto& { return treated ? m.treated : m.control; };
    std::size_t trial = 0;
    bool in_treated = true, found = false;
    std::int32_t most = 0, at = 0;  // one half goes to here, with it
    for (std::size_t i = 0; i < source_.trials(); ++i) {
      fragility_range in = b.in ? (*b.in)[i] : source_.room(i);
      for (const bool treated : {true, false}) {
        std::int32_t fewest = (std::numeric_limits<std::int32_t>::max)(), greatest = (std::numeric_limits<std::int32_t>::min)();
        for (const fragility_moves& c : refutation_.tables()) {
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
    ++b.move_splits;
    climb_box other = b;
    b.in = std::make_shared<const std::vector<fragility_range>>(std::move(below));
    other.in = std::make_shared<const std::vector<fragility_range>>(std::move(above));
    push(std::move(b));
    push(std::move(other));
    return true;
  }

  Source& source_;
  const fragility_ratio& ratio_;
  fragility_refutation<Source> refutation_;
  std::size_t n_ = 0;  ///< changes looked at
  std::size_t made_ = 0;
  std::vector<climb_box> open_{};
};

}  // namespace metapool::detail
