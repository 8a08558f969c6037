// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/yule.hpp>

#include "effect/delta_method.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Yule's Q and Y and their variances are the definitions and the delta method in 50 digits") {
  const auto q = [](const auto& x) { return wide((x[0] * x[3] - x[1] * x[2]) / (x[0] * x[3] + x[1] * x[2])); };
  const auto y = [](const auto& x) {
    const wide on = sqrt(wide(x[0] * x[3])), off = sqrt(wide(x[1] * x[2]));
    return wide((on - off) / (on + off));
  };
  for (const auto& t : tables()) {
    CHECK(close(yules_q{}(t).y, static_cast<double>(q(cells(t))), digits14));
    CHECK(close(yules_q{}(t).v, two_binomials(q, t), digits14));
    CHECK(close(yules_y{}(t).y, static_cast<double>(y(cells(t))), digits14));
    CHECK(close(yules_y{}(t).v, two_binomials(y, t), digits14));
    CHECK(close(yules_q{}(swap_arms(t)).y, -yules_q{}(t).y, digits14));
    CHECK(close(yules_y{}(swap_events(t)).y, -yules_y{}(t).y, digits14));
  }
}

TEST_CASE("Q is 2 Y / (1 + Y^2)") {
  const auto t = two_by_two<double>{4, 119, 11, 128};
  const double y = yules_y{}(t).y;
  CHECK(close(yules_q{}(t).y, 2 * y / (1 + y * y), digits14));
  CHECK_FALSE(yules_q::defined(two_by_two<double>{0, 5, 3, 9}));
}
