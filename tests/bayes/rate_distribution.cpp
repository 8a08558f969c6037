// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/rate_distribution.hpp>

#include "support/close.hpp"

#include <metapool/bayes/normal_normal.hpp>
#include <metapool/math/beta.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

proportion<double> arm(double events, double total) { return {.label = "new", .events = events, .total = total}; }

}  // namespace

TEST_CASE("a beta distribution on the logit's panels is the beta distribution") {
  for (const auto& [a, b] : {std::pair(1.0, 1.0), std::pair(0.3, 0.7), std::pair(11.0, 32.0), std::pair(400.0, 3.0)}) {
    const auto x = beta_rate(a, b);
    CHECK(close(x.mean(), a / (a + b), digits10));
    CHECK(close(x.sd(), std::sqrt(a * b / (a + b + 1)) / (a + b), digits10));
    for (double p : {0.001, 0.025, 0.5, 0.9, 0.999}) {
      const double q = metapool::detail::beta_quantile(a, b, p);
      CHECK(close(x.quantile(p), q, digits8));
      CHECK(close(x.cdf(q), p, digits8));
      CHECK(close(x.upper_tail(q), 1 - p, digits8));
      if (q < 0.999) CHECK(close(x.density(q), metapool::detail::beta_density(a, b, q), digits8));
    }
    CHECK(close(effective_sample_size(x), a + b, digits6));
    CHECK(close(effective_sample_size_by_moments(x), a + b, digits8));
  }
}

TEST_CASE("a beta prior is conjugate, also in a mixture: weights change by the beta-binomial probability of the data") {
  const auto log_beta = [](double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); };
  const double ways = std::lgamma(14.0) - std::lgamma(3.0) - std::lgamma(12.0);
  const auto prior = robust(beta_rate(31.0, 9.0), 0.2);
  const auto post = update(prior, arm(2, 13));
  const double informed = 0.8 * std::exp(ways + log_beta(33, 20) - log_beta(31, 9)), vague = 0.2 * std::exp(ways + log_beta(3, 12));
  CHECK(close(post.log_marginal_likelihood, std::log(informed + vague), digits10));
  REQUIRE(post.rate.parts().size() == 2);
  CHECK(close(post.rate.parts()[1].weight, vague / (informed + vague), digits10));
  const double w = informed / (informed + vague);
  CHECK(close(post.rate.mean(), w * 33 / 53 + (1 - w) * 3 / 15, digits10));
  CHECK(close(post.rate.cdf(0.4), w * metapool::detail::beta_cdf(33.0, 20.0, 0.4) + (1 - w) * metapool::detail::beta_cdf(3.0, 12.0, 0.4), digits8));
  CHECK(close(post.rate.cdf(post.rate.quantile(0.9)), 0.9, digits10));
  // no conflict: the informed part keeps its weight and more
  CHECK(update(prior, arm(10, 13)).rate.parts()[0].weight > 0.8);
  // nothing and everything of the prior
  CHECK(close(update(robust(beta_rate(31.0, 9.0), 1.0), arm(2, 13)).rate.mean(), 0.2, digits10));
  CHECK(close(update(robust(beta_rate(31.0, 9.0), 0.0), arm(2, 13)).rate.mean(), 33.0 / 53, digits10));
}

TEST_CASE("no event, nothing but events, and a hundred million patients") {
  CHECK(close(update(beta_rate(1.0, 1.0), arm(0, 13)).rate.quantile(0.95), 1 - std::pow(0.05, 1.0 / 14), digits8));
  CHECK(close(update(beta_rate(1.0, 1.0), arm(13, 13)).rate.quantile(0.05), std::pow(0.05, 1.0 / 14), digits8));
  const auto many = update(beta_rate(1.0, 1.0), arm(2e7, 1e8));
  CHECK(close(many.rate.mean(), 0.2, tolerance{1e-7, 0, 0, "1 / n"}));
  CHECK(close(many.rate.sd(), std::sqrt(0.16 / 1e8), digits6));
}

TEST_CASE("a range becomes the logit normal with that interval, and an arm far from it moves little without a vague part, much with one") {
  const auto history = rate_of_range(0.70, 0.85);
  CHECK(close(history.quantile(0.025), 0.70, digits8));
  CHECK(close(history.quantile(0.975), 0.85, digits8));
  const auto trusting = update(history, arm(2, 13)), doubting = update(robust(history, 0.2), arm(2, 13));
  CHECK(trusting.rate.mean() > 0.6);
  CHECK(doubting.rate.mean() < 0.25);
  CHECK(doubting.rate.parts()[1].weight > 0.99);
}

TEST_CASE("ELIR of a mixture is the integral by definition, with second differences") {
  const auto prior = robust(beta_rate(11.0, 32.0), 0.3);
  const auto f = [&](double x) { return std::exp(prior.log_density_of_logit(x)); };
  double sum = 0;
  const double h = 0.01, e = 1e-3;
  for (double x = -30; x < 30; x += h) {
    const double bend = (prior.log_density_of_logit(x + e) - 2 * prior.log_density_of_logit(x) + prior.log_density_of_logit(x - e)) / (e * e);
    const double rate = 1 / (1 + std::exp(-x));
    sum -= h * f(x) * bend / (rate * (1 - rate));
  }
  CHECK(close(effective_sample_size(prior), sum, tolerance{1e-5, 0, 0, "second differences"}));
}

TEST_CASE("ELIR of the predictive distribution of eight placebo arms (Baeten et al. 2013): 43.4 patients, as bayesmeta's help page has it") {
  // logits with flat priors of mean and tau; ess.elir(bm, uisd = uisdLogOdds) of the help page of bayesmeta's ess.elir. Neuenschwander et al. (2020) have the data.
  std::vector<double> y, v;
  for (const auto& [r, n] : {std::pair(23, 107), {12, 44}, {19, 51}, {9, 39}, {39, 139}, {6, 20}, {9, 78}, {10, 35}}) {
    y.push_back(std::log(r / double(n - r)));
    v.push_back(1.0 / r + 1.0 / (n - r));
  }
  const auto posterior = normal_normal(known_effects<double>(y, v), flat_tau{});
  const auto prior = rate_of_logits(posterior.next());
  CHECK(close(effective_sample_size(prior), 43.4, tolerance{0, 0, 0.1, "bayesmeta's grid of tau, made for a divergence of 0.01, and half a unit of the decimal printed"}));
  CHECK(close(prior.quantile(0.9), 1 / (1 + std::exp(-posterior.next().quantile(0.9))), digits8));
}

TEST_CASE("P(rate a < rate b) of two beta distributions") {
  CHECK(close(probability_less(beta_rate(3.0, 5.0), beta_rate(3.0, 5.0)), 0.5, digits10));
  // a uniform rate is below a beta(2, 1) one with probability 2 / 3
  CHECK(close(probability_less(beta_rate(1.0, 1.0), beta_rate(2.0, 1.0)), 2.0 / 3, digits10));
  // one far narrower than the other: P(a < uniform) = 1 - mean of a, P(a < beta(2, 1)) = 1 - mean of a^2
  CHECK(close(probability_less(beta_rate(2e5, 1e5), beta_rate(1.0, 1.0)), 1.0 / 3, digits10));
  CHECK(close(probability_less(beta_rate(1.0, 1.0), beta_rate(2e5, 1e5)), 2.0 / 3, digits10));
  CHECK(close(probability_less(beta_rate(2e3, 1e3), beta_rate(2.0, 1.0)), 1 - 2e3 * 2001 / (3e3 * 3001), digits10));
  CHECK(close(probability_less(robust(beta_rate(2e5, 1e5), 0.25), beta_rate(1.0, 1.0)), 0.75 / 3 + 0.25 / 2, digits10));
}

TEST_CASE("beta distributions of next to nothing keep their tails, which on the logit are very long") {
  const auto x = beta_rate(0.01, 1.0);  // P(rate <= p) = p^0.01
  CHECK(close(x.mean(), 0.01 / 1.01, digits10));
  CHECK(close(x.cdf(1e-3), std::pow(1e-3, 0.01), digits10));
  CHECK(close(x.cdf(1e-300), 1e-3, digits10));
  CHECK(close(x.quantile(0.05), std::pow(0.05, 100), digits8));
  const auto after = update(x, arm(0, 13));  // beta(0.01, 14)
  CHECK(close(after.rate.mean(), 0.01 / 14.01, digits10));
  CHECK(close(beta_rate(1.0, 0.01).mean(), 1 / 1.01, digits10));
}

TEST_CASE("what makes no sense is refused") {
  CHECK_THROWS_AS(beta_rate(0.0, 1.0), input_error);
  CHECK_THROWS_AS(beta_rate(1.0, double(NAN)), input_error);
  CHECK_THROWS_AS(rate_of_range(0.8, 0.7), input_error);
  CHECK_THROWS_AS(rate_of_range(0.0, 0.7), input_error);
  CHECK_THROWS_AS(robust(beta_rate(1.0, 1.0), 1.1), input_error);
  CHECK_THROWS_AS(update(beta_rate(1.0, 1.0), arm(14, 13)), input_error);
  CHECK_THROWS_AS(update(beta_rate(1.0, 1.0), proportion<double>{.label = "x"}), input_error);
  CHECK_THROWS_AS(beta_rate(1.0, 1.0).quantile(1.0), input_error);
}
