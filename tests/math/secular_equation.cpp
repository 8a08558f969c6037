// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/secular_equation.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace metapool_test;
using metapool::detail::secular_roots;
using metapool::detail::secular_term;

TEST_CASE("two poles have their weighted mean, weights crossed, for a root") {
  // 3 / (1 - x) + 1 / (5 - x) = 0 at x = (3 * 5 + 1 * 1) / 4
  const auto r = secular_roots<double>({{5, 1}, {1, 3}});
  REQUIRE(r.size() == 1);
  CHECK(close(r[0], 4.0, digits15));
}

TEST_CASE("three poles: the roots of the quadratic equation") {
  // 1 / (1 - x) + 1 / (2 - x) + 1 / (4 - x) = 0: 3 x^2 - 14 x + 14 = 0
  const auto r = secular_roots<double>({{1, 1}, {2, 1}, {4, 1}});
  REQUIRE(r.size() == 2);
  CHECK(close(r[0], (14 - std::sqrt(28.0)) / 6, digits15));
  CHECK(close(r[1], (14 + std::sqrt(28.0)) / 6, digits15));
}

TEST_CASE("poles that are shared are roots themselves, and k terms have k - 1 roots over any number of decades") {
  const auto r = secular_roots<double>({{2, 1}, {2, 1}, {2, 1}, {1e-4, 1e4}, {1e4, 1e-4}});
  REQUIRE(r.size() == 4);
  CHECK(r[1] == 2.0);
  CHECK(r[2] == 2.0);
  for (const double x : {r[0], r[3]}) {
    double sum = 0, size = 0;
    for (const auto& t : std::vector<secular_term<double>>{{2, 3}, {1e-4, 1e4}, {1e4, 1e-4}}) {
      sum += t.weight / (t.pole - x);
      size += t.weight / std::fabs(t.pole - x);
    }
    CHECK(std::fabs(sum) <= 1e-7 * size);  // near a pole the function is as steep as its distance is short
  }
  CHECK(secular_roots<double>({{1, 1}}).empty());
  CHECK(secular_roots<double>({}).empty());
}

TEST_CASE("a root is its distance from the nearer pole, to full accuracy however near") {
  // weights 1 and w at poles 1 and 2: the root is 1 + 1 / (1 + w), by the pole of the smaller weight
  const std::vector<secular_term<double>> heavy{{1, 1}, {2, 1e20}}, light{{1, 1}, {2, 1e-20}};
  const auto low = metapool::detail::secular_root_after(std::span<const secular_term<double>>(heavy), 0);
  CHECK(low.pole == 0);
  CHECK(close(low.distance, 1 / (1 + 1e20), digits15));
  const auto high = metapool::detail::secular_root_after(std::span<const secular_term<double>>(light), 0);
  CHECK(high.pole == 1);
  CHECK(close(high.distance, -1e-20 / (1 + 1e-20), digits15));
}
