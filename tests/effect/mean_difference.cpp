// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/mean_difference.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the mean difference and its two variances by hand") {
  const two_means<double> t{11, 4, 8, 15, 6, 18};
  CHECK(mean_difference{}(t).y == -4.0);
  CHECK(close(mean_difference{}(t).v, 16.0 / 8 + 36.0 / 18, digits15));
  const double pooled = (7 * 16.0 + 17 * 36.0) / 24;
  CHECK(close(mean_difference{md_variance::pooled}(t).v, pooled * (1.0 / 8 + 1.0 / 18), digits15));
  CHECK(mean_difference{md_variance::pooled}(t).y == -4.0);
}

TEST_CASE("Normand's length of stay: the first study's mean difference is 20 days shorter") {
  // Normand (1999) Stat Med 18:321, table II, Edinburgh: 155 patients 55 (47), 156 patients 75 (64)
  const auto e = mean_difference{}(two_means<double>{55, 47, 155, 75, 64, 156});
  CHECK(e.y == -20.0);
  CHECK(close(e.v, 47.0 * 47 / 155 + 64.0 * 64 / 156, digits15));
}

TEST_CASE("a mean difference needs two patients an arm") {
  CHECK(mean_difference::defined(two_means<double>{0, 1, 2, 0, 1, 2}));
  CHECK_FALSE(mean_difference::defined(two_means<double>{0, 1, 1, 0, 1, 9}));
  CHECK_FALSE(mean_difference::defined(two_means<double>{0, 1, 9, 0, 1, 1}));
}
