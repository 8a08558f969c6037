// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/situation.hpp>

#include <metapool/effect/risk_ratio.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the situation of effects is their number, balance and agreement") {
  const auto s = situation_of(known_effects<double>({0.0, 1.0, 2.0}, {1.0, 1.0, 0.5}));
  CHECK(s.k == 3);
  CHECK(close(s.largest_share, 0.5, digits14));
  CHECK(close(s.precision_ratio, 2.0, digits14));
  // weights 1, 1, 2: mean 1.25, Q = 1.5625 + 0.0625 + 2 * 0.5625 = 2.75
  CHECK(close(*s.i2, 0.75 / 2.75, digits14));
  CHECK(close(*s.q_p, std::exp(-2.75 / 2), digits14));  // chi-squared with 2 degrees of freedom
  CHECK_FALSE(s.counts);
  const auto one = situation_of(known_effects<double>({0.5}, {1.0}));
  CHECK(one.k == 1);
  CHECK_FALSE(one.i2);
}

TEST_CASE("the situation of tables counts events, zero cells and unequal arms") {
  const auto s = situation_of(msc(), risk_ratio{});
  CHECK(s.k == 6);  // Shi is double-zero
  CHECK(s.counts);
  CHECK(s.events == 0 + 2 + 0 + 3 + 0 + 0 + 5 + 4 + 2 + 7 + 10 + 16 + 3 + 6);
  CHECK(s.patients == 58 + 41 + 100 + 45 + 24 + 40 + 20);
  CHECK(s.zero_cells == 3);
  CHECK(s.double_zeros == 1);
  CHECK(close(s.arm_ratio, 29.0 / 12, digits14));
  CHECK(close(s.largest_risk, 0.8, digits14));
  CHECK(close(s.risk(), 58.0 / 328, digits14));
}
