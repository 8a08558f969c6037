// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/bounded_newton.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
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

TEST_CASE("What is enough ends a search early, after whole steps that are not damped") {
  const auto cosh = [](const std::array<double, 1>& x) -> curvature<double, 1> { return {-std::cosh(x[0]), {-std::sinh(x[0])}, {-std::cosh(x[0])}}; };
  std::array<newton_bound<double>, 1> bounds{};
  const auto all = bounded_newton<double, 1>(cosh, {0.1}, bounds), rough = bounded_newton<double, 1>(cosh, {0.1}, bounds, 1e-1);  // the first step promises 0.01 / 2
  CHECK(rough.convergence.converged);
  CHECK(rough.convergence.iterations == 2);
  CHECK(all.convergence.iterations > 2);
  const auto flat = [](const std::array<double, 1>& x) -> curvature<double, 1> { return {-1e-6 * x[0] * x[0] / 2, {-1e-6 * x[0]}, {-1e-6}}; };
  CHECK(bounded_newton<double, 1>(flat, {10.0}, bounds, 1e-3).x[0] == 0);  // steps of 3 until one is whole
  const auto well = [](const std::array<double, 1>& x) -> curvature<double, 1> { return {x[0] * x[0] / 2 - x[0] * x[0] * x[0] * x[0] / 4, {x[0] - x[0] * x[0] * x[0]}, {1 - 3 * x[0] * x[0]}}; };
  CHECK(std::fabs(bounded_newton<double, 1>(well, {1e-3}, bounds, 1e-4).x[0] - 1) < 0.01);
}

TEST_CASE("A saddle that slow steps lead to is left, and the summit beyond it met to the last digits") {
  // cosh along x, so that the last steps to the saddle gain ever less, some of them below rounding: highest at s = 1 and -1
  const auto saddle = [](const std::array<double, 2>& at) -> curvature<double, 2> {
    const double x = at[0] - 1, s = at[1];
    return {s * s / 2 - s * s * s * s / 4 - std::cosh(x), {-std::sinh(x), s - s * s * s}, {-std::cosh(x), 0, 0, 1 - 3 * s * s}};
  };
  for (const double lower : {-std::numeric_limits<double>::infinity(), 0.0}) {
    std::array<newton_bound<double>, 2> bounds{};
    bounds[1].lower = lower;
    for (const double start : {2.0, 1.72, 1.1255, 1.00067, 1 + 1e-8, 1 + 1e-10}) {
      const auto m = bounded_newton<double, 2>(saddle, {start, 0.0}, bounds);
      CHECK(m.convergence.converged);
      CHECK(std::fabs(std::fabs(m.x[1]) - 1) < 1e-13);
      CHECK(std::fabs(m.x[0] - 1) < 1e-13);
    }
  }
  // the slope along x is rounding, and its gain grows: where that ends a search at the bound, the saddle is left too
  const auto noisy = [](const std::array<double, 2>& at) -> curvature<double, 2> {
    const double s = at[1];
    return {s * s / 2 - s * s * s * s / 4, {at[0] == 0 ? 1e-10 : 2e-10, s - s * s * s}, {-1, 0, 0, 1 - 3 * s * s}};
  };
  std::array<newton_bound<double>, 2> bounds{};
  bounds[1].lower = 0;
  CHECK(std::fabs(bounded_newton<double, 2>(noisy, {0.0, 0.0}, bounds).x[1] - 1) < 1e-9);
}

TEST_CASE("Of gains below rounding that grow, the point before is kept; of gains that hardly fall, the next one") {
  const auto noise = [](double factor) {
    return [factor](const std::array<double, 1>& x) -> curvature<double, 1> { return {0, {x[0] == 0 ? 1e-9 : 1e-9 * factor}, {-1}}; };
  };
  auto m = bounded_newton<double, 1>(noise(1.5), {0.0}, {});
  CHECK(m.convergence.converged);
  CHECK(m.x[0] == 1e-9);
  m = bounded_newton<double, 1>(noise(0.75), {0.0}, {});
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 1.75e-9, digits12));
  CHECK(m.convergence.iterations == 3);
}

TEST_CASE("The way off a saddle goes along the largest curvature in equal units, to either side, and not beyond bounds") {
  for (const double side : {1.0, -1.0}) {  // s >= 0 or s <= 0
    std::array<newton_bound<double>, 2> bounds{};
    (side > 0 ? bounds[1].lower : bounds[1].upper) = 0;
    const auto m = bounded_newton<double, 2>(two_summits, {0, 0}, bounds);
    CHECK(m.convergence.converged);
    CHECK(close(m.x[1], side, digits12));
  }
  // no second derivatives but across: x y - x^4 - y^4
  const auto cross = [](const std::array<double, 2>& at) -> curvature<double, 2> {
    const double x = at[0], y = at[1];
    return {x * y - x * x * x * x - y * y * y * y, {y - 4 * x * x * x, x - 4 * y * y * y}, {-12 * x * x, 1, 1, -12 * y * y}};
  };
  auto m = bounded_newton<double, 2>(cross, {0, 0}, {});
  CHECK(m.convergence.converged);
  CHECK(close(m.at.value, 0.125, digits12));
  // of two directions that both rise at first, (1, 1) more; along (1, -1) the rise is never seen
  const auto two = [](const std::array<double, 2>& at) -> curvature<double, 2> {
    const double s = at[0] + at[1], d = at[0] - at[1], c = 1e20;
    const double ds = s - s * s * s, dd = d / 2 - c * d * d * d, ss = 1 - 3 * s * s, sd = 0.5 - 3 * c * d * d;
    return {s * s / 2 - s * s * s * s / 4 + d * d / 4 - c * d * d * d * d / 4, {ds + dd, ds - dd}, {ss + sd, ss - sd, ss - sd, ss + sd}};
  };
  m = bounded_newton<double, 2>(two, {0, 0}, {});
  CHECK(m.at.value > 0.24);
  // units: s^2 / 2 + s t - t^2 in units of a million; no place beyond the bounds is asked for
  for (const double unit : {1.0, 1e6}) {
    std::array<newton_bound<double>, 2> bounds{};
    bounds[0] = {0, 0.25 * unit, unit, 0, false};
    bounds[1] = {-0.125, 0.125, 1, 0, false};
    std::size_t beyond = 0;
    const auto f = [&](const std::array<double, 2>& at) -> curvature<double, 2> {
      if (!(at[0] >= 0 && at[0] <= bounds[0].upper && std::fabs(at[1]) <= 0.125)) ++beyond;
      const double s = at[0] / unit, t = at[1];
      return {s * s / 2 + s * t - t * t, {(s + t) / unit, s - 2 * t}, {1 / unit / unit, 1 / unit, 1 / unit, -2}};
    };
    const auto top = bounded_newton<double, 2>(f, {0, 0}, bounds);
    CHECK(top.convergence.converged);
    CHECK(top.x[0] == bounds[0].upper);
    CHECK(close(top.x[1], 0.125, digits12));
    CHECK(beyond == 0);
  }
}

TEST_CASE("A saddle at a bound that rounding presses against is left, and none that more does") {
  // the slope off the bound is -press: over a reach of 1 / 20 its fall is to be rounding
  const auto at_bound = [](double press) {
    std::array<newton_bound<double>, 1> bounds{};
    bounds[0].lower = 0;
    bounds[0].reach = 0.05;
    return bounded_newton<double, 1>([press](const std::array<double, 1>& x) -> curvature<double, 1> {
      return {x[0] * x[0] / 2 - x[0] * x[0] * x[0] * x[0] / 4 - press * x[0], {x[0] - x[0] * x[0] * x[0] - press}, {1 - 3 * x[0] * x[0]}};
    }, {0.0}, bounds);
  };
  CHECK(close(at_bound(0).x[0], 1.0, digits12));
  CHECK(close(at_bound(1e-11).x[0], 1.0, metapool_test::digits10));
  CHECK(at_bound(1e-9).x[0] == 0);
}

TEST_CASE("No way off is taken that does not raise the function, or only to infinity") {
  const auto constant = [](const std::array<double, 2>& x) -> curvature<double, 2> { return {-x[1] * x[1], {0, -2 * x[1]}, {1, 0, 0, -2}}; };
  std::array<newton_bound<double>, 2> bounds{};
  bounds[0].lower = 0;
  auto m = bounded_newton<double, 2>(constant, {0, 0}, bounds);
  CHECK(m.x[0] == 0);
  CHECK(m.convergence.iterations < 60);
  const auto endless = [](const std::array<double, 2>& x) -> curvature<double, 2> {
    const double s = x[0];
    return {s > 2 ? std::numeric_limits<double>::infinity() : s * s / 2 - s * s * s * s / 4 - x[1] * x[1], {s - s * s * s, -2 * x[1]}, {1 - 3 * s * s, 0, 0, -2}};
  };
  m = bounded_newton<double, 2>(endless, {0, 0}, bounds);
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 1.0, digits12));
  // curvature of rounding shows no way
  const auto all_but_flat = [](const std::array<double, 2>& x) -> curvature<double, 2> { return {-x[1] * x[1], {0, -2 * x[1]}, {1e-12, 1e-10, 1e-10, -2}}; };
  CHECK(bounded_newton<double, 2>(all_but_flat, {0, 0}, bounds).x[0] == 0);
}

TEST_CASE("A search that comes to one saddle after another leaves them all, and converges nowhere else") {
  // each parameter by itself highest, 1/4, at 1, and without a slope at its bound 0
  constexpr std::size_t n = 8;
  const auto wells = [](const std::array<double, n>& x) {
    curvature<double, n> sum;
    for (std::size_t i = 0; i < n; ++i) {
      sum.value += x[i] * x[i] / 2 - x[i] * x[i] * x[i] * x[i] / 4;
      sum.gradient[i] = x[i] - x[i] * x[i] * x[i];
      sum.hessian[i * n + i] = 1 - 3 * x[i] * x[i];
    }
    return sum;
  };
  for (std::ptrdiff_t at_saddle = 1; at_saddle <= std::ptrdiff_t{n}; ++at_saddle) {
    INFO(at_saddle << " parameters start at 0");
    std::array<double, n> start;
    start.fill(1.0);
    std::fill(start.begin(), start.begin() + at_saddle, 0.0);
    std::array<newton_bound<double>, n> bounds{};
    for (auto& b : bounds) b.lower = 0;
    const auto m = bounded_newton<double, n>(wells, start, bounds);
    CHECK(m.convergence.converged);
    CHECK(m.convergence.residual < 1e-12);
    CHECK(close(m.at.value, n / 4.0, digits12));
  }
}
