// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/paired_marginal.hpp>

#include "effect/delta_method.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
std::vector<paired_table<double>> paired_tables() {
  return {{20, 5, 12, 63}, {794, 86, 150, 570}, {0.5, 3.5, 0.5, 10.5}, {5e8, 1, 2, 5e8 - 3}, {1, 499999999, 500000000, 1}, {3, 0, 2, 999999995}};
}
std::array<wide, 4> cells(const paired_table<double>& t) { return {wide(t.both), wide(t.treated_only), wide(t.control_only), wide(t.neither)}; }
paired_table<double> swapped(const paired_table<double>& t) { return {t.both, t.control_only, t.treated_only, t.neither}; }

template <class Measure, class F>
void check_measure(const Measure& measure, const F& f) {
  for (const auto& t : paired_tables()) {
    const auto e = measure(t);
    CHECK(close(e.y, static_cast<double>(f(cells(t))), digits14));
    CHECK(close(e.v, one_multinomial(f, cells(t)), digits14));
    CHECK(close(measure(swapped(t)).y, -e.y, digits14));
    CHECK(close(measure(swapped(t)).v, e.v, digits14));
  }
}
}  // namespace

TEST_CASE("marginal effects of matched pairs are their definitions and the delta method in 50 digits") {
  check_measure(paired_risk_difference{}, [](const auto& x) { return wide((x[1] - x[2]) / (x[0] + x[1] + x[2] + x[3])); });
  check_measure(paired_risk_ratio{}, [](const auto& x) { return wide(log(wide((x[0] + x[1]) / (x[0] + x[2])))); });
  check_measure(paired_odds_ratio{}, [](const auto& x) { return wide(log(wide((x[0] + x[1]) / (x[2] + x[3]) * (x[1] + x[3]) / (x[0] + x[2])))); });
}

TEST_CASE("the approval of a prime minister, asked twice, falls by 0.04 with a standard error of 0.0095") {
  // Agresti, Categorical Data Analysis, the table of prime minister approval: 794, 150, 86, 570
  const auto e = paired_risk_difference{}(paired_table<double>{794, 86, 150, 570});
  CHECK(close(e.y, -0.04, digits14));
  CHECK(close(std::sqrt(e.v), 0.0095, printed(4)));
}
