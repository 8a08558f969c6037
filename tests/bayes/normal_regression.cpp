// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/normal_regression.hpp>

#include "support/close.hpp"

#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/math/gauss_legendre.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using numbers = std::vector<double>;

const numbers y{-1.2, -0.3, 0.4, 0.9, 0.1}, v{0.4, 0.1, 0.3, 0.2, 0.6}, x{1, 2, 4, 5, 3};

double phi(double z, double variance) { return std::exp(-z * z / (2 * variance)) / std::sqrt(2 * M_PI * variance); }

}  // namespace

TEST_CASE("with an intercept alone it is the normal-normal posterior") {
  const auto data = known_effects<double>(y, v);
  for (const bool proper : {false, true}) {
    const auto plain = proper ? normal_normal(data, half_cauchy{0.5}, normal_mean{0.1, 1}) : normal_normal(data, half_cauchy{0.5});
    const auto p = normal_regression(data, intercept_only<double>(5), half_cauchy{0.5}, proper ? std::vector<coefficient_prior>{normal_mean{0.1, 1}} : std::vector<coefficient_prior>{});
    CHECK(close(*p.coefficient(0).mean(), *plain.mean().mean(), digits10));
    CHECK(close(*p.coefficient(0).sd(), *plain.mean().sd(), digits10));
    CHECK(close(p.coefficient(0).quantile(0.025), plain.mean().quantile(0.025), digits10));
    CHECK(close(p.tau().quantile(0.5), plain.tau().quantile(0.5), digits10));
    CHECK(close(p.tau().mode(), plain.tau().mode(), at_scale(digits8, 1)));
    CHECK(close(p.tau().joint_mode(), plain.tau().joint_mode(), at_scale(digits8, 1)));
    CHECK(close(p.next_at({1}).quantile(0.9), plain.next().quantile(0.9), digits10));
    CHECK(close(*p.study(2).mean(), *plain.study(2).mean(), digits10));
    CHECK(p.log_marginal_likelihood().has_value() == proper);
    if (proper) {
      CHECK(close(*p.log_marginal_likelihood(), *plain.log_marginal_likelihood(), digits10));
      CHECK(close(*p.bayes_factor(0), *plain.bayes_factor_mean(), digits10));
    }
  }
}

TEST_CASE("an intercept and a slope: three-dimensional quadrature gives the same posterior") {
  const auto p = normal_regression(known_effects<double>(y, v), design_of(x), half_normal{0.5}, {normal_mean{0, 2}, normal_mean{0.2, 0.5}});
  double mass = 0, slope = 0, below = 0, tau_mean = 0, fitted = 0, shrunk = 0;
  const double h = 0.11;
  const auto add = [&](double tau, double weight) {
    for (double a = -6.6; a < 4.4; a += h) {
      for (double b = -1.65; b < 2.2; b += h / 2) {
        double f = weight * h * h / 2 * 2 * phi(tau, 0.25) * phi(a, 4) * phi(b - 0.2, 0.25);
        for (std::size_t i = 0; i < y.size(); ++i) f *= phi(y[i] - a - b * x[i], v[i] + tau * tau);
        mass += f;
        slope += f * b;
        tau_mean += f * tau;
        fitted += f * (a + 2.5 * b);
        below += f * 0.5 * std::erfc((a + 2.5 * b) / std::sqrt(2 * tau * tau));
        shrunk += f * (tau * tau * y[0] + v[0] * (a + b)) / (tau * tau + v[0]);
      }
    }
  };
  // tau = exp(u - exp(-u)): the sum over equal steps is exact to rounding
  for (double u = -3.2; u < 2.2; u += 0.1) add(std::exp(u - std::exp(-u)), 0.1 * std::exp(u - std::exp(-u)) * (1 + std::exp(-u)));
  CHECK(close(*p.log_marginal_likelihood(), std::log(mass), digits8));
  CHECK(close(*p.coefficient(1).mean(), slope / mass, digits8));
  CHECK(close(*p.tau().mean(), tau_mean / mass, digits8));
  CHECK(close(*p.mean_at({1, 2.5}).mean(), fitted / mass, at_scale(digits8, 1)));
  CHECK(close(p.next_at({1, 2.5}).cdf(0), below / mass, tolerance{0, 0, 2e-5, "the step at tau = 0 spoils the brute force"}));
  CHECK(close(*p.study(0).mean(), shrunk / mass, digits8));
  const double e = 1e-4;
  CHECK(close(p.tau().density_and_slope(0.4).slope, (p.tau().density(0.4 + e) - p.tau().density(0.4 - e)) / (2 * e), digits6));
}

TEST_CASE("moderators far from 0 cost no digits, and groups without an intercept are their own means given tau") {
  const auto data = known_effects<double>(y, v);
  numbers years(x);
  for (double& year : years) year += 2000;
  const auto near = normal_regression(data, design_of(x), half_normal{0.5}), far = normal_regression(data, design_of(years), half_normal{0.5});
  CHECK(close(*far.coefficient(1).mean(), *near.coefficient(1).mean(), digits10));
  CHECK(close(*far.coefficient(1).sd(), *near.coefficient(1).sd(), digits10));
  CHECK(close(*far.mean_at({1, 2002.5}).mean(), *near.mean_at({1, 2.5}).mean(), at_scale(digits8, 1)));
  CHECK(close(far.tau().quantile(0.9), near.tau().quantile(0.9), digits10));

  matrix_of<double> groups(5, 2);
  for (int i = 0; i < 5; ++i) {
    groups(i, 0) = i < 2 ? 1 : 0;
    groups(i, 1) = i < 2 ? 0 : 1;
  }
  const auto p = normal_regression(data, design_of(groups, {"a", "b"}, with_intercept::no), half_normal{1e-9});
  CHECK(close(*p.coefficient(0).mean(), (-1.2 / 0.4 - 0.3 / 0.1) / (1 / 0.4 + 1 / 0.1), digits10));
  CHECK(close(*p.coefficient(0).sd(), 1 / std::sqrt(1 / 0.4 + 1 / 0.1), digits10));
  CHECK_FALSE(p.bayes_factor(0));
}

TEST_CASE("what cannot be answered is refused") {
  const auto data = known_effects<double>(y, v);
  CHECK_THROWS_AS(normal_regression(data, design_of(numbers{1, 2, 3}), half_normal{0.5}), input_error);
  CHECK_THROWS_AS(normal_regression(data, design_of(numbers{1, 1, 1, 1, 1}), half_normal{0.5}), rank_error);
  CHECK_THROWS_AS(normal_regression(data, design_of(x), half_normal{0.5}, {flat_mean{}}), input_error);
  const auto three = known_effects<double>(numbers{1, 2, 4}, numbers{1, 1, 1});
  CHECK_THROWS_AS(normal_regression(three, design_of(numbers{1, 2, 4}), flat_tau{}), input_error);
  CHECK_NOTHROW(normal_regression(three, design_of(numbers{1, 2, 4}), flat_tau{}, {normal_mean{0, 3}, normal_mean{0, 1}}));
  const auto p = normal_regression(data, design_of(x), half_normal{0.5});
  CHECK_THROWS_AS(p.coefficient(2), input_error);
  CHECK_THROWS_AS(p.mean_at({1}), input_error);
  CHECK_THROWS_AS(p.next_at({1, NAN}), input_error);
  CHECK_THROWS_AS(p.study(5), input_error);
}
