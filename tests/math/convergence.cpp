// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/convergence.hpp>

#include <doctest/doctest.h>

TEST_CASE("a closed form has converged in no iterations with no residual") {
  const metapool::convergence<> c;
  CHECK(c.converged);
  CHECK(c.iterations == 0);
  CHECK(c.residual == 0.0);
}
