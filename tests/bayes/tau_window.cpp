// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/tau_window.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool_test;
using metapool::detail::find_tau_window;
using metapool::detail::tau_line;

TEST_CASE("x and tau are inverse, with the derivative that is said, with and without an end") {
  for (const tau_line<double>& line : {tau_line<double>{}, tau_line<double>{3}}) {
    for (double x : {-20.0, -1.0, 0.0, 2.5}) {
      CHECK(close(line.x(line.tau(x)), x, at_scale(digits12, 1)));
      CHECK(close(std::exp(line.log_jacobian(x)), (line.tau(x + 1e-5) - line.tau(x - 1e-5)) / 2e-5, digits8));
    }
  }
  CHECK(close(tau_line<double>{3}.tau(40), 3.0, digits15));
}

TEST_CASE("the window holds all that is above the depth: wide, narrow, far off and of two peaks") {
  const double depth = 40;
  const auto check = [&](const auto& f, double low, double high, double peak) {
    const auto w = find_tau_window<double>(f, low, high, depth);
    CHECK(std::fabs(w.peak - peak) < 0.3);
    CHECK(w.height == f(w.peak));
    CHECK(f(w.left) <= w.height - depth);
    CHECK(f(w.right) <= w.height - depth);
    CHECK(f(w.left + 0.2 * (w.peak - w.left)) > w.height - depth);
    CHECK(f(w.right - 0.2 * (w.right - w.peak)) > w.height - depth);
  };
  check([](double x) { return x - std::exp(2 * x); }, 0, 0, -0.35);
  check([](double x) { return -(x - 0.123) * (x - 0.123) * 5e9; }, 0, 1, 0.123);  // as narrow as with 10^10 studies
  check([](double x) { return -(x + 100) * (x + 100); }, 0, 1, -100);
  check([](double x) { return -std::fabs(x - 90); }, 0, 1, 90);
  check([](double x) { return std::log(std::exp(-x * x) + 2 * std::exp(-(x - 8) * (x - 8))); }, 0, 1, 8);
}
