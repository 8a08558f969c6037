// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/logistic.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <limits>

using metapool::detail::log_one_plus_exp;
using metapool::detail::logistic;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

TEST_CASE("The probability of a logit keeps its digits far from one half, and so does its logarithm") {
  for (const double x : {-700.0, -40.0, -1.5, -1e-9, 0.0, 1e-9, 1.5, 40.0, 700.0}) {
    const wide odds = exp(wide(x));
    CHECK(close(logistic(x), static_cast<double>(wide(odds / (1 + odds))), digits15));
    CHECK(close(log_one_plus_exp(x), static_cast<double>(log1p(odds)), digits15));
    CHECK(close(logistic(wide(x)), wide(odds / (1 + odds)), digits40));
    CHECK(close(log_one_plus_exp(wide(x)), wide(log1p(odds)), digits40));
  }
}

TEST_CASE("Infinite logits are probabilities of 0 and 1") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK(logistic(infinity) == 1);
  CHECK(logistic(-infinity) == 0);
  CHECK(log_one_plus_exp(infinity) == infinity);
  CHECK(log_one_plus_exp(-infinity) == 0);
  CHECK(logistic(800.0f) == 1);
  CHECK(logistic(-800.0f) == 0);
}
