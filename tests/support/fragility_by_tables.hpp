// SPDX-License-Identifier: BSL-1.0
// The bounds of fragility alone, beside all tables there are.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/sensitivity/fragility_search.hpp>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

namespace metapool_test {

using trial_set = std::vector<metapool::binary_trial<>>;

struct draws {
  unsigned long long state = 5;
  int operator()(int below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<int>((state >> 33) % static_cast<unsigned long long>(below));
  }
};

/// A few small trials: every third set (i) has three of them with arms of 3 to 5, the others two with arms of 3 to 11.
inline trial_set small_trials(draws& draw, int i) {
  trial_set t;
  const int k = i % 3 == 0 ? 3 : 2, most = k == 3 ? 3 : 9;
  for (int j = 0; j < k; ++j) {
    const int n = 3 + draw(most), m = 3 + draw(most), a = draw(n + 1), c = draw(m + 1);
    t.push_back({"", {double(a), double(n)}, {double(c), double(m)}});
  }
  return t;
}

/// What each table of one trial adds to some sums.
using table_sums = std::array<double, 5>;
using sums_of_tables = std::vector<table_sums>;

/// What each table of one trial adds to the sums of a mean by inverse variance: w y and w; nothing if it is not pooled.
template <class Measure, class Policy>
sums_of_tables pooled_by_table(const metapool::binary_trial<>& t, const Measure& measure, const Policy& policy) {
  sums_of_tables all;
  for (int a = 0; a <= *t.treated.total; ++a) {
    for (int c = 0; c <= *t.control.total; ++c) {
      const auto e = metapool::effect_sizes(trial_set{metapool::binary_trial<>{t.label, {double(a), *t.treated.total}, {double(c), *t.control.total}}}, measure, policy);
      all.push_back(e.y.empty() ? table_sums{} : table_sums{e.y[0] / e.v[0], 1 / e.v[0]});
    }
  }
  return all;
}

/// The fewest changes from `start` to tables of which reached(sums) holds, over all tables with the same totals; one more than all patients if there are none.
template <class Reached>
std::size_t by_all_tables(const trial_set& start, const std::vector<sums_of_tables>& sums, const Reached& reached, std::size_t trial = 0, std::size_t cost = 0,
                          const table_sums& sum = {}, std::size_t best = 1000000) {
  if (trial == start.size()) return reached(sum) && cost > 0 && cost < best ? cost : best;
  const metapool::binary_trial<>& t = start[trial];
  std::size_t place = 0;
  for (int a = 0; a <= *t.treated.total; ++a) {
    for (int c = 0; c <= *t.control.total; ++c, ++place) {
      const std::size_t now = cost + static_cast<std::size_t>(std::abs(a - static_cast<int>(*t.treated.events)) + std::abs(c - static_cast<int>(*t.control.events)));
      if (now >= best) continue;
      table_sums next = sums[trial][place];
      for (std::size_t j = 0; j < sum.size(); ++j) next[j] += sum[j];
      best = by_all_tables(start, sums, reached, trial + 1, now, next, best);
    }
  }
  return best;
}

/// A search whose judgement is that of the library, for the bounds alone.
template <class Judge>
struct bounds_alone {
  trial_set now;
  Judge judge;
  std::vector<long long> reached{};
  metapool::detail::fragility_searcher<double, Judge> searcher{now, judge};

  bounds_alone(const trial_set& t, const Judge& j) : now(t), judge(j) {
    for (std::size_t i = 0; i < now.size(); ++i) {
      for (const bool treated : {true, false}) {
        const auto& arm = treated ? t[i].treated : t[i].control;
        searcher.arms.push_back({i, treated, *arm.events, static_cast<std::size_t>(*arm.events), static_cast<std::size_t>(*arm.total - *arm.events), 0});
      }
    }
  }
  bounds_alone(const bounds_alone&) = delete;
  bounds_alone& operator=(const bounds_alone&) = delete;

  auto attempt(metapool::detail::fragility_goal goal) {
    return [this, goal](const std::vector<long long>& changes) -> std::size_t {
      std::size_t cost = 0;
      for (std::size_t j = 0; j < changes.size(); ++j) {
        searcher.set(searcher.arms[j], changes[j]);
        cost += static_cast<std::size_t>(std::llabs(changes[j]));
      }
      return cost > 0 && searcher.reached(searcher.look(), goal) ? cost : 0;
    };
  }
};

}  // namespace metapool_test
