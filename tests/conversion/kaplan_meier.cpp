// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/kaplan_meier.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;
using arm = std::vector<survival_time<>>;

TEST_CASE("The Kaplan-Meier estimate of six patients is the product of its steps") {
  const auto curve = kaplan_meier(arm{{3, true}, {1, true}, {2, false}, {3, true}, {5, false}, {4, true}});
  REQUIRE(curve.size() == 4);
  CHECK(close(curve[1].survival, 5 / 6.0, digits12));
  CHECK(close(curve[2].survival, 5 / 6.0 * 2 / 4, digits12));
  CHECK(close(curve[3].survival, 5 / 6.0 * 2 / 4 * 1 / 2, digits12));
  CHECK(curve[3].time == 4);
}

TEST_CASE("Rises of the hand are pooled: the nearest falling curve") {
  const auto curve = falling_curve<double>({{0, 1}, {2, 0.8}, {1, 0.7}, {3, 0.75}, {4, 0.6}, {4, 0.65}, {5, -0.1}});
  REQUIRE(curve.size() == 7);
  CHECK(close(curve[1].survival, 0.75, digits12));  // 0.7, 0.8, 0.75 pooled
  CHECK(close(curve[2].survival, 0.75, digits12));
  CHECK(close(curve[3].survival, 0.75, digits12));
  CHECK(curve[4].survival == 0.65);
  CHECK(curve[5].survival == 0.6);
  CHECK(curve[6].survival == 0);
}

TEST_CASE("Patients censored at the time of an event are at risk at it") {
  const auto curve = kaplan_meier(arm{{2, false}, {2, true}, {3, true}});
  REQUIRE(curve.size() == 3);
  CHECK(close(curve[1].survival, 2 / 3.0, digits12));
  CHECK(curve[2].survival == 0);
}

TEST_CASE("No patients, no points and coordinates that are no numbers are refused") {
  CHECK_THROWS_AS(kaplan_meier(arm{}), input_error);
  CHECK_THROWS_AS(kaplan_meier(arm{{-1, true}}), input_error);
  CHECK_THROWS_AS(falling_curve<double>({}), input_error);
  CHECK_THROWS_AS(falling_curve<double>({{0, std::nan("")}}), input_error);
}
