// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/number_needed_to_treat.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::printed;

namespace {

const double infinity = std::numeric_limits<double>::infinity();

template <class Real = double>
mean_inference<Real> ratio(std::string_view name, Real estimate, Real lower, Real upper) {
  using std::log;
  mean_inference<Real> m;
  m.measure = {name, "R", "ratio", scale::log};
  m.estimate = log(estimate);
  m.lower = log(lower);
  m.upper = log(upper);
  return m;
}

mean_inference<> difference(double estimate, double lower, double upper) {
  mean_inference<> m;
  m.measure = {"risk_difference", "RD", "risk difference", scale::identity};
  m.estimate = estimate;
  m.lower = lower;
  m.upper = upper;
  return m;
}

}  // namespace

TEST_CASE("A risk ratio of 0.92 at a baseline risk of 0.3 is 24 fewer per 1000 and one benefit in 41.7 patients (Cochrane Handbook 15.4)") {
  const auto r = number_needed_to_treat(ratio("risk_ratio", 0.92, 0.84, 0.99), 0.3);
  CHECK(close(r.absolute_benefit.estimate, 0.024, digits14));
  CHECK(close(*r.estimate.value, 1 / 0.024, digits12));
  CHECK(r.estimate.side == needed_for::benefit);
  CHECK(close(*r.best.value, 1 / (0.3 * 0.16), digits12));
  CHECK(close(*r.worst.value, 1 / (0.3 * 0.01), digits12));
  CHECK_FALSE(r.through_infinity());
  CHECK(describe(r) == "NNTB 41.7 (95 % CI NNTB 20.8 to NNTB 333)");
}

TEST_CASE("An odds ratio of 0.73 at a baseline risk of 0.3 is 62 fewer per 1000 (Cochrane Handbook 15.4)") {
  const auto r = number_needed_to_treat(ratio("odds_ratio", 0.73, 0.6, 0.9), 0.3);
  CHECK(close(r.absolute_benefit.estimate, 0.062, printed(3)));
  CHECK(close(r.treated_risk.estimate, 0.73 * 0.3 / (0.7 + 0.73 * 0.3), digits14));
  CHECK(close(*r.estimate.value, 1 / (0.3 - 0.73 * 0.3 / (1 - 0.3 + 0.73 * 0.3)), digits12));
}

TEST_CASE("Altman (1998): a reduction of 10 % with interval -5 % to 25 % is NNTB 10, from NNTB 4 through infinity to NNTH 20") {
  const auto r = number_needed_to_treat(difference(-0.10, -0.25, 0.05), 0.4);
  CHECK(close(*r.estimate.value, 10, digits14));
  CHECK(r.best.side == needed_for::benefit);
  CHECK(close(*r.best.value, 4, digits14));
  CHECK(r.worst.side == needed_for::harm);
  CHECK(close(*r.worst.value, 20, digits14));
  CHECK(r.through_infinity());
  CHECK(describe(r) == "NNTB 10.0 (95 % CI NNTB 4.0 to infinity to NNTH 20.0)");
}

TEST_CASE("Harm on the whole interval is NNTH, with the smallest number at the worst end") {
  const auto r = number_needed_to_treat(difference(0.1, 0.05, 0.2), 0.4);
  CHECK(r.estimate.side == needed_for::harm);
  CHECK(close(*r.best.value, 20, digits14));
  CHECK(close(*r.worst.value, 5, digits14));
  CHECK_FALSE(r.through_infinity());
  CHECK(describe(r) == "NNTH 10.0 (95 % CI NNTH 20.0 to NNTH 5.0)");
}

TEST_CASE("No effect needs infinitely many patients, and an end at no effect is infinite") {
  const auto none = number_needed_to_treat(ratio("odds_ratio", 1.0, 0.5, 2.0), 0.2);
  CHECK_FALSE(none.estimate.value.has_value());
  CHECK(none.estimate.side == needed_for::neither);
  const auto edge = number_needed_to_treat(difference(-0.1, -0.2, 0), 0.4);
  CHECK(describe(edge) == "NNTB 10.0 (95 % CI NNTB 5.0 to infinity)");
}

TEST_CASE("A desirable event turns benefit and harm round") {
  const auto bad = number_needed_to_treat(difference(-0.10, -0.25, 0.05), 0.4);
  const auto good = number_needed_to_treat(difference(-0.10, -0.25, 0.05), 0.4, event_meaning::desirable);
  CHECK(good.absolute_benefit.estimate == -bad.absolute_benefit.estimate);
  CHECK(good.estimate.side == needed_for::harm);
  CHECK(*good.best.value == *bad.worst.value);
  CHECK(*good.worst.value == *bad.best.value);
  CHECK(good.treated_risk.estimate == bad.treated_risk.estimate);
}

TEST_CASE("Counting the opposite event with the inverse odds ratio gives the same numbers needed") {
  const auto deaths = number_needed_to_treat(ratio("odds_ratio", 0.6, 0.4, 0.9), 0.3);
  const auto survivals = number_needed_to_treat(ratio("odds_ratio", 1 / 0.6, 1 / 0.9, 1 / 0.4), 0.7, event_meaning::desirable);
  CHECK(close(*deaths.estimate.value, *survivals.estimate.value, digits12));
  CHECK(close(*deaths.best.value, *survivals.best.value, digits12));
  CHECK(close(*deaths.worst.value, *survivals.worst.value, digits12));
}

TEST_CASE("The three measures agree on one pair of risks") {
  const double p0 = 0.3, p1 = 0.12;
  const auto by_rr = number_needed_to_treat(ratio("risk_ratio", p1 / p0, p1 / p0, p1 / p0), p0);
  const double odds_ratio = p1 / (1 - p1) / (p0 / (1 - p0));
  const auto by_or = number_needed_to_treat(ratio("odds_ratio", odds_ratio, odds_ratio, odds_ratio), p0);
  const auto by_rd = number_needed_to_treat(difference(p1 - p0, p1 - p0, p1 - p0), p0);
  CHECK(close(by_rr.treated_risk.estimate, p1, digits14));
  CHECK(close(by_or.treated_risk.estimate, p1, digits14));
  CHECK(close(by_rd.treated_risk.estimate, p1, digits14));
  CHECK(close(*by_rr.estimate.value, *by_rd.estimate.value, digits12));
  CHECK(close(*by_or.estimate.value, *by_rd.estimate.value, digits12));
}

TEST_CASE("Effects close to none keep their digits: log RR 1e-13 at 0.5 needs 2e13 patients") {
  auto m = ratio("risk_ratio", 1.0, 1.0, 1.0);
  m.estimate = m.lower = m.upper = 1e-13;
  CHECK(close(*number_needed_to_treat(m, 0.5).estimate.value, 2e13, digits12));
  m.measure.name = "odds_ratio";
  CHECK(close(*number_needed_to_treat(m, 0.5).estimate.value, 4e13, digits12));
}

TEST_CASE("An end whose treated risk would be above 1 or below 0 is cut there, with a note") {
  const auto r = number_needed_to_treat(ratio("risk_ratio", 1.2, 0.5, 3.0), 0.6);
  CHECK(r.treated_risk.upper == 1);
  REQUIRE(r.notes.size() == 1);
  CHECK(r.notes[0] == "treated risk at the upper end of the interval cut to 1");
  const auto d = number_needed_to_treat(difference(-0.05, -0.3, 0.1), 0.1);
  CHECK(d.treated_risk.lower == 0);
  CHECK(close(*d.best.value, 10, digits14));
  CHECK(d.notes.size() == 1);
}

TEST_CASE("Infinite ends of an odds ratio are the risks 0 and 1") {
  auto m = ratio("odds_ratio", 0.5, 0.0, infinity);
  const auto r = number_needed_to_treat(m, 0.2);
  CHECK(r.treated_risk.lower == 0);
  CHECK(r.treated_risk.upper == 1);
  CHECK(r.notes.empty());
  m.measure.scale = scale::identity;  // the same odds ratio not as a logarithm
  m.estimate = 0.5;
  m.lower = 0;
  const auto s = number_needed_to_treat(m, 0.2);
  CHECK(close(s.treated_risk.estimate, r.treated_risk.estimate, digits14));
  CHECK(s.treated_risk.lower == 0);
  CHECK(s.treated_risk.upper == 1);
}

TEST_CASE("float and long double give the same numbers needed") {
  const double d = *number_needed_to_treat(ratio("odds_ratio", 0.6, 0.4, 0.9), 0.3).estimate.value;
  CHECK(close(*number_needed_to_treat(ratio<float>("odds_ratio", 0.6f, 0.4f, 0.9f), 0.3f).estimate.value, static_cast<float>(d), metapool_test::digits5));
  CHECK(close(static_cast<double>(*number_needed_to_treat(ratio<long double>("odds_ratio", 0.6L, 0.4L, 0.9L), 0.3L).estimate.value), d, digits14));
}

TEST_CASE("number_needed_to_treat refuses other measures, baseline risks outside (0, 1) and impossible treated risks") {
  const auto rr = ratio("risk_ratio", 0.8, 0.6, 0.9);
  CHECK_THROWS_AS(number_needed_to_treat(rr, 0.0), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(rr, 1.0), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(rr, std::nan("")), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(ratio("mean_difference", 0.8, 0.6, 0.9), 0.3), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(ratio("risk_ratio", 2.0, 1.5, 2.5), 0.6), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(difference(-0.5, -0.6, -0.4), 0.4), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(difference(std::nan(""), -0.6, -0.4), 0.4), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(difference(-0.1, std::nan(""), 0.4), 0.4), input_error);
  CHECK_THROWS_AS(number_needed_to_treat(difference(-0.1, 0.1, 0.4), 0.4), input_error);
  auto level = rr;
  level.level = 1;
  CHECK_THROWS_AS(number_needed_to_treat(level, 0.3), input_error);
}
