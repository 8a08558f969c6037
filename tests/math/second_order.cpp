// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/second_order.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using metapool_test::close;
using metapool_test::digits14;
using number = metapool::detail::second_order<double>;

TEST_CASE("Derivatives of products, quotients and logarithms are exact") {
  const double a = 1.3, b = 0.7;
  const number x{a, {1, 0}, {}}, y{b, {0, 1}, {}};
  const number f = x * x * y / (x + y) - log(y * 3.0) + -x;
  const double s = a + b;
  CHECK(close(f.value, a * a * b / s - std::log(3 * b) - a, digits14));
  // d/dx of x^2 y / (x + y) = x y (x + 2 y) / s^2, d/dy = x^3 / s^2
  CHECK(close(f.first[0], a * b * (a + 2 * b) / (s * s) - 1, digits14));
  CHECK(close(f.first[1], a * a * a / (s * s) - 1 / b, digits14));
  CHECK(close(f.second[0], 2 * b * b * b / (s * s * s), digits14));
  CHECK(close(f.second[1], a * a * (a + 3 * b) / (s * s * s), digits14));
  CHECK(close(f.second[2], -2 * a * a * a / (s * s * s) + 1 / (b * b), digits14));
}

TEST_CASE("A function of one variable goes through by the chain rule") {
  const number x{0.4, {1, 2}, {0.5, 0.25, -1}};
  const number f = x.through(std::sin(0.4), std::cos(0.4), -std::sin(0.4));
  CHECK(close(f.first[1], 2 * std::cos(0.4), digits14));
  CHECK(close(f.second[1], 0.25 * std::cos(0.4) - 2 * std::sin(0.4), digits14));
  CHECK(close((x + 2.0).value, 2.4, digits14));
  CHECK((number::constant(3.0) - x).second[2] == 1);
}
