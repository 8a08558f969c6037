// SPDX-License-Identifier: BSL-1.0
// The ways to change each trial by a few patients, and the largest sum over trials that they allow.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <utility>
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
  std::vector<std::vector<fragility_choice>> of{};  ///< by trial; those with cost <= n come first
  std::size_t n = 0;                                ///< changes in all
  bool by_number = false;                           ///< whether the number of pooled trials is fixed
  std::size_t in_sum = 0;                           ///< and what it is
  std::vector<std::size_t> chosen{};                ///< of the largest sum, one a trial
  double work = 0;                                  ///< choices looked at so far

  /// Which trials are pooled by all, and by some of their choices.
  void count() {
    always = some = 0;
    switches.assign(of.size(), false);
    for (std::size_t i = 0; i < of.size(); ++i) {
      bool in = false, out = false;
      for (const fragility_choice& c : of[i]) (c.pooled ? in : out) = true;
      switches[i] = in && out;
      always += in && !out ? 1 : 0;
      some += in && out ? 1 : 0;
    }
  }
  std::size_t always = 0, some = 0;

  /// The largest sum of value(choice, its place among all choices) over one choice a trial within ranges, trials that are not pooled giving 0. -infinity if there is
  /// none. Exact, by the largest sum for every number of changes, trial after trial.
  template <class Value>
  double largest(const fragility_ranges& ranges, const Value& value) {
    constexpr double none = -std::numeric_limits<double>::infinity();
    const std::size_t width = n + 1, layers = by_number ? some + 1 : 1, size = width * layers;
    best_.assign((of.size() + 1) * size, none);
    from_.assign((of.size() + 1) * size, {0, 0});
    best_[0] = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < of.size(); ++i) {
      const double* before = &best_[i * size];
      double* after = &best_[(i + 1) * size];
      auto* source = &from_[(i + 1) * size];
      for (const bool in : {false, true}) {
        top_.assign(width, none);
        which_.assign(width, 0);
        for (std::size_t c = 0; c < of[i].size(); ++c) {
          const fragility_choice& x = of[i][c];
          if (x.pooled != in) continue;
          if (!ranges.empty() && !(ranges[i][0] <= x.treated && x.treated <= ranges[i][1] && ranges[i][2] <= x.control && x.control <= ranges[i][3])) continue;
          const double f = in ? value(x, begin + c) : 0;
          if (f > top_[x.cost]) {
            top_[x.cost] = f;
            which_[x.cost] = c;
          }
        }
        const std::size_t step = in && switches[i] && layers > 1 ? 1 : 0;
        for (std::size_t m = 0; m < width; ++m) {
          if (top_[m] == none) continue;
          for (std::size_t s = 0; s + step < layers; ++s) {
            for (std::size_t left = 0; left + m < width; ++left) {
              const double f = before[s * width + left] + top_[m];
              const std::size_t to = (s + step) * width + left + m;
              if (f > after[to]) {
                after[to] = f;
                source[to] = {which_[m], s * width + left};
              }
            }
          }
        }
      }
      begin += of[i].size();
      work += static_cast<double>(of[i].size() + size);
    }
    const std::size_t layer = layers > 1 ? in_sum - always : 0;
    std::size_t end = layer * width;
    const double* last = &best_[of.size() * size];
    for (std::size_t m = 0; m < width; ++m) {
      if (last[layer * width + m] > last[end]) end = layer * width + m;
    }
    const double found = last[end];
    chosen.assign(of.size(), 0);
    if (found == none) return found;
    for (std::size_t i = of.size(); i-- > 0;) {
      const auto& s = from_[(i + 1) * size + end];
      chosen[i] = s.first;
      end = s.second;
    }
    return found;
  }

 private:
  std::vector<bool> switches{};
  std::vector<double> best_{}, top_{};
  std::vector<std::pair<std::size_t, std::size_t>> from_{};
  std::vector<std::size_t> which_{};
};

}  // namespace metapool::detail
