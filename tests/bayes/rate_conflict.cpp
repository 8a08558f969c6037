// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/rate_conflict.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

namespace {

proportion<double> arm(double events, double total) { return {.label = "new", .events = events, .total = total}; }

}  // namespace

TEST_CASE("a beta prior predicts beta-binomial numbers of events") {
  const auto log_beta = [](double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); };
  const auto probability = [&](int k) { return std::exp(std::lgamma(14.0) - std::lgamma(k + 1.0) - std::lgamma(14.0 - k) + log_beta(k + 30.0, 13 - k + 9.0) - log_beta(30, 9)); };
  const auto prior = beta_rate(30.0, 9.0);
  for (int r : {0, 2, 7, 13}) {
    double lower = 0, upper = 0;
    for (int k = 0; k <= 13; ++k) (k <= r ? lower : upper) += probability(k);
    const auto c = prior_conflict_of_rate(prior, arm(r, 13));
    CHECK(c.statistic == r);
    CHECK(close(c.lower, lower, digits8));
    CHECK(close(c.upper, upper + probability(r), digits8));
  }
  CHECK(prior_conflict_of_rate(beta_rate(1.0, 1.0), arm(0, 13)).upper == 1);
  CHECK(close(prior_conflict_of_rate(beta_rate(1.0, 1.0), arm(0, 13)).lower, 1.0 / 14, digits8));
  CHECK(close(prior_conflict_of_rate(beta_rate(300.0, 900.0), arm(26000, 100000)).upper, 0.21, tolerance{0, 0, 0.02, "normal: z = 0.8"}));
  // B(60, n + 1) / B(60, 1): tails keep their digits as far as 1e-30
  CHECK(close(prior_conflict_of_rate(beta_rate(60.0, 1.0), arm(0, 40)).lower, std::exp(log_beta(60, 41) - log_beta(60, 1)), digits8));
  CHECK_THROWS_AS(prior_conflict_of_rate(prior, proportion<double>{.label = "x"}), input_error);
}

TEST_CASE("BALMYS-19: two deaths of 13 against a historical 70 to 85 %") {
  const auto history = rate_of_range(0.70, 0.85);
  const auto conflict = prior_conflict_of_rate(history, arm(2, 13));
  CHECK(conflict.p() < 2e-4);  // the historical range did not expect this
  // by sums over the logit: the prior's logit is normal
  const double a = std::log(0.7 / 0.3), b = std::log(0.85 / 0.15), mean = (a + b) / 2, sd = (b - a) / (2 * 1.959963984540054);
  double informed = 0, informed_rate = 0;
  for (double x = -6; x < 8; x += 0.002) {
    const double p = 1 / (1 + std::exp(-x)), f = 0.002 * std::exp(-(x - mean) * (x - mean) / (2 * sd * sd)) / (sd * std::sqrt(2 * M_PI)) * 78 * p * p * std::pow(1 - p, 11);
    informed += f;
    informed_rate += f * p;
  }
  const double vague = 1.0 / 14;
  for (double doubt : {0.1, 0.5}) {
    const auto after = update(robust(history, doubt), arm(2, 13));
    const double w = doubt * vague / (doubt * vague + (1 - doubt) * informed);
    CHECK(close(after.rate.parts()[1].weight, w, digits8));
    CHECK(close(after.rate.mean(), (1 - w) * informed_rate / informed + w * 0.2, digits8));
    CHECK(close(after.log_marginal_likelihood, std::log(doubt * vague + (1 - doubt) * informed), digits8));
  }
  // the treated patients' rate with a vague prior of its own, against the historical one
  CHECK(probability_less(update(beta_rate(1.0, 1.0), arm(2, 13)).rate, history) > 0.9999);
}
