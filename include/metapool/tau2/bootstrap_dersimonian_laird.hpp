// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/random.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace metapool {

/// Between-study variance by bootstrapping DerSimonian and Laird's (DLb): the mean of their truncated estimate over `replicates` samples of
/// k studies drawn with replacement. 0 only if no sample gives a positive estimate; equal effects always do.
/// Scale: that of y squared. The same seed gives the same bits on every machine; the Monte Carlo error falls with 1 / sqrt(replicates).
/// Throws input_error if k < 2, a y is not finite, any v <= 0, or replicates = 0. No standard error. Memory: 2 k numbers.
/// For one mean only: studies drawn at random may leave moderators without a fit; estimate() around another design throws input_error.
/// Kontopantelis, Springate & Reeves (2013) PLoS ONE 8:e69930, doi:10.1371/journal.pone.0069930.
struct bootstrap_dersimonian_laird {
  static constexpr std::string_view name = "bootstrap DerSimonian-Laird";
  std::size_t replicates = 10000;
  std::uint64_t seed = 1;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  template <class Real>
  tau2_estimate<Real> estimate(const detail::mean_problem<Real>& problem) const {
    if (replicates == 0) detail::throw_input_error(name, "replicates must be positive");
    const std::size_t k = problem.k();
    std::vector<Real> y(k), v(k);
    Real sum = 0;
    for (std::size_t r = 0; r < replicates; ++r) {
      detail::random_stream random(seed, r);
      for (std::size_t i = 0; i < k; ++i) {
        const std::size_t drawn = static_cast<std::size_t>(random.below(k));
        y[i] = problem.y()[drawn];
        v[i] = problem.v()[drawn];
      }
      sum += dersimonian_laird{}.estimate(detail::mean_problem<Real>(std::span<const Real>(y), std::span<const Real>(v))).tau2;
    }
    tau2_estimate<Real> result;
    result.tau2 = sum / static_cast<Real>(replicates);
    return result;
  }

  /// Refuses. Throws input_error.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem&) const {
    detail::throw_input_error(name, "is defined for one mean, not for a regression on moderators");
  }
};

}  // namespace metapool
