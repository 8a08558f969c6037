// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/gauss_legendre.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("fifteen Gauss-Legendre points are exact for degree 29 and not for degree 30") {
  const auto power = [](int n) { return metapool::detail::gauss_panel<double>([n](double x) { return std::pow(x, n); }, -1.0, 1.0); };
  CHECK(metapool_test::close(power(28), 2.0 / 29, metapool_test::digits14));
  CHECK(std::fabs(power(30) - 2.0 / 31) > 1e-12);
  CHECK(metapool_test::close(metapool::detail::gauss_panel<double>([](double x) { return std::pow(x, 29); }, 0.0, 2.0), std::pow(2.0, 30) / 30, metapool_test::digits14));
}
