// SPDX-License-Identifier: BSL-1.0
#include <metapool/conversion/box_cox.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Box-Cox of symmetric numbers is no transformation: Luo's mean and Wan's deviation") {
  const five_numbers<> x{.q1 = 99, .median = 100, .q3 = 101, .n = 50};
  const auto r = box_cox(x);
  CHECK(close(r.lambda, 1.0, digits10));
  CHECK(close(r.mean, mean_from_five_numbers(x), digits10));
  CHECK(close(r.sd, sd_from_five_numbers(x), digits10));  // the cut at x = 0 lies 65 standard deviations away
}

TEST_CASE("Box-Cox of numbers that are symmetric on the log scale is the log-normal distribution in closed form") {
  const five_numbers<> x{.q1 = 10 / 1.5, .median = 10, .q3 = 15, .n = 80};
  const auto r = box_cox(x);
  CHECK(std::fabs(r.lambda) < 1e-12);
  const double s = 2 * std::log(1.5) / metapool::detail::expected_quartile_range(80.0);
  CHECK(close(r.transformed_sd, s, digits10));
  CHECK(close(r.mean, 10 * std::exp(s * s / 2), digits10));
  CHECK(close(r.sd, 10 * std::exp(s * s / 2) * std::sqrt(std::expm1(s * s)), digits10));
}

TEST_CASE("Box-Cox with lambda 1/2 gives the moments of a squared normal variable") {
  // x = m (1 + y/2)^2; quartiles at y = -+0.2
  const five_numbers<> x{.q1 = 4 * 0.9 * 0.9, .median = 4, .q3 = 4 * 1.1 * 1.1, .n = 100};
  const auto r = box_cox(x);
  CHECK(close(r.lambda, 0.5, digits10));
  const double s = 0.4 / metapool::detail::expected_quartile_range(100.0), u = s / 2;  // 1 + y/2 is normal(1, u)
  CHECK(close(r.mean, 4 * (1 + u * u), digits8));                             // cut 6.7 standard deviations below
  CHECK(close(r.sd, 4 * std::sqrt(4 * u * u + 2 * u * u * u * u), digits8));
}

TEST_CASE("Symmetric numbers that reach below zero have the moments of the normal distribution cut at zero") {
  const auto r = box_cox(five_numbers<>{.q1 = 1, .median = 10, .q3 = 19, .n = 200});
  CHECK(close(r.lambda, 1.0, digits10));
  const double sigma = 18 / metapool::detail::expected_quartile_range(200.0), alpha = -10 / sigma;
  const double mills = std::exp(-alpha * alpha / 2) / std::sqrt(2 * std::acos(-1.0)) / (std::erfc(alpha / std::sqrt(2.0)) / 2);
  CHECK(close(r.mean, 10 + sigma * mills, digits10));
  CHECK(close(r.sd, sigma * std::sqrt(1 + alpha * mills - mills * mills), digits10));
}

TEST_CASE("Box-Cox is continuous where its exponent passes the logarithm") {
  for (const double lambda : {1e-3, 1e-5, 1e-9, 1e-17, 0.0, -1e-9, -1e-5}) {
    const double l = std::log(3.0), a = lambda * l;
    CHECK(close(metapool::detail::box_cox_transform(3.0, lambda), l * (1 + a / 2 + a * a / 6 + a * a * a / 24), digits12));
  }
}

TEST_CASE("Box-Cox lets quartiles and range speak for lambda together") {
  const auto r = box_cox(five_numbers<>{.minimum = 1, .q1 = 5, .median = 8, .q3 = 12, .maximum = 20, .n = 60});
  const auto pair = [&](double low, double high) {
    return metapool::detail::box_cox_transform(low / 8, r.lambda) + metapool::detail::box_cox_transform(high / 8, r.lambda);
  };
  CHECK(std::fabs(pair(5, 12) + pair(1, 20)) < 1e-12);
  CHECK(std::fabs(pair(5, 12)) > 1e-3);
}

TEST_CASE("Box-Cox of a transformed mean that is not the median: the moments of the cut normal distribution by a plain sum") {
  const auto r = box_cox(five_numbers<>{.minimum = 0.2, .q1 = 2, .median = 8, .q3 = 16, .maximum = 22, .n = 40});
  CHECK(std::fabs(r.transformed_mean) > 0.005);
  const double edge = (-1 / r.lambda - r.transformed_mean) / r.transformed_sd, width = (12 - edge) / 400000;
  CHECK(edge > -3);  // the cut takes something away
  double mass = 0, first = 0, second = 0;
  for (int i = 0; i < 400000; ++i) {
    const double z = edge + (i + 0.5) * width, w = std::exp(-z * z / 2);
    const double x = 8 * std::pow(1 + r.lambda * (r.transformed_mean + r.transformed_sd * z), 1 / r.lambda);
    mass += w;
    first += w * x;
    second += w * x * x;
  }
  CHECK(close(r.mean, first / mass, digits6));
  CHECK(close(r.sd, std::sqrt(second / mass - first / mass * first / mass), digits6));
}

TEST_CASE("Box-Cox uses the range, and quartiles with range") {
  const auto range = box_cox(five_numbers<>{.minimum = 1, .median = 4, .maximum = 9, .n = 60});
  CHECK(close(range.lambda, 0.5, digits10));  // roots 1, 2, 3
  const auto both = box_cox(five_numbers<>{.minimum = 1, .q1 = 2.25, .median = 4, .q3 = 6.25, .maximum = 9, .n = 60});
  CHECK(close(both.lambda, 0.5, digits10));
  CHECK(both.mean > 4);
  CHECK(both.sd > 0);
}

TEST_CASE("Box-Cox is equivariant under a change of units") {
  const five_numbers<> x{.q1 = 8, .median = 11, .q3 = 15, .n = 29};
  const five_numbers<> y{.q1 = 8 * 24, .median = 11 * 24, .q3 = 15 * 24, .n = 29};
  const auto a = box_cox(x), b = box_cox(y);
  CHECK(close(a.lambda, b.lambda, digits8));
  CHECK(close(24 * a.mean, b.mean, digits10));
  CHECK(close(24 * a.sd, b.sd, digits10));
}

TEST_CASE("Box-Cox refuses what it cannot transform") {
  CHECK_THROWS_WITH_AS(box_cox(five_numbers<>{.q1 = -1, .median = 2, .q3 = 5, .n = 20}), "box_cox: the smallest number = -1 must be positive", input_error);
  CHECK_THROWS_AS(box_cox(five_numbers<>{.q1 = 7, .median = 7, .q3 = 12, .n = 29}), not_estimable);   // a quartile at the median
  CHECK_THROWS_AS(box_cox(five_numbers<>{.q1 = 9, .median = 10, .q3 = 20, .n = 29}), not_estimable);  // lambda < 0
  CHECK_THROWS_AS(box_cox(five_numbers<>{.q1 = 10 / 1.5, .median = 10, .q3 = 15.001, .n = 29}), not_estimable);  // just beyond the logarithm
  CHECK_THROWS_AS(box_cox(five_numbers<>{.q1 = 12, .median = 10, .q3 = 20, .n = 29}), input_error);
}

TEST_CASE("Minimum 2, median 4, maximum 9 of 100: mean 4.21 and SD 1.30 but for the random numbers of R's estmeansd (its README)") {
  // More skewed than log-normal; the program takes lambda = 0. It prints 4.204881 and 1.277236, with another seed 4.210971 and 1.337348.
  const five_numbers<> x{.minimum = 2, .median = 4, .maximum = 9, .n = 100};
  CHECK_THROWS_AS(box_cox(x), not_estimable);
  const auto r = box_cox(x, negative_lambda::logarithm);
  CHECK(r.lambda == 0.0);
  CHECK(close(r.mean, 4.204881, tolerance{0, 0, 0.02, "the program draws random numbers"}));
  CHECK(close(r.mean, 4.210971, tolerance{0, 0, 0.02, "the program draws random numbers"}));
  CHECK(close(r.sd, 1.277236, tolerance{0, 0, 0.05, "the program draws random numbers"}));
  CHECK(close(r.sd, 1.337348, tolerance{0, 0, 0.05, "the program draws random numbers"}));
  // and without random numbers: the log-normal distribution with Luo's mean and Wan's SD of the logarithms
  const five_numbers<> logs{.minimum = std::log(2.0), .median = std::log(4.0), .maximum = std::log(9.0), .n = 100};
  const double m = mean_from_five_numbers(logs), s = sd_from_five_numbers(logs), mean = std::exp(m + s * s / 2);
  CHECK(close(r.mean, mean, digits10));
  CHECK(close(r.sd, mean * std::sqrt(std::expm1(s * s)), digits10));
}

TEST_CASE("Minimum 2, median 6, maximum 14 of 20: mean 6.47 and SD 3.26 but for the 1020 random numbers of R's estmeansd (metafor's help page of conv.fivenum)") {
  const auto r = box_cox(five_numbers<>{.minimum = 2, .median = 6, .maximum = 14, .n = 20});
  CHECK(r.lambda > 0.2);  // not the logarithm
  CHECK(close(r.mean, 6.470861, tolerance{0, 0, 0.2, "two standard errors of a mean of 1020 random numbers"}));
  CHECK(close(r.sd, 3.262934, tolerance{0, 0, 0.2, "two standard errors of the deviation of 1020 random numbers"}));
  // Given quartiles 4 and 10 as well the program has 7.50 and 4.98, we 7.08 and 4.20 (7.24 and 4.64 with equal weights of range and quartiles, as
  // Wan's, in place of Shi's): that lambda serves both pairs is a compromise that it strikes in another way.
}

TEST_CASE("Box-Cox in double has ten digits of Box-Cox in 50 digits") {
  using wide = boost::multiprecision::cpp_bin_float_50;
  const auto a = box_cox(five_numbers<>{.q1 = 8, .median = 11, .q3 = 14.75, .n = 29});
  const auto b = box_cox(five_numbers<wide>{.q1 = wide(8), .median = wide(11), .q3 = wide(14.75), .n = wide(29)});
  CHECK(close(a.lambda, static_cast<double>(b.lambda), digits10));
  CHECK(close(a.mean, static_cast<double>(b.mean), digits10));
  CHECK(close(a.sd, static_cast<double>(b.sd), digits10));
}
