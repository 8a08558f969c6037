// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/tau_nodes.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool_test;
using namespace metapool::detail;

TEST_CASE("the nodes add up to the integral, to the last digits, and their number grows only where it must") {
  const normal_normal_kernel<double> kernel({0.0, 1.0}, {1.0, 1.0}, std::nullopt);
  const tau_line<double> line;
  // tau^2 exp(-tau) on the line of log(tau): mass Gamma(2) = 1, mean of tau 2, of its square 6
  const auto f = [&](double x, given_tau<double>& given) {
    given = kernel.at(line.tau(x));
    return 2 * x - std::exp(x);
  };
  given_tau<double> unused;
  const auto window = find_tau_window<double>([&](double x) { return f(x, unused); }, 0.0, 0.0, 60.0);
  metapool::convergence<double> state;
  const auto nodes = converged_nodes(kernel, f, line, window, 2, state);
  REQUIRE(state.converged);
  CHECK(nodes.size() < 200);
  double mass = 0, first = 0, second = 0;
  for (const auto& n : nodes) {
    mass += n.weight * std::exp(window.height);
    first += n.weight * n.tau * std::exp(window.height);
    second += n.weight * n.tau * n.tau * std::exp(window.height);
  }
  CHECK(close(mass, 1.0, digits14));
  CHECK(close(first, 2.0, digits14));
  CHECK(close(second, 6.0, digits14));
}

TEST_CASE("a density with a jump is not said to have converged") {
  const normal_normal_kernel<double> kernel({0.0, 1.0}, {1.0, 1.0}, std::nullopt);
  const tau_line<double> line;
  const auto f = [&](double x, given_tau<double>& given) {
    given = kernel.at(line.tau(x));
    return 2 * x - std::exp(x) - (x > 0.1234 ? 3 : 0);
  };
  metapool::convergence<double> state;
  converged_nodes(kernel, f, line, tau_window<double>{-40, 0.5, 5, 0}, 2, state);
  CHECK_FALSE(state.converged);
  CHECK(state.residual > 1e-9);
}

TEST_CASE("the map's slope is its derivative") {
  const tail_map<double> map{2.5};
  CHECK(close(map.x(map.t(-7)), -7.0, digits14));
  CHECK(close((map.x(1.00001) - map.x(0.99999)) / 2e-5, map.slope(1), digits8));
}
