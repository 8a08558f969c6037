// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/quadrature.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool_test;

TEST_CASE("quadrature gives known integrals") {
  using metapool::detail::integrate;
  CHECK(close(integrate<double>([](double x) { return std::exp(-x * x / 2); }, -12.0, 12.0), std::sqrt(2 * 3.14159265358979323846), digits12));
  CHECK(close(integrate<double>([](double x) { return 1 / (1 + x * x); }, 0.0, 1.0), 3.14159265358979323846 / 4, digits14));
  CHECK(close(integrate<float>([](float x) { return x * x; }, 0.0F, 3.0F), 9.0F, digits5));
}
