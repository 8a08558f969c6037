// SPDX-License-Identifier: BSL-1.0
// How close the searches of tau2 come to the roots of their equations.
#include "batch/kinds_of_columns.hpp"

#include <metapool/tau2/likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/problem.hpp>
#include <metapool/tau2/reml.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace mp = metapool;
using metapool_test::mixed;
using metapool_test::table;

namespace {

using fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

/// How far apart the sides of the estimator's equation are at tau2, in units of the last place of one: Q and k - 1, or y'PPy and tr P.
template <class Estimator>
double apart(const std::vector<double>& y, const std::vector<double>& v, double tau2) {
  const std::vector<fifty> effects(y.begin(), y.end()), variances(v.begin(), v.end());
  const mp::detail::mean_problem<fifty> problem{std::span<const fifty>(effects), std::span<const fifty>(variances)};
  fifty off;
  if constexpr (std::is_same_v<Estimator, mp::reml>) {
    const auto p = mp::detail::score_at(problem, fifty(tau2), mp::likelihood_kind::restricted);
    off = 1 - p.g / p.a;
  } else {
    off = 1 - fifty(static_cast<int>(y.size()) - 1) / problem.at(fifty(tau2)).q;
  }
  return std::fabs(static_cast<double>(off)) / std::numeric_limits<double>::epsilon();
}

}  // namespace

TEST_CASE_TEMPLATE("in 50 digits the sides of the equation are 4 units apart or less at the batch's tau2 as at that of one meta-analysis", Estimator, mp::reml, mp::paule_mandel) {
  std::size_t judged = 0;
  for (double spread : {10.0, 3000.0}) {
    for (std::size_t k : {std::size_t(3), std::size_t(9)}) {
      const table<double> t = mixed<double>(k, 80, 41, spread);
      std::vector<double> tau2(t.m);
      mp::batch_random_effects(t.view(), Estimator{}, mp::batch_columns<double>{.tau2 = tau2});
      for (std::size_t c = 0; c < t.m; c += 3) {  // those without missing studies
        if (!(tau2[c] > 0 && tau2[c] < 100)) continue;
        std::vector<double> y, v;
        for (std::size_t i = 0; i < k; ++i) {
          y.push_back(t.y[i * t.m + c]);
          v.push_back(t.v[i * t.m + c]);
        }
        CAPTURE(c);
        CHECK(apart<Estimator>(y, v, tau2[c]) <= 4);
        CHECK(apart<Estimator>(y, v, Estimator{}(std::span<const double>(y), std::span<const double>(v)).tau2) <= 4);
        ++judged;
      }
    }
  }
  CHECK(judged > 50);
}
