// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/log_rank.hpp>
#include <metapool/effect/hazard_ratio.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::message_of;
using metapool_test::printed;

TEST_CASE("A log-rank p of 0.075 is z = 1.78 (Tierney et al. 2007, as quoted in Trials 2013;14:391)") {
  CHECK(close(-log_rank_from_p(0.075, 1, favours::treated).observed_minus_expected.value(), 1.78, printed(2)));
  CHECK(close(log_rank_from_p(0.075, 4, favours::control).observed_minus_expected.value(), 2 * 1.7804643416920256, digits12));
}

TEST_CASE("Peto's step: O - E = -9.8 and V = 25 are a log hazard ratio of -0.392 with variance 0.04, and back") {
  const auto e = hazard_ratio{}(log_rank<>{"", -9.8, 25.0});
  CHECK(close(e.y, -0.392, digits14));
  CHECK(close(e.v, 0.04, digits14));
  const auto back = log_rank_from_hazard_ratio(e);
  CHECK(close(*back.observed_minus_expected, -9.8, digits14));
  CHECK(close(*back.variance, 25.0, digits14));
}

TEST_CASE("V of 60 and 90 events is 36; of 150 events allocated 2:3 too; a quarter of the events at 1:1") {
  CHECK(close(log_rank_variance(60, 90), 36.0, digits14));
  CHECK(close(log_rank_variance_by_allocation(150, 0.4), 36.0, digits14));
  CHECK(close(log_rank_variance_by_allocation(150, 0.5), 37.5, digits14));
  CHECK(close(log_rank_variance(1e300, 1e300), 5e299, digits14));
}

TEST_CASE("A hazard ratio of 0.88 with V = 128.81 has the interval 0.74 to 1.05, and O - E and V come back (Tierney et al. 2007, bladder cancer, from the curves)") {
  const effect<> e{std::log(0.88), 1 / 128.81};
  const auto s = log_rank_from_hazard_ratio(e);
  CHECK(close(*s.variance, 128.81, digits14));
  const auto again = hazard_ratio{}(s);
  CHECK(close(again.y, e.y, digits14));
  CHECK(close(std::exp(again.y - 1.959963984540054 * std::sqrt(again.v)), 0.74, printed(2)));
  CHECK(close(std::exp(again.y + 1.959963984540054 * std::sqrt(again.v)), 1.05, printed(2)));
}

TEST_CASE("V of the 9 and 21 events of the leukaemia trial is 6.3, within 1 % of the log-rank test's 6.25696 (Freireich 1963; R's survival 3.5-3)") {
  CHECK(close(log_rank_variance(9, 21), 6.3, digits14));
  CHECK(close(log_rank_variance(9, 21), 6.25696057368, metapool_test::tolerance{0.01, 0, 0, "an approximation for hazard ratios near 1"}));
}

TEST_CASE("p, hazard ratio and interval tell the same story") {
  const double y = std::log(0.7), se = 0.16;
  const double p = detail::normal_two_sided_p(y / se), half = detail::normal_critical<double>(0.9) * se;
  CHECK(close(log_hazard_ratio_from_p(0.7, p).v, se * se, digits12));
  const auto by_interval = estimate_from_interval<double>({.estimate = 0.7, .lower = std::exp(y - half), .upper = std::exp(y + half), .level = 0.9}, scale::log);
  CHECK(close(by_interval.v(), se * se, digits12));
  CHECK(close(by_interval.y, y, digits14));
  // V from the standard error, O - E from p: the same log hazard ratio
  const auto by_p = hazard_ratio{}(log_rank_from_p(p, 1 / (se * se), favours::treated));
  CHECK(close(by_p.y, y, digits12));
  CHECK(close(by_p.v, se * se, digits14));
}

TEST_CASE("A log-rank p of 0.075 and 485 deaths of 491 and 485 patients are a hazard ratio of 0.85, 0.71 to 1.02 (bladder cancer, Lancet 1999;354:533)") {
  // Tierney et al. (2007), equations for p with the events of both arms together
  const double v = log_rank_variance_by_allocation(485, 491.0 / 976);
  CHECK(close(v, 121.2, printed(1)));
  const auto s = log_rank_from_p(0.075, v, favours::treated);
  CHECK(close(*s.observed_minus_expected, -19.6, printed(1)));
  const auto e = hazard_ratio{}(s);
  CHECK(close(std::exp(e.y), 0.85, printed(2)));
  CHECK(close(std::exp(e.y - 1.959963984540054 * std::sqrt(e.v)), 0.71, printed(2)));
  CHECK(close(std::exp(e.y + 1.959963984540054 * std::sqrt(e.v)), 1.02, printed(2)));
}

TEST_CASE("HR 0.86 with P = 0.003 and its interval 0.77 to 0.95 have one standard error within their rounding (Eur Urol 2005;48:202)") {
  const auto by_interval = estimate_from_printed_interval({as_printed("0.86"), as_printed("0.77"), as_printed("0.95")}, scale::log);
  const double by_p = std::sqrt(log_hazard_ratio_from_p(0.86, 0.003).v);
  CHECK(by_interval.warnings.empty());
  CHECK(by_interval.se_lowest < by_p);
  CHECK(by_p < by_interval.se_highest);
}

TEST_CASE("Double agrees with 50 digits, for very small p too") {
  for (double p : {0.9, 0.05, 1e-12, 1e-300}) {
    CHECK(close(log_rank_from_p(p, 36, favours::treated).observed_minus_expected.value(), static_cast<double>(log_rank_from_p<cpp_bin_float_50>(p, 36, favours::treated).observed_minus_expected.value()), digits12));
  }
}

TEST_CASE("Numbers that no survival analysis gives are refused") {
  CHECK(contains(message_of<input_error>([] { log_rank_from_p(0.5, 0, favours::treated); }), "v = 0"));
  CHECK_THROWS_AS(log_rank_variance(0, 4), input_error);
  CHECK_THROWS_AS(log_rank_variance_by_allocation(10, 1), input_error);
  CHECK_THROWS_AS(log_rank_from_p(0, 4, favours::treated), input_error);
  CHECK_THROWS_AS(log_hazard_ratio_from_p(1, 0.5), input_error);
  CHECK_THROWS_AS(log_hazard_ratio_from_p(-0.5, 0.5), input_error);
  CHECK_THROWS_AS(log_rank_from_hazard_ratio(effect<>{1, 0}), input_error);
}
