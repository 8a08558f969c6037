// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/kernel.hpp>

#include "support/close.hpp"
#include "support/dense.hpp"
#include "support/wild_sets.hpp"

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace metapool::detail;
using namespace metapool_test;
using wide = boost::multiprecision::cpp_bin_float_50;

namespace {
template <class Real>
pooled_sums<Real> pool(const std::vector<Real>& y, const std::vector<Real>& v, const Real& tau2) {
  return pool_at(std::span<const Real>(y), std::span<const Real>(v), tau2);
}
}  // namespace

TEST_CASE("the sums are those of dense matrix algebra in 50 digits, with variances over 16 decades and any unit") {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    const wild_set s = make_wild_set(seed * 3);  // few studies: the matrices stay small
    const std::vector<wide> y(s.y.begin(), s.y.end()), v(s.v.begin(), s.v.end());
    const double v_max = *std::max_element(s.v.begin(), s.v.end());
    for (double tau2 : {0.0, s.v[0] / 7, v_max}) {
      CAPTURE(seed);
      CAPTURE(tau2);
      const auto sums = pool(s.y, s.v, tau2);
      const auto p = projection(v, wide(tau2));
      const auto pp = product(p, p);
      CHECK(close(sums.trace_p(), static_cast<double>(trace(p)), digits12));
      CHECK(close(sums.trace_pp(), static_cast<double>(trace(pp)), digits12));
      CHECK(close(sums.q, static_cast<double>(quadratic_form(y, p)), digits12));
      CHECK(close(sums.a2, static_cast<double>(quadratic_form(y, pp)), digits12));
      CHECK(close(sums.yppp, static_cast<double>(quadratic_form(y, product(pp, p))), digits12));
      wide w = 0, w2 = 0, wy = 0;
      for (std::size_t i = 0; i < v.size(); ++i) {
        w += 1 / (v[i] + tau2);
        w2 += 1 / ((v[i] + tau2) * (v[i] + tau2));
        wy += y[i] / (v[i] + tau2);
      }
      CHECK(close(sums.w, static_cast<double>(w), digits14));
      CHECK(close(sums.w2(), static_cast<double>(w2), digits14));
      const double largest = std::max(*std::max_element(s.y.begin(), s.y.end()), -*std::min_element(s.y.begin(), s.y.end()));
      CHECK(close(sums.mean, static_cast<double>(wy / w), at_scale(digits14, largest)));
      CHECK(close(weigh(std::span<const double>(s.v), tau2).trace_pp(), sums.trace_pp(), digits14));
    }
  }
}

TEST_CASE("a2 is minus the slope of Q, and twice y'PPPy minus the slope of a2") {
  const std::vector<wide> y{wide(1), wide(3), wide(-2), wide(0.5)}, v{wide(1), wide(2), wide(0.25), wide(4)};
  const wide h("1e-15"), t("0.75");
  const auto low = pool(y, v, wide(t - h)), high = pool(y, v, wide(t + h)), at = pool(y, v, t);
  CHECK(close((low.q - high.q) / (2 * h), at.a2, {1e-25, 0, 0, "central difference with h = 1e-15"}));
  CHECK(close((low.a2 - high.a2) / (2 * h), wide(2 * at.yppp), {1e-25, 0, 0, "central difference with h = 1e-15"}));
  CHECK(close((low.trace_p() - high.trace_p()) / (2 * h), at.trace_pp(), {1e-25, 0, 0, "central difference with h = 1e-15"}));
}

TEST_CASE("one study pools to itself: no Q, no spread, no trace") {
  const auto s = pool<double>({0.3}, {2.0}, 1.0);
  CHECK(s.mean == 0.3);
  CHECK(close(s.w, 1.0 / 3, digits15));
  CHECK(s.q == 0.0);
  CHECK(s.a2 == 0.0);
  CHECK(s.yppp == 0.0);
  CHECK(s.trace_p() == 0.0);
  CHECK(s.trace_pp() == 0.0);
}

TEST_CASE("equal effects have no Q whatever their size") {
  const auto s = pool<double>({0.1, 0.1, 0.1}, {1.0, 1e-9, 7.0}, 0.0);
  CHECK(s.mean == 0.1);
  CHECK(s.q == 0.0);
}

TEST_CASE("the most precise study is the first of the smallest variances") {
  const std::vector<double> v{3.0, 1.0, 2.0, 1.0};
  CHECK(most_precise(std::span<const double>(v)) == 1);
}

TEST_CASE("the range holds the extreme variances and the unweighted sum of squares") {
  const std::vector<double> y{1e8 + 1, 1e8 + 2, 1e8 + 6}, v{3.0, 1.0, 2.0};
  const auto r = range_of(std::span<const double>(y), std::span<const double>(v));
  CHECK(r.v_min == 1.0);
  CHECK(r.v_max == 3.0);
  CHECK(close(r.sum_of_squares, 14.0, digits14));
}
