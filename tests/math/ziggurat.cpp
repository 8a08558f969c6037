// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/ziggurat.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>

using namespace metapool::detail;
using metapool_test::close;
using metapool_test::digits14;
using metapool_test::digits15;

static_assert(normal_layers<>.height[256] == 1);  // made at compile time

TEST_CASE("The layers of the ziggurat are equal in area, their corners lie on the curve, and the last ends at its top") {
  const auto& z = normal_layers<>;
  const double area = z.edge[0] * z.height[1];
  const double beyond = std::sqrt(std::atan(1.0) * 2) * std::erfc(z.edge[1] / std::sqrt(2.0));
  CHECK(close(z.edge[1] * z.height[1] + beyond, area, digits14));
  for (std::size_t i = 1; i < 256; ++i) {
    CAPTURE(i);
    CHECK(close(z.height[i], std::exp(-z.edge[i] * z.edge[i] / 2), digits14));
    CHECK(std::fabs(z.edge[i] * (z.height[i + 1] - z.height[i]) - area) < 1e-14);
    CHECK(z.edge[i + 1] < z.edge[i]);
  }
  CHECK(z.edge[256] == 0);
}

TEST_CASE("The logarithm and the exponential of the ziggurat are those of the library to the last digits") {
  for (double x = 0x1p-53; x < 40; x *= 1.0137) {
    CAPTURE(x);
    CHECK(std::fabs(plain_log(x) - std::log(x)) <= 4e-16 * (std::fmax)(1.0, std::fabs(std::log(x))));
    CHECK(close(plain_exp(-x), std::exp(-x), digits15));
    CHECK(close(plain_exp(-10 * x), std::exp(-10 * x), digits15));
  }
  CHECK(plain_log(1) == 0);
  CHECK(plain_exp(0) == 1);
}
