// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/michael_interval.hpp>
#include <metapool/math/random.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/ivhet.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<double> y{-0.9, 0.4, -0.2, -1.3, 0.1}, v{0.1, 0.3, 0.05, 0.4, 0.2};

/// The statistic of a data set by its definition, c = c0 / 2.
double statistic(const std::vector<double>& effect, const std::vector<double>& variance, double mu, double tau2, double c) {
  const auto fit = random_effects(known_effects(effect, variance), dersimonian_laird{});
  double w = 0, ratio = 0;
  for (std::size_t i = 0; i < effect.size(); ++i) {
    const double there = variance[i] + tau2, here = variance[i] + *fit.tau2;
    w += 1 / here;
    ratio += (effect[i] - mu) * (effect[i] - mu) / there + std::log(there) - (effect[i] - fit.estimate) * (effect[i] - fit.estimate) / here - std::log(here);
  }
  return w * (fit.estimate - mu) * (fit.estimate - mu) + c * ratio;
}

model_fit<double> fit_of(const std::vector<double>& effect, const std::vector<double>& variance) { return common_effect(known_effects(effect, variance)); }

}  // namespace

TEST_CASE("the exact interval of five studies is the Monte Carlo one of its definition") {
  // R 4.2.2, the definition with 200 000 draws a tau2 on 160 values of tau2: -1.133 to 0.403, p 0.302
  const auto r = michael_interval{}(fit_of(y, v));
  CHECK(close(r.lower, -1.1325, tolerance{0, 0, 0.01, "Monte Carlo error"}));
  CHECK(close(r.upper, 0.4025, tolerance{0, 0, 0.01, "Monte Carlo error"}));
  CHECK(close(r.p, 0.3024, tolerance{0, 0, 0.003, "Monte Carlo error"}));
  CHECK(r.critical == 0);
  CHECK_FALSE(r.df.has_value());
  CHECK(close(2 * metapool::detail::normal_upper_tail(std::fabs(r.statistic)), r.p, digits12));
  CHECK(close(log_p(r), std::log(r.p), digits10));
}

TEST_CASE("a test of the true mu and tau2 rejects with the nominal probability: 20 000 simulated data sets each") {
  struct setting {
    std::size_t k;
    double tau2, c0;
  };
  for (const setting& s : {setting{2, 0.0, 1.2}, setting{3, 2.0, 1.2}, setting{5, 0.5, 1.2}, setting{8, 20.0, 0.6}}) {
    const std::size_t k = s.k;
    const double tau2 = s.tau2, c0 = s.c0;
    CAPTURE(k);
    std::vector<double> variance;
    for (std::size_t i = 0; i < k; ++i) variance.push_back(0.2 * static_cast<double>((i + 1) * (i + 1)));
    metapool::detail::michael_null<double> null(variance, c0 / 2, 4096);
    null.set(tau2);
    const double critical = null.quantile(0.95);
    CHECK(close(null.cdf(critical).first, 0.95, digits8));
    CHECK(close(null.upper_tail(critical), 0.05, digits6));
    std::size_t kept = 0;
    for (std::uint64_t n = 0; n < 20000; ++n) {
      metapool::detail::random_stream random(2019 + k, n);
      std::vector<double> effect;
      for (const double x : variance) effect.push_back(1.5 + std::sqrt(x + tau2) * random.normal());
      kept += statistic(effect, variance, 1.5, tau2, c0 / 2) <= critical;
    }
    // 4 standard errors of 0.00154
    CHECK(close(static_cast<double>(kept) / 20000, 0.95, tolerance{0, 0, 0.0062, "four standard errors of the simulation"}));
  }
}

TEST_CASE("the interval holds every mu that the test of some tau2 keeps, and little else") {
  const auto r = michael_interval{.points = 1024}(fit_of(y, v));
  metapool::detail::michael_null<double> null(std::vector<double>{0.05, 0.1, 0.2, 0.3, 0.4}, 0.6, 1024);
  const double width = r.upper - r.lower;
  bool close_above = false, close_below = false;
  for (int i = 0; i < 60; ++i) {
    const double tau2 = 0.05 * std::expm1(0.15 * i);
    null.set(tau2);
    const double critical = null.quantile(0.95);
    CHECK(statistic(y, v, r.lower - 0.001 * width, tau2, 0.6) > critical);
    CHECK(statistic(y, v, r.upper + 0.001 * width, tau2, 0.6) > critical);
    close_below = close_below || statistic(y, v, r.lower + 0.005 * width, tau2, 0.6) < critical;
    close_above = close_above || statistic(y, v, r.upper - 0.005 * width, tau2, 0.6) < critical;
  }
  CHECK(close_below);
  CHECK(close_above);
}

TEST_CASE("order, sign, origin and unit of the effects carry over to the exact interval; p is below 1 - level if and only if 0 is outside") {
  const michael_interval method{.points = 512};
  const auto r = method(fit_of(y, v));
  std::vector<double> turned, other;
  for (std::size_t i = 5; i-- > 0;) {
    turned.push_back(3 - 10 * y[i]);
    other.push_back(100 * v[i]);
  }
  const auto t = method(fit_of(turned, other));
  CHECK(close(t.lower, 3 - 10 * r.upper, digits8));
  CHECK(close(t.upper, 3 - 10 * r.lower, digits8));
  CHECK((r.p < 0.05) == (r.lower > 0 || r.upper < 0));
  for (const double shift : {0.1, 0.5}) {
    std::vector<double> moved = y;
    for (double& x : moved) x += shift - r.upper;
    const auto m = method(fit_of(moved, v));
    CHECK((m.p < 0.05) == (m.lower > 0 || m.upper < 0));
  }
}

TEST_CASE("the exact interval runs in float, long double and of few or unlike studies, and is longer at a higher level") {
  const michael_interval method{.points = 256};
  const auto of_float = method(common_effect(known_effects<float>({-0.9f, 0.4f, -0.2f}, {0.1f, 0.3f, 0.05f})));
  const auto of_long = method(common_effect(known_effects<long double>({-0.9L, 0.4L, -0.2L}, {0.1L, 0.3L, 0.05L})));
  CHECK(close(static_cast<double>(of_float.lower), static_cast<double>(of_long.lower), tolerance{2e-3, 0, 0, "float"}));
  const auto two = method(fit_of({0, 1}, {1, 1}));
  CHECK(two.upper - two.lower > 5);
  const auto apart = method(fit_of({0, 1, 2}, {1e-12, 1, 1e4}));
  CHECK((apart.lower < 0 && apart.upper > 0 && std::isfinite(apart.lower) && std::isfinite(apart.upper)));
  const auto wider = michael_interval{.level = 0.99, .points = 256}(fit_of(y, v)), narrower = michael_interval{.level = 0.9, .points = 256}(fit_of(y, v));
  CHECK(wider.upper > narrower.upper);
  CHECK(wider.lower < narrower.lower);
}

TEST_CASE("the exact interval refuses fits with other weights, single studies, many studies and options out of range") {
  const auto refusal = [](const model_fit<double>& fit, const michael_interval& m) { return message_of<metapool::error>([&] { m(fit); }); };
  CHECK(contains(refusal(ivhet(known_effects(y, v)), {}), "michael_interval: needs an inverse-variance fit"));
  CHECK(contains(refusal(fit_of({1}, {1}), {}), "michael_interval: one study"));
  CHECK(contains(refusal(fit_of(std::vector<double>(21, 1), std::vector<double>(21, 1)), {}), "michael_interval: k = 21 studies"));
  CHECK(contains(refusal(fit_of(y, v), {.c0 = -1}), "michael_interval: c0 = -1"));
  CHECK(contains(refusal(fit_of(y, v), {.points = 10}), "michael_interval: points = 10"));
  CHECK(contains(refusal(fit_of(y, v), {.level = 1}), "michael_interval: level = 1"));
}
