// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/arcsine_difference.hpp>

#include "effect/delta_method.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the arcsine difference is its textbook form in 50 digits, and its variance that of the delta method") {
  for (const auto& t : tables()) {
    const auto w = widen(t);
    const auto e = arcsine_difference{}(t);
    CHECK(close(e.y, static_cast<double>(wide(asin(sqrt(wide(w.a / (w.a + w.b)))) - asin(sqrt(wide(w.c / (w.c + w.d)))))), digits14));
    const auto f = [](const auto& x) { return wide(asin(sqrt(wide(x[0] / (x[0] + x[1])))) - asin(sqrt(wide(x[2] / (x[2] + x[3]))))); };
    CHECK(close(e.v, two_binomials(f, t), digits14));
    CHECK(close(arcsine_difference{}(swap_arms(t)).y, -e.y, digits14));
    CHECK(close(arcsine_difference{}(swap_events(t)).y, -e.y, digits14));
    CHECK(close(arcsine_difference{}(two_by_two<double>{8 * t.a, 8 * t.b, 8 * t.c, 8 * t.d}).y, e.y, digits14));
  }
}

TEST_CASE("the arcsine difference at its ends: all against none, no events, nothing but events") {
  CHECK(close(arcsine_difference{}(two_by_two<double>{5, 0, 0, 9}).y, std::acos(-1.0) / 2, digits15));
  CHECK(arcsine_difference{}(two_by_two<double>{0, 5, 0, 9}).y == 0.0);
  CHECK(arcsine_difference{}(two_by_two<double>{5, 0, 9, 0}).y == 0.0);
  CHECK(close(arcsine_difference{}(two_by_two<double>{5, 0, 9, 0}).v, 0.05 + 1.0 / 36, digits15));
}

TEST_CASE("to the arcsine difference nothing is added, and double-zero studies stay") {
  const std::vector<binary_trial<>> trials{{"zero", {0, 5}, {3, 12}}, {"double zero", {0, 5}, {0, 9}}};
  const auto e = effect_sizes(trials, arcsine_difference{});
  REQUIRE(e.size() == 2);
  CHECK_FALSE(e.audit[0].corrected());
  CHECK(close(e.y[0], -std::acos(-1.0) / 6, digits14));  // metafor 3.8: -0.5235987755982989, 0.0708333333333333
  CHECK(close(e.v[0], 0.0708333333333333, {1e-14, 0, 0, "15 printed digits"}));
  CHECK(e.y[1] == 0.0);
}
