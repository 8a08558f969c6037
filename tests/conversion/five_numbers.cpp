// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/five_numbers.hpp>

#include "conversion/printed_groups.hpp"
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
using method = five_number_method;
using metapool_test::all;
using metapool_test::quartiles;
using metapool_test::range;

TEST_CASE("Zhu 2021: hospital stay 11 (8 to 14) and 15 (11 to 19) days of 29 patients each") {
  // z((0.75 * 29 - 0.125) / 29.25) = z(0.7393162...) = 0.6412..., by the quantile of another program (R 4.2)
  const auto treated = mean_and_sd_from_five_numbers(quartiles(8, 11, 14, 29));
  const auto control = mean_and_sd_from_five_numbers(quartiles(11, 15, 19, 29));
  CHECK(close(treated.mean, 11.0, digits14));  // symmetric quartiles: the median
  CHECK(close(control.mean, 15.0, digits14));
  CHECK(close(treated.sd, 6 / (2 * 0.64123883561753448), digits12));
  CHECK(close(control.sd, 8 / (2 * 0.64123883561753448), digits12));
}

TEST_CASE("The formulas at n = 81, where n^0.75 = 27 and z is known, give their printed weights") {
  const double n = 81;
  CHECK(close(mean_from_five_numbers(range(0, 4, 20, n)), 4.0 / 31 * 10 + 27.0 / 31 * 4, digits14));
  const double w = 0.7 + 0.39 / 81;
  CHECK(close(mean_from_five_numbers(quartiles(2, 4, 10, n)), w * 6 + (1 - w) * 4, digits14));
  const double w1 = 2.2 / 29.2, w2 = 0.7 - 0.72 / std::pow(81, 0.55);
  CHECK(close(mean_from_five_numbers(all(0, 2, 4, 10, 20, n)), w1 * 10 + w2 * 6 + (1 - w1 - w2) * 4, digits14));
  CHECK(close(mean_from_five_numbers(quartiles(2, 4, 10, n), method::wan), 16.0 / 3, digits14));
  CHECK(close(mean_from_five_numbers(range(0, 4, 20, n), method::wan), 28.0 / 4, digits14));
  CHECK(close(mean_from_five_numbers(all(0, 2, 4, 10, 20, n), method::bland), (0 + 4 + 8 + 20 + 20) / 8.0, digits14));
}

TEST_CASE("Shi's shortcut formula is the weighted formula") {
  const double n = 53, p = std::pow(n, 0.6);
  const double theta1 = (2 + 0.14 * p) * detail::expected_range(n) / 2, theta2 = (2 + 2 / (0.07 * p)) * detail::expected_quartile_range(n) / 2;
  CHECK(close(sd_from_five_numbers(all(1, 4, 5, 9, 17, n)), 16 / theta1 + 5 / theta2, digits12));
}

TEST_CASE("Expected ranges are those of Wan's table 1 within 1.5 %: 2.326 for 5, 3.078 for 10, 4.498 for 50 normal values") {
  const metapool_test::tolerance percent{0.015, 0, 0, "Blom's approximation of the expected largest value"};
  CHECK(close(detail::expected_range(5.0), 2.326, percent));
  CHECK(close(detail::expected_range(10.0), 3.078, percent));
  CHECK(close(detail::expected_range(50.0), 4.498, percent));
  CHECK(close(detail::expected_quartile_range(1e9), 2 * 0.6744897501960817, metapool_test::digits8));
}

TEST_CASE("Quantiles of a normal sample give its mean and standard deviation back, by each formula made for it") {
  for (double n : {9.0, 50.0, 1001.0}) {
    const double r = 3 * detail::expected_range(n) / 2, q = 3 * detail::expected_quartile_range(n) / 2;
    const auto x = all(100 - r, 100 - q, 100, 100 + q, 100 + r, n);
    for (auto m : {method::luo_shi, method::wan}) {
      CHECK(close(sd_from_five_numbers(x, m), 3.0, digits12));
      CHECK(close(mean_from_five_numbers(x, m), 100.0, digits14));
    }
    CHECK(close(sd_from_five_numbers(range(100 - r, 100, 100 + r, n)), 3.0, digits12));
    CHECK(close(sd_from_five_numbers(quartiles(100 - q, 100, 100 + q, n)), 3.0, digits12));
  }
}

TEST_CASE("Bland's and Hozo's standard deviations are their printed formulas, and do not depend on the origin") {
  const double a = 1, b = 3, c = 4, d = 7, e = 12;
  const double bland = (a * a + 2 * b * b + 2 * c * c + 2 * d * d + e * e) / 16 + (a * b + b * c + c * d + d * e) / 8 -
                       (a + 2 * b + 2 * c + 2 * d + e) * (a + 2 * b + 2 * c + 2 * d + e) / 64;
  CHECK(close(sd_from_five_numbers(all(a, b, c, d, e, 20), method::bland), std::sqrt(bland), digits12));
  CHECK(close(sd_from_five_numbers(all(a + 1e6, b + 1e6, c + 1e6, d + 1e6, e + 1e6, 20), method::bland), std::sqrt(bland), digits12));
  CHECK(close(sd_from_five_numbers(range(1, 4, 12, 15), method::hozo), std::sqrt((25 / 4.0 + 121) / 12), digits14));
  CHECK(close(sd_from_five_numbers(range(1, 4, 12, 16), method::hozo), 11 / 4.0, digits14));
  CHECK(close(sd_from_five_numbers(range(1, 4, 12, 71), method::hozo), 11 / 6.0, digits14));
  CHECK(close(mean_from_five_numbers(range(1, 4, 12, 25), method::hozo), 21 / 4.0, digits14));
  CHECK(close(mean_from_five_numbers(range(1, 4, 12, 26), method::hozo), 4.0, digits14));
}

TEST_CASE("Double agrees with 50 digits from 2 to 10^9 patients") {
  for (double n : {2.0, 29.0, 1e4, 1e9}) {
    for (auto m : {method::luo_shi, method::wan, method::bland, method::hozo}) {
      const auto a = mean_and_sd_from_five_numbers(all(1, 3, 4, 7, 12, n), m);
      const auto b = mean_and_sd_from_five_numbers(all<cpp_bin_float_50>(1, 3, 4, 7, 12, n), m);
      CHECK(close(a.mean, static_cast<double>(b.mean), digits12));
      CHECK(close(a.sd, static_cast<double>(b.sd), digits12));
    }
  }
}

TEST_CASE("Numbers out of order, half a pair, no pair and samples of one are refused") {
  CHECK(contains(message_of<input_error>([] { sd_from_five_numbers(quartiles(12, 11, 14, 29)); }), "q1 and median: 12 must not exceed 11"));
  CHECK(contains(message_of<input_error>([] { sd_from_five_numbers(five_numbers<>{.q1 = 1.0, .median = 2, .n = 10}); }), "q1 and q3 must be given together"));
  CHECK(contains(message_of<input_error>([] { mean_from_five_numbers(five_numbers<>{.median = 2, .n = 10}); }), "quartiles or range"));
  CHECK(contains(message_of<input_error>([] { mean_from_five_numbers(quartiles(1, 2, 3, 10), method::hozo); }), "hozo needs"));
  CHECK(contains(message_of<input_error>([] { sd_from_five_numbers(range(1, 2, 3, 10), method::bland); }), "bland needs"));
  for (double n : {1.0, 0.0, 10.5, -3.0, std::nan("")}) CHECK_THROWS_AS(sd_from_five_numbers(quartiles(1, 2, 3, n)), input_error);
  CHECK_THROWS_AS(sd_from_five_numbers(quartiles(1, std::nan(""), 3, 10)), input_error);
}

TEST_CASE("Minimum 1, median 4, maximum 10 of 30 patients: mean 4.356748 and SD 2.205578 (example of R's metaBLUE 1.0.0, Luo.mean and Wan.std)") {
  const five_numbers<> x{.minimum = 1, .median = 4, .maximum = 10, .n = 30};
  CHECK(close(mean_from_five_numbers(x), 4.356748, printed(6)));
  CHECK(close(sd_from_five_numbers(x), 2.205578, printed(6)));
}

TEST_CASE("Skewed five numbers of 7, 30 and 100 patients have the means and deviations of metafor 4.4 (conv.fivenum with test = FALSE)") {
  struct answer {
    double n, range_mean, range_sd, quartile_mean, quartile_sd, mean, wan_sd;
  };
  const answer answers[] = {
      {7, 15.021544795358952, 14.29106691143328, 10.889285714285714, 10.103962147784886, 14.361220613598714, 12.197514529609084},
      {30, 11.972897250696676, 9.5575055212413016, 10.7825, 8.5626224066574625, 12.3038216208361, 9.0600639639493821},
      {100, 10.403596372036779, 7.804399930371213, 10.75975, 8.2742542328822122, 11.420082492316839, 8.0393270816267126}};
  for (const auto& a : answers) {
    CHECK(close(mean_from_five_numbers(range(2, 9, 41, a.n)), a.range_mean, digits12));
    CHECK(close(sd_from_five_numbers(range(2, 9, 41, a.n)), a.range_sd, digits12));
    CHECK(close(mean_from_five_numbers(quartiles(6, 9, 17, a.n)), a.quartile_mean, digits12));
    CHECK(close(sd_from_five_numbers(quartiles(6, 9, 17, a.n)), a.quartile_sd, digits12));
    CHECK(close(mean_from_five_numbers(all(2, 6, 9, 17, 41, a.n)), a.mean, digits12));
    CHECK(close(sd_from_five_numbers(all(2, 6, 9, 17, 41, a.n), method::wan), a.wan_sd, digits12));
  }
  CHECK(close(mean_from_five_numbers(all(0, 10, 15, 22, 50, 100)), 16.293257626753618, digits12));
  CHECK(close(sd_from_five_numbers(all(0, 10, 15, 22, 50, 100), method::wan), 9.5160500497587908, digits12));
  CHECK(mean_from_five_numbers(range(2, 9, 41, 7), method::hozo) == 15.25);
  CHECK(mean_from_five_numbers(range(0, 15, 50, 20), method::hozo) == 20.0);
}

TEST_CASE("Expected quartile ranges are those of normal order statistics within 0.5 %: 0.990 of 5 (fourth less second), 1.144 of 9 (seventh less third)") {
  // the definition of eta in Wan et al. (2014), eq. 15, for n = 4 Q + 1; expected order statistics 0.495019 of 5 and 0.571971 of 9 (Harter 1961)
  const metapool_test::tolerance half_percent{0.005, 0, 0, "Blom's approximation of expected order statistics"};
  CHECK(close(detail::expected_quartile_range(5.0), 2 * 0.495019, half_percent));
  CHECK(close(detail::expected_quartile_range(9.0), 2 * 0.571971, half_percent));
}

TEST_CASE("Minimum 2, quartiles 4 and 10, median 6 and maximum 14 of 20: means and deviations as metafor's help page of conv.fivenum prints them (Luo 2018, Wan 2014, Shi 2020)") {
  const auto by_range = range(2, 6, 14, 20), by_quartiles = quartiles(4, 6, 10, 20), by_both = all(2, 4, 6, 10, 14, 20);
  CHECK(close(mean_from_five_numbers(by_range), 6.594468, printed(6)));
  CHECK(close(sd_from_five_numbers(by_range), 3.211576, printed(6)));
  CHECK(close(mean_from_five_numbers(by_quartiles), 6.719500, printed(6)));
  CHECK(close(sd_from_five_numbers(by_quartiles), 4.787076, printed(6)));
  CHECK(close(mean_from_five_numbers(by_both), 6.938841, printed(6)));
  CHECK(close(sd_from_five_numbers(by_both), 3.679435, printed(6)));
}

TEST_CASE("Tukey's five numbers of R's set.seed(1); rnorm(100, 1, 1) have mean 1.0981794 (Luo 2018) and SD 0.9141252 (Shi 2020), as R's metaBLUEX prints in its README") {
  const auto x = all(-1.21469988717749988, 0.48966495694986462, 1.11390916078854429, 1.69335136892775706, 3.40161776050477638, 100);
  CHECK(close(mean_from_five_numbers(x), 1.0981794, printed(7)));
  CHECK(close(sd_from_five_numbers(x), 0.9141252, printed(7)));
}

TEST_CASE("FEV1 of 57 medical students, mean 4.06 and SD 0.67 litres: their quartiles and range come near it by every method (Bland, An Introduction to Medical Statistics, section 4.5)") {
  // The five numbers by Bland's definition of quantiles, the (n + 1) q-th value; the mean and the SD are those of the 57 values.
  // Bland's (2015) own table of this kind is not at hand: his formula is also checked against its printed form above.
  const auto both = all(2.85, 3.54, 4.10, 4.53, 5.43, 57);
  for (auto m : {method::luo_shi, method::wan, method::bland, method::hozo}) {
    const auto r = mean_and_sd_from_five_numbers(both, m);
    CHECK(close(r.mean, 4.0607017543859651, metapool_test::tolerance{0.015, 0, 0, "an estimate from five numbers of 57"}));
    CHECK(close(r.sd, 0.67153039408163684, metapool_test::tolerance{0.10, 0, 0, "an estimate from five numbers of 57"}));
  }
}
