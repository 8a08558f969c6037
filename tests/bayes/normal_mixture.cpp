// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/normal_mixture.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>

using namespace metapool_test;
using mixture = metapool::normal_mixture<double>;

TEST_CASE("a mixture of one normal is that normal") {
  const mixture x({{1, 2, 3}}, true, true);
  CHECK(close(*x.mean(), 2.0, digits15));
  CHECK(close(*x.sd(), 3.0, digits15));
  CHECK(close(x.mode(), 2.0, digits14));
  CHECK(close(x.cdf(2 + 3 * 1.959963984540054), 0.975, digits14));
  CHECK(close(x.upper_tail(2 + 3 * 8.0), 6.22096057427178e-16, digits12));  // R 4.2: pnorm(-8)
  CHECK(close(x.quantile(0.975), 2 + 3 * 1.959963984540054, digits14));
  CHECK(close(x.quantile(1e-6), 2 - 3 * 4.753424308822899, digits14));
  CHECK(close(x.density(3), 0.12579440923099774, digits14));  // R 4.2: dnorm(3, 2, 3)
  const auto shortest = x.shortest(0.9);
  CHECK(close(shortest.first, 2 - 3 * 1.6448536269514722, digits12));
  CHECK(close(shortest.second, 2 + 3 * 1.6448536269514722, digits12));
}

TEST_CASE("weights are taken relative to their sum; moments are those of the parts; the slope is the density's derivative") {
  const mixture x({{2, -1, 0.5}, {6, 1, 2}}, true, true);
  CHECK(close(*x.mean(), 0.5, digits15));
  CHECK(close(*x.sd(), std::sqrt(0.25 * (0.25 + 2.25) + 0.75 * (4 + 0.25)), digits15));
  CHECK(close(x.cdf(0.3) + x.upper_tail(0.3), 1.0, digits15));
  for (double p : {1e-9, 0.2, 0.5, 0.9, 1 - 1e-7}) CHECK(close(x.cdf(x.quantile(p)), p, digits12));
  for (double q : {1e-12, 0.3, 0.7}) CHECK(close(x.upper_tail(x.upper_quantile(q)), q, digits12));
  const double h = 1e-5;
  CHECK(close((x.density(0.2 + h) - x.density(0.2 - h)) / (2 * h), x.density_and_slope(0.2).slope, digits8));
  CHECK_FALSE(mixture({{1, 0, 1}}, false, false).mean());
  CHECK_FALSE(mixture({{1, 0, 1}}, true, false).sd());
}

TEST_CASE("the mode is where the slope is 0, and of two peaks the higher one") {
  const mixture skewed({{1, 0, 1}, {1, 1.5, 2}}, true, true);
  CHECK(std::fabs(skewed.density_and_slope(skewed.mode()).slope) < 1e-15);
  const mixture two({{0.4, -5, 1}, {0.6, 5, 1}}, true, true);
  CHECK(close(two.mode(), 5.0, digits12));
  CHECK(close(mixture({{0.6, -5, 1}, {0.4, 5, 1}}, true, true).mode(), -5.0, digits12));
}

TEST_CASE("the shortest interval holds its probability, has equal densities at its ends, and none is shorter") {
  for (const mixture& x : {mixture({{1, 0, 1}, {1, 1.5, 2}}, true, true), mixture({{0.85, 0, 1}, {0.15, 12, 3}}, true, true),
                           mixture({{1, 0, 1}, {0.02, 0, 50}}, true, true)}) {
    for (double level : {0.5, 0.95}) {
      const auto s = x.shortest(level);
      CHECK(close(x.cdf(s.first) + x.upper_tail(s.second), 1 - level, digits10));
      CHECK(close(x.density(s.first), x.density(s.second), digits8));
      const double width = s.second - s.first;
      for (int i = 1; i < 40; ++i) {
        const double p = (1 - level) * i / 40;
        CHECK(x.upper_quantile(1 - level - p) - x.quantile(p) >= width * (1 - 1e-12));
      }
    }
  }
}

TEST_CASE("probabilities and levels outside (0, 1) are refused") {
  const mixture x({{1, 0, 1}}, true, true);
  CHECK_THROWS_AS(x.quantile(0), metapool::input_error);
  CHECK_THROWS_AS(x.upper_quantile(1), metapool::input_error);
  CHECK_THROWS_AS(x.quantile(NAN), metapool::input_error);
  CHECK_THROWS_AS(x.shortest(1.0), metapool::input_error);
}
