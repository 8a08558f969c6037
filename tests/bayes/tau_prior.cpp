// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/tau_prior.hpp>

#include "support/close.hpp"

#include <metapool/math/quadrature.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Integral of the density over tau, in log(tau) by panels.
template <class Prior>
double mass(const Prior& prior, double from, double to) {
  double sum = 0;
  for (double a = from; a < to; a += 1) {
    sum += metapool::detail::integrate<double>([&](double x) { return std::exp(prior.log_density(std::exp(x)) + x); }, a, std::fmin(a + 1, to));
  }
  return sum;
}

struct own_prior {
  double upper() const { return INFINITY; }
  double tail_power() const { return INFINITY; }
  bool proper() const { return true; }
  std::string name() const { return "exponential"; }
  template <class Real>
  Real log_density(const Real& tau) const {
    return -tau;
  }
};
struct no_prior {
  double upper() const { return 1; }
};

static_assert(tau_prior<half_normal>);
static_assert(tau_prior<jeffreys_tau, long double>);
static_assert(tau_prior<own_prior, float>);
static_assert(!tau_prior<no_prior>);

}  // namespace

TEST_CASE("proper priors of tau integrate to one") {
  CHECK(close(mass(half_normal(0.5), -40, 4), 1.0, digits12));
  CHECK(close(mass(half_t(0.7, 4), -40, 30), 1.0, digits12));
  CHECK(close(mass(half_cauchy(2), -40, 40), 1.0, digits12));
  CHECK(close(mass(uniform_tau(10), -40, std::log(10.0)), 1.0, digits12));
  CHECK(close(mass(log_normal_tau2(-2.56, 1.74), -40, 40), 1.0, digits12));
  CHECK(close(mass(inverse_gamma_tau2(2, 0.3), -40, 40), 1.0, digits12));
  CHECK(close(mass(log_t_tau2(-3.44, 2.59, 5), -300, 300), 1.0, tolerance{1e-9, 0, 0, "the tail beyond exp(300)"}));
  for (const bool proper : {half_normal().proper(), half_t(1, 4).proper(), half_cauchy().proper(), uniform_tau(1).proper(), log_normal_tau2(0, 1).proper(),
                            inverse_gamma_tau2(1, 1).proper(), log_t_tau2(0, 1).proper()})
    CHECK(proper);
  CHECK_FALSE(flat_tau().proper());
  CHECK_FALSE(jeffreys_tau().proper());
}

TEST_CASE("densities of tau follow from those of R") {
  // R 4.2: 2 dnorm(0.3, sd = 0.5), 2 dt(0.3 / 0.5, 4) / 0.5, 2 dcauchy(0.3, scale = 0.5), dlnorm(0.09, -2.56, 1.74) * 0.6,
  // dt((log(0.09) + 3.44) / 2.59, 5) / 2.59 / 0.09 * 0.6, dgamma(1 / 0.09, 2, 0.3) / 0.09^2 * 0.6
  CHECK(close(std::exp(half_normal(0.5).log_density(0.3)), 1.3328984115672, digits12));
  CHECK(close(std::exp(half_t(0.5, 4).log_density(0.3)), 1.20927483194321, digits12));
  CHECK(close(std::exp(half_cauchy(0.5).log_density(0.3)), 0.936205547599384, digits12));
  CHECK(close(std::exp(log_normal_tau2(-2.56, 1.74).log_density(0.3)), 1.52268929380178, digits12));
  CHECK(close(std::exp(log_t_tau2(-3.44, 2.59).log_density(0.3)), 0.889633064502321, digits12));
  CHECK(close(std::exp(inverse_gamma_tau2(2, 0.3).log_density(0.3)), 2.6425180257224, digits12));
}

TEST_CASE("half-t with one degree of freedom is the half-Cauchy, with many nearly the half-normal; tails fall as they say") {
  for (double tau : {0.01, 0.5, 7.0}) CHECK(close(half_t(0.5, 1).log_density(tau), half_cauchy(0.5).log_density(tau), at_scale(digits12, 1)));
  CHECK(close(half_t(0.5, 1000).log_density(0.4), half_normal(0.5).log_density(0.4), tolerance{1e-3, 1, 0, "1000 degrees of freedom"}));
  const auto falls = [](const auto& prior) { return (prior.log_density(1e7) - prior.log_density(1e6)) / std::log(0.1); };
  CHECK(close(falls(half_t(0.5, 4)), half_t(0.5, 4).tail_power(), digits6));
  CHECK(close(falls(half_cauchy(0.5)), half_cauchy(0.5).tail_power(), digits6));
  CHECK(close(falls(inverse_gamma_tau2(1.5, 1)), inverse_gamma_tau2(1.5, 1).tail_power(), digits6));
  CHECK(falls(flat_tau()) == flat_tau().tail_power());
}

TEST_CASE("Jeffreys's prior is the root of the sum of squares of tau / (v + tau^2)") {
  const std::vector<double> v{1, 1, 4};
  const double tau = 1.5, t2 = tau * tau;
  const double direct = std::sqrt(2 * std::pow(tau / (1 + t2), 2) + std::pow(tau / (4 + t2), 2));
  CHECK(close(std::exp(jeffreys_tau().log_density(tau, std::span<const double>(v))), direct, digits12));
  const std::vector<double> tiny{1e-200, 1};
  CHECK(std::isfinite(jeffreys_tau().log_density(1e-150, std::span<const double>(tiny))));
}

TEST_CASE("a prior with a number that makes no sense is refused") {
  CHECK_THROWS_WITH_AS(half_normal{0}, "half_normal: scale = 0 must be positive and finite", input_error);
  CHECK_THROWS_AS(half_normal{NAN}, input_error);
  CHECK_THROWS_AS(half_cauchy{-1}, input_error);
  CHECK_THROWS_AS(half_t(1, 0), input_error);
  CHECK_THROWS_AS(half_t(1, 2000), input_error);
  CHECK_THROWS_AS(uniform_tau{INFINITY}, input_error);
  CHECK_THROWS_AS(log_normal_tau2(NAN, 1), input_error);
  CHECK_THROWS_AS(log_normal_tau2(0, 0), input_error);
  CHECK_THROWS_AS(log_t_tau2(INFINITY, 1), input_error);
  CHECK_THROWS_AS(log_t_tau2(0, 1, 2), input_error);
  CHECK_THROWS_AS(inverse_gamma_tau2(101, 1), input_error);
  CHECK_THROWS_AS(inverse_gamma_tau2(1, 0), input_error);
}
