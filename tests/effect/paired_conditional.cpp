// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/paired_conditional.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the conditional odds ratio is that of the discordant pairs, whatever the others are") {
  for (double others : {0.0, 7.0, 1e9}) {
    const auto e = paired_conditional_odds_ratio{}(paired_table<double>{others, 5, 12, others});
    CHECK(close(e.y, std::log(5.0 / 12), digits15));
    CHECK(close(e.v, 17.0 / 60, digits15));
    const auto p = paired_peto_odds_ratio{}(paired_table<double>{others, 5, 12, others});
    CHECK(close(p.y, -14.0 / 17, digits15));  // metafor 3.8: -0.823529411764706, 0.235294117647059
    CHECK(close(p.v, 4.0 / 17, digits15));
  }
  CHECK(close(std::exp(paired_conditional_odds_ratio{}(paired_table<double>{794, 86, 150, 570}).y), 0.57, printed(2)));  // Agresti
}
