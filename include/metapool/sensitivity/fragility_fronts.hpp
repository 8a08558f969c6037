// SPDX-License-Identifier: BSL-1.0
// The changes of each trial that no other change is better than, for an inverse-variance mean with given weights.
#pragma once

#include <metapool/sensitivity/fragility_ranges.hpp>
#include <metapool/sensitivity/fragility_ratio.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// By trial and number of changes: w y and w of the tables that matter. An upper limit of at least 0 stays so if the sum of w y or that of w grows (loss), one below 0 if they fall (gain),
/// so that a change is of no use where another that costs no more has at least as much (at most as much) of both.
/// Effect: (trial, move, y, v) sets the effect of a changed trial, so directed that the goal lies below, and its variance, tau2 included; false if it is not pooled.
template <class Effect>
class fragility_fronts {
 public:
  fragility_fronts(std::vector<fragility_range> rooms, bool gain, Effect effect) : rooms_(std::move(rooms)), sign_(gain ? -1 : 1), effect_(effect), of_(rooms_.size()) {}

  std::size_t trials() const { return of_.size(); }
  const fragility_range& room(std::size_t i) const { return rooms_[i]; }
  /// Tables that do not reach the goal say nothing of others that they beat where their lower limit is above 0, which only a loss allows.
  bool complete() const { return sign_ < 0; }
  double low_ratio() const { return 0; }  // it is not needed
  double high_ratio() const { return 0; }
  /// Below the sum of w of any tables that were reached, and above it.
  double least_omega(const ratio_interval&) const {
    double least = 1;
    for (std::size_t i = 0; i < of_.size(); ++i) least = i == 0 ? of_[i].least : (std::min)(least, of_[i].least);
    return least < std::numeric_limits<double>::infinity() ? 0.999999 * least : 0;
  }
  double most_omega(const ratio_interval&) const {
    double sum = 0;
    for (const front& f : of_) sum += f.most;
    return 1.000001 * sum;
  }
  double work = 0;  ///< changes looked at

  /// All changes of at most so many patients.
  void reach(std::size_t changes) {
    for (std::size_t i = 0; i < of_.size(); ++i) {
      while (of_[i].groups.size() <= (std::min)(changes, rooms_[i].most_cost())) next_group(i);
    }
  }

  ratio_terms terms(std::size_t trial, const fragility_move& m) const {
    double y = 0, v = 1;
    if (!effect_(trial, m, y, v)) return {};
    return {y / v, 1 / v, 0, 0};
  }

  void prepare(const ratio_terms& on) {
    a_ = sign_ * on[0];
    b_ = sign_ * on[1];
  }

  /// The largest value at so many changes of a trial in a range, -infinity if there is none.
  double best(std::size_t trial, std::size_t cost, const fragility_range& in, fragility_move& to) {
    const front& f = of_[trial];
    const group& g = f.groups[cost];
    double most = -std::numeric_limits<double>::infinity();
    if (g.size == 0) return most;
    if (a_ >= 0 && b_ >= 0 && in == rooms_[trial]) {  // on the hull the value rises and falls once
      const entry* e = &f.hull[g.hull];
      std::size_t low = 0, high = g.corners - 1;
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (value(e[middle]) < value(e[middle + 1])) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      work += 8;
      to = e[low].move;
      return value(e[low]);
    }
    work += static_cast<double>(g.size);
    for (std::size_t p = g.place; p < g.place + g.size; ++p) {
      const entry& e = f.all[p];
      const double x = value(e);
      if (!(x > most) || !in.holds(e.move)) continue;
      most = x;
      to = e.move;
    }
    return most;
  }

 private:
  struct entry {
    double a = 0, b = 0;  ///< w y and w, the sign so that more is better
    fragility_move move{};
  };
  struct group {
    std::size_t place = 0, size = 0, hull = 0, corners = 0;
  };
  struct front {
    std::vector<group> groups{};  ///< by cost
    std::vector<entry> all{};     ///< of each group by ascending a, and so by falling b
    std::vector<entry> hull{};    ///< the corners of its convex hull
    std::vector<entry> reached{};  ///< the front of all groups together
    double least = std::numeric_limits<double>::infinity(), most = 0;  ///< w if it is pooled
  };

  double value(const entry& e) const { return a_ * e.a + b_ * e.b; }

  /// Whether an entry of a front, by ascending a, has at least as much of both.
  static bool beaten(const std::vector<entry>& by, const entry& e) {
    const auto at = std::lower_bound(by.begin(), by.end(), e, [](const entry& x, const entry& y) { return x.a < y.a; });
    return at != by.end() && at->b >= e.b;
  }

  /// Of entries by ascending a those that no other beats, up to rounding: so that no two are the same but for it.
  static void keep_front(std::vector<entry>& e) {
    std::size_t kept = e.size();
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t p = e.size(); p-- > 0;) {
      if (!(e[p].b > most + 1e-13 * std::fabs(most)) && p + 1 != e.size()) continue;
      most = e[p].b;
      e[--kept] = e[p];
    }
    e.erase(e.begin(), e.begin() + static_cast<std::ptrdiff_t>(kept));
  }

  void next_group(std::size_t trial) {
    front& f = of_[trial];
    const std::size_t cost = f.groups.size();
    std::vector<entry> now;
    rooms_[trial].each_at(cost, [&](const fragility_move& m) {
      double y = 0, v = 1;
      entry e;
      e.move = m;
      ++work;
      if (effect_(trial, m, y, v)) {
        f.least = (std::min)(f.least, 1 / v);
        f.most = (std::max)(f.most, 1 / v);
        e.a = sign_ * (y / v);
        e.b = sign_ / v;
      }
      if (!beaten(f.reached, e)) now.push_back(e);
    });
    const auto before = [](const entry& x, const entry& y) { return x.a < y.a || (x.a == y.a && x.b < y.b); };
    std::sort(now.begin(), now.end(), before);
    keep_front(now);
    group g{f.all.size(), now.size(), f.hull.size(), 0};
    for (const entry& e : now) {
      while (f.hull.size() >= g.hull + 2) {
        const entry &x = f.hull[f.hull.size() - 2], &y = f.hull.back();
        if ((y.a - x.a) * (e.b - x.b) < (y.b - x.b) * (e.a - x.a)) break;  // y lies above the line from x to e
        f.hull.pop_back();
      }
      f.hull.push_back(e);
    }
    g.corners = f.hull.size() - g.hull;
    f.groups.push_back(g);
    f.all.insert(f.all.end(), now.begin(), now.end());
    std::vector<entry> both(f.reached.size() + now.size());
    std::merge(f.reached.begin(), f.reached.end(), now.begin(), now.end(), both.begin(), before);
    keep_front(both);
    f.reached = std::move(both);
  }

  std::vector<fragility_range> rooms_;
  double sign_ = 1;
  Effect effect_;
  std::vector<front> of_{};
  double a_ = 0, b_ = 0;  ///< of the function to maximise
};

}  // namespace metapool::detail
