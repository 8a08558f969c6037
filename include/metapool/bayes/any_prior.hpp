// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/tau_prior.hpp>

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace metapool {

/// A prior of tau that is chosen at run time.
using any_tau_prior = std::variant<half_normal, half_t, half_cauchy, uniform_tau, flat_tau, jeffreys_tau, log_normal_tau2, log_t_tau2, inverse_gamma_tau2>;

/// A prior of the mean that is chosen at run time.
using any_mean_prior = std::variant<flat_mean, normal_mean, t_mean>;

/// half_normal, half_t with 4 degrees of freedom and half_cauchy with each of these scales. Throws input_error unless each is positive and finite.
template <class = void>
std::vector<any_tau_prior> tau_prior_grid(const std::vector<double>& scales = {0.1, 0.25, 0.5, 1}) {
  std::vector<any_tau_prior> priors;
  for (const double scale : scales) priors.push_back(half_normal{scale});
  for (const double scale : scales) priors.push_back(half_t{scale, 4});
  for (const double scale : scales) priors.push_back(half_cauchy{scale});
  return priors;
}

namespace detail {

/// Any prior of tau as one type, so that code that takes a prior is compiled once for all of them.
template <class Real>
struct erased_tau_prior {
  std::function<Real(const Real&, std::span<const Real>)> density{};
  double end = std::numeric_limits<double>::infinity();
  double power{};
  bool is_proper{};
  std::string words{};

  double upper() const { return end; }
  double tail_power() const { return power; }
  bool proper() const { return is_proper; }
  const std::string& name() const { return words; }
  Real log_density(const Real& tau, std::span<const Real> v) const { return density(tau, v); }
};

template <class Real, class Prior>
erased_tau_prior<Real> erase(const Prior& prior) {
  erased_tau_prior<Real> e;
  e.density = [prior](const Real& tau, [[maybe_unused]] std::span<const Real> v) {
    if constexpr (requires { prior.log_density(tau); }) {
      return Real(prior.log_density(tau));
    } else {
      return Real(prior.log_density(tau, v));
    }
  };
  e.end = prior.upper();
  e.power = prior.tail_power();
  e.is_proper = prior.proper();
  e.words = prior.name();
  return e;
}

template <class Real>
erased_tau_prior<Real> erase(const any_tau_prior& prior) {
  return std::visit([](const auto& p) { return erase<Real>(p); }, prior);
}

}  // namespace detail
}  // namespace metapool
