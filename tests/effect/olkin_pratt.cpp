// SPDX-License-Identifier: BSL-1.0
#include <metapool/data/error.hpp>
#include <metapool/effect/olkin_pratt.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;

/// 2F1(1/2, 1/2; c; z) by its series in 50 digits, for z that is not near 1.
wide series(const wide& c, const wide& z) {
  wide term = 1, sum = 1;
  for (int k = 0; k < 1000000 && term > wide("1e-52"); ++k) {
    term *= (k + wide(0.5)) * (k + wide(0.5)) / ((c + k) * (k + 1)) * z;
    sum += term;
  }
  return sum;
}
}  // namespace

TEST_CASE("Olkin and Pratt's estimate is the hypergeometric series, for 5 to 10^9 patients") {
  for (const double n : {5.0, 6.0, 7.0, 8.0, 13.0, 25.0, 39.0, 40.0, 41.0, 100.0, 1e4, 1e9}) {
    for (const double r : {0.2, -0.35, 0.5, 0.9, -0.99, 1 - 1e-12}) {
      CAPTURE(n);
      CAPTURE(r);
      const wide w(r), expected = w * series((wide(n) - 2) / 2, wide((1 - w) * (1 + w)));
      CHECK(close(olkin_pratt(r, n), static_cast<double>(expected), digits14));
      CHECK(close(metapool::detail::olkin_pratt_unexplained(r, n), static_cast<double>(wide((1 - expected) * (1 + expected))), digits12));
    }
  }
}

TEST_CASE("with five patients it is the arcsine, for every r") {
  for (const double r : {1e-300, 1e-100, 1e-9, 0.001, 0.3, 0.77, 0.999999}) {
    const wide w(r), root = sqrt(wide((1 - w) * (1 + w)));
    CHECK(close(olkin_pratt(r, 5.0), static_cast<double>(wide(w * asin(root) / root)), digits14));
  }
  const double nearly = olkin_pratt(1e-300, 5.0);
  CHECK(close(nearly, 1e-300 * 2 * std::atan(1.0), digits14));
}

TEST_CASE("neighbours in n satisfy Gauss's relation also near r = 0, in 50 digits") {
  for (const double r : {1e-8, 0.1}) {
    for (const int n : {7, 16, 41}) {
      const wide w(r), z = (1 - w) * (1 + w), c = (wide(n) - 2) / 2, half = 0.5;
      const auto f = [&](int m) { return wide(olkin_pratt(w, wide(m)) / w); };
      const wide one = c * (c - 1) * (z - 1) * f(n - 2), two = c * (c - 1 - (2 * c - 2) * z) * f(n), three = (c - half) * (c - half) * z * f(n + 2);
      CHECK(static_cast<double>(abs(wide(one + two + three))) < 1e-42 * static_cast<double>(abs(three)));
    }
  }
}

TEST_CASE("in double it is what it is in 50 digits, also where r is tiny") {
  for (const double n : {5.0, 9.0, 39.0}) {
    for (const double r : {1e-200, 1e-5, 0.2}) {
      CHECK(close(olkin_pratt(r, n), static_cast<double>(olkin_pratt(wide(r), wide(n))), digits14));
    }
    CHECK(close(olkin_pratt(0.4f, static_cast<float>(n)), static_cast<float>(olkin_pratt(0.4, n)), digits5));
  }
}

TEST_CASE("it is odd, larger in size than r, 0 at 0 and 1 at 1") {
  for (const double n : {5.0, 12.0, 60.0}) {
    CHECK(olkin_pratt(0.0, n) == 0.0);
    CHECK(olkin_pratt(1.0, n) == 1.0);
    CHECK(olkin_pratt(-1.0, n) == -1.0);
    CHECK(olkin_pratt(-0.4, n) == -olkin_pratt(0.4, n));
    CHECK(olkin_pratt(0.4, n) > 0.4);
  }
}

TEST_CASE("it refuses what is no correlation and fewer than five patients") {
  CHECK_THROWS_AS(olkin_pratt(1.1, 10.0), input_error);
  CHECK_THROWS_AS(olkin_pratt(std::numeric_limits<double>::quiet_NaN(), 10.0), input_error);
  CHECK_THROWS_AS(olkin_pratt(0.5, 4.0), input_error);
  CHECK_THROWS_AS(olkin_pratt(0.5, std::numeric_limits<double>::infinity()), input_error);
}
