// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/random_counts.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>

using metapool::detail::random_binomial;
using metapool::detail::random_stream;

TEST_CASE("random events of three patients have the binomial's probabilities") {
  random_stream random(3, 14);
  std::array<double, 4> seen{};
  const double n = 40000, p = 0.3;
  for (int i = 0; i < n; ++i) seen[static_cast<std::size_t>(random_binomial(random, 3, p))] += 1;
  const std::array<double, 4> expected{0.343, 0.441, 0.189, 0.027};
  double q = 0;
  for (std::size_t j = 0; j < 4; ++j) q += (seen[j] - n * expected[j]) * (seen[j] - n * expected[j]) / (n * expected[j]);
  CHECK(q < 16.27);  // chi-squared of 3 degrees of freedom exceeds it once in 1000
}

TEST_CASE("random events of many patients have the binomial's mean and variance, with rare and with common events") {
  for (const double p : {0.001, 0.2, 0.97}) {
    random_stream random(7, 1);
    const double n = 5000, draws = 20000;
    double sum = 0, square = 0;
    for (int i = 0; i < draws; ++i) {
      const double x = random_binomial(random, n, p) - n * p;
      CHECK_UNARY(x >= -n * p);
      sum += x;
      square += x * x;
    }
    const double v = n * p * (1 - p);
    CHECK(std::fabs(sum / draws) < 4 * std::sqrt(v / draws));
    CHECK(std::fabs(square / draws / v - 1) < 4 * std::sqrt((2 + 1 / v) / draws));
  }
}

TEST_CASE("certain and impossible events need no luck") {
  random_stream random(1, 1);
  const random_stream before = random;
  CHECK(random_binomial(random, 12, 0) == 0);
  CHECK(random_binomial(random, 12, 1) == 12);
  CHECK(random_binomial(random, 0, 0.5) == 0);
  CHECK(random == before);
}
