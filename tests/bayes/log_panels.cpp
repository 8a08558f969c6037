// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/log_panels.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool::detail;
using namespace metapool_test;

TEST_CASE("panels of a log-likelihood: 10 digits inside, a straight line beyond, a kink at an edge kept") {
  std::size_t calls = 0;
  const auto f = [&](double x) {
    ++calls;
    return 3 * x - 20 * std::log1p(std::exp(x)) - 0.7 * std::fabs(x);
  };
  const log_panels<double> p(f, {-40.0, 0.0, 40.0});
  CHECK(calls < 1000);
  for (double x = -39.9; x < 40; x += 0.37) CHECK(close(p(x), f(x), tolerance{1e-11, 1, 0, "the tolerance of a panel"}));
  CHECK(close(p(0.0), f(0), digits12));
  CHECK(close(p(-60.0), f(-60), digits8));
  CHECK(close(p(70.0), f(70), digits8));
  CHECK(close(p.curvature(1.0), 20 * std::exp(1.0) / std::pow(1 + std::exp(1.0), 2), digits6));
  CHECK(p.curvature(50.0) == 0);
}

TEST_CASE("a plateau beyond the panels is one, however far") {
  const auto f = [](double x) { return -7.3 - 5 * std::log1p(std::exp(-x)); };
  const log_panels<double> p(f, {-40.0, 0.0, 40.0});
  CHECK(close(p(1e30), -7.3, digits12));
  CHECK(p.jet(1e30)[1] == 0);
  CHECK(p(1e30) == p(40.0));
  CHECK(close(p(-1e30), -5e30, digits10));
}
