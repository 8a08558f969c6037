// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/mean_prior.hpp>

#include <doctest/doctest.h>

#include <cmath>

TEST_CASE("a prior of the mean says what it is, and refuses numbers that make no sense") {
  CHECK(metapool::flat_mean().name() == "flat");
  CHECK(metapool::normal_mean(0, 2.5).name() == "normal, mean 0, sd 2.5");
  CHECK_THROWS_WITH_AS(metapool::normal_mean(0, 0), "normal_mean: sd = 0 must be positive and finite", metapool::input_error);
  CHECK_THROWS_AS(metapool::normal_mean(NAN, 1), metapool::input_error);
  CHECK_THROWS_AS(metapool::normal_mean(0, INFINITY), metapool::input_error);
  CHECK(metapool::t_mean(0, 2.5, 4).name() == "t, 4 degrees of freedom, mean 0, scale 2.5");
  CHECK_THROWS_AS(metapool::t_mean(0, 1, 0.5), metapool::input_error);
  CHECK_THROWS_AS(metapool::t_mean(0, -1, 4), metapool::input_error);
}
