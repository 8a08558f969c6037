// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/table_tests.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using trials = std::vector<binary_trial<>>;

namespace {
/// The expected treated events at odds ratio psi, by bisection on the odds ratio of the table with the same margins.
double expected_by_bisection(double n1, double n2, double events, double psi) {
  double low = std::fmax(0, events - n2), high = std::fmin(events, n1);
  for (int i = 0; i < 200; ++i) {
    const double a = (low + high) / 2;
    (a * (n2 - events + a) < psi * (n1 - a) * (events - a) ? low : high) = a;
  }
  return (low + high) / 2;
}
}  // namespace

TEST_CASE("the Cochran-Mantel-Haenszel test is the squared sum of O - E over its variance, with and without correction") {
  double o_e = 0, v = 0;
  for (const auto& t : bcg()) {
    const double a = *t.treated.events, n1 = *t.treated.total, c = *t.control.events, n2 = *t.control.total, n = n1 + n2;
    o_e += a - n1 * (a + c) / n;
    v += n1 * n2 * (a + c) * (n - a - c) / (n * n * (n - 1));
  }
  const auto corrected = cochran_mantel_haenszel(bcg());
  CHECK(close(corrected.statistic, (std::fabs(o_e) - 0.5) * (std::fabs(o_e) - 0.5) / v, digits10));
  CHECK(close(corrected.p, std::erfc(std::sqrt(corrected.statistic / 2)), digits10));
  CHECK(corrected.df == 1);
  CHECK(close(cochran_mantel_haenszel(bcg(), cmh_correction::none).statistic, o_e * o_e / v, digits10));
  CHECK(cochran_mantel_haenszel(trials{trial("balanced", 3, 10, 3, 10)}).statistic == 0.0);
  CHECK(cochran_mantel_haenszel(trials{trial("balanced", 3, 10, 3, 10)}).p == 1.0);
  // 3/10 v 4/12: O - E = 3 - 70/22 = -0.1818..., nearer to 0 than the correction; V = 10 12 7 15 / (22^2 21)
  const trials near_balance{trial("near", 3, 10, 4, 12)};
  const double distance = 70.0 / 22 - 3, variance = 10.0 * 12 * 7 * 15 / (22.0 * 22 * 21);
  CHECK(cochran_mantel_haenszel(near_balance).statistic == 0.0);
  CHECK(close(cochran_mantel_haenszel(near_balance, cmh_correction::none).statistic, distance * distance / variance, digits12));
  CHECK(close(cochran_mantel_haenszel(near_balance, cmh_correction::half_as_r).statistic, distance * distance / variance, digits12));
  CHECK(close(cochran_mantel_haenszel(near_balance, cmh_correction::half_as_metafor).statistic, (distance - 0.5) * (distance - 0.5) / variance, digits12));
}

TEST_CASE("swapped arms leave the tests as they are") {
  CHECK(close(cochran_mantel_haenszel(swapped(bcg())).statistic, cochran_mantel_haenszel(bcg()).statistic, digits12));
  CHECK(close(breslow_day(swapped(bcg())).statistic, breslow_day(bcg()).statistic, digits10));
  CHECK(close(tarone(swapped(bcg())).statistic, tarone(bcg()).statistic, digits10));
}

TEST_CASE("Breslow-Day and Tarone are their textbook sums, with the expected events by bisection") {
  const double psi = std::exp(mantel_haenszel(bcg(), odds_ratio{}).estimate);
  double statistic = 0, sum = 0, variance = 0;
  for (const auto& t : bcg()) {
    const double n1 = *t.treated.total, n2 = *t.control.total, events = *t.treated.events + *t.control.events;
    const double a = expected_by_bisection(n1, n2, events, psi);
    const double v = 1 / (1 / a + 1 / (n1 - a) + 1 / (events - a) + 1 / (n2 - events + a));
    statistic += (*t.treated.events - a) * (*t.treated.events - a) / v;
    sum += *t.treated.events - a;
    variance += v;
  }
  CHECK(close(breslow_day(bcg()).statistic, statistic, digits8));
  CHECK(close(tarone(bcg()).statistic, statistic - sum * sum / variance, digits8));
  CHECK(breslow_day(bcg()).df == 12);
}

TEST_CASE("equal tables have no heterogeneity of odds ratios, and Tarone's statistic does not fall below 0") {
  for (const auto& t : {trial("same", 3, 10, 7, 13), trial("same", 1, 9, 2, 7), trial("same", 17, 31, 11, 30)}) {
    const trials equal{t, t, t};
    CHECK(close(breslow_day(equal).statistic, 0.0, {0, 0, 1e-20, "rounding of a square"}));
    CHECK(tarone(equal).statistic >= 0.0);
    CHECK(tarone(equal).p <= 1.0);
  }
}

TEST_CASE("the tests over tables say what they cannot tell") {
  CHECK(message_of<not_estimable>([] { cochran_mantel_haenszel(trials{trial("a", 0, 5, 0, 5)}); }) ==
        "cochran_mantel_haenszel: no study has both patients with and patients without the event");
  CHECK(contains(message_of<not_estimable>([] { breslow_day(trials{trial("a", 1, 5, 2, 5), trial("b", 0, 5, 0, 5)}); }), "breslow_day: fewer than two studies"));
  CHECK(contains(message_of<not_estimable>([] { tarone(trials{trial("a", 1, 5, 2, 5)}); }), "tarone: fewer than two studies"));
  CHECK_THROWS_AS(breslow_day(trials{trial("a", 0, 5, 2, 5), trial("b", 0, 5, 1, 5)}), not_estimable);
  CHECK_THROWS_AS(cochran_mantel_haenszel(trials{trial("a", 6, 5, 2, 5)}), input_error);
}
