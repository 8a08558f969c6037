// SPDX-License-Identifier: BSL-1.0
// The largest tail that so many changes can give the distance of fragility_exact_tables.hpp.
#pragma once

#include <metapool/sensitivity/fragility_exact_shares.hpp>
#include <metapool/sensitivity/fragility_exact_tables.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

namespace metapool::detail {

/// With R_0(t) = P(D >= t) of some tables, s changes give at most
///     R_{s+1}(t) = (1 - q_s(t)) R_s(t) + q_s(t) R_s(t - 1),
/// q_s(t) being the largest bound of fragility_exact_shares.hpp over the arms that the change after s others may be in: the order of changes being free, those of the first arm come first, then
/// those of the second, so that after as many as the first arms have room for it is in a later one. P(D < t), which falls, obeys the same equation.
class exact_climb {
 public:
  struct arm {
    bool more;
    std::size_t room;
    exact_change high;  ///< the most changes in its stratum before one of it
    exact_stratum_shares* of;
  };
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  std::vector<arm> arms{};
  double work = 0;

  exact_climb(const exact_goal& goal, std::size_t changes) : goal_(goal), n_(changes) {}

  /// The first number of changes from `from` on at which the tail may reach the goal; n + 1 if there is none up to n, `never` if there is no room for more. tail: for t = 1, 0, -1, ... n + 2 of them.
  /// sharp: cells of bounds are split as far as they can be where they matter.
  std::size_t least(std::vector<double> tail, std::size_t from, bool sharp) {
    cells_.clear();
    open_.clear();
    dominated_.clear();
    starting_.assign(n_ + 1, {});
    largest_.assign(n_ + 1, 0.0);
    whose_.assign(n_ + 1, nullptr);
    for (std::size_t k = 0; k < arms.size(); ++k) add(k, {}, arms[k].high);
    const double matters = 1e-6 * goal_.tail, counts = 1e-14 * goal_.tail;
    std::size_t first = 0, passed = 0, enough = 32;
    for (std::size_t s = 0; s < n_; ++s) {
      bool fewer = false;
      for (; first < arms.size() && passed + arms[first].room <= s; ++first, fewer = true) passed += arms[first].room;
      if (first == arms.size()) return never;
      if (fewer) {
        open_.insert(open_.end(), dominated_.begin(), dominated_.end());
        dominated_.clear();
        std::erase_if(open_, [&](const exact_share_cell* c) { return c->rank < first; });
        find_largest(s, n_);
      }
      for (exact_share_cell* c : starting_[s]) {
        if (c->rank < first) continue;
        open_.push_back(c);
        raise(c, s, n_);
      }
      // tail[p] is that of t = 1 - p; the sum before the change is p + s less than the one observed in the tables
      const std::size_t last = n_ + 1 - s;
      const auto step = [&](std::size_t p) { return tail[p + 1] < tail[p] ? tail[p] - tail[p + 1] : tail[p + 1] - tail[p]; };
      while (sharp) {
        std::vector<exact_share_cell*> needed;
        for (std::size_t p = 0; p < last; ++p) {
          exact_share_cell* c = whose_[p + s];
          if (c == nullptr || c->single() || c->needed || !(step(p) > matters)) continue;
          c->needed = true;
          needed.push_back(c);
        }
        if (needed.empty()) break;
        std::erase_if(open_, [](const exact_share_cell* c) { return c->needed; });
        for (const exact_share_cell* c : needed) split(*c, s);
        std::size_t low = n_, high = s;  // where they were the largest; what takes their place is so nowhere else
        for (std::size_t p = s; p <= n_; ++p) {
          if (whose_[p] == nullptr || !whose_[p]->needed) continue;
          low = (std::min)(low, p);
          high = p;
        }
        find_largest(low, high);
      }
      if (open_.size() > enough) {
        prune(s);
        enough = 2 * open_.size() + 16;
      }
      for (std::size_t p = 0; p < last; ++p) tail[p] = step(p) > counts ? tail[p] + largest_[p + s] * (tail[p + 1] - tail[p]) : tail[p + 1];
      work += static_cast<double>(last);
      if (s + 1 >= from && goal_.may_be_reached(tail[1], tail[0])) return s + 1;
    }
    return n_ + 1;
  }

 private:
  exact_share_cell* add(std::size_t rank, const exact_change& low, const exact_change& high) {
    if (low.cost() >= n_) return nullptr;
    cells_.push_back(arms[rank].of->cell(arms[rank].more, low, high));
    exact_share_cell& c = cells_.back();
    c.rank = rank;
    starting_[low.cost()].push_back(&c);
    return &c;
  }

  /// Cut where it is longest; the halves that hold from s on are open at once.
  void split(const exact_share_cell& c, std::size_t s) {
    exact_change low = c.low, high = c.high;
    if (high.fewer - low.fewer >= high.more - low.more) {
      high.fewer = low.fewer + (high.fewer - low.fewer) / 2;
      low.fewer = high.fewer + 1;
    } else {
      high.more = low.more + (high.more - low.more) / 2;
      low.more = high.more + 1;
    }
    for (exact_share_cell* half : {add(c.rank, c.low, high), add(c.rank, low, c.high)}) {
      if (half != nullptr && half->low.cost() <= s) open_.push_back(half);
    }
  }

  /// Places from first to last.
  void raise(exact_share_cell* c, std::size_t first, std::size_t last) {
    work += static_cast<double>(last + 1 - first);
    for (std::size_t p = first; p <= last; ++p) {
      if (c->share[p] > largest_[p]) {
        largest_[p] = c->share[p];
        whose_[p] = c;
      }
    }
  }

  void find_largest(std::size_t first, std::size_t last) {
    for (std::size_t p = first; p <= last; ++p) {
      largest_[p] = 0;
      whose_[p] = nullptr;
    }
    for (exact_share_cell* c : open_) raise(c, first, last);
  }

  /// Puts aside the cells that are nowhere above those that cannot be split.
  void prune(std::size_t s) {
    std::vector<exact_share_cell*> all;
    std::erase_if(open_, [&](exact_share_cell* c) {
      all.push_back(c);
      return !c->single();
    });
    find_largest(s, n_);
    open_.clear();
    for (exact_share_cell* c : all) {
      bool above = false;
      for (std::size_t p = s; p <= n_ && !above; ++p) above = c->single() ? whose_[p] == c : c->share[p] > largest_[p];
      (above ? open_ : dominated_).push_back(c);
    }
    find_largest(s, n_);
  }

  const exact_goal& goal_;
  std::size_t n_;
  std::deque<exact_share_cell> cells_{};
  std::vector<exact_share_cell*> open_{}, dominated_{};         ///< those that hold by now
  std::vector<std::vector<exact_share_cell*>> starting_{};      ///< by the number of changes from which on they hold
  std::vector<double> largest_{};                               ///< bounds by place
  std::vector<exact_share_cell*> whose_{};
};

}  // namespace metapool::detail
