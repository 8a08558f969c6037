// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/risk_difference.hpp>

#include "effect/measures.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the risk difference is its textbook form in 50 digits") {
  for (const auto& t : tables()) {
    const auto w = widen(t);
    const wide p1 = w.a / (w.a + w.b), p2 = w.c / (w.c + w.d);
    const auto e = risk_difference{}(t);
    CHECK(close(e.y, static_cast<double>(wide(p1 - p2)), digits14));
    CHECK(close(e.v, static_cast<double>(wide(p1 * (1 - p1) / (w.a + w.b) + p2 * (1 - p2) / (w.c + w.d))), digits14));
  }
}

TEST_CASE("swapping the arms, or the outcome, turns the risk difference's sign and leaves its variance") {
  for (const auto& t : tables()) {
    for (const auto& other : {swap_arms(t), swap_events(t)}) {
      CHECK(close(risk_difference{}(other).y, -risk_difference{}(t).y, digits14));
      CHECK(close(risk_difference{}(other).v, risk_difference{}(t).v, digits14));
    }
  }
}

TEST_CASE("every table has a risk difference, and events in none or all of each arm a variance of 0") {
  CHECK(risk_difference::defined(two_by_two<double>{0, 4, 0, 3}));
  CHECK_FALSE(risk_difference::uninformative(two_by_two<double>{0, 4, 0, 3}));
  CHECK(risk_difference{}(two_by_two<double>{0, 4, 3, 0}).y == -1.0);
  CHECK(risk_difference{}(two_by_two<double>{0, 4, 3, 0}).v == 0.0);
  CHECK(risk_difference{}(two_by_two<double>{0, 4, 0, 3}).y == 0.0);
}
