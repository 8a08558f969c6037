// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/normal_normal_kernel.hpp>

#include "support/close.hpp"

#include <metapool/math/gauss_legendre.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

using namespace metapool_test;
using kernel = metapool::detail::normal_normal_kernel<double>;

namespace {

const std::vector<double> y{0.3, -0.4, 1.1}, v{0.2, 0.05, 0.6};

double normal(double x, double mean, double variance) { return std::exp(-(x - mean) * (x - mean) / (2 * variance)) / std::sqrt(2 * M_PI * variance); }

}  // namespace

TEST_CASE("the likelihood given tau is the integral over the mean, and the conditional mean and variance are its moments") {
  for (const bool with_prior : {false, true}) {
    const kernel k(y, v, with_prior ? std::optional<std::pair<double, double>>({0.2, 0.7}) : std::nullopt);
    for (double tau : {0.0, 0.1, 2.0}) {
      const auto joint = [&](double mean) {
        double p = with_prior ? normal(mean, 0.2, 0.49) : 1;
        for (std::size_t i = 0; i < y.size(); ++i) p *= normal(y[i], mean, v[i] + tau * tau);
        return p;
      };
      const auto moment = [&](int r) {
        double sum = 0;
        for (int a = -80; a < 80; ++a) sum += metapool::detail::gauss_panel<double>([&](double m) { return joint(m) * std::pow(m, r); }, a * 0.25, (a + 1) * 0.25);
        return sum;
      };
      const auto given = k.at(tau);
      const double mass = moment(0), mean = moment(1) / mass;
      CHECK(close(std::exp(given.log_likelihood), mass, digits10));
      CHECK(close(given.mean, mean, digits10));
      CHECK(close(given.variance, moment(2) / mass - mean * mean, digits10));
    }
  }
}

TEST_CASE("the slope is the derivative, and the joint likelihood is the product of densities") {
  const kernel k(y, v, std::nullopt);
  for (double tau : {0.1, 0.7, 3.0}) {
    const double h = 1e-5 * tau;
    CHECK(close(k.at(tau).slope, (k.at(tau + h).log_likelihood - k.at(tau - h).log_likelihood) / (2 * h), tolerance{1e-7, 0.01, 0, "a difference quotient"}));
  }
  const kernel p(y, v, std::pair<double, double>{0.2, 0.7});
  CHECK(close(p.at(0.4).slope, (p.at(0.400004).log_likelihood - p.at(0.399996).log_likelihood) / 8e-6, digits6));
  CHECK(close(k.log_likelihood(0.1, 0.5), std::log(normal(0.3, 0.1, 0.45) * normal(-0.4, 0.1, 0.3) * normal(1.1, 0.1, 0.85)), digits14));
}

TEST_CASE("a study's own effect lies between its y and the mean: all of the mean at tau = 0, its own at a large tau") {
  const kernel k(y, v, std::nullopt);
  const auto none = k.study(2, 0, k.at(0)), much = k.study(2, 1e6, k.at(1e6));
  CHECK(close(none.first, k.at(0).mean, digits14));
  CHECK(close(none.second, k.at(0).variance, digits14));
  CHECK(close(much.first, y[2], digits10));
  CHECK(close(much.second, v[2], digits10));
  CHECK(k.scales().first == std::sqrt(0.05));
  CHECK(k.scales().second == 1.5);
}

TEST_CASE("products of a hundred thousand variances neither overflow nor underflow") {
  std::vector<double> many_y(100000, 1), many_v(100000);
  double logs = 0, precision = 0;
  for (std::size_t i = 0; i < many_v.size(); ++i) {
    many_v[i] = std::pow(10, -8 + static_cast<double>(i % 17));
    logs += std::log(many_v[i]);
    precision += 1 / many_v[i];
  }
  const kernel k(many_y, many_v, std::nullopt);
  CHECK(close(k.at(0).log_likelihood, -0.5 * (logs + std::log(precision) + 99999 * std::log(2 * M_PI)), digits10));
}
