// SPDX-License-Identifier: BSL-1.0
// How well a method did in a simulation, with Monte Carlo errors.
#pragma once

#include <metapool/inference/result.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// What an interval is of.
enum class interval_target : std::uint8_t {
  mean,       ///< the mean of the true effects
  next_trial  ///< the true effect of one more trial
};

/// What a method says of one data set, on the pooling scale.
struct simulated_answer {
  std::optional<double> estimate{};
  double lower{};
  double upper{};
  interval_state state = interval_state::regular;
};

/// A number from a simulation and its Monte Carlo standard error.
struct monte_carlo {
  double value{};
  double error{};
};

/// Performance of one method. Shares are of the data sets with an answer; they are empty if there was none.
struct method_performance {
  std::string name{};
  interval_target target = interval_target::mean;
  std::size_t replicates{};
  std::size_t answered{};
  std::size_t refused{};  ///< data sets that hold no information for it (not_estimable)
  std::size_t failed{};   ///< its search did not converge, or its answer was no interval (NaN, ends exchanged)
  std::size_t empty{};    ///< of those answered: the interval has no point (it covers nothing and rejects everything)
  std::optional<monte_carlo> coverage{};      ///< of the mean, or of a new trial's true effect
  std::optional<monte_carlo> rejection{};     ///< share of intervals without 0, no effect: type I error if the mean is 0, power else
  std::optional<double> median_width{};       ///< infinity if half of the intervals have no end
  std::optional<monte_carlo> bias{};          ///< mean of estimate - true mean; empty for the next trial
  std::optional<monte_carlo> empirical_se{};  ///< standard deviation of the estimates
  std::optional<monte_carlo> mse{};           ///< mean squared error of the estimates
};

namespace detail {

/// Sums over data sets from which the performance follows. Adding up tallies in the order of their blocks gives the same bits however the blocks were shared out.
struct performance_tally {
  std::size_t replicates{}, refused{}, failed{}, empty{}, covered{}, rejected{}, estimates{};
  double error{}, square{}, fourth{};  ///< sums of powers of estimate - truth
  std::vector<double> widths{};

  void take(const simulated_answer& a, double truth, double mean) {
    if ((a.estimate && !(*a.estimate == *a.estimate)) || (a.state != interval_state::empty_set && !(a.lower <= a.upper))) {
      ++failed;
      return;
    }
    if (a.estimate) {
      const double e = *a.estimate - mean;
      ++estimates;
      error += e;
      square += e * e;
      fourth += e * e * e * e;
    }
    if (a.state == interval_state::empty_set) {
      ++empty;
      ++rejected;
      widths.push_back(0);
      return;
    }
    if (a.lower <= truth && truth <= a.upper) ++covered;
    if (!(a.lower <= 0 && 0 <= a.upper)) ++rejected;
    widths.push_back(a.upper - a.lower);
  }

  void operator+=(const performance_tally& t) {
    replicates += t.replicates;
    refused += t.refused;
    failed += t.failed;
    empty += t.empty;
    covered += t.covered;
    rejected += t.rejected;
    estimates += t.estimates;
    error += t.error;
    square += t.square;
    fourth += t.fourth;
    widths.insert(widths.end(), t.widths.begin(), t.widths.end());
  }
};

inline monte_carlo share(std::size_t part, std::size_t whole) {
  const double n = static_cast<double>(whole), p = static_cast<double>(part) / n;
  return {p, std::sqrt(p * (1 - p) / n)};
}

/// Monte Carlo errors: Morris, White & Crowther (2019) Stat Med 38:2074, doi:10.1002/sim.8086, table 6.
inline method_performance performance_of(const std::string& name, interval_target target, performance_tally t) {
  method_performance r{.name = name, .target = target, .replicates = t.replicates, .answered = t.widths.size(), .refused = t.refused, .failed = t.failed, .empty = t.empty};
  if (r.answered > 0) {
    r.coverage = share(t.covered, r.answered);
    r.rejection = share(t.rejected, r.answered);
    const auto middle = t.widths.begin() + static_cast<std::ptrdiff_t>((t.widths.size() - 1) / 2);
    std::nth_element(t.widths.begin(), middle, t.widths.end());
    r.median_width = *middle;
    if (t.widths.size() % 2 == 0) r.median_width = (*middle + *std::min_element(middle + 1, t.widths.end())) / 2;
  }
  if (t.estimates > 1 && target == interval_target::mean) {
    const double n = static_cast<double>(t.estimates), mean = t.error / n, mse = t.square / n;
    const double variance = (std::max)(0.0, (t.square - n * mean * mean) / (n - 1)), spread = (std::max)(0.0, t.fourth - n * mse * mse);
    r.bias = monte_carlo{mean, std::sqrt(variance / n)};
    r.empirical_se = monte_carlo{std::sqrt(variance), std::sqrt(variance / (2 * (n - 1)))};
    r.mse = monte_carlo{mse, std::sqrt(spread / (n * (n - 1)))};
  }
  return r;
}

}  // namespace detail

}  // namespace metapool
