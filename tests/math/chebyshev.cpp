// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/chebyshev.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool::detail;
using namespace metapool_test;

TEST_CASE("a Chebyshev series through a polynomial is that polynomial, with its derivatives") {
  const auto f = [](double x) { return 1 + x * (2 - x * (3 + x * 0.5)); };
  std::vector<double> values;
  for (const double t : chebyshev_points<double>(5)) values.push_back(f(3 + 2 * t));
  const chebyshev_series<double> s(1.0, 5.0, values);
  for (const double x : {1.0, 1.7, 3.0, 4.9, 5.0}) {
    CHECK(close(s(x), f(x), digits12));
    const auto jet = s.jet(x);
    CHECK(close(jet[0], f(x), digits12));
    CHECK(close(jet[1], 2 - 6 * x - 1.5 * x * x, digits12));
    CHECK(close(jet[2], -6 - 3 * x, digits12));
  }
  CHECK(std::fabs(s.coefficients()[4]) < 1e-13);
  CHECK(close(s.tail(), 1.0, digits12));  // the last three: 0, 0 and that of T_3, 0.5 * 2^3 / 4
}

TEST_CASE("a Chebyshev series through the exponential function is it to rounding, and says so by its last coefficients") {
  std::vector<double> values;
  for (const double t : chebyshev_points<double>(18)) values.push_back(std::exp(t));
  const chebyshev_series<double> s(-1.0, 1.0, values);
  CHECK(close(s(0.3), std::exp(0.3), digits14));
  CHECK(close(s.jet(0.3)[2], std::exp(0.3), digits12));
  CHECK(s.tail() < 1e-14);
}

TEST_CASE("barycentric weights give a polynomial back, at its points too") {
  const std::vector<double> points = chebyshev_points<double>(6);
  for (const double t : {-1.0, -0.3, 0.0, 0.99, points[2]}) {
    const std::vector<double> w = chebyshev_weights(points, t);
    double sum = 0;
    for (std::size_t j = 0; j < points.size(); ++j) sum += w[j] * std::pow(points[j], 5);
    CHECK(close(sum, std::pow(t, 5), tolerance{0, 0, 1e-14, "rounding"}));
  }
}
