// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/risk_ratio.hpp>

#include "effect/measures.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

namespace {
struct printed_interval {
  double estimate, lower, upper;
};
printed_interval interval(const two_by_two<double>& t) {
  const auto e = risk_ratio{}(t);
  const double half = 1.959963984540054 * std::sqrt(e.v);
  return {std::exp(e.y), std::exp(e.y - half), std::exp(e.y + half)};
}
}  // namespace

TEST_CASE("the risk ratio is its textbook form in 50 digits") {
  for (const auto& t : tables()) {
    const auto w = widen(t);
    const auto e = risk_ratio{}(t);
    CHECK(close(e.y, static_cast<double>(log(wide((w.a / (w.a + w.b)) / (w.c / (w.c + w.d))))), digits14));
    CHECK(close(e.v, static_cast<double>(wide(1 / w.a - 1 / (w.a + w.b) + 1 / w.c - 1 / (w.c + w.d))), digits14));
  }
}

TEST_CASE("risk ratios and intervals as printed by trials") {
  // Bowdish et al. (2023) Am J Respir Crit Care Med 207:261: 42/112 v 47/110, 6/112 v 5/110, 21/112 v 24/110
  const auto first = interval({42, 70, 47, 63});
  CHECK(close(first.estimate, 0.88, printed(2)));
  CHECK(close(first.lower, 0.64, printed(2)));
  CHECK(close(first.upper, 1.21, printed(2)));
  const auto second = interval({6, 106, 5, 105});
  CHECK(close(second.estimate, 1.18, printed(2)));
  CHECK(close(second.lower, 0.37, printed(2)));
  CHECK(close(second.upper, 3.75, printed(2)));
  const auto third = interval({21, 91, 24, 86});
  CHECK(close(third.estimate, 0.86, printed(2)));
  CHECK(close(third.lower, 0.51, printed(2)));
  CHECK(close(third.upper, 1.45, printed(2)));
  // Shu et al. (2020), WHO scale 7 and more, 0/12 v 4/29 with 0.5 added to all cells
  const auto shu = interval({0.5, 12.5, 4.5, 25.5});
  CHECK(close(shu.estimate, 0.26, printed(2)));
  CHECK(close(shu.lower, 0.01, printed(2)));
  CHECK(close(shu.upper, 4.43, printed(2)));
  // REALIST, serious adverse events, 6/30 v 2/29
  const auto realist = interval({6, 24, 2, 27});
  CHECK(close(realist.estimate, 2.9, printed(1)));
  CHECK(close(realist.lower, 0.6, printed(1)));
  CHECK(close(realist.upper, 13.2, printed(1)));
}

TEST_CASE("swapping the arms turns the log risk ratio's sign and leaves its variance") {
  for (const auto& t : tables()) {
    CHECK(close(risk_ratio{}(swap_arms(t)).y, -risk_ratio{}(t).y, digits14));
    CHECK(close(risk_ratio{}(swap_arms(t)).v, risk_ratio{}(t).v, digits14));
  }
}

TEST_CASE("equal risks give exactly 0, also with 10^9 patients, and events in all a variance of 0") {
  CHECK(risk_ratio{}(two_by_two<double>{1, 9, 10, 90}).y == 0.0);
  CHECK(risk_ratio{}(two_by_two<double>{3e8, 7e8, 3e8, 7e8}).y == 0.0);
  CHECK(risk_ratio{}(two_by_two<double>{5, 0, 9, 0}).v == 0.0);
  CHECK(risk_ratio{}(two_by_two<double>{5, 0, 9, 0}).y == 0.0);
}

TEST_CASE("the risk ratio is defined with events in both arms, and without information with none") {
  CHECK(risk_ratio::defined(two_by_two<double>{1, 0, 1, 0}));
  CHECK_FALSE(risk_ratio::defined(two_by_two<double>{0, 1, 1, 1}));
  CHECK_FALSE(risk_ratio::defined(two_by_two<double>{1, 1, 0, 1}));
  CHECK(risk_ratio::uninformative(two_by_two<double>{0, 4, 0, 3}));
  CHECK_FALSE(risk_ratio::uninformative(two_by_two<double>{4, 0, 3, 0}));
  CHECK_FALSE(risk_ratio::uninformative(two_by_two<double>{0, 4, 1, 3}));
}

TEST_CASE("a correction of the events alone lets the totals grow by it once") {
  // Zhu 0/29 v 2/29: log(0.5/29.5 / (2.5/29.5)), 1/0.5 - 1/29.5 + 1/2.5 - 1/29.5
  const auto e = risk_ratio{}.events_corrected(two_by_two<double>{0, 29, 2, 27}, 0.5, 0.5);
  CHECK(close(e.y, std::log(0.2), digits14));
  CHECK(close(e.v, 2.4 - 2 / 29.5, digits14));
  // 10/10 v 4/10: the first arm's term is 1/10 - 1/10.5
  const auto full = risk_ratio{}.events_corrected(two_by_two<double>{10, 0, 4, 6}, 0.5, 0.5);
  CHECK(close(full.y, std::log(10.5 / 4.5), digits14));
  CHECK(close(full.v, 0.1 - 1 / 10.5 + 1 / 4.5 - 1 / 10.5, digits14));
  const auto other = risk_ratio{}.events_corrected(two_by_two<double>{4, 6, 10, 0}, 0.5, 0.5);
  CHECK(close(other.v, full.v, digits14));
  CHECK(close(other.y, -full.y, digits14));
}
