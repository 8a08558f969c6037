// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/increasing_root.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <limits>

using metapool::convergence;
using metapool::detail::increasing_root;
using metapool::detail::value_and_slope;
using metapool_test::close;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

TEST_CASE("The root of an increasing function is found from either side and from far away") {
  for (const double start : {-1000.0, -3.0, 0.0, 2.0, 1e6}) {
    INFO("start " << start);
    convergence<double> state;
    const double x = increasing_root<double>([](double t) -> value_and_slope<double> { return {std::atan(t - 2.5), 1 / (1 + (t - 2.5) * (t - 2.5))}; }, start, 1.0, state);
    CHECK(state.converged);
    CHECK(state.iterations > 0);
    CHECK(close(x, 2.5, metapool_test::digits14));
  }
}

TEST_CASE("A function flat to the last digit on both sides, with infinite values or no slope there, is still solved") {
  convergence<double> state;
  const double infinity = std::numeric_limits<double>::infinity();
  const auto f = [&](double t) -> value_and_slope<double> {
    if (t < 9) return {-infinity, std::nan("")};
    if (t > 11) return {1, 0};
    return {t - 10.25, 1};
  };
  CHECK(close(increasing_root<double>(f, -500.0, 1.0, state), 10.25, metapool_test::digits14));
  CHECK(close(increasing_root<double>(f, 700.0, 1.0, state), 10.25, metapool_test::digits14));
  CHECK(state.converged);
}

TEST_CASE("A wrong slope costs steps and not the answer") {
  convergence<double> state;
  const auto f = [](double t) -> value_and_slope<double> { return {t * t * t - 2, 1e-6}; };
  CHECK(close(increasing_root<double>(f, 0.0, 1.0, state), std::cbrt(2.0), metapool_test::digits8));
  CHECK(state.converged);
}

TEST_CASE("Fifty digits are reached in fifty-digit arithmetic") {
  convergence<wide> state;
  const auto f = [](const wide& t) -> value_and_slope<wide> { return {exp(t) - 2, exp(t)}; };
  CHECK(close(increasing_root<wide>(f, wide(0), wide(1), state), log(wide(2)), metapool_test::digits40));
}

TEST_CASE("A function that is not a number, or has no root, does not count as converged") {
  convergence<double> nan_state, rootless_state;
  increasing_root<double>([](double) -> value_and_slope<double> { return {std::nan(""), 1}; }, 0.0, 1.0, nan_state);
  CHECK_FALSE(nan_state.converged);
  increasing_root<double>([](double) -> value_and_slope<double> { return {-1, 0}; }, 0.0, 1e-200, rootless_state);
  CHECK_FALSE(rootless_state.converged);
}

TEST_CASE("The logit of an excess is that of its share less that at 0, to the last bits near 0, and its ends are infinite") {
  const double below = 3, above = 1;
  const auto shape = [&](double x) { return metapool::detail::logit_of_excess(x, 2.0, below, above); };
  CHECK(close(shape(0.5).value, std::log(3.5 / 0.5) - std::log(3.0), metapool_test::digits14));
  CHECK(close(shape(0.5).slope, 2 * (1 / 3.5 + 1 / 0.5), metapool_test::digits14));
  CHECK(close(shape(1e-20).value, 1e-20 * (1.0 / 3 + 1), metapool_test::digits14));
  CHECK(shape(-3.0000001).value == -std::numeric_limits<double>::infinity());
  CHECK(shape(1.0000001).value == std::numeric_limits<double>::infinity());
}
