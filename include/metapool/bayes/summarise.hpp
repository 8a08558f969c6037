// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/normal_normal.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace metapool {

/// A posterior distribution in a few numbers. Scale: that of the distribution.
template <class Real = double>
struct posterior_summary {
  std::optional<Real> mean{};  ///< empty if the distribution has none
  std::optional<Real> sd{};
  Real median{};
  Real mode{};
  Real lower{};            ///< equal-tailed interval
  Real upper{};
  Real shortest_lower{};   ///< shortest interval (highest density, if the density has one peak)
  Real shortest_upper{};
  double level = 0.95;
};

/// Everything of a random-effects posterior.
template <class Real = double>
struct posterior_summaries {
  posterior_summary<Real> mean{};
  posterior_summary<Real> tau{};
  posterior_summary<Real> next{};                   ///< the effect in a new study
  std::vector<posterior_summary<Real>> studies{};   ///< the studies' own effects, shrunk, in the order of data()
  std::pair<Real, Real> joint_mode{};               ///< mean, tau
};

/// A distribution (normal_mixture, tau_posterior) in a few numbers. Throws input_error unless 0 < level < 1.
template <class Distribution>
posterior_summary<typename Distribution::real_type> summarise(const Distribution& x, double level = 0.95) {
  using Real = typename Distribution::real_type;
  detail::check_level("summarise", level);
  const Real half = detail::tail_of_level<Real>(level);
  posterior_summary<Real> s;
  s.mean = x.mean();
  s.sd = x.sd();
  s.median = x.quantile(Real(Real(1) / 2));
  s.mode = x.mode();
  s.lower = x.quantile(half);
  s.upper = x.upper_quantile(half);
  const std::pair<Real, Real> shortest = x.shortest(level, s.lower, s.upper);
  s.shortest_lower = shortest.first;
  s.shortest_upper = shortest.second;
  s.level = level;
  return s;
}

namespace detail {

/// A posterior of a random-effects model: distributions of mean, tau, a new study and each study, and the mode of mean and tau together.
template <class P>
concept random_effects_posterior = requires(const P& p) {
  p.mean();
  p.tau();
  p.next();
  p.study(std::size_t{});
  p.joint_mode();
  p.data().size();
};

}  // namespace detail

/// Mean, tau, a new study and every study of a posterior (normal_normal, binomial_normal). Throws input_error unless 0 < level < 1.
template <detail::random_effects_posterior Posterior>
posterior_summaries<typename Posterior::real_type> summarise(const Posterior& posterior, double level = 0.95) {
  posterior_summaries<typename Posterior::real_type> s;
  s.mean = summarise(posterior.mean(), level);
  s.tau = summarise(posterior.tau(), level);
  s.next = summarise(posterior.next(), level);
  for (std::size_t i = 0; i < posterior.data().size(); ++i) s.studies.push_back(summarise(posterior.study(i), level));
  s.joint_mode = posterior.joint_mode();
  return s;
}

}  // namespace metapool
