// SPDX-License-Identifier: BSL-1.0
#include <metapool/exact/level_scores.hpp>

#include "../support/close.hpp"

#include <doctest/doctest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>

using namespace metapool;
using metapool_test::close;
using wide = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

TEST_CASE("Scores of p-values are those of their definition, and their distribution gives the p-value back") {
  const detail::level_score<double> same(tian_levels::uniform), arcsine(tian_levels::arcsine), logarithm(tian_levels::logarithm);
  for (const double p : {1e-300, 1e-12, 0.025, 0.5, 0.97, 1.0}) {
    CHECK(same.value(p) == p);
    CHECK(close(arcsine.value(p), std::asin(p / 1.01), metapool_test::digits14));
    CHECK(close(logarithm.value(p), static_cast<double>(-log1p(wide(-wide(p) / wide("1.01")))), metapool_test::digits14));
    CHECK(close(arcsine.cdf(arcsine.value(p)), p, metapool_test::digits14));
    CHECK(close(logarithm.cdf(logarithm.value(p)), p, metapool_test::digits14));
  }
  for (const auto& g : {arcsine, logarithm}) {
    CHECK(g.cdf(-0.1) == 0);
    CHECK(g.cdf(g.reach() + 0.1) == 1);
  }
  CHECK(close(logarithm.reach(), std::log(101.0), metapool_test::digits14));
}

TEST_CASE("Densities and transforms of scores are those of sums over p-values") {
  const int n = 20000;
  const metapool_test::tolerance sums{1e-6, 1, 0, "the middle of 20000 pieces, where the score is steepest at 1"};
  for (const tian_levels levels : {tian_levels::arcsine, tian_levels::logarithm}) {
    const detail::level_score<double> g(levels);
    for (const double v : {0.1, 0.8, 1.3}) CHECK(close(g.density(v), (g.cdf(v + 1e-5) - g.cdf(v - 1e-5)) / 2e-5, {1e-9, 0, 0, "a difference quotient"}));
    for (const double t : {0.0, 1e-9, 0.4, 1.0, 1.0 + 1e-12, -1.0, -7.3, 60.0}) {
      double re = 0, im = 0;
      for (int i = 0; i < n; ++i) {
        const double v = g.value((i + 0.5) / n);
        re += std::cos(t * v) / n;
        im += std::sin(t * v) / n;
      }
      CHECK(close(g.transform(t).re, re, sums));
      CHECK(close(g.transform(t).im, im, sums));
      if (t != 0) CHECK(std::hypot(g.transform(t).re, g.transform(t).im) <= g.decay() / std::fabs(t));
    }
  }
  const detail::level_score<double> g(tian_levels::logarithm);
  for (const double a : {1e-6, 0.3, 0.8, 1.0}) {
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += std::exp(a * g.value((i + 0.5) / n)) / n;
    CHECK(close(g.growth(a), sum, sums));
  }
}
