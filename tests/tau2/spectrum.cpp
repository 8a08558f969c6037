// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/problem.hpp>
#include <metapool/tau2/spectrum.hpp>

#include "support/close.hpp"
#include "support/wild_sets.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

using metapool::detail::variance_spectrum;
using metapool_test::close;

TEST_CASE("Contrasts of the spectrum are orthonormal and sum to zero, with tied variances and without") {
  for (const std::vector<double>& v : {std::vector<double>{0.3, 0.1, 0.3, 7.0, 0.3, 0.1}, {1, 2, 3, 4}, {5, 5, 5}, {2, 1}, {1e-4, 1.0, 1.0 + 1e-12, 1e4, 3e-4}}) {
    const variance_spectrum<double> s{std::span<const double>(v)};
    REQUIRE(s.values().size() == v.size() - 1);
    for (std::size_t a = 0; a + 1 < v.size(); ++a) {
      double sum = 0;
      for (const double x : s.row(a)) sum += x;
      CHECK(std::fabs(sum) < 1e-15);
      for (std::size_t b = 0; b + 1 < v.size(); ++b) {
        double product = 0, covariance = 0;
        for (std::size_t i = 0; i < v.size(); ++i) {
          product += s.row(a)[i] * s.row(b)[i];
          covariance += s.row(a)[i] * s.row(b)[i] * v[i];
        }
        CHECK(std::fabs(product - (a == b ? 1 : 0)) < 1e-14);
        CHECK(std::fabs(covariance - (a == b ? s.values()[a] : 0)) < 1e-14 * 1e4);
      }
      if (a > 0) CHECK(s.values()[a] >= s.values()[a - 1]);
    }
  }
}

TEST_CASE("Two variances have their mean as the one eigenvalue of the contrast") {
  const std::vector<double> v{0.25, 4.0};
  const variance_spectrum<double> s{std::span<const double>(v)};
  CHECK(close(s.values()[0], 2.125, metapool_test::digits14));
}

TEST_CASE("Sums over the spectrum are the sums over studies, also where variances cover 8 decades") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const auto set = metapool_test::make_wild_set(seed);
    const std::span<const double> y(set.y), v(set.v);
    const metapool::detail::mean_problem<double> problem(y, v);
    const auto range = problem.range();
    if (range.v_max > 1e8 * range.v_min) continue;
    const variance_spectrum<double> s{v};
    for (const double share : {0.0, 1e-3, 1.0, 1e3}) {
      const double t = share * range.v_min;
      const auto sums = problem.at(t);
      double q = 0, a = 0, yppp = 0, trace = 0;
      for (std::size_t j = 0; j < s.values().size(); ++j) {
        double c = 0;
        const std::size_t top = metapool::detail::most_precise(v);
        for (std::size_t i = 0; i < v.size(); ++i) c += s.row(j)[i] * (y[i] - y[top]);
        const double w = 1 / (s.values()[j] + t);
        q += c * c * w;
        a += c * c * w * w;
        yppp += c * c * w * w * w;
        trace += w;
      }
      CAPTURE(seed);
      CHECK(close(q, sums.q, metapool_test::digits12));
      CHECK(close(a, sums.a2, metapool_test::digits12));
      CHECK(close(yppp, sums.yppp, metapool_test::digits12));
      CHECK(close(trace, sums.trace_p(), metapool_test::digits12));
    }
  }
}
