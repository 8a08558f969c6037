// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/binomial_normal_rates.hpp>

#include "support/close.hpp"

#include <metapool/bayes/tau_prior.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using rates = std::vector<rate_trial<>>;

rates counts(const std::vector<std::array<double, 4>>& rows) {
  rates r;
  for (const auto& x : rows) r.push_back({.label = "trial " + std::to_string(r.size() + 1), .treated = {.events = x[0], .time = x[1]}, .control = {.events = x[2], .time = x[3]}});
  return r;
}

const std::vector<std::array<double, 4>> rows{{1, 120, 7, 130}, {0, 150, 2, 75}, {3, 290, 2, 310}};

}  // namespace

TEST_CASE("rate ratios of sparse trials: sums over mean, tau and each trial's effect") {
  const auto p = binomial_normal(counts(rows), incidence_rate_ratio{}, half_normal{0.5}, normal_mean{0, 2});
  // binomial with probability r t1 / (r t1 + t2); the normal effect by equal steps of 0.4 of its sd
  double mass = 0, mean = 0, square = 0, tau = 0, second_study = 0;
  for (double u = -3.0; u < 1.5; u += 0.15) {
    const double t = std::exp(u - std::exp(-u));
    for (double m = -9; m < 7; m += 0.4) {
      double f = t * (1 + std::exp(-u)) * std::exp(-2 * t * t - m * m / 8) * 0.15 * 0.4 * std::sqrt(2 / M_PI) / 0.5 / std::sqrt(8 * M_PI), own = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        double sum = 0, first = 0;
        for (int j = -20; j <= 20; ++j) {
          const double z = 0.4 * j, theta = m + t * z, q = std::exp(theta) * rows[i][1], share = q / (q + rows[i][3]);
          const double choose = std::exp(std::lgamma(rows[i][0] + rows[i][2] + 1) - std::lgamma(rows[i][0] + 1) - std::lgamma(rows[i][2] + 1));
          const double part = 0.4 / std::sqrt(2 * M_PI) * std::exp(-z * z / 2) * choose * std::pow(share, rows[i][0]) * std::pow(1 - share, rows[i][2]);
          sum += part;
          first += part * theta;
        }
        f *= sum;
        if (i == 1) own = first / sum;
      }
      mass += f;
      mean += f * m;
      square += f * m * m;
      tau += f * t;
      second_study += f * own;
    }
  }
  const tolerance sums{1e-7, 0.01, 0, "the sums"};
  CHECK(close(*p.log_marginal_likelihood(), std::log(mass), sums));
  CHECK(close(*p.mean().mean(), mean / mass, sums));
  CHECK(close(*p.mean().sd(), std::sqrt(square / mass - mean / mass * mean / mass), sums));
  CHECK(close(*p.tau().mean(), tau / mass, sums));
  CHECK(close(*p.study(1).mean(), second_study / mass, sums));
}

TEST_CASE("rate ratios of three sparse trials: nested sums in 50 digits") {
  // nested_sums/main.cpp, model rates
  const auto p = binomial_normal(counts({{1, 12, 7, 12}, {0, 15, 2, 14}, {3, 29, 2, 30}}), incidence_rate_ratio{}, half_normal{0.5}, normal_mean{0, 2});
  CHECK(close(*p.log_marginal_likelihood(), -5.602444528849241, digits8));
  CHECK(close(*p.mean().mean(), -0.9962991621864158, digits8));
  CHECK(close(*p.mean().sd(), 0.6584276393060173, digits8));
  CHECK(close(*p.tau().mean(), 0.4511130146499741, digits8));
  CHECK(close(*p.tau().sd(), 0.3206501826910756, digits8));
  CHECK(close(*p.bayes_factor_mean(), 0.9192701871110958, digits8));
  CHECK(close(*p.bayes_factor_no_heterogeneity(), 0.8209529094955277, digits8));
  CHECK(close(p.mean().cdf(0.0), 0.9416505699224556, digits8));
  CHECK(close(p.mean().quantile(0.01578910694393327), -2.5, digits8));
  CHECK(close(p.tau().cdf(0.5), 0.6113550649498332, digits8));
  CHECK(close(p.next().cdf(0.0), 0.8964969388779355, digits8));
  CHECK(close(*p.study(0).mean(), -1.213055324732290, digits8));
}

TEST_CASE("exchanged arms change the sign, another unit of time changes nothing, a trial without events says nothing") {
  auto swapped = rows, days = rows, more = rows;
  for (auto& x : swapped) x = {x[2], x[3], x[0], x[1]};
  for (auto& x : days) {
    x[1] *= 365.25;
    x[3] *= 365.25;
  }
  more.push_back({0, 50, 0, 60});
  const auto answer = [](const auto& data) { return binomial_normal(counts(data), incidence_rate_ratio{}, half_normal{0.5}); };
  const auto p = answer(rows);
  CHECK(close(p.mean().quantile(0.2), -answer(swapped).mean().quantile(0.8), digits8));
  CHECK(close(p.mean().quantile(0.2), answer(days).mean().quantile(0.2), digits8));
  CHECK(p.mean().quantile(0.2) == answer(more).mean().quantile(0.2));
}

TEST_CASE("rates that cannot answer are refused, and the message says why") {
  CHECK_THROWS_AS(binomial_normal(rates{}, incidence_rate_ratio{}, half_normal{}), input_error);
  CHECK_THROWS_WITH_AS(binomial_normal(counts({{0, 10, 3, 12}}), incidence_rate_ratio{}, half_normal{}),
                       "binomial_normal: no trial has an event in its treated arm, so that with a flat prior of the mean the posterior would be that of the priors only; give normal_mean or t_mean", not_estimable);
  auto broken = counts(rows);
  broken[1].control.time.reset();
  CHECK_THROWS_WITH_AS(binomial_normal(broken, incidence_rate_ratio{}, half_normal{}), "binomial_normal: study 'trial 2': a number of events or a person-time was not reported", input_error);
  CHECK_THROWS_AS(binomial_normal(counts({{0, 10, 3, 12}, {2, 10, 0, 12}}), incidence_rate_ratio{}, half_cauchy{}), input_error);
}
