// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/students_t.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>

using namespace metapool::detail;
using namespace metapool_test;

namespace {
const double circle = std::acos(-1.0);

/// P(T > t) by Simpson's rule on the density with t = tan(u), for whole df: the density becomes cos(u)^(df - 1) times a constant.
long double tail_by_quadrature(long double t, int df) {
  const auto f = [&](long double u) { return std::pow(std::cos(u), df - 1); };
  const auto simpson = [&](long double a, long double b) {
    const int n = 4000;
    const long double h = (b - a) / n;
    long double sum = f(a) + f(b);
    for (int i = 1; i < n; ++i) sum += (i % 2 == 1 ? 4 : 2) * f(a + i * h);
    return sum * h / 3;
  };
  const long double half = std::acos(-1.0L) / 2;
  const long double u = std::atan(t / std::sqrt(static_cast<long double>(df)));
  return simpson(u, half) / simpson(-half, half);
}
}  // namespace

TEST_CASE("Student's t with 1 and 2 degrees of freedom has its closed forms in both tails") {
  for (double t : {-30.0, -1.0, 0.0, 0.5, 2.0, 1e4}) {
    CHECK(close(t_cdf(t, 1.0), t < 0 ? std::atan(-1 / t) / circle : 0.5 + std::atan(t) / circle, digits12));
    CHECK(close(t_upper_tail(t, 1.0), t > 0 ? std::atan(1 / t) / circle : 0.5 - std::atan(t) / circle, digits12));
    const double root = std::sqrt(2 + t * t);
    if (t >= 0) CHECK(close(t_upper_tail(t, 2.0), 1 / (root * (root + t)), digits12));
  }
}

TEST_CASE("Student's t agrees with quadrature of its density") {
  for (int df : {3, 4, 7, 12, 40}) {
    for (double t : {0.2, 1.0, 2.5, 6.0}) {
      CHECK(close(t_upper_tail(t, static_cast<double>(df)), static_cast<double>(tail_by_quadrature(t, df)), digits10));
    }
  }
}

TEST_CASE("critical values are those of the printed tables, and tend to the normal's") {
  CHECK(close(t_critical(0.95, 1.0), 12.706, printed(3)));
  CHECK(close(t_critical(0.95, 4.0), 2.776, printed(3)));
  CHECK(close(t_critical(0.95, 12.0), 2.179, printed(3)));
  CHECK(close(t_critical(0.99, 2.0), 9.925, printed(3)));
  CHECK(close(t_critical(0.95, 1e12), 1.959963984540054, digits10));
  CHECK(close(t_two_sided_p(t_critical(0.95, 5.0), 5.0), 0.05, digits12));
  CHECK(t_two_sided_p(-2.0, 5.0) == t_two_sided_p(2.0, 5.0));
}

TEST_CASE("the log of the t tail goes on where the tail is below the smallest double") {
  for (double df : {1.0, 2.5, 12.0}) {
    for (double t : {-2.0, 0.0, 0.5, 3.0, 100.0}) CHECK(close(log_t_upper_tail(t, df), std::log(t_upper_tail(t, df)), digits14));
  }
  // leading term for large t: P(T > t) = C t^-df (1 + O(t^-2)), C = Gamma((df + 1)/2) df^((df - 1)/2) / (sqrt(df pi) Gamma(df/2)) sqrt(df)
  for (double df : {2.0, 5.0, 30.0}) {
    const double log_c = std::lgamma((df + 1) / 2) - std::lgamma(df / 2) - std::log(df * circle) / 2 + (df + 1) / 2 * std::log(df) - std::log(df);
    for (double t : {1e80, 1e153, 1e155, 1e250}) {
      if (-df * std::log(t) > -700) continue;
      CHECK(close(log_t_upper_tail(t, df), log_c - df * std::log(t), digits12));
    }
  }
  // many degrees of freedom: continuous with the plain form where that still holds
  const double df = 500;
  const double t = 120;
  CHECK(close(log_t_upper_tail(t, df), static_cast<double>(log_t_upper_tail<long double>(120.0L, 500.0L)), digits12));
  CHECK(log_t_upper_tail(200.0, df) < -708);
  CHECK(close(log_t_upper_tail(200.0, df), static_cast<double>(log_t_upper_tail<long double>(200.0L, 500.0L)), digits12));
}
