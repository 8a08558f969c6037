// SPDX-License-Identifier: BSL-1.0
// Central moments of the weights, weighted by themselves.
#pragma once

#include <metapool/tau2/kernel.hpp>

#include <cstddef>
#include <span>

namespace metapool::detail {

template <class Real>
struct weight_moments {
  Real variance{};           ///< sum w (w - m)^2 / sum w = sum w^3 / sum w - m^2, m = sum w^2 / sum w
  Real weighted_variance{};  ///< sum w^2 (w - m)^2 / sum w = sum w^4 / sum w - 2 m sum w^3 / sum w + m^3
};

/// By deviations from the mean, which come from differences of the v against the smallest one: nothing cancels where the weights
/// w = 1 / (v + tau2) are nearly equal or one has nearly all.
template <class Real>
weight_moments<Real> weight_moments_at(std::span<const Real> v, const Real& tau2) {
  const std::size_t top = most_precise(v);
  const Real largest = 1 / (v[top] + tau2);
  Real sum = 0, drop = 0;  // sums of w and of w (largest - w)
  for (std::size_t i = 0; i < v.size(); ++i) {
    const Real w = 1 / (v[i] + tau2);
    sum += w;
    drop += w * (((v[i] - v[top]) * w) * largest);
  }
  const Real mean_drop = drop / sum;
  weight_moments<Real> m;
  for (std::size_t i = 0; i < v.size(); ++i) {
    const Real w = 1 / (v[i] + tau2);
    const Real d = ((v[i] - v[top]) * w) * largest - mean_drop;
    const Real share = (w / sum) * d * d;
    m.variance += share;
    m.weighted_variance += share * w;
  }
  return m;
}

}  // namespace metapool::detail
