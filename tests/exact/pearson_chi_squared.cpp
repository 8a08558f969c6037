// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/pearson_chi_squared.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using metapool_test::close;
using metapool_test::printed;

TEST_CASE("Pearson's chi-squared test of Dilogo 2021 gives the published P of 0.047") {
  const binary_trial<> t{"Dilogo 2021", {10, 20}, {16, 20}};
  const auto r = pearson_chi_squared(t);
  CHECK(close(r.p, 0.047, printed(3)));
  CHECK(close(r.statistic, 40 * 120.0 * 120 / (20.0 * 20 * 26 * 14), metapool_test::digits14));
  CHECK(close(r.smallest_expected, 7, metapool_test::digits14));
  CHECK(r.df == 1);
}

TEST_CASE("The statistic is the squared z of two proportions with pooled variance, and p its two-sided tail") {
  const auto r = pearson_chi_squared(binary_trial<>{"t", {13, 40}, {25, 61}});
  const double p = 38.0 / 101, z = (13.0 / 40 - 25.0 / 61) / std::sqrt(p * (1 - p) * (1.0 / 40 + 1.0 / 61));
  CHECK(close(r.statistic, z * z, metapool_test::digits12));
  CHECK(close(r.p, std::erfc(std::fabs(z) / std::sqrt(2.0)), metapool_test::digits12));
}

TEST_CASE("Yates takes half a patient from each deviation, and no more than there is") {
  const auto yates = continuity_correction::yates;
  CHECK(close(pearson_chi_squared(binary_trial<>{"t", {10, 20}, {16, 20}}, yates).statistic, 40 * 100.0 * 100 / (20.0 * 20 * 26 * 14), metapool_test::digits14));
  const auto equal = pearson_chi_squared(binary_trial<>{"t", {5, 20}, {5, 21}}, yates);
  CHECK(equal.statistic == 0);
  CHECK(equal.p == 1);
}

TEST_CASE("A difference of one patient among 10^9 keeps twelve digits") {
  // a = 250000001, b = 249999999, c = d = 250000000: ad - bc = 2 * 250000000 exactly.
  const auto r = pearson_chi_squared(binary_trial<>{"t", {250000001, 500000000}, {250000000, 500000000}});
  const long double expected = 1e9L * 5e8L * 5e8L / (5e8L * 5e8L * 500000001.0L * 499999999.0L);
  CHECK(close(r.statistic, static_cast<double>(expected), metapool_test::digits14));
}

TEST_CASE("Without an event in either arm the test is not estimable") {
  CHECK_THROWS_AS(pearson_chi_squared(binary_trial<>{"t", {0, 20}, {0, 20}}), not_estimable);
  CHECK_THROWS_AS(pearson_chi_squared(binary_trial<>{"t", {20, 20}, {20, 20}}), not_estimable);
  CHECK_THROWS_AS(pearson_chi_squared(binary_trial<>{"t", {{}, 20}, {1, 20}}), input_error);
}
