// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/dersimonian_laird.hpp>

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
tau2_estimate<Real> dl(const std::vector<Real>& y, const std::vector<Real>& v) {
  return dersimonian_laird{}(std::span<const Real>(y), std::span<const Real>(v));
}
}  // namespace

TEST_CASE("DerSimonian-Laird with equal variances is the sample variance less the sampling variance") {
  const std::vector<double> y{1, 4, 2, 9};  // mean 4, s^2 = 38/3
  CHECK(close(dl(y, {2, 2, 2, 2}).tau2, 38.0 / 3 - 2, digits14));
  CHECK(dl(y, {13, 13, 13, 13}).tau2 == 0.0);
  // standard error by hand: Q has variance 2 df + 4 C tau2 + 2 tr(P^2) tau2^2 with C = 3/2, tr P^2 = 3/4
  const double t = 38.0 / 3 - 2;
  CHECK(close(*dl(y, {2, 2, 2, 2}).se, std::sqrt(6 + 6 * t + 1.5 * t * t) / 1.5, digits14));
}

TEST_CASE("DerSimonian-Laird of two studies is half the squared difference less the mean variance") {
  CHECK(close(dl<double>({1, 5}, {2, 4}).tau2, (16.0 - 6) / 2, digits14));
  CHECK(close(dl<double>({0, 1e8}, {1e-8, 1e8}).tau2, (1e16 - 1e8) / 2, digits14));
  CHECK(close(dl<double>({0, 2e4}, {1e-8, 1e8}).tau2, (4e8 - 1e8) / 2, digits14));  // a plain C keeps no digit here
}

TEST_CASE("DerSimonian-Laird is (Q - df) / C by dense algebra in 50 digits, and its se that of a quadratic form") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const wild_set s = make_wild_set(seed * 3);
    const std::vector<wide> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
    const auto p = projection(v, wide(0));
    const wide q = quadratic_form(y, p), c = trace(p), df = static_cast<wide>(y.size() - 1);
    const wide expected = q > df ? wide((q - df) / c) : wide(0);
    // an answer near 0 is a difference of Q and df, which can be right to Q's rounding only
    const double scale = static_cast<double>((q + df) / c);
    CHECK(close(dl(s.y, s.v).tau2, static_cast<double>(expected), at_scale(digits14, scale)));
    // variance of y'Py with covariance diag(v + t): 2 tr (P diag(v + t))^2
    auto product_with_variance = p;
    for (auto& row : product_with_variance) {
      for (std::size_t j = 0; j < row.size(); ++j) row[j] *= v[j] + expected;
    }
    const wide se = sqrt(wide(2 * trace(product(product_with_variance, product_with_variance)))) / c;
    CHECK(close(*dl(s.y, s.v).se, static_cast<double>(se), digits12));
  }
}

TEST_CASE("DerSimonian-Laird takes its 50-digit path too") {
  CHECK(close(dl<wide>({wide(1), wide(4), wide(2), wide(9)}, {wide(2), wide(2), wide(2), wide(2)}).tau2, wide(wide(32) / 3), digits40));
}

TEST_CASE("Q around another mean is larger by the weight times the squared shift") {
  const std::vector<double> y{1, 4, 2, 9}, v{2, 2, 2, 2};  // W = 2, C = 3/2, mean 4
  const auto around = [&](double mean) { return dersimonian_laird_around<double>{mean}(std::span<const double>(y), std::span<const double>(v)); };
  CHECK(close(around(4).tau2, dl(y, v).tau2, digits15));
  CHECK(close(around(7).tau2, dl(y, v).tau2 + 2 * 9 / 1.5, digits14));
  CHECK(close(around(1).tau2, around(7).tau2, digits14));
}
