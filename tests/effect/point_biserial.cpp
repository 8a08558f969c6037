// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/point_biserial.hpp>

#include "support/close.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <cmath>
#include <utility>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
using wide = boost::multiprecision::cpp_bin_float_50;
const two_means<double> example{5, 2, 12, 4, 1.5, 20};
}  // namespace

TEST_CASE("point-biserial and biserial correlations are metafor's") {
  CHECK(close(point_biserial_correlation{}(example).y, 0.282091468883722, digits14));
  CHECK(close(point_biserial_correlation{}(example).v, 0.0270455631662719, digits14));
  CHECK(close(point_biserial_correlation{point_biserial_variance::cross_sectional}(example).v, 0.0255614981630335, digits14));
  CHECK(close(biserial_correlation{}(example).y, 0.36014941618421, digits14));
  CHECK(close(biserial_correlation{}(example).v, 0.0424762815720963, digits14));
}

TEST_CASE("the point-biserial correlation is the product-moment correlation with the group's indicator") {
  const std::vector<double> first{3.1, 4.7, 5.2, 6.6}, second{1.2, 2.9, 3.3};
  const auto moments = [](const std::vector<double>& x) {
    double mean = 0, squares = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) squares += (v - mean) * (v - mean);
    return std::pair<double, double>{mean, std::sqrt(squares / static_cast<double>(x.size() - 1))};
  };
  double mx = 0;
  for (const double v : first) mx += v / 7;
  for (const double v : second) mx += v / 7;
  double xx = 0, xg = 0;
  const double mg = 4.0 / 7;
  for (const double v : first) xx += (v - mx) * (v - mx), xg += (v - mx) * (1 - mg);
  for (const double v : second) xx += (v - mx) * (v - mx), xg += (v - mx) * (0 - mg);
  const auto [m1, s1] = moments(first);
  const auto [m2, s2] = moments(second);
  CHECK(close(point_biserial_correlation{}(two_means<double>{m1, s1, 4, m2, s2, 3}).y, xg / std::sqrt(xx * (4 * 3 / 7.0)), digits14));
}

TEST_CASE("the stratified variance is the delta method's from that of d, by numerical differentiation in 50 digits") {
  const wide h("1e-16");
  const auto r_at = [&](const wide& shift) { return point_biserial_correlation{}(two_means<wide>{5 + shift, 2, 12, 4, 1.5, 20}).y; };
  const double s = std::sqrt((11 * 4 + 19 * 2.25) / 30), d = 1 / s;
  const wide slope = (r_at(h) - r_at(wide(-h))) / (2 * h) * s;  // d r / d d
  const double variance = 1.0 / 12 + 1.0 / 20 + d * d / 64;
  CHECK(close(point_biserial_correlation{}(example).v, variance * static_cast<double>(wide(slope * slope)), digits12));
}

TEST_CASE("swapping the groups turns the sign and leaves the variance, and double has the digits of 50") {
  const std::vector<two_means<double>> sets{example, {5, 2, 1e9, 4.999, 1.5, 3e8}, {5, 2, 2, 4, 1.5, 1e6}, {1e3, 1, 30, 0, 1, 30}};
  for (const auto& t : sets) {
    const two_means<double> swapped{t.mean2, t.sd2, t.n2, t.mean1, t.sd1, t.n1};
    const two_means<wide> w{wide(t.mean1), wide(t.sd1), wide(t.n1), wide(t.mean2), wide(t.sd2), wide(t.n2)};
    const auto check = [&](const auto& m) {
      CHECK(close(m(swapped).y, -m(t).y, digits14));
      CHECK(close(m(swapped).v, m(t).v, digits12));
      CHECK(close(m(t).y, static_cast<double>(m(w).y), digits12));
      CHECK(close(m(t).v, static_cast<double>(m(w).v), digits12));
    };
    check(point_biserial_correlation{});
    check(point_biserial_correlation{point_biserial_variance::cross_sectional});
    check(biserial_correlation{});
  }
}

TEST_CASE("groups without spread have no correlation") {
  CHECK(point_biserial_correlation::defined(example));
  CHECK_FALSE(point_biserial_correlation::defined(two_means<double>{5, 0, 12, 4, 0, 20}));
  CHECK_FALSE(biserial_correlation::defined(two_means<double>{5, 1, 1, 4, 1, 1}));
}
