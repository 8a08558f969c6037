// SPDX-License-Identifier: BSL-1.0
// What fitting a distribution to reported quantiles takes and gives.
#pragma once

#include <metapool/math/convergence.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace metapool {

/// A distribution that may have made the quantiles.
enum class quantile_family : std::uint8_t { normal, log_normal, gamma, weibull, beta };

/// The name of a family: "log-normal".
constexpr std::string_view name_of(quantile_family f) {
  constexpr std::array<std::string_view, 5> names{"normal", "log-normal", "gamma", "Weibull", "beta"};
  return names[static_cast<std::size_t>(f)];
}

/// One fitted distribution. parameters: normal mean and sd; log-normal those of the logarithm; gamma and Weibull shape and scale; beta its two shapes.
template <class Real = double>
struct quantile_fit {
  quantile_family family{};
  std::array<Real, 2> parameters{};
  Real mean{};
  Real sd{};
  Real sum_of_squares{};  ///< of the distances of reported and fitted quantiles, in squared units of the outcome
  metapool::convergence<Real> convergence{};
};

/// All fits, the best first.
template <class Real = double>
struct quantile_estimate_result {
  std::vector<quantile_fit<Real>> fits{};
  const quantile_fit<Real>& best() const { return fits.front(); }
  Real mean() const { return best().mean; }
  Real sd() const { return best().sd; }
};

namespace detail {

/// Quantiles q of probabilities p, rising.
template <class Real>
struct reported_quantiles {
  std::vector<Real> p{}, q{};
};

}  // namespace detail
}  // namespace metapool
