// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/gauss_points.hpp>

#include <metapool/math/gauss_legendre.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using metapool_test::close;

TEST_CASE("Fifteen points in ascending order, whose sum is the integral of a panel: exact up to degree 29") {
  const double a = -0.5, b = 2.0;
  std::vector<double> points;
  double by_points = 0, width = 0;
  const auto f = [](double x) { return std::pow(x, 29) - 3 * std::pow(x, 4); };
  metapool::detail::for_gauss_points<double>(a, b, [&](double x, double weight) {
    points.push_back(x);
    by_points += weight * f(x);
    width += weight;
  });
  REQUIRE(points.size() == 15);
  for (std::size_t i = 0; i + 1 < points.size(); ++i) CHECK(points[i] < points[i + 1]);
  CHECK(points.front() > a);
  CHECK(points.back() < b);
  CHECK(close(width, b - a, metapool_test::digits14));
  CHECK(close(by_points, (std::pow(b, 30) - std::pow(a, 30)) / 30 - 3 * (std::pow(b, 5) - std::pow(a, 5)) / 5, metapool_test::digits12));
  CHECK(close(by_points, metapool::detail::gauss_panel<double>(f, a, b), metapool_test::digits14));
}
