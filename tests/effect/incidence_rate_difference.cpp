// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/incidence_rate_difference.hpp>

#include "effect/incidence_rates.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the incidence rate difference is its textbook form in 50 digits, also for nearly equal rates") {
  for (const auto& t : rates()) {
    const auto w = widen(t);
    const auto e = incidence_rate_difference{}(t);
    CHECK(close(e.y, static_cast<double>(wide_rate(w.x1 / w.t1 - w.x2 / w.t2)), digits14));
    CHECK(close(e.v, static_cast<double>(wide_rate(w.x1 / (w.t1 * w.t1) + w.x2 / (w.t2 * w.t2))), digits14));
    const auto root = square_root_rate_difference{}(t);
    CHECK(close(root.y, static_cast<double>(wide_rate(sqrt(wide_rate(w.x1 / w.t1)) - sqrt(wide_rate(w.x2 / w.t2)))), digits14));
    CHECK(close(root.v, static_cast<double>(wide_rate((1 / w.t1 + 1 / w.t2) / 4)), digits15));
  }
}

TEST_CASE("swapping the arms turns the sign of both differences, and a unit of time scales them as it must") {
  for (const auto& t : rates()) {
    CHECK(close(incidence_rate_difference{}(swap_arms(t)).y, -incidence_rate_difference{}(t).y, digits14));
    CHECK(close(square_root_rate_difference{}(swap_arms(t)).y, -square_root_rate_difference{}(t).y, digits14));
    const two_rates<double> days{t.x1, t.t1 * 256, t.x2, t.t2 * 256};
    CHECK(close(incidence_rate_difference{}(days).y * 256, incidence_rate_difference{}(t).y, digits14));
    CHECK(close(incidence_rate_difference{}(days).v * 256 * 256, incidence_rate_difference{}(t).v, digits14));
    CHECK(close(square_root_rate_difference{}(days).y * 16, square_root_rate_difference{}(t).y, digits14));
    CHECK(close(square_root_rate_difference{}(days).v * 256, square_root_rate_difference{}(t).v, digits14));
  }
}

TEST_CASE("without events both differences are 0, that of the square roots with a variance") {
  const two_rates<double> none{0, 10, 0, 20};
  CHECK(incidence_rate_difference{}(none).y == 0.0);
  CHECK(incidence_rate_difference{}(none).v == 0.0);
  CHECK(square_root_rate_difference{}(none).y == 0.0);
  CHECK(close(square_root_rate_difference{}(none).v, 0.0375, digits15));
}
