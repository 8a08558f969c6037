// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/gauss_hermite.hpp>

#include <metapool/math/constants.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

using metapool_test::close;

TEST_CASE("Gauss-Hermite rules integrate exp(-x^2) x^(2m) to Gamma(m + 1/2)") {
  for (const std::size_t n : {1u, 2u, 3u, 5u, 9u, 23u, 75u, 151u, 200u}) {
    const auto rule = metapool::detail::gauss_hermite<double>(n);
    REQUIRE(rule.nodes.size() == n);
    double expected = std::sqrt(metapool::detail::pi<double>());
    for (std::size_t m = 0; 2 * m <= 2 * n - 1 && m <= 6; ++m) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += rule.weights[j] * std::exp(-rule.nodes[j] * rule.nodes[j]) * std::pow(rule.nodes[j], 2 * static_cast<double>(m));
      CHECK(close(sum, expected, metapool_test::tolerance{1e-13, 0, 0, "a sum of n terms"}));
      expected *= static_cast<double>(m) + 0.5;
    }
    for (std::size_t j = 0; j + 1 < n; ++j) CHECK(rule.nodes[j] < rule.nodes[j + 1]);
    for (std::size_t j = 0; j < n; ++j) CHECK(rule.nodes[j] == -rule.nodes[n - 1 - j]);
  }
}

TEST_CASE("The nodes of the rule of five are the zeros of 4 x^5 - 20 x^3 + 15 x") {
  const auto rule = metapool::detail::gauss_hermite<long double>(5);
  const long double outer = std::sqrt((5 + std::sqrt(10.0L)) / 2), inner = std::sqrt((5 - std::sqrt(10.0L)) / 2);
  CHECK(close(rule.nodes[4], outer, metapool_test::digits15));
  CHECK(close(rule.nodes[3], inner, metapool_test::digits15));
  CHECK(rule.nodes[2] == 0);
}

TEST_CASE("Rules in float keep float's digits") {
  const auto rule = metapool::detail::gauss_hermite<float>(35);
  float sum = 0;
  for (std::size_t j = 0; j < 35; ++j) sum += rule.weights[j] * std::exp(-rule.nodes[j] * rule.nodes[j]);
  CHECK(close(sum, std::sqrt(metapool::detail::pi<float>()), metapool_test::digits5));
}
