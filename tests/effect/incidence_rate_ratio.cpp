// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/incidence_rate_ratio.hpp>

#include "effect/incidence_rates.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the incidence rate ratio is its textbook form in 50 digits") {
  for (const auto& t : rates()) {
    const auto w = widen(t);
    const auto e = incidence_rate_ratio{}(t);
    CHECK(close(e.y, static_cast<double>(log(wide_rate(w.x1 / w.t1 / (w.x2 / w.t2)))), digits14));
    CHECK(close(e.v, static_cast<double>(wide_rate(1 / w.x1 + 1 / w.x2)), digits15));
  }
}

TEST_CASE("swapping the arms turns the log rate ratio's sign, and the unit of time does not matter") {
  for (const auto& t : rates()) {
    const auto e = incidence_rate_ratio{}(t), swapped = incidence_rate_ratio{}(swap_arms(t));
    CHECK(close(swapped.y, -e.y, digits14));
    CHECK(close(swapped.v, e.v, digits15));
    const auto days = incidence_rate_ratio{}(two_rates<double>{t.x1, t.t1 * 512, t.x2, t.t2 * 512});
    CHECK(close(days.y, e.y, digits14));
    CHECK(days.v == e.v);
  }
}

TEST_CASE("equal rates give exactly 0, and a ratio needs events in both arms") {
  CHECK(incidence_rate_ratio{}(two_rates<double>{3, 100, 30, 1000}).y == 0.0);
  CHECK(incidence_rate_ratio::defined(two_rates<double>{1, 1, 1, 1}));
  CHECK_FALSE(incidence_rate_ratio::defined(two_rates<double>{0, 1, 1, 1}));
  CHECK_FALSE(incidence_rate_ratio::defined(two_rates<double>{1, 1, 0, 1}));
  CHECK(incidence_rate_ratio::uninformative(two_rates<double>{0, 1, 0, 1}));
  CHECK_FALSE(incidence_rate_ratio::uninformative(two_rates<double>{0, 1, 1, 1}));
}
