// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/edged_newton.hpp>
#include <metapool/math/random.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

using namespace metapool::detail;
using metapool_test::close;

namespace {

/// Minus a sum of cosh(row'x - centre), with kinks: above edge e the value falls by drop (row'x - offset).
struct valley {
  std::vector<std::vector<double>> rows{};
  std::vector<double> centres{};
  std::vector<linear_edge<double>> edges{};

  static double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double s = 0;
    for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
    return s;
  }
  curvature<double, any_number> operator()(const std::vector<double>& x, const std::vector<edge_side>& sides) const {
    const std::size_t n = x.size();
    curvature<double, any_number> r;
    r.gradient.assign(n, 0.0);
    r.hessian.assign(n * n, 0.0);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const double u = dot(rows[k], x) - centres[k];
      r.value -= std::cosh(u);
      for (std::size_t i = 0; i < n; ++i) {
        r.gradient[i] -= std::sinh(u) * rows[k][i];
        for (std::size_t j = 0; j < n; ++j) r.hessian[i * n + j] -= std::cosh(u) * rows[k][i] * rows[k][j];
      }
    }
    for (std::size_t e = 0; e < edges.size(); ++e) {
      if (sides[e] != edge_side::above) continue;
      r.value -= edges[e].drop * (dot(edges[e].row, x) - edges[e].offset);
      for (std::size_t i = 0; i < n; ++i) r.gradient[i] -= edges[e].drop * edges[e].row[i];
    }
    return r;
  }
  /// The value anywhere; minus infinity behind a wall.
  double at(const std::vector<double>& x) const {
    std::vector<edge_side> sides;
    for (const auto& e : edges) {
      const double above = dot(e.row, x) - e.offset;
      if (above > 1e-12 && e.drop == std::numeric_limits<double>::infinity()) return -std::numeric_limits<double>::infinity();
      sides.push_back(above > 0 && e.drop < 1e300 ? edge_side::above : edge_side::below);
    }
    return (*this)(x, sides).value;
  }
};

}  // namespace

TEST_CASE("A maximum on a kink, on a wall, and off both, in closed form") {
  valley f{{{1.0}}, {2.0}, {{{1.0}, 1.0, 0.5}}};
  // slope of -cosh(x - 2): sinh(2 - x); beyond 1 less 0.5
  auto m = edged_newton<double>(f, {0.0}, {{}}, f.edges);
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], 2 - std::asinh(0.5), metapool_test::digits12));
  CHECK(m.sides[0] == edge_side::above);
  f.edges[0].drop = 3;
  for (const double start : {-4.0, 0.0, 1.0, 5.0}) {
    m = edged_newton<double>(f, {start}, {{}}, f.edges);
    CHECK(m.convergence.converged);
    CHECK(m.x[0] == doctest::Approx(1).epsilon(1e-15));
    CHECK(m.sides[0] == edge_side::on);
  }
  f.edges[0] = {{1.0}, 3.0, std::numeric_limits<double>::infinity()};
  CHECK(close(edged_newton<double>(f, {-3.0}, {{}}, f.edges).x[0], 2.0, metapool_test::digits12));
  f.edges[0].offset = 1.25;
  m = edged_newton<double>(f, {-3.0}, {{}}, f.edges);
  CHECK(m.sides[0] == edge_side::on);
  CHECK(close(m.x[0], 1.25, metapool_test::digits12));
  newton_bound<double> bound;
  bound.upper = 0.5;
  m = edged_newton<double>(f, {-3.0}, {bound}, f.edges);
  CHECK(m.x[0] == 0.5);
  CHECK(m.sides.size() == 1);  // of the edges that were given; bounds are walls of the search's own
  CHECK(m.convergence.converged);
  for (const double upper : {0.1, 0.3, 0.7, 1.1}) {  // to the last bit, from wherever
    bound.upper = upper;
    for (const double start : {-3.1, -0.7, -1.0 / 3, 0.07}) CHECK(edged_newton<double>(f, {start}, {bound}, f.edges).x[0] == upper);
  }
  bound.upper = 0.5;
  bound.held = true;
  CHECK(edged_newton<double>(f, {-3.0}, {bound}, f.edges).x[0] == -3);
}

TEST_CASE("Random concave functions with kinks and walls, degenerate ones too: nothing around the maximum is higher") {
  std::size_t on_edges = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    random_stream draws(seed);
    const auto draw = [&] { return 4 * draws.uniform() - 2; };
    const auto whole = [&] { return std::floor(3 * draws.uniform()) - 1; };
    const std::size_t n = 1 + seed % 3;
    valley f;
    for (std::size_t k = 0; k < n + 2; ++k) {
      std::vector<double> row;
      for (std::size_t i = 0; i < n; ++i) row.push_back(k == i ? 1.0 : 0.3 * draw());
      f.rows.push_back(row);
      f.centres.push_back(2 * draw());
    }
    for (std::size_t e = 0; e < seed % 7; ++e) {
      std::vector<double> row;
      for (std::size_t i = 0; i < n; ++i) row.push_back(whole());  // parallel and dependent ones among them
      if (std::all_of(row.begin(), row.end(), [](double v) { return v == 0; })) row[0] = 1;
      const bool wall = draws.uniform() < 0.3;
      f.edges.push_back({row, wall ? 1.0 : std::floor(2 * draws.uniform()), wall ? std::numeric_limits<double>::infinity() : 2 * draws.uniform()});
    }
    const auto m = edged_newton<double>(f, std::vector<double>(n, 0.0), std::vector<newton_bound<double>>(n), f.edges);
    INFO("seed " << seed);
    CHECK(m.convergence.converged);
    const double best = f.at(m.x);
    CHECK(close(best, m.at.value, metapool_test::digits10));
    for (const auto s : m.sides) on_edges += s == edge_side::on ? 1 : 0;
    for (int k = 0; k < 60; ++k) {
      auto x = m.x;
      for (double& v : x) v += draw() * std::pow(10.0, -k % 6);
      CHECK(f.at(x) <= best + 1e-9);
    }
  }
  CHECK(on_edges > 100);
}

TEST_CASE("Without edges it is Newton's method; a plateau is found and said to be one") {
  valley f{{{1.0}}, {2.0}, {}};
  CHECK(close(edged_newton<double>(f, {0.0}, {{}}, {}).x[0], 2.0, metapool_test::digits12));
  const auto plateau = [](const std::vector<double>& x, const std::vector<edge_side>& sides) {
    curvature<double, any_number> r;
    r.value = sides[0] == edge_side::above ? 0.0 : x[0];
    r.gradient = {sides[0] == edge_side::above ? 0.0 : 1.0};
    r.hessian = {0.0};
    return r;
  };
  const auto m = edged_newton<double>(plateau, {-1.0}, {{}}, {{{1.0}, 0.0, 1.0}});
  CHECK(m.convergence.converged);
  CHECK(m.at.value == 0);
  // all but linear up to a bend: Newton's step is a million times too long
  const auto bend = [](const std::vector<double>& x, const std::vector<edge_side>&) {
    curvature<double, any_number> r;
    const double e = std::exp(40 * x[0]);
    r.value = 3 * x[0] - e;
    r.gradient = {3 - 40 * e};
    r.hessian = {-1600 * e};
    return r;
  };
  const auto top = edged_newton<double>(bend, {-1.0}, {{}}, {{{1.0}, 5.0, 1.0}});
  CHECK(top.convergence.converged);
  CHECK(top.convergence.iterations < 60);
  CHECK(close(top.x[0], std::log(3.0 / 40) / 40, metapool_test::digits12));
}

TEST_CASE("Where rounding hides the rise, edges and curvature are still told from rounding") {
  // a value near 1e6 that rounding lets fall by 700 units in the last place on the way to the top at 0; the same without its slopes' consent
  double fall = 1.5e-7, slope = 2e-9;
  const auto rounded = [&](const std::vector<double>& x, const std::vector<edge_side>&) {
    curvature<double, any_number> r;
    r.value = 1e6 - 1e-9 * x[0] * x[0] - (std::fabs(x[0]) < 2 ? fall : 0);
    r.gradient = {std::fabs(x[0]) < 2 ? -slope * x[0] - (slope - 2e-9) : -2e-9 * x[0]};
    r.hessian = {-2e-9};
    return r;
  };
  const auto top = edged_newton<double>(rounded, {2.5}, {{}}, {});
  CHECK(top.convergence.converged);
  CHECK(std::fabs(top.x[0]) < 1e-12);
  slope = 1e-8;
  CHECK(std::fabs(edged_newton<double>(rounded, {2.5}, {{}}, {}).x[0]) >= 2);
  slope = 2e-9;
  fall = 1e-6;
  CHECK(std::fabs(edged_newton<double>(rounded, {2.5}, {{}}, {}).x[0]) >= 2);
  // a start off an edge by the rounding of what it comes from is on the edge: there the slope of 5 presses against it
  const auto wall = [](const std::vector<double>& x, const std::vector<edge_side>& sides) {
    curvature<double, any_number> r;
    const double y = sides[0] == edge_side::on ? 0.0 : (std::min)(0.0, x[0]);
    r.value = 5 * y - y * y - (x[1] - 1) * (x[1] - 1);
    r.gradient = {5 - 2 * y, 2 - 2 * x[1]};
    r.hessian = {-2, 0, 0, -2};
    return r;
  };
  for (const double off : {3e-18, -3e-18, 0.0}) {
    const auto m = edged_newton<double>(wall, {off, 0.0}, {{}, {}}, {{{1.0, 0.0}, 0.0, std::numeric_limits<double>::infinity()}});
    CHECK(m.convergence.converged);
    CHECK(m.sides[0] == edge_side::on);
    CHECK(m.convergence.residual < 1e-12);
    CHECK(close(m.x[1], 1.0, metapool_test::digits12));
  }
  // flat along (1, -2) but for rounding of the second derivatives and of the slope
  const auto flat = [](const std::vector<double>& x, const std::vector<edge_side>&) {
    curvature<double, any_number> r;
    const double y = 2 * x[0] + x[1] - 1;
    r.value = -10 * y * y;
    r.gradient = {-40 * y + 3e-15, -20 * y};
    r.hessian = {-80, -40, -40, -20 + 1e-14};
    return r;
  };
  const double inf = std::numeric_limits<double>::infinity();
  const auto on_plateau = edged_newton<double>(flat, {0.2, 0.6 + 1e-12}, {{}, {}}, {{{2.0, 1.0}, 1.0, inf}});
  CHECK(on_plateau.convergence.converged);
  CHECK(on_plateau.flat);
  CHECK(on_plateau.convergence.iterations < 30);
}

namespace {

constexpr double wall = std::numeric_limits<double>::infinity();

/// (x0, x1) by a sum of a function of each: value, slope and second derivative.
using numbers = std::array<double, 3>;
curvature<double, any_number> sum_of(const numbers& a, const numbers& b) { return {a[0] + b[0], {a[1], b[1]}, {a[2], 0, 0, b[2]}}; }
/// A parabola with its top.
numbers parabola(double x, double top) { return {-(x - top) * (x - top) / 2, top - x, -1}; }

}  // namespace

TEST_CASE("Where gains are below rounding a search goes on as long as they fall, and afresh after each edge that is met or left") {
  // off an edge that presses by 1e-8 only, after a search along it that gained less and less
  const auto left = [](const std::vector<double>& x, const std::vector<edge_side>&) {
    return sum_of(parabola(x[0], -1e-8), {-std::cosh(x[1] - 1), -std::sinh(x[1] - 1), -std::cosh(x[1] - 1)});
  };
  auto m = edged_newton<double>(left, {0.0, 1.00067}, {{}, {}}, {{{1.0, 0.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.sides[0] == edge_side::below);
  CHECK(std::fabs(m.x[0] + 1e-8) < 1e-12);
  CHECK(std::fabs(m.x[1] - 1) < 1e-12);
  // the same after a search that ended in steps of 1e-12, and after one that found no curvature along the edge but the wrong one
  const auto bent = [](const std::vector<double>& x, const std::vector<edge_side>&) {
    const double z = 1e12 * x[1], e = std::exp(40 * z);
    return sum_of(parabola(x[0], -1e-8), {3 * z - e, 1e12 * (3 - 40 * e), -1.6e27 * e});
  };
  m = edged_newton<double>(bent, {0.0, -1e-12}, {{}, {}}, {{{1.0, 0.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(std::fabs(m.x[0] + 1e-8) < 1e-12);
  const auto turned = [](const std::vector<double>& x, const std::vector<edge_side>& sides) { return sum_of(parabola(x[0], -1e-8), {0, 0, sides[0] == edge_side::on ? 1.0 : -1.0}); };
  m = edged_newton<double>(turned, {0.0, 0.0}, {{}, {}}, {{{1.0, 0.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(std::fabs(m.x[0] + 1e-8) < 1e-12);
  // a slope of 1e-9 without curvature promises nothing that can be seen, and leads to the edge all the same
  const auto slight = [](const std::vector<double>& x, const std::vector<edge_side>&) { return curvature<double, any_number>{1e-9 * x[0], {1e-9}, {0}}; };
  m = edged_newton<double>(slight, {0.0}, {{}}, {{{1.0}, 1e-8, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.sides[0] == edge_side::on);
  CHECK_FALSE(m.flat);
  // at an edge that is met at a tenth of a step too small to see, the rest of the way along it
  const auto met = [](const std::vector<double>& x, const std::vector<edge_side>&) { return sum_of(parabola(x[0], 1e-8), parabola(x[1], 1e-8)); };
  m = edged_newton<double>(met, {-1e-9, 0.0}, {{}, {}}, {{{1.0, 0.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.sides[0] == edge_side::on);
  CHECK(std::fabs(m.x[1] - 1e-8) < 1e-12);
  // second derivatives three times too large: each step leaves two thirds of the way, a gain of 4 / 9 of the last. Of those below rounding the first is taken, and it is the last
  const auto slow = [](const std::vector<double>& x, const std::vector<edge_side>&) { return curvature<double, any_number>{-x[0] * x[0] / 2, {-x[0]}, {-3.0}}; };
  m = edged_newton<double>(slow, {1e-8}, {{}}, {});
  CHECK(m.convergence.converged);
  CHECK(m.convergence.iterations == 2);
  CHECK(close(m.x[0], 2e-8 / 3, metapool_test::digits12));
  m = edged_newton<double>(slow, {1.22e-7}, {{}}, {});  // two steps: the first gains 5e-15
  CHECK(m.convergence.iterations == 3);
  CHECK(close(m.x[0], 1.22e-7 * 4 / 9, metapool_test::digits12));
  m = edged_newton<double>([](const std::vector<double>& x, const std::vector<edge_side>&) { return curvature<double, any_number>{-x[0] * x[0] / 2, {-x[0]}, {-1}}; }, {0.5}, {{}}, {});
  CHECK(m.convergence.iterations == 2);  // where nothing is to gain no step is tried
  CHECK(m.x[0] == 0);
}

TEST_CASE("An edge is kept to if the slope off it is rounding, of all slopes, and not if it is more") {
  // the first edge is pressed against by 1e6, off the second leads a slope of `off`
  const auto ends = [](double off) {
    const auto f = [off](const std::vector<double>& x, const std::vector<edge_side>&) { return sum_of({1e6 * x[0], 1e6, -1}, {-off * x[1] - x[1] * x[1] / 2, -off - x[1], -1}); };
    const auto m = edged_newton<double>(f, {0.0, 0.0}, {{}, {}}, {{{1.0, 0.0}, 0.0, wall}, {{0.0, 1.0}, 0.0, wall}});
    CHECK(m.convergence.converged);
    CHECK(m.sides[0] == edge_side::on);
    return m.sides[1];
  };
  CHECK(ends(1e-5) == edge_side::on);
  CHECK(ends(2e-4) == edge_side::below);
}

TEST_CASE("Beyond a kink the slope is another one at once") {
  // the slope up to the kink is 1e-7 above the drop: the top is 1e-7 beyond, where the value has risen by 5e-15
  const auto f = [](const std::vector<double>& x, const std::vector<edge_side>& sides) {
    const double y = x[0], drop = sides[0] == edge_side::above ? 3.0 : 0.0;
    return curvature<double, any_number>{(3 + 1e-7 - drop) * y - y * y / 2, {3 + 1e-7 - drop - y}, {-1}};
  };
  for (const double start : {-1.0, 0.0}) {
    const auto m = edged_newton<double>(f, {start}, {{}}, {{{1.0}, 0.0, 3.0}});
    CHECK(m.convergence.converged);
    CHECK(m.sides[0] == edge_side::above);
    CHECK(std::fabs(m.x[0] - 1e-7) < 1e-12);
    CHECK(m.convergence.iterations < 10);
  }
}

TEST_CASE("A summit off the edge on which the search was flat is not flat; edges of held parameters are none that it lies on") {
  const auto f = [](const std::vector<double>& x, const std::vector<edge_side>&) {  // -(x0 + 1)^2 - x0^2 (x1 - 1)^2
    const double a = x[0], b = x[1] - 1;
    return curvature<double, any_number>{-(a + 1) * (a + 1) - a * a * b * b, {-2 * (a + 1) - 2 * a * b * b, -2 * a * a * b}, {-2 - 2 * b * b, -4 * a * b, -4 * a * b, -2 * a * a}};
  };
  auto m = edged_newton<double>(f, {0.0, 0.5}, {{}, {}}, {{{1.0, 0.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK_FALSE(m.flat);
  CHECK(close(m.x[0], -1.0, metapool_test::digits10));
  CHECK(close(m.x[1], 1.0, metapool_test::digits10));
  std::vector<newton_bound<double>> bounds(2);
  bounds[0].held = true;
  m = edged_newton<double>([](const std::vector<double>& x, const std::vector<edge_side>&) { return sum_of(parabola(x[0], -2), parabola(x[1], 1)); }, {0.0, 0.0}, bounds, {{{1.0, 0.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.sides[0] == edge_side::below);
  CHECK(m.x == std::vector<double>{0, 1});
}

TEST_CASE("The residual is the slope, over the root of the second derivative where that is above 1") {
  // slopes that change their sign and no more: rounding at its worst
  for (const auto& [curve, divisor] : {std::array<double, 2>{1e8, 1e4}, {0.01, 1.0}}) {
    const double slope = 1e-10;
    const auto f = [slope, c = curve](const std::vector<double>& x, const std::vector<edge_side>&) { return curvature<double, any_number>{0, {x[0] > 0 ? -slope : slope}, {-c}}; };
    const auto m = edged_newton<double>(f, {1.0}, {{}}, {});
    CHECK(m.convergence.converged);
    CHECK(close(m.convergence.residual, slope / divisor, metapool_test::digits12));
  }
}

TEST_CASE("Along an edge on which the function is flat, curvature of rounding takes the search nowhere") {
  // -1000 - 10 (2 x0 + x1 - 1)^2, flat along (1, -2) but for rounding: of second derivatives, of the slope there
  const auto f = [](const std::vector<double>& x, const std::vector<edge_side>&) {
    const double y = 2 * x[0] + x[1] - 1;
    return curvature<double, any_number>{-1000 - 10 * y * y, {-40 * y + 2e-12, -20 * y}, {-80, -40, -40, -20 - 1e-14}};
  };
  const auto m = edged_newton<double>(f, {0.2, 0.6}, {{}, {}}, {{{2.0, 1.0}, 1.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.flat);
  CHECK(m.x == std::vector<double>{0.2, 0.6});
}

TEST_CASE("A start is on an edge that it is off by the rounding of its coordinates") {
  // x0 + x1 + x2 <= 0.3 at coordinates of millions, whose sum is 3.0000000004e-1: beyond the wall the function is not known
  const auto f = [](const std::vector<double>& x, const std::vector<edge_side>& sides) {
    curvature<double, any_number> r;
    r.gradient.assign(3, 0.0);
    r.hessian.assign(9, 0.0);
    r.value = sides[0] == edge_side::above ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double top = i == 0 ? 3e6 + 1 : i == 1 ? -2e6 : -1e6;
      r.value -= (x[i] - top) * (x[i] - top) / 2;
      r.gradient[i] = top - x[i];
      r.hessian[4 * i] = -1;
    }
    return r;
  };
  const std::vector<double> start{3e6 + 0.1, -2e6 + 0.1, -1e6 + 0.1};
  REQUIRE(start[0] + start[1] + start[2] > 0.3 + 1e-10);
  const auto m = edged_newton<double>(f, start, {{}, {}, {}}, {{{1.0, 1.0, 1.0}, 0.3, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.sides[0] == edge_side::on);
  for (std::size_t i = 0; i < 3; ++i) CHECK(close(m.x[i] - (i == 0 ? 3e6 + 1 : i == 1 ? -2e6 : -1e6), -0.7 / 3, metapool_test::tolerance{0, 0, 2e-9, "a few ulps of a million"}));
}

TEST_CASE("The function is not asked beyond bounds, of which several are met at once") {
  const double upper = 0.3;
  std::vector<newton_bound<double>> bounds(3);
  for (auto& b : bounds) b.upper = upper;
  std::size_t beyond = 0;
  const auto f = [&](const std::vector<double>& x, const std::vector<edge_side>&) {
    curvature<double, any_number> r;
    r.gradient.assign(3, 0.0);
    r.hessian.assign(9, 0.0);
    for (std::size_t i = 0; i < 3; ++i) {
      if (x[i] > upper) ++beyond;
      r.value += static_cast<double>(i + 1) * x[i] - x[i] * x[i] / 2;
      r.gradient[i] = static_cast<double>(i + 1) - x[i];
      r.hessian[4 * i] = -1;
    }
    return r;
  };
  for (int k = 0; k < 50; ++k) {
    // each parameter as far from its bound as its step is long: all are met at the same share of it
    const double share = 0.01 * k + 0.003;
    std::vector<double> start;
    for (int i = 1; i <= 3; ++i) start.push_back((upper - share * i) / (1 - share));
    const auto m = edged_newton<double>(f, start, bounds, {});
    CHECK(m.convergence.converged);
    CHECK(m.x == std::vector<double>(3, upper));
  }
  CHECK(beyond == 0);
}

TEST_CASE("Steps that meet an edge at once are taken for what they are, though rounding lowers the value there") {
  const auto f = [](const std::vector<double>& x, const std::vector<edge_side>& sides) {
    return curvature<double, any_number>{0.01 * x[0] - x[0] * x[0] / 2 - (sides[0] == edge_side::on ? 2e-15 : 0), {0.01 - x[0]}, {-1}};
  };
  const auto m = edged_newton<double>(f, {-1e-13}, {{}}, {{{1.0}, 0.0, wall}});
  CHECK(m.convergence.converged);
  CHECK(m.sides[0] == edge_side::on);
}

TEST_CASE("A bend is found on whatever scale it is, and steps are long again after it") {
  // all but linear up to a bend, in units of `unit` from `origin`
  for (const auto& [unit, origin] : {std::array<double, 2>{1e-18, 0.0}, {1e-6, 0.0}, {1.0, 1000.0}}) {
    const auto f = [u = unit, o = origin](const std::vector<double>& x, const std::vector<edge_side>&) {
      const double z = (x[0] - o) / u, e = std::exp(40 * z);
      return curvature<double, any_number>{3 * z - e, {(3 - 40 * e) / u}, {-1600 * e / u / u}};
    };
    std::vector<newton_bound<double>> bounds(1);
    bounds[0].growth = 1;
    const auto m = edged_newton<double>(f, {origin - unit}, bounds, {});
    CHECK(m.convergence.converged);
    CHECK(m.convergence.iterations < 75);
    CHECK(close((m.x[0] - origin) / unit, std::log(3.0 / 40) / 40, metapool_test::digits10));
  }
  // a sharp bend in one parameter, a long way to go in the other
  const auto f = [](const std::vector<double>& x, const std::vector<edge_side>&) {
    const double z = 1e6 * x[0], e = std::exp(40 * z);
    return sum_of({3 * z - e, 1e6 * (3 - 40 * e), -1.6e15 * e}, {-1e-3 * std::cosh((x[1] - 100) / 20), -5e-5 * std::sinh((x[1] - 100) / 20), -2.5e-6 * std::cosh((x[1] - 100) / 20)});
  };
  const auto m = edged_newton<double>(f, {-1e-6, 0.0}, {{}, {}}, {});
  CHECK(m.convergence.converged);
  CHECK(m.convergence.iterations < 110);
  CHECK(close(m.x[1], 100.0, metapool_test::digits8));
}

TEST_CASE("Among edges that meet in one point the search does not go round for ever") {
  // leaving the edge that is pressed through most, it does: seven walls through 0, of four parameters
  const std::vector<std::vector<double>> rows{{1, -3, 2, 0}, {0, 2, 3, 2}, {0, 0, -1, 0}, {1, 2, -3, -1}, {-1, 0, -1, -3}, {3, -3, 2, 2}, {3, -1, 3, -1}};
  std::vector<linear_edge<double>> edges;
  for (const auto& row : rows) edges.push_back({row, 0.0, wall});
  const std::vector<double> slope{-1, -4, 2, -1}, bend{0.049360735625802843, 0.0020956942644262703, 0.43715779589416498, 0.037786712417748274};
  const auto f = [&](const std::vector<double>& x, const std::vector<edge_side>&) {
    curvature<double, any_number> r;
    r.hessian.assign(16, 0.0);
    for (std::size_t i = 0; i < 4; ++i) {
      r.value += slope[i] * x[i] - bend[i] * x[i] * x[i] / 2;
      r.gradient.push_back(slope[i] - bend[i] * x[i]);
      r.hessian[5 * i] = -bend[i];
    }
    return r;
  };
  const auto m = edged_newton<double>(f, std::vector<double>(4, 0.0), std::vector<newton_bound<double>>(4), edges);
  CHECK(m.convergence.converged);
  CHECK(m.convergence.iterations < 200);
}

TEST_CASE("Multipliers of kept edges reproduce a gradient, edges that depend on others or not") {
  const auto on = edge_side::on;
  const std::vector<linear_edge<double>> edges{{{1, 1, 0, 0}, 0, 1}, {{2, 2, 0, 0}, 0, 1}, {{0, 0, 0, 3}, 0, 1}, {{1, 0, 1, 0}, 0, 1}, {{2, 1, 1, 0}, 0, 1}, {{0, 1, 0, 0}, 0, 1}};
  const kept_edges<double> kept(edges, std::vector<edge_side>(6, on), {false, false, false, true});
  REQUIRE(kept.kept == std::vector<std::size_t>{0, 3, 5});  // the second and fifth depend on them, the third is of what is held
  CHECK(kept.directions() == 0);
  const metapool::vector_of<double> gradient = 2 * Eigen::Vector3d(1, 1, 0) - 3 * Eigen::Vector3d(1, 0, 1) + 0.5 * Eigen::Vector3d(0, 1, 0);
  const auto l = kept.multipliers(gradient);
  REQUIRE(l.size() == 3);
  CHECK(close(l[0], 2.0, metapool_test::digits12));
  CHECK(close(l[1], -3.0, metapool_test::digits12));
  CHECK(close(l[2], 0.5, metapool_test::digits12));
  // rows that are all but parallel leave directions that are orthogonal all the same
  const std::vector<linear_edge<double>> close_ones{{{1, 1, 1}, 0, 1}, {{1, 1, 1 + 1e-9}, 0, 1}};
  const kept_edges<double> narrow(close_ones, {on, on}, {false, false, false});
  REQUIRE(narrow.kept.size() == 2);
  CHECK(std::fabs(narrow.u[0].dot(narrow.u[1])) < 1e-15);
  CHECK(std::fabs(narrow.u[0].dot(narrow.z(0))) < 1e-15);
  CHECK(std::fabs(narrow.u[1].dot(narrow.z(0))) < 1e-15);
  const kept_edges<double> two(edges, {on, on, edge_side::below, on, on, edge_side::above}, {false, false, false, true});
  REQUIRE(two.directions() == 1);
  for (const std::size_t e : two.kept) CHECK(std::fabs(two.z(0)(0) * edges[e].row[0] + two.z(0)(1) * edges[e].row[1] + two.z(0)(2) * edges[e].row[2]) < 1e-15);
}
