// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/biggerstaff_tweedie.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
/// E(1 / (v + T)) with raw sums of powers, the atom at 0 and Simpson's rule over q, in long double.
double written_out(const std::vector<double>& v, double tau2, std::size_t which) {
  long double s1 = 0, s2 = 0, s3 = 0;
  for (const double x : v) {
    const long double w = 1 / static_cast<long double>(x);
    s1 += w;
    s2 += w * w;
    s3 += w * w * w;
  }
  const long double df = static_cast<long double>(v.size() - 1), c = s1 - s2 / s1, t = tau2;
  const long double mean = df + c * t;
  const long double variance = 2 * df + 4 * c * t + 2 * (s2 - 2 * s3 / s1 + s2 * s2 / (s1 * s1)) * t * t;
  const long double shape = mean * mean / variance, scale = variance / mean;
  const auto f = [&](long double q) {
    return std::exp((shape - 1) * std::log(q / scale) - q / scale - std::lgamma(shape)) / scale / (v[which] + (q - df) / c);
  };
  const int n = 200000;
  const long double h = 100 * scale * (1 + shape / 10) / n;
  long double sum = f(df) + f(df + n * h);
  for (int i = 1; i < n; ++i) sum += (i % 2 == 1 ? 4 : 2) * f(df + i * h);
  return static_cast<double>(metapool::detail::gamma_cdf<long double>(shape, df / scale) / v[which] + sum * h / 3);
}
}  // namespace

TEST_CASE("a Biggerstaff-Tweedie weight is the expectation of 1 / (v + T)") {
  for (const auto& e : {effect_sizes(bcg(), odds_ratio{}), known_effects<double>({0.1, 0.2, 0.15}, {0.04, 0.09, 0.02})}) {
    const double tau2 = dersimonian_laird{}(std::span<const double>(e.y), std::span<const double>(e.v)).tau2;
    const metapool::detail::gamma_tau2<double> distribution(std::span<const double>(e.v), tau2);
    double v_min = e.v[0];
    for (const double v : e.v) v_min = v < v_min ? v : v_min;
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
      CHECK(close(distribution.expected_weight(e.v[i]) / v_min, written_out(e.v, tau2, i), digits10));
    }
  }
}

TEST_CASE("with equal variances the Biggerstaff-Tweedie estimate is the mean and its se the DerSimonian-Laird one") {
  const auto fit = random_effects(known_effects<double>({1, 4, 2, 9}, {2, 2, 2, 2}), dersimonian_laird{});
  const auto r = biggerstaff_tweedie{}(fit);
  CHECK(close(r.estimate, 4.0, digits14));
  CHECK(close(r.se, fit.se, digits14));
  CHECK(!r.df);
}

TEST_CASE("on the BCG trials precise studies weigh more than by DerSimonian-Laird, and the interval is wider") {
  const auto fit = random_effects(effect_sizes(bcg(), odds_ratio{}), dersimonian_laird{});
  const auto r = biggerstaff_tweedie{}(fit);
  CHECK(r.estimate > fit.estimate);  // towards the common effect, -0.436
  CHECK(r.se > fit.se);
  // this library, first run; every part of it is tested above
  CHECK(close(r.estimate, -0.681725348509594, digits10));
  CHECK(close(r.se, 0.20037446936743, digits10));
}

TEST_CASE("Biggerstaff-Tweedie at the edges and its contract") {
  const auto equal = biggerstaff_tweedie{}(random_effects(known_effects<double>({0.5, 0.5}, {0.04, 0.09})));
  CHECK(close(equal.estimate, 0.5, digits14));
  CHECK(equal.se > 0.1);
  const auto wide = biggerstaff_tweedie{}(random_effects(known_effects<double>({1, 1.1, 0.9, 1.2}, {1e-8, 1, 1e8, 1e4})));
  CHECK(close(wide.estimate, 1.0, digits6));
  CHECK(wide.se >= 1e-4 * 0.999);
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9}, {0.04, 0.09, 0.02, 0.3}));
  CHECK_THROWS_AS(biggerstaff_tweedie{.level = 0}(fit), input_error);
  CHECK_THROWS_AS(biggerstaff_tweedie{}(mantel_haenszel(bcg(), odds_ratio{})), input_error);
  CHECK(contains(message_of<not_estimable>([] { biggerstaff_tweedie{}(random_effects(known_effects<double>({0.3}, {0.1}))); }), "one study"));
}
