// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/problem.hpp>

#include "support/close.hpp"
#include "support/dense.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool_test;
using metapool::detail::mean_problem;

namespace {

template <class Real>
matrix<Real> centring(const std::vector<Real>& a) {
  std::vector<Real> inverse;
  for (const Real& x : a) inverse.push_back(1 / x);
  return projection(inverse, Real(0));
}

template <class Real>
matrix<Real> times_diagonal(matrix<Real> m, const std::vector<Real>& v, const Real& add) {
  for (auto& row : m) {
    for (std::size_t j = 0; j < row.size(); ++j) row[j] *= v[j] + add;
  }
  return m;
}

}  // namespace

static_assert(metapool::detail::tau2_problem<mean_problem<double>>);

TEST_CASE("the moments of a quadratic form around the mean are those of dense matrices") {
  const std::vector<std::vector<double>> weights{{1, 1, 1, 1, 1}, {3, 0.5, 1e-3, 2, 7}, {1, 1e9, 2, 3, 4}, {1e-9, 2e-9, 5, 1e-9, 1e-9}};
  const std::vector<double> y{0.3, -1.2, 4, 0.7, 0.1}, v{0.5, 0.01, 3, 0.2, 1};
  for (const auto& a : weights) {
    const mean_problem<double> problem(y, v);
    const auto weight = [&](std::size_t i) { return a[i]; };
    const auto s = problem.moments(weight);
    const std::vector<long double> al(a.begin(), a.end()), yl(y.begin(), y.end()), vl(v.begin(), v.end());
    const auto p = centring(al);
    CHECK(close(s.trace_p, static_cast<double>(trace(p)), digits10));  // the dense form cancels
    CHECK(close(s.trace_pv, static_cast<double>(trace(times_diagonal(p, vl, 0.0L))), digits10));
    CHECK(close(s.q, static_cast<double>(quadratic_form(yl, p)), digits10));
    for (const double tau2 : {0.0, 0.3, 50.0}) {
      const auto ps = times_diagonal(p, vl, static_cast<long double>(tau2));
      CHECK(close(problem.variance_of(weight, tau2), static_cast<double>(2 * trace(product(ps, ps))), digits8));  // the dense form cancels twice
    }
  }
}

TEST_CASE("with two studies the variance of a quadratic form is twice the square of its expectation") {
  const std::vector<double> y{1, 2}, v{0.7, 0.1};
  const mean_problem<double> problem(y, v);
  const auto weight = [&](std::size_t i) { return i == 0 ? 3.0 : 1e7; };
  const auto s = problem.moments(weight);
  const double expected = s.trace_pv + 0.4 * s.trace_p;
  CHECK(close(problem.variance_of(weight, 0.4), 2 * expected * expected, digits14));
}
