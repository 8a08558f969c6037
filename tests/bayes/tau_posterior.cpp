// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/tau_posterior.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>

using namespace metapool_test;
using posterior = metapool::tau_posterior<double>;
using kernel = metapool::detail::normal_normal_kernel<double>;

TEST_CASE("one study with a flat mean leaves the prior of tau as it is: Weibull, in closed form") {
  // density 2 tau exp(-tau^2)
  const posterior x(kernel({1.5}, {0.2}, std::nullopt), [](const double& tau) { return std::log(2 * tau) - tau * tau; }, INFINITY, 1e6);
  REQUIRE(x.convergence().converged);
  CHECK(close(x.log_integral(), 0.0, at_scale(digits12, 1)));
  CHECK(close(x.cdf(0.7), 1 - std::exp(-0.49), digits12));
  CHECK(close(x.upper_tail(3), std::exp(-9.0), digits10));
  CHECK(close(x.quantile(0.3), std::sqrt(-std::log(0.7)), digits12));
  CHECK(close(x.upper_quantile(1e-4), std::sqrt(-std::log(1e-4)), digits12));
  CHECK(close(x.density(0.7), 1.4 * std::exp(-0.49), digits12));
  CHECK(close(x.mode(), std::sqrt(0.5), digits8));
  CHECK(close(*x.mean(), std::sqrt(M_PI) / 2, digits12));
  CHECK(close(*x.sd(), std::sqrt(1 - M_PI / 4), digits12));
  CHECK(x.cdf(0) == 0);
  CHECK(x.upper_tail(-1) == 1);
  CHECK(x.density(-1) == 0);
}

TEST_CASE("a support that ends inside: the triangle 2 tau / U^2, whose shortest interval ends there") {
  const posterior x(kernel({1.5}, {0.2}, std::nullopt), [](const double& tau) { return std::log(2 * tau / 9); }, 3, 1e6);
  CHECK(close(x.cdf(1), 1.0 / 9, digits12));
  CHECK(close(x.quantile(0.81), 2.7, digits12));
  CHECK(x.cdf(3) == 1);
  CHECK(x.upper_tail(4) == 0);
  CHECK(close(*x.mean(), 2.0, digits12));
  CHECK(close(x.mode(), 3.0, digits12));
  const auto shortest = x.shortest(0.75);
  CHECK(close(shortest.first, 1.5, digits10));
  CHECK(shortest.second == 3);
}

TEST_CASE("a density of two peaks: the shortest interval is the shortest of all") {
  const auto log_density = [](const double& tau) { return std::log(std::exp(-tau * 20) * 0.35 + std::exp(-(tau - 2) * (tau - 2) * 50)); };
  const posterior x(kernel({1.5}, {0.2}, std::nullopt), log_density, INFINITY, 1e6);
  const auto shortest = x.shortest(0.6);
  CHECK(shortest.first > 1);
  CHECK(close(x.cdf(shortest.second) - x.cdf(shortest.first), 0.6, digits10));
  CHECK(close(x.mode(), 2.0, digits8));
}
