// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/bounded_newton.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <limits>

using metapool::detail::bounded_newton;
using metapool::detail::curvature;
using metapool::detail::newton_bound;
using metapool_test::close;
using metapool_test::digits12;

namespace {

/// Minus Rosenbrock's function: a curved ridge, its matrix of second derivatives indefinite off it. Highest at (1, 1).
curvature<double, 2> ridge(const std::array<double, 2>& x) {
  const double a = 1 - x[0], b = x[1] - x[0] * x[0];
  return {-(a * a + 100 * b * b),
          {2 * a + 400 * x[0] * b, -200 * b},
          {-(2 - 400 * (x[1] - 3 * x[0] * x[0])), 400 * x[0], 400 * x[0], -200}};
}

}  // namespace

TEST_CASE("Bounded Newton climbs a curved ridge") {
  const auto m = bounded_newton<double, 2>(ridge, {-1.2, 1.0}, {});
  CHECK(m.convergence.converged);
  CHECK(m.convergence.residual < 1e-8);
  CHECK(close(m.x[0], 1.0, digits12));
  CHECK(close(m.x[1], 1.0, digits12));
}

TEST_CASE("Where a step would gain nothing, none is tried") {
  const auto parabola = [](const std::array<double, 1>& x) -> curvature<double, 1> { return {-(x[0] - 0.5) * (x[0] - 0.5), {1 - 2 * x[0]}, {-2}}; };
  const auto m = bounded_newton<double, 1>(parabola, {0.0}, {});
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 0.5, digits12));
  CHECK(m.convergence.iterations == 2);
  CHECK(bounded_newton<double, 1>(parabola, {0.5}, {}).convergence.iterations == 1);
}

TEST_CASE("A bound that the gradient presses against is where the search ends") {
  std::array<newton_bound<double>, 2> bounds{};
  bounds[0].upper = 0.5;  // on it the best second entry is 0.25
  const auto m = bounded_newton<double, 2>(ridge, {-1.2, 1.0}, bounds);
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 0.5, digits12));
  CHECK(close(m.x[1], 0.25, digits12));
  CHECK(m.convergence.residual < 1e-8);
}

TEST_CASE("A parameter that is held stays, and no parameter is left where all are") {
  std::array<newton_bound<double>, 2> bounds{};
  bounds[0].held = true;
  const auto m = bounded_newton<double, 2>(ridge, {-2.0, 1.0}, bounds);
  CHECK(m.x[0] == -2);
  CHECK(close(m.x[1], 4.0, digits12));
  bounds[1].held = true;
  const auto none = bounded_newton<double, 2>(ridge, {-2.0, 1.0}, bounds);
  CHECK(none.convergence.converged);
  CHECK(none.convergence.iterations == 1);
}

TEST_CASE("Values that are not finite are no rise, and a start without a value is no maximum") {
  const auto logarithm = [](const std::array<double, 1>& x) -> curvature<double, 1> {  // log x - x
    if (!(x[0] > 0)) return {std::numeric_limits<double>::quiet_NaN(), {0}, {0}};
    return {std::log(x[0]) - x[0], {1 / x[0] - 1}, {-1 / (x[0] * x[0])}};
  };
  const auto m = bounded_newton<double, 1>(logarithm, {2.9}, {});
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 1.0, digits12));
  CHECK_FALSE(bounded_newton<double, 1>(logarithm, {-1.0}, {}).convergence.converged);
}

namespace {

/// Highest, 1/4, at s = 1, x = -1/2 (and s = -1, x = 1/2); without a slope at 0, 0, from where it rises by its second derivatives only.
curvature<double, 2> two_summits(const std::array<double, 2>& at) {
  const double x = at[0], s = at[1], c = x + s / 2;
  return {s * s / 2 - s * s * s * s / 4 - c * c, {-2 * c, s - s * s * s - c}, {-2, -1, -1, 1 - 3 * s * s - 0.5}};
}

}  // namespace

TEST_CASE("A saddle is left, inside and at a bound that nothing presses against") {
  std::array<newton_bound<double>, 2> bounds{};
  for (const double lower : {-std::numeric_limits<double>::infinity(), 0.0}) {
    bounds[1].lower = lower;
    for (const auto& start : {std::array<double, 2>{0, 0}, {0.7, 0}, {-1e-9, 1e-12}}) {
      const auto m = bounded_newton<double, 2>(two_summits, start, bounds);
      CHECK(m.convergence.converged);
      CHECK(close(m.at.value, 0.25, digits12));
      CHECK(close(std::fabs(m.x[1]), 1.0, digits12));
      CHECK(close(m.x[0], -m.x[1] / 2, digits12));
    }
  }
  bounds[1].held = true;
  CHECK(bounded_newton<double, 2>(two_summits, {0, 0}, bounds).at.value == 0);
}

TEST_CASE("Where rounding hides the rise the slopes lead on, and a fall that is more than rounding is none") {
  double fall = 1.5e-7, bend = 1e-9;  // of values near 1e6: rounding by some 700 units in the last place
  const auto rounded = [&](const std::array<double, 1>& x) -> curvature<double, 1> {
    return {1e6 - bend * x[0] * x[0] - (std::fabs(x[0]) < 4 ? fall : 0), {-2 * bend * x[0]}, {-2 * bend}};
  };
  std::array<newton_bound<double>, 1> wide{};
  wide[0].reach = 100;
  const auto m = bounded_newton<double, 1>(rounded, {5.0}, wide);
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 0.0, metapool_test::tolerance{0, 1e-12, 0, "Newton's step is exact"}));
  wide[0].reach = 3;  // only of whole steps are slopes believed,
  CHECK(std::fabs(bounded_newton<double, 1>(rounded, {5.0}, wide).x[0]) >= 4);
  wide[0].reach = 100;
  fall = 2.5e-4 + 1e-7;  // and only of those that promised no more than rounding
  bend = 1e-5;
  CHECK(std::fabs(bounded_newton<double, 1>(rounded, {5.0}, wide).x[0]) >= 4);
  fall = 1e-6;
  bend = 1e-9;
  CHECK(std::fabs(bounded_newton<double, 1>(rounded, {5.0}, wide).x[0]) >= 4);
  // slopes of both signs that are as steep after each step as before lead nowhere
  const auto steps = [](const std::array<double, 1>& x) -> curvature<double, 1> {
    return {1e6 - (x[0] < 0 ? 1e-7 : 0), {x[0] < 0 ? 1e-8 : -1e-8}, {-2e-9}};
  };
  CHECK(bounded_newton<double, 1>(steps, {2.0}, wide).x[0] > 0);
}
