// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/tails.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace mp = metapool;
using metapool_test::close;

namespace {
using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

/// How many units in the last place x is off.
double off(double x, const fifty& exact) {
  const double unit = std::ldexp(1.0, std::ilogb(static_cast<double>(exact)) - 52);
  return std::fabs(static_cast<double>((fifty(x) - exact) / unit));
}
}

TEST_CASE("-log10 p of the normal has 14 digits against 50-digit arithmetic, from z = 1e-3 to 1000") {
  for (double z : {1e-3, 0.1, 0.5, 1.0, 1.96, 2.5, 4.0, 5.45, 7.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 37.0, 37.4, 38.0, 38.6, 40.0, 60.0, 100.0, 300.0, 1000.0}) {
    // erfc of Boost in 50 digits; its exponent range reaches far beyond z = 1000
    const fifty x = fifty(z) / sqrt(fifty(2));
    const fifty exact = -log10(fifty(boost::math::erfc(x)));
    const double p = mp::detail::normal_two_sided_p(z);
    CAPTURE(z);
    CHECK(close(mp::detail::batch_normal_minus_log10_p(z, p), static_cast<double>(exact), {2e-15 * (z < 1 ? 4 : 1), 0, 0, "rounding"}));
    if (z < 37) CHECK(close(p, static_cast<double>(boost::math::erfc(x)), {1e-15 * (1 + z * z), 0, 0, "z^2 times the rounding of z"}));
  }
  CHECK(mp::detail::batch_normal_minus_log10_p(0.0, 1.0) == 0);
  CHECK(!std::signbit(mp::detail::batch_normal_minus_log10_p(-0.0, 1.0)));
  // pnorm(40, lower.tail = FALSE, log.p = TRUE) of R 4.2: -804.608442013754
  CHECK(close(mp::detail::batch_normal_minus_log10_p(-40.0, 0.0), (804.608442013754 - std::log(2.0)) / std::log(10.0), {1e-14, 0, 0, "printed digits"}));
  CHECK(close(mp::detail::batch_normal_minus_log10_p(12.0f, mp::detail::normal_two_sided_p(12.0f)), 32.45f, {1e-3, 0, 0, "float"}));
}

TEST_CASE("the closed forms of chi-squared tails have 13 digits against 50-digit arithmetic, and their logarithms go on below the smallest number") {
  for (std::size_t df : {1u, 2u, 3u, 4u, 9u, 24u, 25u, 64u, 65u, 200u}) {
    for (double x : {1e-8, 0.01, 0.5, 3.0, 9.0, 30.0, 100.0, 400.0, 1100.0, 1300.0, 3000.0, 1e5}) {
      CAPTURE(df);
      CAPTURE(x);
      const fifty exact = boost::math::gamma_q(fifty(df) / 2, fifty(x) / 2);
      const double p = mp::detail::batch_chi_squared_p(x, df);
      if (exact > 1e-300) CHECK(close(p, static_cast<double>(exact), {2e-13, 0, 0, "x/2 times the rounding of exp"}));
      CHECK(close(mp::detail::batch_chi_squared_minus_log10_p(x, df, p), static_cast<double>(-log10(exact)), {1e-13, 1e-2, 0, "log of that"}));
    }
    CHECK(mp::detail::batch_chi_squared_p(0.0, df) == 1);
  }
  CHECK(std::isnan(mp::detail::batch_chi_squared_p(0.0, 0)));
}

TEST_CASE("-log10 p of t goes on below the smallest number") {
  // P(|T| > t) with 2 degrees of freedom is 1 - t / sqrt(2 + t^2) = 2 / (s (s + t)), s^2 = 2 + t^2
  for (double t : {0.5, 3.0, 1e3, 1e100, 1e155}) {
    const fifty s = sqrt(fifty(2) + fifty(t) * fifty(t));
    CHECK(close(mp::detail::batch_t_minus_log10_p(t, 2.0, mp::detail::t_two_sided_p(t, 2.0)), static_cast<double>(-log10(fifty(2) / (s * (s + fifty(t))))), metapool_test::digits12));
  }
}

TEST_CASE("the normal's tails are within 6 units in the last place of 50-digit arithmetic") {
  double worst = 0;
  for (double z : {1e-8, 1e-4, 0.00136, 0.01, 0.1, 0.3, 0.7, 1.0, 1.3, 1.96, 2.5, 3.7, 5.45, 7.0, 10.0, 14.9, 20.0, 25.5, 30.0, 33.3, 37.4}) {
    worst = (std::max)(worst, off(mp::detail::normal_two_sided_p(z), boost::math::erfc(fifty(z / 1.4142135623730951))));
  }
  CHECK(worst < 6);
}

TEST_CASE("the closed forms of chi-squared tails are within 10 units in the last place of 50-digit arithmetic") {
  double worst = 0;
  for (int df : {1, 2, 3, 4, 9, 10, 25, 63, 64}) {
    for (double x : {1e-8, 0.013, 0.5, 3.1, 9.7, 31.0, 107.0, 400.3, 1100.0, 1390.0}) {
      const fifty exact = boost::math::gamma_q(fifty(df) / 2, fifty(x) / 2);
      CAPTURE(df);
      CAPTURE(x);
      if (exact > 1e-305) worst = (std::max)(worst, off(mp::detail::chi_squared_upper_tail<double>(x, df), exact));
    }
  }
  CHECK(worst < 10);
}
