// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/scale.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the natural scale of a logarithm is its exponential, and the identity leaves as it is") {
  CHECK(close(to_natural(scale::log, std::log(0.58)), 0.58, digits15));
  CHECK(close(from_natural(scale::log, 0.58), std::log(0.58), digits15));
  CHECK(to_natural(scale::identity, -3.5) == -3.5);
  CHECK(from_natural(scale::identity, -3.5) == -3.5);
  CHECK(to_natural(scale::log, 0.0f) == 1.0f);
}
