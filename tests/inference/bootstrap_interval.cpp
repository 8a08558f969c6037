// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/bootstrap_interval.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/tau2/fixed.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace mp = metapool;
using metapool_test::close;

namespace {

/// 19 draws 1, ..., 19 in disorder, each with standard error 2, of an estimate of 8 with standard error 4.
mp::bootstrap_draws<double> nineteen() {
  mp::bootstrap_draws<double> d;
  d.fit.estimate = 8;
  d.fit.se = 4;
  d.fit.tau2 = 3;
  d.fit.data.v = {1, 1, 1};
  d.fit.data.y = {4, 8, 12};
  for (int i = 0; i < 19; ++i) d.mean.push_back((7 * i) % 19 + 1);
  d.se.assign(19, 2.0);
  d.tau2 = d.mean;
  return d;
}

}  // namespace

TEST_CASE("Quantiles of B draws: number (B + 1) share in order, straight between two") {
  // (19 + 1) 0.1 = 2 and 18; (19 + 1) 0.125 = 2.5 and 17.5
  const auto d = nineteen();
  auto r = mp::bootstrap_mean(d, mp::bootstrap_method::percentile, 0.8);
  CHECK(close(r.lower, 2, metapool_test::digits14));
  CHECK(close(r.upper, 18, metapool_test::digits14));
  r = mp::bootstrap_mean(d, mp::bootstrap_method::percentile, 0.75);
  CHECK(close(r.lower, 2.5, metapool_test::digits14));
  CHECK(close(r.upper, 17.5, metapool_test::digits14));
  r = mp::bootstrap_mean(d, mp::bootstrap_method::basic, 0.75);
  CHECK(close(r.lower, 16 - 17.5, metapool_test::digits14));
  CHECK(close(r.upper, 16 - 2.5, metapool_test::digits14));
  r = mp::bootstrap_mean(d, mp::bootstrap_method::t, 0.75);  // t* from -3.5 to 5.5, quantiles (2.5 - 8) / 2 and (17.5 - 8) / 2
  CHECK(close(r.lower, 8 - 4 * 4.75, metapool_test::digits14));
  CHECK(close(r.upper, 8 + 4 * 2.75, metapool_test::digits14));
}

TEST_CASE("p counts the draws beyond no effect, and the estimate itself") {
  auto d = nineteen();
  CHECK(close(mp::bootstrap_mean(d, mp::bootstrap_method::percentile, 0.8).p, 2.0 / 20, metapool_test::digits14));  // no draw at or below 0
  CHECK(close(mp::bootstrap_mean(d, mp::bootstrap_method::basic, 0.8).p, 2 * 5.0 / 20, metapool_test::digits14));   // 16 - x <= 0 for 16 to 19
  CHECK(close(mp::bootstrap_mean(d, mp::bootstrap_method::t, 0.8).p, 13.0 / 20, metapool_test::digits14));  // |x - 8| / 2 >= 8 / 4 for 1 to 4 and 12 to 19
}

TEST_CASE("Intervals of tau2: percentile and basic, with I2 by the typical variance; a basic one may be empty") {
  auto d = nineteen();
  auto r = mp::bootstrap_tau2(d, mp::bootstrap_method::percentile, 0.8);
  CHECK(close(r.lower, 2, metapool_test::digits14));
  CHECK(close(r.upper, 18, metapool_test::digits14));
  CHECK(close(r.i2_lower, 2.0 / 3, metapool_test::digits14));
  CHECK(close(r.h2_upper, 19, metapool_test::digits14));
  r = mp::bootstrap_tau2(d, mp::bootstrap_method::basic, 0.8);
  CHECK(r.lower == 0);
  CHECK(close(r.upper, 4, metapool_test::digits14));
  d.fit.tau2 = 0.5;
  r = mp::bootstrap_tau2(d, mp::bootstrap_method::basic, 0.8);
  CHECK(r.state == mp::interval_state::empty_set);
  CHECK(r.upper == 0);
  CHECK_THROWS_AS(mp::bootstrap_tau2(d, mp::bootstrap_method::t), mp::input_error);
}

TEST_CASE("With tau2 fixed all three intervals are Wald's up to Monte Carlo error") {
  mp::effects<double> e;
  e.y = {0.1, 0.5, -0.2, 0.9, 0.4};
  e.v = {0.1, 0.2, 0.1, 0.3, 0.2};
  e.labels.assign(5, "");
  const auto d = mp::bootstrap(e, mp::fixed_tau2{.tau2 = 0.1}, {.replicates = 40000});
  const auto wald = mp::wald_z{}(d.fit);
  for (const auto method : {mp::bootstrap_method::percentile, mp::bootstrap_method::basic, mp::bootstrap_method::t}) {
    const auto r = mp::bootstrap_mean(d, method);
    // the standard error of a quantile is sqrt(0.025 0.975 / B) / density(1.96), 0.0134 standard errors
    CHECK(std::fabs(r.lower - wald.lower) < 4 * 0.0134 * wald.se);
    CHECK(std::fabs(r.upper - wald.upper) < 4 * 0.0134 * wald.se);
    CHECK(std::fabs(r.p - wald.p) < 4 * 2 * std::sqrt(wald.p / 2 / 40000));
  }
}

TEST_CASE("Too few replicates for a level are refused") {
  const auto d = nineteen();
  CHECK_NOTHROW(mp::bootstrap_mean(d, mp::bootstrap_method::percentile, 0.9));
  CHECK_THROWS_AS(mp::bootstrap_mean(d), mp::input_error);
  CHECK_THROWS_AS(mp::bootstrap_mean(d, mp::bootstrap_method::percentile, 1.5), mp::input_error);
  CHECK_THROWS_AS(mp::bootstrap_mean(mp::bootstrap_draws<double>{}), mp::input_error);
}
