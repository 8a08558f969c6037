// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/leave_one_out.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("without a study the others keep their order, the first and the last left out too") {
  auto data = known_effects<double>({1, 2, 3}, {0.1, 0.2, 0.3});
  data.labels = {"a", "b", "c"};
  metapool::detail::all_but_one<double> others(data);
  const auto are = [&](std::vector<double> y, std::vector<double> v) {
    CHECK(std::vector<double>(others.y().begin(), others.y().end()) == y);
    CHECK(std::vector<double>(others.v().begin(), others.v().end()) == v);
  };
  others.leave_out(0);
  are({2, 3}, {0.2, 0.3});
  others.leave_out(2);
  are({1, 2}, {0.1, 0.2});
  others.leave_out(1);
  are({1, 3}, {0.1, 0.3});

  tau2_estimate<double> t;
  t.tau2 = 0.5;
  t.convergence.converged = true;
  CHECK(others.checked("f", "REML", t).tau2 == 0.5);
  t.convergence.converged = false;
  CHECK(message_of<convergence_error>([&] { others.checked("f", "REML", t); }) == "f: REML did not converge without study 'b'");
}
