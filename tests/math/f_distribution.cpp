// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/f_distribution.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool_test;
using metapool::detail::f_upper_tail;

TEST_CASE("the F distribution's upper tail: closed forms with 2 degrees of freedom above or below the line, and reciprocity") {
  // P(F(2, n) > x) = (1 + 2 x / n)^(-n / 2)
  for (const double x : {1e-3, 0.7, 4.0, 1e6}) CHECK(close(f_upper_tail(x, 2.0, 7.0), std::pow(1 + 2 * x / 7, -3.5), digits12));
  // P(F(m, 2) > x) = 1 - (m x / (m x + 2))^(m / 2)
  CHECK(close(f_upper_tail(3.0, 6.0, 2.0), 1 - std::pow(0.9, 3), digits12));
  CHECK(close(f_upper_tail(0.3, 3.0, 9.0), 1 - f_upper_tail(1 / 0.3, 9.0, 3.0), digits12));
  CHECK(f_upper_tail(0.0, 3.0, 4.0) == 1);
  CHECK(close(f_upper_tail(4.964602743730711, 1.0, 10.0), 0.05, digits12));  // the square of t(10) at 0.975
}
