// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/crossover.hpp>

#include "../support/close.hpp"
#include "../support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using boost::multiprecision::cpp_bin_float_50;
using metapool_test::close;
using metapool_test::contains;
using metapool_test::digits12;
using metapool_test::digits14;
using metapool_test::message_of;
using metapool_test::printed;

namespace {

/// Cochrane Handbook 5.1, 16.4.6.4: ten patients, 7.0 (2.38) and 6.5 (2.21), correlation 0.68.
template <class Real = double>
crossover_means<Real> handbook() {
  return {Real(7.0), Real(2.38), Real(6.5), Real(2.21), Real(10), Real(0.68)};
}

}  // namespace

TEST_CASE("The Cochrane Handbook's cross-over trial: MD 0.5 with standard error 0.583, SMD 0.218 with 0.256 (version 5.1, 16.4.6.4)") {
  const auto md = crossover_mean_difference(handbook());
  CHECK(close(md.y, 0.5, digits14));
  CHECK(close(std::sqrt(md.v), 0.583, printed(3)));
  const auto smd = crossover_standardized_mean_difference(handbook());
  CHECK(close(smd.y, 0.218, printed(3)));
  CHECK(close(std::sqrt(smd.v), 0.256, printed(3)));
}

TEST_CASE("With a standard deviation of differences of 2 the Handbook's trial has a standard error of 0.632 (version 5.1, 16.4.6.4)") {
  auto x = handbook();
  x.correlation = crossover_correlation(2.38, 2.21, 10, 2 / std::sqrt(10.0));
  CHECK(close(std::sqrt(crossover_mean_difference(x).v), 0.632, printed(3)));
  CHECK(close(std::sqrt(crossover_mean_difference(x).v), 2 / std::sqrt(10.0), digits12));
}

TEST_CASE("Without correlation the variance is that of parallel arms; with it smaller; perfect and equal it is 0") {
  auto x = handbook();
  x.correlation = 0;
  CHECK(close(crossover_mean_difference(x).v, 2.38 * 2.38 / 10 + 2.21 * 2.21 / 10, digits12));
  x.correlation = 1;
  x.control_sd = x.treated_sd;
  CHECK(crossover_mean_difference(x).v == 0);
}

TEST_CASE("The correlation comes back from the standard error of the difference") {
  const auto md = crossover_mean_difference(handbook());
  CHECK(close(crossover_correlation(2.38, 2.21, 10, std::sqrt(md.v)), 0.68, digits12));
}

TEST_CASE("Double agrees with 50 digits") {
  CHECK(close(crossover_mean_difference(handbook()).v, static_cast<double>(crossover_mean_difference(handbook<cpp_bin_float_50>()).v), digits12));
  CHECK(close(crossover_standardized_mean_difference(handbook()).v,
              static_cast<double>(crossover_standardized_mean_difference(handbook<cpp_bin_float_50>()).v), digits12));
}

TEST_CASE("Impossible cross-over trials are refused") {
  auto x = handbook();
  x.correlation = 1.2;
  CHECK(contains(message_of<input_error>([&] { crossover_mean_difference(x); }), "correlation = 1.2"));
  x = handbook();
  x.n = 1;
  CHECK_THROWS_AS(crossover_mean_difference(x), input_error);
  x = handbook();
  x.treated_mean = std::nan("");
  CHECK_THROWS_AS(crossover_mean_difference(x), input_error);
  x = handbook();
  x.treated_sd = x.control_sd = 0;
  CHECK_THROWS_AS(crossover_standardized_mean_difference(x), not_estimable);
  CHECK_THROWS_AS(crossover_correlation(1, 1, 10, 5), input_error);
}
