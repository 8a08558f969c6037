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

TEST_CASE("Remission under 6-mercaptopurine: 0.857, 0.807, 0.753, 0.690, 0.627, 0.538 and 0.448 at 6, 7, 10, 13, 16, 22 and 23 weeks (Freireich 1963; R's survival 3.5-3)") {
  arm mercaptopurine;
  for (double week : {6, 6, 6, 7, 10, 13, 16, 22, 23}) mercaptopurine.push_back({week, true});
  for (double week : {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}) mercaptopurine.push_back({week, false});
  const auto curve = kaplan_meier(mercaptopurine);
  REQUIRE(curve.size() == 8);
  const double expected[] = {1, 0.8571428571428571, 0.80672268907563016, 0.75294117647058811, 0.69019607843137243, 0.62745098039215674, 0.53781512605042003, 0.44817927170868338};
  for (std::size_t i = 0; i < 8; ++i) CHECK(close(curve[i].survival, expected[i], digits12));
  CHECK(curve.back().time == 23);
}

TEST_CASE("A digitised curve that wavers falls as R's isoreg has it") {
  const std::vector<double> read{0.99, 0.97, 0.98, 0.981, 0.975, 0.9, 0.91, 0.88, 0.89, 0.895, 0.7};
  const std::vector<double> expected{0.99, 0.977, 0.977, 0.977, 0.975, 0.905, 0.905, 0.88833333333333331, 0.88833333333333331, 0.88833333333333331, 0.7};
  std::vector<curve_point<>> points;
  for (std::size_t i = 0; i < read.size(); ++i) points.push_back({static_cast<double>(i), read[i]});
  const auto curve = falling_curve(points);
  REQUIRE(curve.size() == expected.size());
  for (std::size_t i = 0; i < curve.size(); ++i) CHECK(close(curve[i].survival, expected[i], digits12));
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
