// SPDX-License-Identifier: BSL-1.0
// Log risk ratios of the BCG trials, and their regression on latitude: the numbers on which estimators and series are compared with metafor.
#pragma once

#include "support/published.hpp"

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/tau2/estimate.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace metapool_test {

/// Log risk ratios and variances of bcg().
inline const metapool::effects<double>& bcg_effects() {
  static const metapool::effects<double> e = metapool::effect_sizes(bcg(), metapool::risk_ratio{});
  return e;
}

/// The first k of them to four decimals, on which series of meta-analyses are compared with metafor.
inline metapool::effects<double> rounded_bcg_effects(std::size_t k = 13) {
  std::vector<double> y{-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861, -1.6209, 0.0120, -0.4694, -1.3713, -0.3394, 0.4459, -0.0173};
  std::vector<double> v{0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069, 0.2230, 0.0040, 0.0564, 0.0730, 0.0124, 0.5325, 0.0714};
  y.resize(k);
  v.resize(k);
  return metapool::known_effects(y, v);
}

/// The latitude of each trial, in degrees.
inline constexpr std::array<double, 13> bcg_latitudes{44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33};

template <class Estimator>
metapool::tau2_estimate<double> estimate_bcg(const Estimator& estimator) {
  return estimator(std::span<const double>(bcg_effects().y), std::span<const double>(bcg_effects().v));
}

}  // namespace metapool_test
