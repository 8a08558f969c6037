// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/map_prior.hpp>

#include "support/close.hpp"

#include <metapool/math/gauss_legendre.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

std::vector<proportion<double>> arms(const std::vector<std::pair<int, int>>& counts) {
  std::vector<proportion<double>> a;
  for (const auto& [r, n] : counts) a.push_back({.label = "history " + std::to_string(a.size() + 1), .events = r, .total = n});
  return a;
}

}  // namespace

TEST_CASE("eight placebo arms (Baeten et al. 2013) under RBesT's default priors: what its help page samples") {
  const auto m = map_prior(arms({{23, 107}, {12, 44}, {19, 51}, {9, 39}, {39, 139}, {6, 20}, {9, 78}, {10, 35}}));
  // ?gMAP: tau 0.387 (sd 0.215), intercept -1.11 (0.186), MAP prior 0.2553 (0.0864), median 0.2472, 95 % 0.106 to 0.461; 4000 draws or so
  CHECK(close(m.tau, 0.387, tolerance{0, 0, 0.02, "sampled"}));
  CHECK(close(m.tau_sd, 0.215, tolerance{0, 0, 0.02, "sampled"}));
  CHECK(close(m.mean_logit, -1.11, tolerance{0, 0, 0.01, "sampled"}));
  CHECK(close(m.mean_logit_sd, 0.186, tolerance{0, 0, 0.01, "sampled"}));
  CHECK(close(m.rate.mean(), 0.2553, tolerance{0, 0, 0.004, "sampled"}));
  CHECK(close(m.rate.sd(), 0.0864, tolerance{0, 0, 0.004, "sampled"}));
  CHECK(close(m.rate.quantile(0.5), 0.2472, tolerance{0, 0, 0.004, "sampled"}));
  CHECK(close(m.rate.quantile(0.025), 0.106, tolerance{0, 0, 0.01, "sampled"}));
  CHECK(close(m.rate.quantile(0.975), 0.461, tolerance{0, 0, 0.015, "sampled"}));
  CHECK(effective_sample_size(m.rate) > 20);
  CHECK(effective_sample_size(m.rate) < 60);
}

TEST_CASE("the meta-analytic-predictive prior of three arms, one without an event, is the integral over pooled logit, tau and the arms' logits") {
  const std::vector<std::pair<int, int>> counts{{2, 15}, {0, 10}, {5, 12}};
  const auto m = map_prior(arms(counts), half_normal{0.6}, normal_mean{-1, 1.5});
  const auto over = [](const auto& f, double from, double to, int panels) {
    double sum = 0;
    for (int i = 0; i < panels; ++i) sum += metapool::detail::gauss_panel<double>(f, from + (to - from) * i / panels, from + (to - from) * (i + 1) / panels);
    return sum;
  };
  const auto phi = [](double z) { return std::exp(-z * z / 2) / std::sqrt(2 * M_PI); };
  // z_i, w_i: a normal deviate and its weight
  std::vector<std::pair<double, double>> deviates;
  for (double z = -7.5; z <= 7.51; z += 0.3) deviates.emplace_back(z, 0.3 * phi(z));
  const auto inner = [&](double tau, int what) {
    double sum = 0;
    for (double b = -10; b <= 8; b += 0.25) {
      double f = 0.25 * 2 * phi(tau / 0.6) / 0.6 * phi((b + 1) / 1.5) / 1.5;
      for (const auto& [r, n] : counts) {
        double likelihood = 0;
        for (const auto& [z, w] : deviates) {
          const double p = 1 / (1 + std::exp(-b - tau * z));
          likelihood += w * std::pow(p, r) * std::pow(1 - p, n - r);
        }
        f *= likelihood * std::exp(std::lgamma(n + 1.0) - std::lgamma(r + 1.0) - std::lgamma(n - r + 1.0));
      }
      double value = what == 1 ? tau : what == 2 ? b : 1;
      if (what > 2) {
        value = 0;
        for (const auto& [z, w] : deviates) value += w * std::pow(1 / (1 + std::exp(-b - tau * z)), what - 2);
      }
      sum += f * value;
    }
    return sum;
  };
  const double mass = over([&](double tau) { return inner(tau, 0); }, 0, 4.2, 6);
  const double tau_mean = over([&](double tau) { return inner(tau, 1); }, 0, 4.2, 6) / mass;
  const double mean = over([&](double tau) { return inner(tau, 2); }, 0, 4.2, 6) / mass;
  const double rate = over([&](double tau) { return inner(tau, 3); }, 0, 4.2, 6) / mass;
  const double rate2 = over([&](double tau) { return inner(tau, 4); }, 0, 4.2, 6) / mass;
  CHECK(close(m.log_marginal_likelihood, std::log(mass), digits8));
  CHECK(close(m.tau, tau_mean, digits8));
  CHECK(close(m.mean_logit, mean, digits8));
  CHECK(close(m.rate.mean(), rate, digits8));
  CHECK(close(m.rate.sd(), std::sqrt(rate2 - rate * rate), digits8));
}

TEST_CASE("one arm and hardly any heterogeneity: the arm's own posterior; nothing known of tau: little is left of it") {
  const auto close_to_pooled = map_prior(arms({{30, 100}}), half_normal{1e-4}, normal_mean{0, 100});
  // flat on the logit: beta(30, 70)
  CHECK(close(close_to_pooled.rate.mean(), 0.3, tolerance{1e-4, 0, 0, "a flat prior in place of one with sd 100"}));
  CHECK(close(effective_sample_size(close_to_pooled.rate), 100.0, tolerance{1e-3, 0, 0, "the same"}));
  CHECK(effective_sample_size(map_prior(arms({{30, 100}}), half_normal{1}).rate) < 15);
}

TEST_CASE("an arm without an event has a prior: small rates, mirrored by an arm of nothing but events") {
  const auto none = map_prior(arms({{0, 12}}), half_normal{0.2}, normal_mean{0, 1});
  CHECK(none.rate.mean() < 0.25);
  CHECK(none.rate.quantile(0.5) > 0);
  const auto all = map_prior(arms({{12, 12}}), half_normal{0.2}, normal_mean{0, 1});
  CHECK(close(all.rate.mean(), 1 - none.rate.mean(), digits8));
}

TEST_CASE("what cannot be a prior is refused") {
  CHECK_THROWS_AS(map_prior(std::vector<proportion<double>>{}), input_error);
  CHECK_THROWS_AS(map_prior(arms({{3, 12}}), flat_tau{}), input_error);
  CHECK_THROWS_AS(map_prior(arms({{13, 12}})), input_error);
  CHECK_THROWS_AS(map_prior(std::vector<proportion<double>>{{.label = "x"}}), input_error);
  CHECK_THROWS_AS(map_prior(std::vector<proportion<double>>{{"a", 3, 12}, {"b", 1, 1e300}}), input_error);
  CHECK(map_prior(std::vector<proportion<double>>{{"a", 3, 12}, {"b", 1, 1e15}}).tau > 1);
}
