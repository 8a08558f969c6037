// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/map_kernel.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

using namespace metapool_test;
using arm = metapool::detail::binomial_of_logit<double>;
using kernel = metapool::detail::map_kernel<double>;

TEST_CASE("an arm's likelihood given the pooled logit is the mean over its own, at any tau, and its derivatives are derivatives") {
  const arm a(3, 20);
  const kernel k({a}, 0, 2);
  for (double tau : {2e-5, 1e-4, 0.01, 0.3, 2.0}) {
    for (double b : {-3.0, -1.2, 1.0}) {
      // relative to the value at tau = 0, so that a small tau is seen
      double sum = 0;
      for (double z = -9; z < 9; z += 0.05) sum += 0.05 * std::exp(-z * z / 2) / std::sqrt(2 * M_PI) * std::expm1(a(b + tau * z) - a(b));
      const auto at = k.arm(a, b, tau, true);
      CHECK(close(std::expm1(at.value - a(b)), sum, tolerance{1e-3, 1e-9, 0, "the difference of two numbers that agree to nine digits at the smallest tau"}));
      const double h = 1e-4;
      CHECK(close((k.arm(a, b + h, tau, true).value - k.arm(a, b - h, tau, true).value) / (2 * h), at.first, tolerance{1e-6, 1e-3, 0, "a difference quotient"}));
      CHECK(close((k.arm(a, b + h, tau, true).first - k.arm(a, b - h, tau, true).first) / (2 * h), at.second, tolerance{1e-5, 1e-3, 0, "a difference quotient"}));
    }
  }
}

TEST_CASE("the sums from the peak are the integral of a normal and of a logistic density") {
  double points = 0;
  const auto count = [&](double, double) { points += 1; };
  CHECK(close(metapool::detail::sum_from_peak<double>([](double x) { return -x * x / 0.08; }, 0.0, 0.0, 25.0, count), std::sqrt(2 * M_PI) * 0.2, digits12));
  CHECK(points < 40);
  CHECK(close(metapool::detail::sum_from_peak<double>([](double x) { return x - 2 * metapool::detail::log_one_plus_exp(x) + 2 * std::log(2.0); }, 0.0, 0.0, 0.5, count), 4.0, digits10));
}

TEST_CASE("binomial probabilities to the last digits, from one patient to a billion") {
  for (const auto& [r, n] : {std::pair(0.0, 13.0), std::pair(2.0, 13.0), std::pair(13.0, 13.0), std::pair(40.0, 100.0), std::pair(1.0, 1.0)}) {
    const arm a(r, n);
    for (double x : {-2.0, 0.3, 1.5}) {
      const double p = 1 / (1 + std::exp(-x));
      const double exact = std::lgamma(n + 1) - std::lgamma(r + 1) - std::lgamma(n - r + 1) + r * std::log(p) + (n - r) * std::log1p(-p);
      CHECK(close(a.height() + a(x), exact, at_scale(digits12, 1)));
      const double h = 1e-5;
      CHECK(close(a.slope(x), (a(x + h) - a(x - h)) / (2 * h), at_scale(digits6, 1)));
    }
  }
  const arm many(2e8, 1e9);  // at its own rate: 1 / sqrt(2 pi n p q)
  CHECK(close(many.height() + many(std::log(0.25)), -0.5 * std::log(2 * M_PI * 1.6e8), digits8));
}
