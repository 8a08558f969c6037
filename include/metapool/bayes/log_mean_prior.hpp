// SPDX-License-Identifier: BSL-1.0
// The logarithm of the density of a prior of the mean. Neither Boost nor Eigen.
#pragma once

#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/math/constants.hpp>

#include <cmath>
#include <type_traits>

namespace metapool::detail {

/// log of the density of a prior of the mean at `offset` from `reference` (so that a common shift of data and prior costs no digits).
template <class Real, class Prior>
auto log_mean_prior(const Prior& prior, const Real& reference) {
  using std::log;
  if constexpr (std::is_same_v<Prior, normal_mean>) {
    const Real centre = Real(prior.mean) - reference, sd = Real(prior.sd), constant = log(Real(sd * sd * 2 * pi<Real>())) / 2;
    return [=](const Real& m) { return Real(-(m - centre) / sd * (m - centre) / sd / 2 - constant); };
  } else if constexpr (std::is_same_v<Prior, t_mean>) {
    const Real centre = Real(prior.mean) - reference, scale = Real(prior.scale), df = Real(prior.df), constant = log(scale);
    return [=](const Real& m) { return Real(log_t_density(Real((m - centre) / scale), df) - constant); };
  } else {
    static_assert(std::is_same_v<Prior, flat_mean>, "the prior of the mean is flat_mean, normal_mean or t_mean");
    return [](const Real&) { return Real(0); };
  }
}

}  // namespace metapool::detail
