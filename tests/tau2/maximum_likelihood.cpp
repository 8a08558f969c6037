// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/maximum_likelihood.hpp>

#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
template <class Real>
tau2_estimate<Real> fit(const std::vector<Real>& y, const std::vector<Real>& v) {
  return maximum_likelihood{}(std::span<const Real>(y), std::span<const Real>(v));
}
}  // namespace

TEST_CASE("ML with equal variances is the mean square less the sampling variance") {
  const auto e = fit<double>({1, 4, 2, 9}, {2, 2, 2, 2});
  CHECK(close(e.tau2, 38.0 / 4 - 2, digits14));
  CHECK(close(*e.se, std::sqrt(2.0 / 4) * 38.0 / 4, digits14));
  CHECK(fit<double>({1, 4, 2, 9}, {10, 10, 10, 10}).tau2 == 0.0);
}

TEST_CASE("ML's estimating equation holds, written out in long double") {
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    const wild_set s = make_wild_set(seed);
    const auto e = fit(s.y, s.v);
    if (e.tau2 == 0) continue;
    ++inside;
    // sum w^2 (y - m)^2 = sum w
    long double w = 0, m = 0, a = 0, w2 = 0;
    for (std::size_t i = 0; i < s.y.size(); ++i) w += 1 / (static_cast<long double>(s.v[i]) + e.tau2);
    for (std::size_t i = 0; i < s.y.size(); ++i) m += s.y[i] / (static_cast<long double>(s.v[i]) + e.tau2) / w;
    for (std::size_t i = 0; i < s.y.size(); ++i) {
      const long double wi = 1 / (static_cast<long double>(s.v[i]) + e.tau2);
      a += wi * wi * (s.y[i] - m) * (s.y[i] - m);
      w2 += wi * wi;
    }
    CHECK(close(static_cast<double>(a), static_cast<double>(w), digits10));
    CHECK(close(*e.se, static_cast<double>(std::sqrt(2 / w2)), digits12));
  }
  CHECK(inside > 80);
}

TEST_CASE("ML is not above the equal-variance REML, and is 0 for two studies as far apart as their variances") {
  CHECK(fit<double>({0, 2}, {1, 1}).tau2 == 0.0);                    // (2^2 / 2) / 2 - 1
  CHECK(close(fit<double>({0, 4}, {1, 1}).tau2, 3.0, digits14));     // (4^2 / 2) / 2 - 1
  CHECK(close(fit<float>({0, 4}, {1, 1}).tau2, 3.0f, digits5));
}
