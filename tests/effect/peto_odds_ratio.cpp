// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/peto_odds_ratio.hpp>

#include "effect/measures.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Peto's odds ratio of a study is (O - E) / V in 50 digits") {
  for (const auto& t : tables()) {
    const auto w = widen(t);
    const wide n = w.a + w.b + w.c + w.d, n1 = w.a + w.b, n2 = w.c + w.d;
    const wide v = n1 * n2 * (w.a + w.c) * (w.b + w.d) / (n * n * (n - 1));
    const auto e = peto_odds_ratio{}(t);
    CHECK(close(e.y, static_cast<double>(wide((w.a - n1 * (w.a + w.c) / n) / v)), digits14));
    CHECK(close(e.v, static_cast<double>(wide(1 / v)), digits14));
    CHECK(close(peto_odds_ratio{}(swap_arms(t)).y, -e.y, digits14));
    CHECK(close(peto_odds_ratio{}(swap_events(t)).y, -e.y, digits14));
  }
}

TEST_CASE("Peto's odds ratio needs no correction of a zero cell, and double-zero studies have none") {
  const std::vector<binary_trial<>> trials{{"zero", {0, 5}, {3, 12}}, {"double zero", {0, 5}, {0, 9}}, {"full", {5, 5}, {9, 9}}};
  const auto e = effect_sizes(trials, peto_odds_ratio{});
  REQUIRE(e.size() == 1);
  CHECK(close(e.y[0], -1.61904761904762, {1e-14, 0, 0, "metafor 3.8, 15 printed digits"}));
  CHECK(close(e.v[0], 1.83492063492063, {1e-14, 0, 0, "metafor 3.8, 15 printed digits"}));
  CHECK(e.audit[1].status == study_status::double_zero);
  CHECK(e.audit[2].status == study_status::double_full);
}
