// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/paule_mandel.hpp>

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
tau2_estimate<Real> pm(const std::vector<Real>& y, const std::vector<Real>& v) {
  return paule_mandel{}(std::span<const Real>(y), std::span<const Real>(v));
}

/// Q(tau2), written out in long double.
long double q_at(const wild_set& s, double tau2) {
  long double w = 0, m = 0, q = 0;
  for (std::size_t i = 0; i < s.y.size(); ++i) w += 1 / (static_cast<long double>(s.v[i]) + tau2);
  for (std::size_t i = 0; i < s.y.size(); ++i) m += s.y[i] / (static_cast<long double>(s.v[i]) + tau2) / w;
  for (std::size_t i = 0; i < s.y.size(); ++i) q += (s.y[i] - m) * (s.y[i] - m) / (static_cast<long double>(s.v[i]) + tau2);
  return q;
}

}  // namespace

TEST_CASE("Paule-Mandel tau2 solves Q(tau2) = k - 1, or is 0 where Q(0) is not above it, on wild sets") {
  std::size_t positive = 0;
  for (std::uint64_t seed = 0; seed < 1500; ++seed) {
    CAPTURE(seed);
    const wild_set s = make_wild_set(seed);
    const auto e = pm(s.y, s.v);
    const double df = static_cast<double>(s.y.size() - 1);
    REQUIRE(e.convergence.converged);
    REQUIRE(e.tau2 >= 0);
    CHECK(e.convergence.iterations <= 60);
    if (e.tau2 > 0) {
      ++positive;
      CHECK(close(static_cast<double>(q_at(s, e.tau2)), df, digits12));
      CHECK(std::fabs(e.convergence.residual) <= 1e-12 * df);
    } else {
      CHECK(static_cast<double>(q_at(s, 0)) <= df * (1 + 1e-12));
      CHECK(e.convergence.residual == 0.0);
    }
  }
  CHECK(positive > 500);
}

TEST_CASE("Paule-Mandel with equal variances is the sample variance less the sampling variance") {
  CHECK(close(pm<double>({1, 4, 2, 9}, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));
  CHECK(pm<double>({1, 4, 2, 9}, {13, 13, 13, 13}).tau2 == 0.0);
  CHECK(close(pm<double>({1, 5}, {3, 3}).tau2, 5.0, digits14));
  // se = sqrt(2 k^2 / (k - 1)) / sum w with v + tau2 = 38/3
  CHECK(close(*pm<double>({1, 4, 2, 9}, {2, 2, 2, 2}).se, std::sqrt(32.0 / 3) * 38.0 / 3 / 4, digits14));
}

TEST_CASE("Paule-Mandel of two studies is half the squared difference less the mean variance, over 16 decades") {
  CHECK(close(pm<double>({1, 5}, {2, 4}).tau2, 5.0, digits14));
  CHECK(close(pm<double>({0, 2e4}, {1e-8, 1e8}).tau2, 1.5e8, digits14));
  CHECK(close(pm<double>({0, 1e8}, {1e-8, 1e-8}).tau2, 5e15, digits14));
  CHECK(close(pm<float>({0.0f, 3.0f}, {1.0f, 2.0f}).tau2, 3.0f, digits5));
}

TEST_CASE("Paule-Mandel does not move with a shift, scales with the square, and takes the studies in any order") {
  const wild_set s = make_wild_set(17);
  const double t = pm(s.y, s.v).tau2;
  REQUIRE(t > 0);
  std::vector<double> shifted, scaled, scaled_v;
  for (std::size_t i = 0; i < s.y.size(); ++i) {
    shifted.push_back(s.y[i] + 3 * s.y[0]);
    scaled.push_back(-1024 * s.y[i]);
    scaled_v.push_back(1024.0 * 1024 * s.v[i]);
  }
  CHECK(close(pm(shifted, s.v).tau2, t, digits10));  // the shift rounds the effects
  CHECK(close(pm(scaled, scaled_v).tau2, 1024.0 * 1024 * t, digits14));
  CHECK(close(pm(std::vector<double>(s.y.rbegin(), s.y.rend()), std::vector<double>(s.v.rbegin(), s.v.rend())).tau2, t, digits12));
}

TEST_CASE("solve_q finds any target, and 0 where Q(0) is not above it") {
  const std::vector<double> y{1, 4, 2, 9}, v{2, 2, 2, 2};  // Q(t) = 38 / (2 + t)
  const auto at = [&](double target) {
    convergence<double> state;
    const double t = metapool::detail::solve_q(metapool::detail::mean_problem<double>(y, v), target, state);
    CHECK(state.converged);
    return t;
  };
  CHECK(close(at(1e-12), 38e12 - 2, digits14));
  CHECK(close(at(0.5), 74.0, digits14));
  CHECK(close(at(18.999), 38 / 18.999 - 2, {1e-11, 0, 0, "the answer is a small difference"}));
  CHECK(at(19.0) == 0.0);
  CHECK(at(25.0) == 0.0);
}
