// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/skewness_test.hpp>

#include "conversion/printed_groups.hpp"
#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using metapool_test::close;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::printed;
using metapool_test::all;
using metapool_test::quartiles;
using metapool_test::range;

TEST_CASE("The skewness test turns at its critical value: 2.65 / sqrt(100) - 6 / 100^2 = 0.2644 for quartiles of 100 patients") {
  const auto r = skewness_test(quartiles(0, 0.368, 1, 100));
  CHECK(close(r.critical_value, 0.2644, digits12));
  CHECK(close(r.statistic, 0.264, digits12));
  CHECK_FALSE(r.skewed());
  CHECK(skewness_test(quartiles(0, 0.367, 1, 100)).skewed());
  CHECK(close(skewness_test(range(0, 0.4, 1, 91)).critical_value, 1 / std::log(100.0) + 2.5 / 92, digits12));
  CHECK(close(skewness_test(range(0, 0.4, 1, 91)).statistic, 0.2, digits12));
  const auto both = skewness_test(all(0, 4, 5, 6, 20, 100));
  CHECK(close(both.statistic, 2.65 * std::log(60.0) / 10 * 0.5, digits12));
  CHECK(close(both.critical_value, 0.3 - 40e-6, digits12));
  CHECK(both.skewed());
  // turned about, as skewed
  CHECK(close(skewness_test(all(-20, -6, -5, -4, 0, 100)).statistic, both.statistic, digits14));
}

TEST_CASE("Statistics and critical values of quartiles, range and both of 20 patients as metafor's help page of conv.fivenum prints them (Shi 2023)") {
  const auto says = [](const skewness_result<>& r, double statistic, double critical_value, bool skewed) {
    CHECK(close(r.statistic, statistic, printed(3)));
    CHECK(close(r.critical_value, critical_value, printed(3)));
    CHECK(r.skewed() == skewed);
  };
  says(skewness_test(range(2, 6, 14, 20)), 0.333, 0.416, false);
  says(skewness_test(quartiles(4, 6, 10, 20)), 0.333, 0.578, false);
  says(skewness_test(all(2, 4, 6, 10, 14, 20)), 0.491, 0.666, false);
  says(skewness_test(all(2, 4, 6, 14, 20, 20)), 0.818, 0.666, true);
  const auto l = [](double x) { return std::log(x); };
  says(skewness_test(all(l(2), l(4), l(6), l(14), l(20), 20)), 0.353, 0.666, false);  // log-normal, then
}

TEST_CASE("Symmetric quartiles (Zhu 2021) and the FEV1 of 57 students (Bland, An Introduction to Medical Statistics, section 4.5) are not skewed") {
  CHECK_FALSE(skewness_test(quartiles(8, 11, 14, 29)).skewed());
  CHECK_FALSE(skewness_test(all(2.85, 3.54, 4.10, 4.53, 5.43, 57)).skewed());
}

TEST_CASE("Numbers that coincide and samples of four have no skewness test") {
  CHECK_THROWS_AS(skewness_test(quartiles(2, 2, 2, 10)), not_estimable);
  CHECK_THROWS_AS(skewness_test(range(2, 2, 2, 10)), not_estimable);
  CHECK_THROWS_AS(skewness_test(quartiles(1, 2, 3, 4)), input_error);
  CHECK_THROWS_AS(skewness_test(quartiles(3, 2, 3, 40)), input_error);
}
