// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/edged_newton.hpp>
#include <metapool/math/random.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <algorithm>
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
  const kept_edges<double> two(edges, {on, on, edge_side::below, on, on, edge_side::above}, {false, false, false, true});
  REQUIRE(two.directions() == 1);
  for (const std::size_t e : two.kept) CHECK(std::fabs(two.z(0)(0) * edges[e].row[0] + two.z(0)(1) * edges[e].row[1] + two.z(0)(2) * edges[e].row[2]) < 1e-15);
}
