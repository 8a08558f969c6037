// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/heterogeneity.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("heterogeneity of the BCG trials is metafor's printed one") {
  // Viechtbauer (2010) J Stat Softw 36(3), section 3: I2 92.22 %, H2 12.86, Q(12) = 152.2330
  const auto h = heterogeneity(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(h.q, 152.2330, printed(4)));
  CHECK(h.df == 12);
  CHECK(*h.p < 1e-4);
  CHECK(close(*h.i2_tau2 * 100, 92.22, printed(2)));
  CHECK(close(*h.h2_tau2, 12.86, printed(2)));
  CHECK(close(h.i2_q * 100, 92.12, printed(2)));
  CHECK(close(h.h2_q, 12.69, printed(2)));
  CHECK(close(*h.tau2, 0.3132, printed(4)));
}

TEST_CASE("the two definitions of I2 and H2 agree for DerSimonian-Laird") {
  const auto h = heterogeneity(random_effects(effect_sizes(bcg(), risk_ratio{}), dersimonian_laird{}));
  CHECK(close(*h.i2_tau2, h.i2_q, digits12));
  CHECK(close(*h.h2_tau2, h.h2_q, digits12));
}

TEST_CASE("Q below its degrees of freedom gives I2 = 0 and H2 below 1") {
  const auto h = heterogeneity(common_effect(known_effects<double>({1, 1.5, 2}, {1, 1, 1})));  // Q = 0.5
  CHECK(close(h.q, 0.5, digits14));
  CHECK(h.i2_q == 0.0);
  CHECK(close(h.h2_q, 0.25, digits14));
  CHECK(close(*h.p, std::exp(-0.25), digits14));  // two degrees of freedom
  CHECK_FALSE(h.i2_tau2.has_value());
  CHECK_FALSE(h.tau2.has_value());
}

TEST_CASE("the typical variance is that of all if they are equal, and keeps its digits if one study outweighs the rest") {
  const std::vector<double> equal{3, 3, 3, 3};
  CHECK(close(typical_variance(std::span<const double>(equal)), 3.0, digits14));
  using wide = boost::multiprecision::cpp_bin_float_50;
  const std::vector<double> v{1e-12, 1, 2, 1e4};
  wide s1 = 0, s2 = 0;
  for (double x : v) {
    s1 += 1 / wide(x);
    s2 += 1 / (wide(x) * wide(x));
  }
  CHECK(close(typical_variance(std::span<const double>(v)), static_cast<double>(wide(3 * s1 / (s1 * s1 - s2))), digits14));
}

TEST_CASE("one study has no heterogeneity, no p and no typical variance") {
  const auto h = heterogeneity(common_effect(known_effects<double>({1}, {1})));
  CHECK(h.q == 0.0);
  CHECK(h.df == 0);
  CHECK_FALSE(h.p.has_value());
  CHECK(h.i2_q == 0.0);
  CHECK(h.h2_q == 1.0);
  CHECK_FALSE(h.typical_variance.has_value());
}
