// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/quadratic_form.hpp>

#include "support/close.hpp"

#include <metapool/math/chi_squared.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace metapool_test;
using metapool::detail::quadratic_form_tails;
using metapool::detail::tails;

namespace {

tails<double> at(const std::vector<double>& weights, double x) { return quadratic_form_tails<double>(weights, x); }

/// P(Q > x) by Imhof's integral along the imaginary axis, for sums with enough terms that the integrand dies away.
double imhof(const std::vector<double>& weights, double x) {
  const auto f = [&](double u) {
    double angle = -x * u / 2, log_size = 0;
    for (const double w : weights) {
      angle += std::atan(w * u) / 2;
      log_size += std::log1p(w * w * u * u) / 4;
    }
    return std::sin(angle) * std::exp(-log_size) / u;
  };
  const int n = 40000;  // Simpson's rule to u = 100
  const double h = 100.0 / n;
  double sum = 0;
  for (int i = 1; i <= n; ++i) sum += f(i * h) * (i == n ? 1 : i % 2 == 1 ? 4 : 2);
  double mean = 0;
  for (const double w : weights) mean += w;
  sum += (mean - x) / 2;  // at u = 0
  return 0.5 + sum * h / 3 / metapool::detail::pi<double>();
}

}  // namespace

TEST_CASE("a sum of chi-squared variables has the published tails") {
  // Imhof (1961) Biometrika 48:419, table 1: P(Q1 > 2), Q1 with weights 0.6, 0.3, 0.1; P(Q2 > 6) with each weight twice
  CHECK(close(at({0.6, 0.3, 0.1}, 2).upper, 0.1240, printed(4)));
  CHECK(close(at({0.6, 0.6, 0.3, 0.3, 0.1, 0.1}, 6).upper, 0.0161, printed(4)));
  // Davies (1980) Appl Stat 29:323, table 3: P(Q < x) for weights 6, 3, 1
  CHECK(close(at({6, 3, 1}, 1).lower, 0.0542, printed(4)));
  CHECK(close(at({6, 3, 1}, 7).lower, 0.4936, printed(4)));
  CHECK(close(at({6, 3, 1}, 20).lower, 0.8760, printed(4)));
}

TEST_CASE("equal weights give the chi-squared distribution, far into both tails") {
  for (const int k : {1, 2, 3, 10, 50, 200}) {
    for (const double x : {1e-8, 1e-3, 0.5, 1.0, 2.0, 9.0, 10.0, 11.0, 60.0, 190.0, 210.0, 700.0, 1400.0}) {
      CAPTURE(k);
      CAPTURE(x);
      const double df = k;
      const tails<double> t = at(std::vector<double>(static_cast<std::size_t>(k), 2.5), 2.5 * x);
      const auto lower = static_cast<double>(boost::math::gamma_p(df / 2.0L, x / 2.0L)), upper = static_cast<double>(boost::math::gamma_q(df / 2.0L, x / 2.0L));
      const auto density = static_cast<double>(boost::math::gamma_p_derivative(df / 2.0L, x / 2.0L) / 5);
      const tolerance far{1e-12, (std::numeric_limits<double>::min)() * 1e20, 0, "tails down to 1e-288"};
      CHECK(close(t.lower, lower, far));
      CHECK(close(t.upper, upper, far));
      CHECK(close(t.density, density, far));
    }
  }
}

TEST_CASE("two pairs of weights give the mixture of exponentials") {
  // P(Q > x) = (a e^(-x/2a) - b e^(-x/2b)) / (a - b) for weights a, a, b, b
  for (const double b : {0.5, 1e-3, 1e-9}) {
    for (const double x : {1e-4, 0.3, 2.0, 30.0, 600.0}) {
      CAPTURE(b);
      CAPTURE(x);
      const tails<double> t = at({1, b, 1, b}, x);
      CHECK(close(t.upper, (std::exp(-x / 2) - b * std::exp(-x / (2 * b))) / (1 - b), digits12));
      const double lower = (-std::expm1(-x / 2) + b * std::expm1(-x / (2 * b))) / (1 - b);
      CHECK(close(t.lower, lower, tolerance{1e-12, 1e-4, 0, "the formula cancels in the lower tail"}));
      CHECK(close(t.density, (std::exp(-x / 2) - std::exp(-x / (2 * b))) / (2 * (1 - b)), digits12));
    }
  }
}

TEST_CASE("Imhof's integral by another quadrature agrees") {
  const std::vector<std::vector<double>> all{{5, 4, 3, 2, 1, 0.9, 0.8, 0.7}, {1, 1, 1, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 3, 3}, std::vector<double>(12, 0.7)};
  for (const auto& weights : all) {
    for (const double x : {0.5, 3.0, 8.0, 20.0, 50.0}) {
      CAPTURE(x);
      CHECK(close(at(weights, x).upper, imhof(weights, x), tolerance{0, 0, 1e-10, "the other integral is cut off"}));
    }
  }
}

TEST_CASE("200 weights over 40 decades: order and scale do not matter, nor do weights that vanish") {
  std::vector<double> w;
  for (int i = 0; i < 200; ++i) w.push_back(std::pow(10.0, -0.2 * i));
  for (const double x : {1e-30, 1e-12, 0.01, 2.0, 3.0, 40.0}) {
    CAPTURE(x);
    const tails<double> t = at(w, x);
    std::vector<double> reversed(w.rbegin(), w.rend());
    CHECK(close(at(reversed, x).lower, t.lower, digits12));
    for (double& a : reversed) a *= 0x1p-300;
    CHECK(close(at(reversed, x * 0x1p-300).upper, t.upper, digits12));
    std::vector<double> fewer(w.begin(), w.begin() + 180);
    fewer.push_back(0);
    if (x > 1e-6) CHECK(close(at(fewer, x).lower, t.lower, digits12));
    CHECK(t.lower + t.upper == doctest::Approx(1).epsilon(1e-15));
  }
}

TEST_CASE("double has twelve digits of the 50-digit run, which knows the chi-squared tails to 40") {
  using wide = boost::multiprecision::cpp_bin_float_50;
  const auto both = [](const std::vector<double>& w, double x) {
    const std::vector<wide> same(w.begin(), w.end());
    const tails<wide> exact = quadratic_form_tails<wide>(same, wide(x));
    const tails<double> t = at(w, x);
    CAPTURE(x);
    CHECK(close(t.lower, static_cast<double>(exact.lower), digits12));
    CHECK(close(t.upper, static_cast<double>(exact.upper), digits12));
    CHECK(close(t.density, static_cast<double>(exact.density), digits12));
  };
  std::vector<double> spread, many;
  for (int i = 0; i < 17; ++i) spread.push_back(std::pow(10.0, -i));
  for (int i = 0; i < 200; ++i) many.push_back(std::exp(3 * std::sin(i * 1.0)));
  for (const double x : {1e-12, 0.01, 1.0, 80.0}) both(spread, x);
  for (const double x : {1.0, 200.0, 1000.0, 9000.0}) both(many, x);
  // P(chi2_4 > x) = e^(-x/2) (1 + x/2)
  const tails<wide> four = quadratic_form_tails<wide>(std::vector<wide>(4, wide(1)), wide(30));
  CHECK(close(four.upper, wide(16 * exp(wide(-15))), digits40));
}

TEST_CASE("the density is the derivative and the distribution increases") {
  const std::vector<double> w{7, 2, 2, 0.1, 1e-5};
  double before = -1;
  for (double x = 0.01; x < 100; x *= 1.01) {
    const tails<double> t = at(w, x);
    CHECK(t.lower > before);
    before = t.lower;
    const double h = 1e-4 * x;
    CHECK(close(t.density, (at(w, x + h).lower - at(w, x - h).lower) / (2 * h), tolerance{1e-6, 1e-4, 0, "a difference quotient"}));
  }
}

TEST_CASE("the ends of the line and what is not a quadratic form") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(at({1, 2}, -1).upper == 1);
  CHECK(at({1, 2}, 0).lower == 0);
  CHECK(at({1, 1}, 0).density == 0.5);
  CHECK(at({1, 2, 3}, 0).density == 0);
  CHECK(at({1, 2}, infinity).lower == 1);
  CHECK(at({0, 0}, 0).lower == 1);
  CHECK(at({}, 1).lower == 1);
  CHECK(at({0, 0}, -1).upper == 1);
  CHECK(at({1}, 1e6).upper == 0);  // e^-500000
  CHECK_THROWS_WITH_AS(at({1, -2}, 1), doctest::Contains("the weight -2"), metapool::input_error);
  CHECK_THROWS_AS(at({1, nan}, 1), metapool::input_error);
  CHECK_THROWS_AS(at({infinity}, 1), metapool::input_error);
  CHECK_THROWS_AS(at({1}, nan), metapool::input_error);
  CHECK(quadratic_form_tails<float>(std::vector<float>{0.6f, 0.3f, 0.1f}, 2.0f).upper == doctest::Approx(0.12395907).epsilon(1e-5));
  CHECK(quadratic_form_tails<long double>(std::vector<long double>{0.6l, 0.3l, 0.1l}, 2.0l).upper == doctest::Approx(0.1239590741623264));
}
