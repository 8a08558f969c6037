// SPDX-License-Identifier: BSL-1.0
// Log risk ratios of the BCG trials, and their regression on latitude: the numbers on which estimators are compared with metafor.
#pragma once

#include "support/published.hpp"

#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/tau2/estimate.hpp>

#include <array>
#include <span>

namespace metapool_test {

/// Log risk ratios and variances of bcg().
inline const metapool::effects<double>& bcg_effects() {
  static const metapool::effects<double> e = metapool::effect_sizes(bcg(), metapool::risk_ratio{});
  return e;
}

/// The latitude of each trial, in degrees.
inline constexpr std::array<double, 13> bcg_latitude{44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33};

template <class Estimator>
metapool::tau2_estimate<double> estimate_bcg(const Estimator& estimator) {
  return estimator(std::span<const double>(bcg_effects().y), std::span<const double>(bcg_effects().v));
}

}  // namespace metapool_test
