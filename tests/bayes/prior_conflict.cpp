// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/prior_conflict.hpp>

#include "support/close.hpp"

#include <metapool/math/gauss_legendre.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

template <class F>
double over(const F& f, double from, double to, int panels) {
  double sum = 0;
  for (int i = 0; i < panels; ++i) sum += metapool::detail::gauss_panel<double>(f, from + (to - from) * i / panels, from + (to - from) * (i + 1) / panels);
  return sum;
}

double phi(double z, double sd) { return std::exp(-z * z / (2 * sd * sd)) / (sd * std::sqrt(2 * M_PI)); }
double below(double z) { return 0.5 * std::erfc(-z / M_SQRT2); }

effects<double> data(const std::vector<double>& y, const std::vector<double>& v) { return known_effects<double>(y, v); }

}  // namespace

TEST_CASE("with two studies Q is a scaled chi-squared given tau, and its prior predictive tail an integral of the normal's") {
  const auto e = data({1.4, -0.8}, {0.3, 0.2});
  const auto c = prior_conflict_of_tau(e, half_normal{0.5});
  CHECK(close(c.statistic, 2.2 * 2.2 / 0.5, digits14));
  const double upper = over([&](double tau) { return 2 * phi(tau, 0.5) * 2 * below(-2.2 / std::sqrt(0.5 + 2 * tau * tau)); }, 0, 5, 40);
  CHECK(close(c.upper, upper, digits10));
  CHECK(close(c.lower + c.upper, 1.0, digits12));
  CHECK(close(c.p(), 2 * upper, digits10));
  // a Cauchy: tau = 0.5 tan(a)
  const double heavy = over([&](double a) { return 2 / M_PI * 2 * below(-2.2 / std::sqrt(0.5 + 2 * std::pow(0.5 * std::tan(a), 2))); }, 0, M_PI / 2, 40);
  CHECK(close(prior_conflict_of_tau(e, half_cauchy{0.5}).upper, heavy, digits10));
  const double flat = over([&](double tau) { return 2 * below(-2.2 / std::sqrt(0.5 + 2 * tau * tau)) / 3; }, 0, 3, 20);
  CHECK(close(prior_conflict_of_tau(e, uniform_tau{3}).upper, flat, digits10));
}

TEST_CASE("three studies of equal size: Q / (1 + tau^2 / v) is chi-squared with two degrees of freedom") {
  const auto e = data({1, -1, 0.3}, {0.2, 0.2, 0.2});
  const auto c = prior_conflict_of_tau(e, half_t{0.4, 4});
  const auto t4 = [](double z) { return 0.375 * std::pow(1 + z * z / 4, -2.5); };
  const double upper = over([&](double a) {
    const double tau = 0.4 * std::tan(a);
    return 2 * t4(tau / 0.4) / 0.4 * std::exp(-c.statistic / (2 * (1 + tau * tau / 0.2))) * 0.4 / std::pow(std::cos(a), 2);
  }, 0, M_PI / 2 - 1e-9, 60);
  CHECK(close(c.upper, upper, digits8));
  // too little heterogeneity for a prior that expects much, too much for one that expects none
  CHECK(prior_conflict_of_tau(data({0.1, 0.1, 0.1001}, {0.2, 0.2, 0.2}), log_normal_tau2(2, 0.3)).lower < 1e-6);
  CHECK(prior_conflict_of_tau(data({3, -3, 0}, {0.2, 0.2, 0.2}), half_normal{0.1}).p() < 1e-10);
  CHECK(prior_conflict_of_tau(data({0.4, 0.4, 0.4}, {0.2, 0.2, 0.2}), half_normal{0.1}).upper == 1);
}

TEST_CASE("the check of the mean's prior: tau's posterior comes from the difference of two studies") {
  const std::vector<double> y{1.4, 0.9}, v{0.3, 0.2};
  const auto c = prior_conflict_of_mean(data(y, v), half_normal{0.5}, normal_mean{-0.5, 0.4});
  const auto weight = [&](double tau) { return 2 * phi(tau, 0.5) * phi(0.5, std::sqrt(0.5 + 2 * tau * tau)); };
  const auto z = [&](double tau, double s2) {
    const double a = 1 / (0.3 + tau * tau), b = 1 / (0.2 + tau * tau);
    return ((a * 1.4 + b * 0.9) / (a + b) + 0.5) / std::sqrt(s2 + 1 / (a + b));
  };
  const double mass = over(weight, 0, 5, 40);
  CHECK(close(c.upper, over([&](double tau) { return weight(tau) * below(-z(tau, 0.16)); }, 0, 5, 40) / mass, digits10));
  CHECK(close(c.lower + c.upper, 1.0, digits12));
  CHECK(close(c.statistic, *normal_normal(data(y, v), half_normal{0.5}).mean().mean(), digits12));
  // a t prior: its convolution with the normal by quadrature
  const auto t = prior_conflict_of_mean(data(y, v), half_normal{0.5}, t_mean{-0.5, 0.4, 1});
  const double direct = over([&](double tau) {
    const double a = 1 / (0.3 + tau * tau), b = 1 / (0.2 + tau * tau), mean = (a * 1.4 + b * 0.9) / (a + b), se = 1 / std::sqrt(a + b);
    // P(prior draw + error > mean)
    return weight(tau) * over([&](double e) { return phi(e, se) * (0.5 - std::atan((mean + 0.5 - e) / 0.4) / M_PI); }, -9 * se, 9 * se, 12);
  }, 0, 5, 20) / mass;
  CHECK(close(t.upper, direct, digits8));
  CHECK(t.upper > c.upper);
  CHECK(close(t.lower + t.upper, 1.0, digits12));
}

TEST_CASE("what cannot be checked is refused") {
  CHECK_THROWS_AS(prior_conflict_of_tau(data({1}, {1}), half_normal{0.5}), input_error);
  CHECK_THROWS_AS(prior_conflict_of_tau(data({1, 2}, {1, 1}), flat_tau{}), input_error);
  CHECK_THROWS_AS(prior_conflict_of_mean(data({1, 2}, {1, 1}), flat_tau{}, normal_mean{0, 1}), input_error);
  CHECK_NOTHROW(prior_conflict_of_mean(data({1}, {1}), half_normal{0.5}, normal_mean{0, 1}));
}
