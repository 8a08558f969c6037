// SPDX-License-Identifier: BSL-1.0
// The ways to change each trial by a few patients, and the largest sum over trials that they allow.
#pragma once

#include <metapool/math/pack.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <tuple>
#include <vector>

namespace metapool::detail {

/// One way to change one trial: the effect and variance that it then has.
struct fragility_choice {
  double y = 0, v = 1;
  bool pooled = false;
  std::size_t cost = 0;  ///< changed patients
  long long treated = 0, control = 0;  ///< events added
};

/// For each trial the least and the most change of the treated and of the control arm; empty: any.
using fragility_ranges = std::vector<std::array<long long, 4>>;

/// Choices of all trials under a limit on all changes together.
class fragility_choices {
 public:
  std::vector<std::vector<fragility_choice>> of{};  ///< by trial; count() puts them in order
  std::size_t n = 0;                                ///< changes in all
  bool by_number = false;                           ///< whether the number of pooled trials is fixed
  std::size_t in_sum = 0;                           ///< and what it is
  std::vector<std::size_t> chosen{};                ///< of the largest sum, one a trial
  double work = 0;                                  ///< choices looked at so far
  std::size_t always = 0, some = 0;                 ///< trials that are pooled by all, and by some of their choices
  std::vector<double> y{}, v{};                     ///< of all choices, one after the other with gaps, for vector instructions

  /// What follows from `of` and n; any choice is allowed.
  void count() {
    always = some = 0;
    switches_.assign(of.size(), false);
    groups_.clear();
    first_.assign(1, 0);
    y.clear();
    for (std::size_t i = 0; i < of.size(); ++i) {
      std::vector<fragility_choice>& row = of[i];
      std::stable_sort(row.begin(), row.end(), [](const fragility_choice& a, const fragility_choice& b) { return std::tie(a.pooled, a.cost) < std::tie(b.pooled, b.cost); });
      const bool in = !row.empty() && row.back().pooled, out = !row.empty() && !row.front().pooled;
      switches_[i] = in && out;
      always += in && !out ? 1 : 0;
      some += in && out ? 1 : 0;
      for (std::size_t c = 0; c < row.size(); ++c) {
        if (c == 0 || row[c].pooled != row[c - 1].pooled || row[c].cost != row[c - 1].cost) {
          while (y.size() % widest != 0) add(fragility_choice{});
          groups_.push_back({row[c].cost, c, y.size(), 0, row[c].pooled});
        }
        add(row[c]);
        ++groups_.back().size;
      }
      first_.push_back(groups_.size());
    }
    while (y.size() % widest != 0) add(fragility_choice{});
    values_.assign(y.size(), 0);
    top_.assign(groups_.size(), 0);
    allow({});
  }

  /// Restricts the choices.
  void allow(const fragility_ranges& ranges) {
    barred_.assign(y.size(), none);
    for (std::size_t i = 0; i < of.size(); ++i) {
      for (std::size_t g = first_[i]; g < first_[i + 1]; ++g) {
        for (std::size_t c = 0; c < groups_[g].size; ++c) {
          const fragility_choice& x = of[i][groups_[g].choice + c];
          if (!ranges.empty() && !(ranges[i][0] <= x.treated && x.treated <= ranges[i][1] && ranges[i][2] <= x.control && x.control <= ranges[i][3])) continue;
          barred_[groups_[g].place + c] = 0;
        }
      }
    }
  }

  /// f(pack, place) for the place of every pack, of which only the type matters.
  template <class F>
  void each_place(const F& f) const {
    run_wide([&](auto bytes) {
      constexpr std::size_t in_pack = (std::min)(decltype(bytes)::value / sizeof(double), widest);
      const pack<double, in_pack> kind{};
      for (std::size_t place = 0; place < y.size(); place += in_pack) f(kind, place);
    });
  }

  /// The largest sum over one choice a trial, trials that are not pooled giving 0; -infinity if there is none. value(place, out) sets a pack of numbers to the values of the
  /// choices from a place on. Exact, by the largest sum for every number of changes, trial after trial.
  template <class Value>
  double largest(const Value& value) {
    run_wide([&](auto bytes) {
      constexpr std::size_t in_pack = (std::min)(decltype(bytes)::value / sizeof(double), widest);
      using numbers = pack<double, in_pack>;
      for (std::size_t g = 0; g < groups_.size(); ++g) {
        const group& e = groups_[g];
        numbers best{}, x{}, bar{};
        fill(best, none);
        for (std::size_t p = e.place; p < e.place + e.size; p += in_pack) {
          load(bar, &barred_[p]);
          if (e.pooled) {
            value(p, x);
            x = x + bar;
          } else {
            x = bar;
          }
          store(&values_[p], x);
          choose(best, x > best, x, best);
        }
        double top = best[0];
        for (std::size_t lane = 1; lane < in_pack; ++lane) top = best[lane] > top ? best[lane] : top;
        top_[g] = top;
      }
    });
    return sum_up();
  }

 private:
  static constexpr double none = -std::numeric_limits<double>::infinity();
  static constexpr std::size_t widest = 4;

  /// Choices of one trial with the same cost, all pooled or none.
  struct group {
    std::size_t cost = 0, choice = 0, place = 0, size = 0;
    bool pooled = false;
  };

  void add(const fragility_choice& c) {
    v.resize(y.size());
    y.push_back(c.pooled ? c.y : 0.0);
    v.push_back(c.pooled ? c.v : 1.0);
  }

  double sum_up() {
    const std::size_t width = n + 1, layers = by_number ? some + 1 : 1, size = width * layers, layer = layers > 1 ? in_sum - always : 0;
    best_.assign((of.size() + 1) * size, none);
    best_[0] = 0;
    std::size_t to_come = some;  // trials that may or may not be pooled
    for (std::size_t i = 0; i < of.size(); ++i) {
      const double* before = &best_[i * size];
      double* after = &best_[(i + 1) * size];
      const std::size_t least = layer > to_come ? layer - to_come : 0;
      if (switches_[i]) --to_come;
      for (std::size_t g = first_[i]; g < first_[i + 1]; ++g) {
        const double top = top_[g];
        const std::size_t m = groups_[g].cost, step = step_of(i, g, layers);
        if (top == none || m >= width) continue;
        for (std::size_t s = least; s + step <= layer; ++s) {
          const double* from = before + s * width;
          double* to = after + (s + step) * width + m;
          for (std::size_t left = 0; left + m < width; ++left) {
            const double f = from[left] + top;
            to[left] = f > to[left] ? f : to[left];
          }
        }
      }
    }
    work += static_cast<double>(y.size() + 8 * of.size() * size);
    const double* last = &best_[of.size() * size];
    std::size_t s = layer, changes = 0;
    for (std::size_t m = 0; m < width; ++m) {
      if (last[s * width + m] > last[s * width + changes]) changes = m;
    }
    const double found = last[s * width + changes];
    chosen.assign(of.size(), 0);
    if (found == none) return found;
    for (std::size_t i = of.size(); i-- > 0;) {
      const double* before = &best_[i * size];
      const double sum = best_[(i + 1) * size + s * width + changes];
      for (std::size_t g = first_[i]; g < first_[i + 1]; ++g) {
        const std::size_t m = groups_[g].cost, step = step_of(i, g, layers);
        if (top_[g] == none || m > changes || step > s || before[(s - step) * width + changes - m] + top_[g] != sum) continue;
        const double* values = &values_[groups_[g].place];
        chosen[i] = groups_[g].choice + static_cast<std::size_t>(std::find(values, values + groups_[g].size, top_[g]) - values);
        s -= step;
        changes -= m;
        break;
      }
    }
    return found;
  }

  std::size_t step_of(std::size_t trial, std::size_t g, std::size_t layers) const { return groups_[g].pooled && switches_[trial] && layers > 1 ? 1 : 0; }

  std::vector<bool> switches_{};
  std::vector<group> groups_{};
  std::vector<std::size_t> first_{};              ///< of the groups of each trial
  std::vector<double> barred_{}, values_{}, top_{}, best_{};
};

}  // namespace metapool::detail
