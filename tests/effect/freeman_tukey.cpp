// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/error.hpp>
#include <metapool/effect/freeman_tukey.hpp>
#include <metapool/effect/scale.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;
}

TEST_CASE("the double arcsine is half the sum of two arcsines") {
  for (const double n : {1.0, 17.0, 1000.0, 1e9}) {
    for (const double x : {0.0, 1.0, std::floor(n / 2), n - 1, n}) {
      const wide w(x), m(n);
      const wide expected = (asin(wide(sqrt(wide(w / (m + 1))))) + asin(wide(sqrt(wide((w + 1) / (m + 1)))))) / 2;
      CHECK(close(freeman_tukey(x, n - x), static_cast<double>(expected), digits15));
    }
  }
}

TEST_CASE("at its own sample size Miller's way back is exact, also at a half, near 0 and near 1") {
  for (const double n : {1.0, 2.0, 10.0, 137.0, 100000.0, 1e9}) {
    for (const double p : {0.25, 0.4999, 0.5, 0.5000001, 0.75, 0.9}) {
      CAPTURE(n);
      CAPTURE(p);
      CHECK(close(from_freeman_tukey(freeman_tukey(p * n, (1 - p) * n), n), p, digits12));
      const wide w(p), m(n);
      CHECK(close(from_freeman_tukey(freeman_tukey(wide(w * m), wide((1 - w) * m)), m), w, digits40));
    }
  }
  CHECK(close(from_freeman_tukey(freeman_tukey(16.0, 1.0), 17.0), 16.0 / 17, digits14));
}

TEST_CASE("Miller's way back in double agrees with his own formula in 50 digits") {
  for (const double n : {3.0, 50.0, 1e6}) {
    for (const double y : {0.6, 0.7, 0.785398, 0.7853981634, 0.786, 0.9, 1.0}) {
      const wide t = wide(2 * wide(y)), s = sin(t), u = s + (s - 1 / s) / wide(n);
      const wide root = sqrt(wide(1 - u * u));
      const wide expected = (1 - (cos(t) < 0 ? wide(-root) : root)) / 2;
      CHECK(close(from_freeman_tukey(y, n), static_cast<double>(expected), digits14));
    }
  }
}

TEST_CASE("values beyond those of no and of all events give 0 and 1, and p and 1 - p mirror each other") {
  CHECK(from_freeman_tukey(freeman_tukey(0.0, 10.0), 10.0) == 0.0);
  CHECK(from_freeman_tukey(0.0, 10.0) == 0.0);
  CHECK(from_freeman_tukey(-1.0, 10.0) == 0.0);
  CHECK(from_freeman_tukey(freeman_tukey(10.0, 0.0), 10.0) == 1.0);
  CHECK(from_freeman_tukey(2.0, 10.0) == 1.0);
  const double quarter = std::atan(1.0);
  for (const double d : {0.01, 0.1, 0.4}) CHECK(close(from_freeman_tukey(quarter + d, 25.0), 1 - from_freeman_tukey(quarter - d, 25.0), digits14));
}

TEST_CASE("with a large sample the way back is sin squared, and with a wrong size it is far off") {
  for (const double y : {0.2, 0.5, 1.0}) CHECK(close(from_freeman_tukey(y, 1e14), to_natural(scale::double_arcsine, y), digits12));
  // the trap: the same pooled value, read with different sizes
  CHECK(from_freeman_tukey(0.05, 1e6) > 0.002);
  CHECK(from_freeman_tukey(0.05, 50.0) == 0.0);
}

TEST_CASE("the double square root of a rate comes back exactly at its own person-time") {
  for (const double t : {0.5, 100.0, 1e9}) {
    for (const double x : {0.0, 1.0, 17.0, 1e6}) {
      const double back = from_freeman_tukey_rate(freeman_tukey_rate(x, t), t);
      if (x == 0) {
        CHECK(back * t < 1e-15);
      } else {
        CHECK(close(back, x / t, digits14));
      }
    }
  }
  CHECK(from_freeman_tukey_rate(-1.0, 3.0) == 0.0);
  CHECK(from_freeman_tukey_rate(0.001, 3.0) == 0.0);
}

TEST_CASE("the harmonic mean is that of the textbook") {
  CHECK(close(harmonic_mean(std::vector<double>{1, 2, 4}), 12.0 / 7, digits15));
}

TEST_CASE("sizes that are not positive and values that are not finite are refused") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(from_freeman_tukey(0.5, 0.0), input_error);
  CHECK_THROWS_AS(from_freeman_tukey(nan, 5.0), input_error);
  CHECK_THROWS_AS(from_freeman_tukey_rate(0.5, -1.0), input_error);
  CHECK_THROWS_AS(from_freeman_tukey_rate(nan, 1.0), input_error);
  CHECK_THROWS_AS(harmonic_mean(std::vector<double>{}), input_error);
  CHECK_THROWS_AS(harmonic_mean(std::vector<double>{3, 0}), input_error);
}
