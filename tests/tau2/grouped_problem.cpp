// SPDX-License-Identifier: BSL-1.0
#include <metapool/tau2/grouped_problem.hpp>

#include <metapool/model/design_problem.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the sums over groups are those of the regression on the groups' indicators") {
  const std::vector<double> y{1, 5, 2, 9, 3, 4.5}, v{1, 2, 0.1, 1, 3, 7};
  matrix_of<double> x = matrix_of<double>::Zero(6, 3);
  for (int i = 0; i < 6; ++i) x(i, i < 3 ? 0 : i < 5 ? 1 : 2) = 1;
  const std::span<const double> ys(y), vs(v);
  const metapool::detail::grouped_problem<double> grouped(ys, vs, {3, 2, 1});
  const metapool::detail::design_problem<double> design(ys, vs, x);
  CHECK(grouped.k() == 6);
  CHECK(grouped.p() == 3);
  for (const double t : {0.0, 0.7, 30.0}) {
    const auto a = grouped.at(t);
    const auto b = design.at(t);
    CHECK(close(a.q, b.q, digits12));
    CHECK(close(a.a2, b.a2, digits12));
    CHECK(close(a.yppp, b.yppp, digits12));
    CHECK(close(a.w, b.w, digits12));
    CHECK(close(a.w2(), b.w2(), digits12));
    CHECK(close(a.trace_p(), b.trace_p(), digits12));
    CHECK(close(a.trace_pp(), b.trace_pp(), digits12));
    CHECK(close(a.log_det, b.log_det, digits12));
    for (const auto kind : {likelihood_kind::restricted, likelihood_kind::full}) CHECK(close(grouped.log_likelihood(t, kind), design.log_likelihood(t, kind), digits12));
    const auto weight = [&](std::size_t i) { return 1 / (v[i] + static_cast<double>(i)); };
    CHECK(close(grouped.variance_of(weight, t), design.variance_of(weight, t), digits12));
    CHECK(close(grouped.moments(weight).q, design.moments(weight).q, digits12));
    CHECK(close(grouped.moments(weight).trace_p, design.moments(weight).trace_p, digits12));
    CHECK(close(grouped.moments(weight).trace_pv, design.moments(weight).trace_pv, digits12));
  }
  CHECK(close(grouped.range().sum_of_squares, design.range().sum_of_squares, digits12));
  CHECK(grouped.range().v_min == 0.1);
  CHECK(grouped.range().v_max == 7.0);
}
