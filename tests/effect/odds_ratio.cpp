// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/odds_ratio.hpp>

#include "effect/measures.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the odds ratio is its textbook form in 50 digits") {
  for (const auto& t : tables()) {
    const auto w = widen(t);
    const auto e = odds_ratio{}(t);
    CHECK(close(e.y, static_cast<double>(log(wide((w.a / w.b) / (w.c / w.d)))), digits14));
    CHECK(close(e.v, static_cast<double>(wide(1 / w.a + 1 / w.b + 1 / w.c + 1 / w.d)), digits14));
  }
}

TEST_CASE("swapping the arms, or the outcome, turns the log odds ratio's sign and leaves its variance") {
  for (const auto& t : tables()) {
    for (const auto& other : {swap_arms(t), swap_events(t)}) {
      CHECK(close(odds_ratio{}(other).y, -odds_ratio{}(t).y, digits14));
      CHECK(close(odds_ratio{}(other).v, odds_ratio{}(t).v, digits14));
    }
  }
}

TEST_CASE("the odds ratio is defined without a zero cell, and without information with a zero margin") {
  CHECK(odds_ratio::defined(two_by_two<double>{1, 1, 1, 1}));
  CHECK_FALSE(odds_ratio::defined(two_by_two<double>{0, 1, 1, 1}));
  CHECK_FALSE(odds_ratio::defined(two_by_two<double>{1, 0, 1, 1}));
  CHECK_FALSE(odds_ratio::defined(two_by_two<double>{1, 1, 0, 1}));
  CHECK_FALSE(odds_ratio::defined(two_by_two<double>{1, 1, 1, 0}));
  CHECK(odds_ratio::uninformative(two_by_two<double>{0, 4, 0, 3}));
  CHECK(odds_ratio::uninformative(two_by_two<double>{4, 0, 3, 0}));
  CHECK_FALSE(odds_ratio::uninformative(two_by_two<double>{4, 0, 0, 3}));
}
