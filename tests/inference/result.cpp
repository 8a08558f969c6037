// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/result.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("results come back to the natural scale end by end") {
  mean_inference<> m;
  m.estimate = std::log(0.5), m.lower = std::log(0.25), m.upper = 0;
  CHECK(m.natural().estimate == m.estimate);
  m.measure.scale = scale::log;
  CHECK(close(m.natural().estimate, 0.5, digits15));
  CHECK(close(m.natural().lower, 0.25, digits15));
  CHECK(m.natural().upper == 1.0);
  prediction<> p;
  p.measure.scale = scale::log;
  p.estimate = std::log(2.0), p.lower = std::log(0.5), p.upper = std::log(8.0);
  CHECK(close(p.natural().estimate, 2.0, digits15));
  CHECK(close(p.natural().lower, 0.5, digits15));
  CHECK(close(p.natural().upper, 8.0, digits15));
}
