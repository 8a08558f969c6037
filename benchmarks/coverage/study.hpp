// SPDX-License-Identifier: BSL-1.0
// The simulation behind docs/coverage.md: how often each interval holds what it should.
#pragma once

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/math/parallel.hpp>
#include <metapool/math/random.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/paule_mandel.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coverage {

/// Trials of one analysis. v: sampling variances, taken as known, as every method here does.
struct scenario {
  std::size_t k{};
  bool balanced = true;
  double tau2{};
  std::vector<double> v{};
};

/// Typical variance of every scenario (Higgins and Thompson's), so that tau2 means the same I2 in all: that of a log odds ratio of a trial with
/// some 16 events in each arm.
inline constexpr double typical = 0.25;

/// Balanced: all variances equal. Unbalanced: the first trial is ten times as large as each of the others.
inline scenario make_scenario(std::size_t k, bool balanced, double tau2) {
  scenario s{k, balanced, tau2, std::vector<double>(k, 1)};
  if (!balanced) s.v[0] = 0.1;
  const double unit = typical / metapool::typical_variance(std::span<const double>(s.v));
  for (double& v : s.v) v *= unit;
  return s;
}

/// One replicate: its effects and the fits that the methods share.
struct replicate {
  const scenario& of;
  std::uint64_t seed{};  ///< for methods that draw random numbers
  metapool::effects<double> data{};
  metapool::model_fit<double> common{}, dl{}, reml{}, pm{};
};

inline replicate draw(const scenario& s, std::uint64_t seed, std::uint64_t number) {
  metapool::detail::random_stream random(seed, number);
  std::vector<double> y;
  for (const double v : s.v) {
    const double truth = std::sqrt(s.tau2) * random.normal();
    y.push_back(truth + std::sqrt(v) * random.normal());
  }
  replicate r{s, seed * 1000003 + number};
  r.data = metapool::known_effects(y, s.v);
  r.common = metapool::common_effect(r.data);
  r.dl = metapool::random_effects(r.data, metapool::dersimonian_laird{});
  r.reml = metapool::random_effects(r.data, metapool::reml{});
  r.pm = metapool::random_effects(r.data, metapool::paule_mandel{});
  return r;
}

/// What a method says.
struct bounds {
  double lower{}, upper{};
  metapool::interval_state state = metapool::interval_state::regular;
};

/// What an interval is of.
enum class target { mean, next_trial, tau2 };

struct method {
  std::string name;
  target of;
  bounds (*interval)(const replicate&);
  std::size_t least_k = 2;   ///< fewer trials: not asked
  std::size_t replicates = 0;  ///< at most so many, if not 0: dear methods
};

/// Counts of one method in one scenario.
struct tally {
  std::size_t replicates{}, refused{};
  double covered{};        ///< sum of coverage (0 or 1; for the next trial its probability)
  double covered_squares{};
  std::vector<double> widths{};  ///< infinity for those without an end

  void operator+=(const tally& other) {
    replicates += other.replicates;
    refused += other.refused;
    covered += other.covered;
    covered_squares += other.covered_squares;
    widths.insert(widths.end(), other.widths.begin(), other.widths.end());
  }
  /// Replicates in which there was an interval, or an empty set.
  std::size_t given() const { return replicates - refused; }
  /// Of those; 0 if there was none.
  double coverage() const { return given() > 0 ? covered / static_cast<double>(given()) : 0; }
  /// Monte Carlo standard error of coverage()
  double error() const {
    const double n = static_cast<double>(given()), c = coverage();
    return std::sqrt(std::fmax(0, covered_squares / n - c * c) / n);
  }
  /// The median over the intervals that were given; infinity if half of them have no end. A mean would be that of the longest few.
  double median_width() const {
    std::vector<double> w = widths;
    const auto middle = w.begin() + static_cast<std::ptrdiff_t>(w.size() / 2);
    std::nth_element(w.begin(), middle, w.end());
    return *middle;
  }
};

inline void judge(const method& m, const replicate& r, tally& t) {
  ++t.replicates;
  bounds b;
  try {
    b = m.interval(r);
  } catch (const metapool::not_estimable&) {
    ++t.refused;
    return;
  }
  if (b.state == metapool::interval_state::empty_set) {
    t.widths.push_back(0);  // and covers nothing
    return;
  }
  double covered = 0;
  switch (m.of) {
    case target::mean: covered = b.lower <= 0 && 0 <= b.upper; break;
    case target::tau2: covered = b.lower <= r.of.tau2 && r.of.tau2 <= b.upper; break;
    case target::next_trial: {
      const double tau = std::sqrt(r.of.tau2);
      covered = tau > 0 ? metapool::detail::normal_cdf(b.upper / tau) - metapool::detail::normal_cdf(b.lower / tau) : (b.lower <= 0 && 0 <= b.upper);
      break;
    }
  }
  t.covered += covered;
  t.covered_squares += covered * covered;
  t.widths.push_back(b.upper - b.lower);
}

/// All methods on the same replicates, number first .. first + count. The same numbers for any number of threads.
inline std::vector<tally> run(const scenario& s, const std::vector<method>& methods, std::size_t count, std::uint64_t seed, std::uint64_t first, unsigned threads) {
  constexpr std::size_t block = 50;
  std::vector<std::vector<tally>> blocks((count + block - 1) / block, std::vector<tally>(methods.size()));
  metapool::detail::parallel_blocks(
      count, block, threads,
      [&](std::size_t begin, std::size_t end) {
        auto& mine = blocks[begin / block];
        for (std::size_t i = begin; i < end; ++i) {
          const replicate r = draw(s, seed, first + i);
          for (std::size_t m = 0; m < methods.size(); ++m) {
            if (s.k < methods[m].least_k || (methods[m].replicates > 0 && i >= methods[m].replicates)) continue;
            judge(methods[m], r, mine[m]);
          }
        }
      });
  std::vector<tally> sum(methods.size());
  for (const auto& b : blocks) {
    for (std::size_t m = 0; m < methods.size(); ++m) sum[m] += b[m];
  }
  return sum;
}

}  // namespace coverage
