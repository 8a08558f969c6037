// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/michael_null.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool_test;
using metapool::detail::michael_null;

TEST_CASE("the null distribution goes from 0 to 1, its derivative is its slope, and both tails make 1") {
  michael_null<double> null(std::vector<double>{0.5, 1, 3}, 0.6, 512);
  null.set(2);
  double last = 0;
  for (double x : {-3.0, 0.0, 1.0, 4.0, 12.0, 40.0}) {
    const double p = null.cdf(x).first;
    CHECK(p >= last);
    CHECK(close(p + null.upper_tail(x), 1.0, digits14));
    last = p;
  }
  CHECK(last > 0.999);
  CHECK(close((null.cdf(8.0 + 1e-5).first - null.cdf(8.0 - 1e-5).first) / 2e-5, null.cdf(8.0).second, digits6));
}

TEST_CASE("its quantiles invert it, whatever tau2 came before") {
  michael_null<double> one(std::vector<double>{0.5, 1, 3, 4}, 0.6, 512), other = one;
  one.set(1e6);
  one.quantile(0.99);
  for (double level : {0.5, 0.95, 0.999}) {
    one.set(0.3);
    other.set(0.3);
    CHECK(close(one.quantile(level), other.quantile(level), digits8));
    CHECK(close(one.cdf(one.quantile(level)).first, level, digits8));
  }
}

TEST_CASE("4096 points are within 4e-4 of 200 000") {
  for (double tau2 : {0.0, 3.0}) {
    const std::vector<double> v{1, 4, 9, 16, 25};
    michael_null<double> few(v, 0.6, 4096), many(v, 0.6, 200000);
    few.set(tau2);
    many.set(tau2);
    CHECK(close(many.cdf(few.quantile(0.95)).first, 0.95, tolerance{0, 0, 4e-4, "the promise"}));
  }
}
