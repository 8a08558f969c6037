// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/standard_deviation.hpp>

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

TEST_CASE("The intervals 30.0 to 34.2 of a mean of 25 patients and 26.5 to 30.1 of 22 have the standard deviations 5.09 and 4.06 (Cochrane Handbook 5.1, 7.7.3.2)") {
  CHECK(close(sd_from_interval(30.0, 34.2, 25), 5.09, printed(2)));
  CHECK(close(sd_from_interval(26.5, 30.1, 22), 4.06, printed(2)));
  CHECK(close(sd_from_interval(30.0, 34.2, 25), 5 * 4.2 / (2 * 2.0638985616280254), digits12));  // R's qt(0.975, 24)
  CHECK(close(sd_from_interval(30.0, 34.2, 100, 0.95, mean_interval::normal), 10 * 4.2 / (2 * 1.959963984540054), digits12));
}

TEST_CASE("A difference of 3.8 with p = 0.008 of 25 and 22 patients has the standard deviation 4.69 (Cochrane Handbook 5.1, 7.7.3.3)") {
  CHECK(close(sd_from_difference_se(1.37, 25, 22), 4.69, printed(2)));  // the Handbook rounds t to 2.78 and the standard error to 1.37
  CHECK(close(sd_from_t(3.8, 2.78, 25, 22), sd_from_difference_se(3.8 / 2.78, 25, 22), digits14));
  CHECK(close(sd_from_p(3.8, 0.008, 25, 22), sd_from_t(3.8, detail::t_upper_quantile(0.004, 45.0), 25, 22), digits12));
}

TEST_CASE("A standard error of 0.286 of 71 patients is a standard deviation of 2.410 (R's dmetar, se.from.p: Harrer et al., Doing Meta-Analysis in R, chapter 17, p-values)") {
  CHECK(close(sd_from_se(0.286, 71), 2.410, printed(3)));
}

TEST_CASE("Correlations of 0.78 and 0.82 from three standard deviations, and the change's back from them (Cochrane Handbook 5.1, 16.1.3.2)") {
  CHECK(close(change_correlation(6.4, 7.1, 4.5), 0.78, printed(2)));
  CHECK(close(change_correlation(7.0, 6.9, 4.2), 0.82, printed(2)));
  CHECK(close(sd_of_change(6.4, 7.1, 0.78), 4.5, printed(1)));
  CHECK(close(sd_of_change(7.0, 6.9, 0.82), 4.2, printed(1)));
  CHECK(close(sd_of_change(6.4, 7.1, 0.80), std::sqrt(6.4 * 6.4 + 7.1 * 7.1 - 2 * 0.80 * 6.4 * 7.1), digits12));
}

TEST_CASE("Each conversion inverts the formula that made its input") {
  CHECK(close(sd_from_se(6.2 / std::sqrt(17.0), 17), 6.2, digits14));
  const double half = detail::t_critical<double>(0.9, 16.0) * 6.2 / std::sqrt(17.0);
  CHECK(close(sd_from_interval(-half, half, 17, 0.9), 6.2, digits12));
  const double se = 6.2 * std::sqrt(1 / 17.0 + 1 / 30.0);
  CHECK(close(sd_from_p(2.0, detail::t_two_sided_p(2.0 / se, 45.0), 17, 30), 6.2, digits12));
  for (double r : {-0.9, 0.0, 0.5, 0.999}) CHECK(close(1 - change_correlation(5, 6, sd_of_change(5, 6, r)), 1 - r, digits12));
}

TEST_CASE("A change of equal and nearly perfectly correlated values keeps its digits") {
  const cpp_bin_float_50 b("12.3"), f("12.30001"), r("0.99999999");
  const double expected = static_cast<double>(sd_of_change<cpp_bin_float_50>(12.3, 12.30001, 0.99999999));
  CHECK(close(sd_of_change(12.3, 12.30001, 0.99999999), expected, digits12));
  CHECK(close(static_cast<double>(sd_of_change<cpp_bin_float_50>(b, f, r)), static_cast<double>(sqrt(cpp_bin_float_50(b * b + f * f - 2 * r * b * f))), digits12));
}

TEST_CASE("Impossible inputs are refused by name") {
  CHECK(contains(message_of<input_error>([] { sd_from_se(-1, 10); }), "sd_from_se: se = -1"));
  CHECK(contains(message_of<input_error>([] { sd_from_interval(1, 2, 1); }), "n = 1"));
  CHECK_THROWS_AS(sd_from_interval(2, 1, 10), input_error);
  CHECK_THROWS_AS(sd_from_interval(1, 2, 10, 95), input_error);
  CHECK_THROWS_AS(sd_from_p(1, 0.5, 1, 1), input_error);
  CHECK_THROWS_AS(sd_from_t(0, 0.5, 10, 10), input_error);
  CHECK_THROWS_AS(sd_from_difference_se(1, 0, 10), input_error);
  CHECK(contains(message_of<input_error>([] { sd_of_change(1, 1, 1.5); }), "correlation = 1.5"));
  CHECK(contains(message_of<input_error>([] { change_correlation(1, 1, 5); }), "the correlation would be"));
  CHECK_THROWS_AS(change_correlation(0, 1, 1), input_error);
  CHECK_THROWS_AS(sd_from_se(std::nan(""), 10), input_error);
}
