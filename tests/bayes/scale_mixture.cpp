// SPDX-License-Identifier: BSL-1.0
#include <metapool/bayes/scale_mixture.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool_test;
using metapool::detail::log_t_density;
using metapool::detail::t_as_normals;

TEST_CASE("Student's t is the mixture of its normals, from the middle to a million scales away") {
  for (double df : {1.0, 1.5, 4.0, 30.0, 1000.0}) {
    for (double reach : {0.5, 30.0, 1e6}) {
      const auto parts = t_as_normals<double>(df, reach);
      CHECK(parts.size() < 1500);
      for (double z : {0.0, 0.3 * reach, reach}) {
        if (log_t_density(z, df) < -600) continue;
        double sum = 0;
        for (const auto& p : parts) sum += p.weight * std::exp(-z * z / (2 * p.variance)) / std::sqrt(2 * M_PI * p.variance);
        CHECK(close(sum, std::exp(log_t_density(z, df)), digits12));
      }
    }
  }
  CHECK(close(std::exp(log_t_density(2.0, 1.0)), 1 / (M_PI * 5), digits14));
  CHECK(close(std::exp(log_t_density(1.5, 4.0)), 0.12288, digits12));  // 3/8 (1 + 1.5^2 / 4)^(-5/2)
}
