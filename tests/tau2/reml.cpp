// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/reml.hpp>

#include "support/close.hpp"
#include "support/dense.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {
template <class Real>
tau2_estimate<Real> fit(const std::vector<Real>& y, const std::vector<Real>& v) {
  return reml{}(std::span<const Real>(y), std::span<const Real>(v));
}
}  // namespace

TEST_CASE("REML with equal variances is the sample variance less the sampling variance") {
  const auto e = fit<double>({1, 4, 2, 9}, {2, 2, 2, 2});
  CHECK(close(e.tau2, 38.0 / 3 - 2, digits14));
  CHECK(close(*e.se, std::sqrt(2.0 / 3) * 38.0 / 3, digits14));  // tr P^2 = (k - 1) / (v + tau2)^2
  CHECK(e.maxima.empty());
  CHECK(fit<double>({1, 4, 2, 9}, {13, 13, 13, 13}).tau2 == 0.0);
}

TEST_CASE("REML of two studies is half the squared difference less the mean variance, over 16 decades") {
  CHECK(close(fit<double>({1, 5}, {2, 4}).tau2, 5.0, digits14));
  CHECK(close(fit<double>({0, 2e4}, {1e-8, 1e8}).tau2, 1.5e8, digits14));
  CHECK(fit<double>({0, 1}, {1, 1}).tau2 == 0.0);
  CHECK(close(fit<long double>({0, 3}, {1, 2}).tau2, 3.0L, digits15));
  CHECK(close(fit<float>({0, 3}, {1, 2}).tau2, 3.0f, digits5));
}

TEST_CASE("REML's score is zero by dense algebra in 50 digits, and its se the inverse information") {
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    const wild_set s = make_wild_set(seed * 3);
    const auto e = fit(s.y, s.v);
    if (e.tau2 == 0) continue;
    ++inside;
    const std::vector<wide> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
    const auto p = projection(v, wide(e.tau2));
    const auto pp = product(p, p);
    CHECK(close(quadratic_form(y, pp), trace(p), digits12));
    CHECK(close(*e.se, static_cast<double>(sqrt(wide(2 / trace(pp)))), digits12));
  }
  CHECK(inside > 10);
}

TEST_CASE("REML in double agrees with the same path in 50 digits to 12 digits") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    const wild_set s = make_wild_set(seed);
    const auto in_double = fit(s.y, s.v);
    const auto in_wide = fit(std::vector<wide>(s.y.begin(), s.y.end()), std::vector<wide>(s.v.begin(), s.v.end()));
    double v_min = s.v[0];
    for (double v : s.v) v_min = v < v_min ? v : v_min;
    CHECK(close(in_double.tau2, static_cast<double>(in_wide.tau2), at_scale(digits12, v_min)));
    CHECK(in_double.maxima.size() == in_wide.maxima.size());
  }
}

TEST_CASE("REML does not move with a shift, scales with the square, and takes the studies in any order") {
  const std::vector<double> y{0.5, -1, 2.25, 4, 1.5}, v{0.25, 1, 0.5, 2, 0.125};
  const double t = fit(y, v).tau2;
  REQUIRE(t > 0);
  std::vector<double> shifted, scaled, scaled_v;
  for (std::size_t i = 0; i < y.size(); ++i) {
    shifted.push_back(y[i] + 1024);
    scaled.push_back(-8 * y[i]);
    scaled_v.push_back(64 * v[i]);
  }
  CHECK(close(fit(shifted, v).tau2, t, digits12));
  CHECK(close(fit(scaled, scaled_v).tau2, 64 * t, digits12));
  CHECK(close(fit(std::vector<double>(y.rbegin(), y.rend()), std::vector<double>(v.rbegin(), v.rend())).tau2, t, digits12));
}
