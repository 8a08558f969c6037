// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/gamma.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;

TEST_CASE("Gamma(n) is a factorial, Gamma(1/2) the root of pi; the gamma distribution of shape 1 is the exponential") {
  CHECK(close(detail::gamma_function(6.0), 120.0, digits12));
  CHECK(close(detail::gamma_function(0.5), std::sqrt(std::acos(-1.0)), digits12));
  for (double p : {1e-9, 0.25, 0.5, 0.999}) CHECK(close(detail::gamma_quantile(1.0, p), -std::log1p(-p), digits12));
  CHECK(close(detail::gamma_quantile(2.0, 1 - 3 * std::exp(-2.0)), 2.0, digits12));  // shape 2: 1 - (1 + x) e^-x
}
