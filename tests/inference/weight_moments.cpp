// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/weight_moments.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <span>
#include <vector>

using namespace metapool_test;

TEST_CASE("the weights' moments are the printed ones, and keep their digits where those cancel") {
  // weights 1, 2, 4 weighted by themselves: mean 3, variance (4 + 2 + 4)/7, with another weight (4 + 4 + 16)/7
  const std::vector<double> v{1, 0.5, 0.25};
  const auto m = metapool::detail::weight_moments_at(std::span<const double>(v), 0.0);
  CHECK(close(m.variance, 10.0 / 7, digits14));
  CHECK(close(m.weighted_variance, 24.0 / 7, digits14));
  // two weights a and b: variance a b (a - b)^2 / (a + b)^2
  for (const double b : {1e-9, 1e16, 1 + 1e-9}) {
    const std::vector<double> two{1, b};
    const double w = 1 / b, gap = (b - 1) * w;
    const auto n = metapool::detail::weight_moments_at(std::span<const double>(two), 0.0);
    CHECK(close(n.variance, w * gap * gap / ((1 + w) * (1 + w)), digits12));
  }
}
