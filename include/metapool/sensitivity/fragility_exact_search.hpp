// SPDX-License-Identifier: BSL-1.0
// The fewest changes that can reach the goal of fragility, for the exact conditional odds ratio.
#pragma once

#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/sensitivity/fragility_exact_climb.hpp>
#include <metapool/sensitivity/fragility_exact_shares.hpp>
#include <metapool/sensitivity/fragility_exact_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace metapool::detail {

/// All tables with at least the changes `now`, and at most `room` more in each arm: 2 i of stratum i takes events away, 2 i + 1 adds some.
struct exact_box {
  std::vector<exact_change> now{};
  std::vector<std::size_t> room{};
  std::size_t cost = 0, least = 0;
  bool tried = false;                ///< whether the changes `now` alone have been, in vain
  bool looked = false;               ///< whether `least` is all that the bounds say
  std::vector<std::size_t> order{};  ///< open arms, those first whose changes do most
};

/// Boxes that together hold all tables; the one with the smallest number that is not excluded is looked at next, its best tables are tried, and it is split.
template <class Attempt>
class exact_search {
 public:
  exact_search(const std::vector<exact_stratum>& strata, const exact_goal& goal, const Attempt& attempt) : strata_(strata), goal_(goal), attempt_(attempt) {}
  double most_work = 2e8;
  double work = 0;
  std::size_t boxes = 0;

  /// The smallest number of changes, from `from` to `end`, that is not excluded: `end` if all below are.
  std::size_t least(std::size_t from, std::size_t end) {
    end_ = end;
    open_.clear();
    exact_box all;
    all.now.resize(strata_.size());
    all.least = from;
    for (const exact_stratum& s : strata_) all.room.insert(all.room.end(), {s.fewer, s.more});
    push(std::move(all));
    while (!open_.empty()) {
      std::pop_heap(open_.begin(), open_.end(), later);
      exact_box b = std::move(open_.back());
      open_.pop_back();
      if (b.least >= end_) return end_;
      if (work > most_work) return b.least;
      if (!b.looked) {
        ++boxes;
        const std::size_t before = b.least;
        look(b);
        if (b.least > before || !b.looked) {
          if (b.least < end_) push(std::move(b));
          continue;
        }
      }
      if (b.least == b.cost) {  // these are the only tables with so few changes
        if (!try_changes(b.now)) {
          b.tried = true;
          b.looked = false;
          ++b.least;
          push(std::move(b));
        }
        continue;
      }
      if (!try_best(b)) split(std::move(b));
    }
    return end_;
  }

 private:
  static bool later(const exact_box& a, const exact_box& b) { return a.least != b.least ? a.least > b.least : a.cost < b.cost; }
  void push(exact_box b) {
    open_.push_back(std::move(b));
    std::push_heap(open_.begin(), open_.end(), later);
  }

  const count_weights<double>& law(std::size_t stratum, const exact_change& c) {
    const exact_stratum& s = strata_[stratum];
    const double events = s.first + s.second - static_cast<double>(c.fewer) + static_cast<double>(c.more);
    const auto [found, is_new] = laws_.try_emplace({stratum, events});
    if (is_new) found->second = law_of_events(s.treated, s.control, events, exact_law_depth);
    return found->second;
  }

  count_weights<double> sum(const count_weights<double>& x, const count_weights<double>& y) {
    work += static_cast<double>(x.weight.size() * y.weight.size()) / 16 + 20;
    return law_of_sum(x, y, exact_law_depth);
  }

  /// P(D >= t), or of a gain P(D < t), for t = 1, 0, -1, ...
  std::vector<double> tails(const count_weights<double>& x, double observed, std::size_t size) const {
    std::vector<double> r(size, 0);
    const double all = std::accumulate(x.weight.begin(), x.weight.end(), 0.0);
    double sum = 0;
    const auto n = x.weight.size();
    if (goal_.loss) {
      std::size_t i = n;
      for (std::size_t p = 0; p < size; ++p) {
        for (; i > 0 && x.first + static_cast<double>(i - 1) >= observed + 1 - static_cast<double>(p); --i) sum += x.weight[i - 1];
        r[p] = sum / all;
      }
    } else {
      std::size_t i = 0;
      for (std::size_t p = size; p-- > 0;) {
        for (; i < n && x.first + static_cast<double>(i) < observed + 1 - static_cast<double>(p); ++i) sum += x.weight[i];
        r[p] = sum / all;
      }
    }
    return r;
  }

  double observed(const std::vector<exact_change>& now) const {
    double a = 0;
    for (std::size_t i = 0; i < now.size(); ++i) a += strata_[i].first - static_cast<double>(now[i].fewer);
    return a;
  }

  /// Whether these changes reach the goal, by the judgement; what does becomes the end.
  bool try_changes(const std::vector<exact_change>& now) {
    count_weights<double> all = law_of_nothing<double>();
    for (std::size_t i = 0; i < now.size(); ++i) all = sum(all, law(i, now[i]));
    const std::vector<double> at = tails(all, observed(now), 2);
    if (!goal_.may_be_reached(at[1], at[0])) return false;
    const std::size_t reached = attempt_(now);
    if (reached > 0) end_ = (std::min)(end_, reached);
    return reached > 0;
  }

  /// The changes that the bound is about, as far as there is room.
  bool try_best(const exact_box& b) {
    std::vector<exact_change> now = b.now;
    std::size_t left = b.least - b.cost;
    for (const std::size_t arm : b.order) {
      const std::size_t m = (std::min)(left, b.room[arm]);
      (arm % 2 == 0 ? now[arm / 2].fewer : now[arm / 2].more) += m;
      left -= m;
    }
    return left == 0 && try_changes(now);
  }

  /// In the arm with most of the changes of the best tables.
  void split(exact_box b) {
    b.looked = false;
    std::size_t arm = 0, changes = 0, left = b.least - b.cost;
    for (const std::size_t j : b.order) {
      const std::size_t m = (std::min)(left, b.room[j]);
      left -= m;
      if (m > changes) {
        arm = j;
        changes = m;
      }
    }
    if (left > 0) return;  // there is no room for so many
    changes = (changes + 1) / 2;
    exact_box other = b;
    b.room[arm] = changes - 1;
    other.room[arm] -= changes;
    other.cost += changes;
    (arm % 2 == 0 ? other.now[arm / 2].fewer : other.now[arm / 2].more) += changes;
    other.tried = false;
    other.least = (std::max)(other.least, other.cost);
    push(std::move(b));
    if (other.least < end_) push(std::move(other));
  }

  /// Raises `least` of a box by bounds for some changes more than it is known to need; `looked` if these do not exclude all.
  void look(exact_box& b) {
    const std::size_t known = b.least - (std::min)(b.least, b.cost), ahead = (std::max)(std::size_t(7), known);
    const std::size_t n = (std::min)(known + ahead, end_ - 1 - b.cost);
    // the laws of all strata but one, of those that are open
    std::vector<std::size_t> open;
    count_weights<double> closed = law_of_nothing<double>();
    for (std::size_t i = 0; i < strata_.size(); ++i) {
      if (n > 0 && b.room[2 * i] + b.room[2 * i + 1] > 0) {
        open.push_back(i);
      } else {
        closed = sum(closed, law(i, b.now[i]));
      }
    }
    std::vector<count_weights<double>> before{std::move(closed)};
    for (const std::size_t i : open) before.push_back(sum(before.back(), law(i, b.now[i])));
    const double seen = observed(b.now);
    std::vector<double> tail = tails(before.back(), seen, n + 2);
    if (!b.tried && b.least <= b.cost && goal_.may_be_reached(tail[1], tail[0])) {
      b.looked = true;
      return;
    }
    before.pop_back();
    std::vector<count_weights<double>> rests(open.size());
    count_weights<double> after = law_of_nothing<double>();
    for (std::size_t j = open.size(); j-- > 0;) {
      rests[j] = sum(before[j], after);
      after = sum(after, law(open[j], b.now[open[j]]));
    }
    std::vector<exact_stratum_shares> shares;
    std::vector<std::pair<double, std::size_t>> ranks;  // share at a typical place, arm
    const auto room = [&](std::size_t arm) { return (std::min)(b.room[arm], n); };
    for (std::size_t j = 0; j < open.size(); ++j) {
      const std::size_t i = open[j];
      shares.emplace_back(strata_[i], b.now[i], rests[j], seen, n);
      for (const bool more : {false, true}) {
        if (room(2 * i + (more ? 1 : 0)) > 0) ranks.push_back({shares.back().at(more, n / 2), 2 * i + (more ? 1 : 0)});
      }
    }
    std::stable_sort(ranks.begin(), ranks.end(), [](const auto& x, const auto& y) { return x.first > y.first; });
    b.order.clear();
    for (const auto& x : ranks) b.order.push_back(x.second);
    exact_climb climb(goal_, n);
    std::vector<bool> ranked(2 * strata_.size(), false);
    for (const std::size_t arm : b.order) {
      const bool more = arm % 2 == 1;
      exact_change high;
      (more ? high.more : high.fewer) = room(arm) - 1;
      if (ranked[arm ^ 1U]) (more ? high.fewer : high.more) = room(arm ^ 1U);
      ranked[arm] = true;
      climb.arms.push_back({more, room(arm), high, &shares[static_cast<std::size_t>(std::lower_bound(open.begin(), open.end(), arm / 2) - open.begin())]});
    }
    std::size_t further = climb.least(tail, b.least - b.cost, false);
    if (further <= n) further = climb.least(tail, b.least - b.cost, true);
    work += climb.work / 4;
    for (const auto& s : shares) work += s.work / 8 + 20;
    b.least = further == exact_climb::never ? end_ : (std::max)(b.least, b.cost + further);
    b.looked = further <= n;
  }

  const std::vector<exact_stratum>& strata_;
  exact_goal goal_;
  const Attempt& attempt_;
  std::size_t end_ = 1;
  std::vector<exact_box> open_{};
  std::map<std::pair<std::size_t, double>, count_weights<double>> laws_{};
};

}  // namespace metapool::detail
