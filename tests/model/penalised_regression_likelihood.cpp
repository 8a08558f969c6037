// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/penalised_regression_likelihood.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

using metapool::matrix_of;
using metapool::vector_of;
using metapool_test::close;
using regression = metapool::detail::penalised_regression<double>;
using point = regression::point;

namespace {

const std::vector<metapool::two_by_two<double>> tables{{1, 11, 7, 5}, {0, 12, 3, 26}, {10, 10, 16, 4}, {5, 16, 4, 20}, {2, 40, 0, 35}};

matrix_of<double> columns() {
  matrix_of<double> q(5, 2);
  q << 1, -1.2, 1, 0.3, 1, 1.7, 1, -0.4, 1, -0.4;
  return q;
}

point somewhere(std::size_t coefficients) {
  point at;
  at.b = vector_of<double>(static_cast<Eigen::Index>(coefficients));
  for (Eigen::Index j = 0; j < at.b.size(); ++j) at.b(j) = j == 0 ? -0.8 : 0.35;
  at.levels = {-1.1, -2.4, 0.3, -1.2, -3.3};
  return at;
}

/// Levels, then coefficients.
vector_of<double> gradient_of(const point& at) {
  vector_of<double> g(static_cast<Eigen::Index>(at.levels.size()) + at.b.size());
  for (std::size_t i = 0; i < at.levels.size(); ++i) g(static_cast<Eigen::Index>(i)) = at.slopes[i];
  g.tail(at.b.size()) = at.slope;
  return g;
}

/// Minus the second derivatives: the arrow, its diagonals as step_of takes them, and W W' / 2.
matrix_of<double> curves_of(const point& at, double damping) {
  const auto k = static_cast<Eigen::Index>(at.levels.size()), p = at.b.size();
  matrix_of<double> h = matrix_of<double>::Zero(k + p, k + p), w(k + p, at.w_b.cols());
  for (Eigen::Index i = 0; i < k; ++i) {
    const double own = at.diagonal[static_cast<std::size_t>(i)];
    h(i, i) = damping > 0 ? (1 + damping) * std::fabs(own) : own;
  }
  h.topRightCorner(k, p) = at.cross;
  h.bottomLeftCorner(p, k) = at.cross.transpose();
  h.bottomRightCorner(p, p) = at.corner;
  for (Eigen::Index j = 0; j < p; ++j) h(k + j, k + j) += damping * std::fabs(at.corner(j, j));
  w << at.w_levels, at.w_b;
  return h + w * w.transpose() / 2;
}

/// A study and a coefficient: the arrow is (diagonal, cross; cross, corner), W is (w, 0).
point small(double diagonal, double cross, double corner, double w) {
  point at;
  at.b = vector_of<double>::Zero(1);
  at.levels = {0};
  at.slope = vector_of<double>::Constant(1, 0.7);
  at.slopes = {-0.4};
  at.diagonal = {diagonal};
  at.cross = matrix_of<double>::Constant(1, 1, cross);
  at.corner = matrix_of<double>::Constant(1, 1, corner);
  at.w_levels = matrix_of<double>::Constant(1, 1, w);
  at.w_b = matrix_of<double>::Zero(1, 1);
  return at;
}

bool has_step(const point& at, double damping = 0) {
  std::vector<double> move;
  vector_of<double> move_b;
  return regression::step_of(at, std::vector<bool>(static_cast<std::size_t>(at.b.size()), false), damping, move, move_b);
}

}  // namespace

TEST_CASE("First and second derivatives of the penalised likelihood are those of its values and slopes") {
  const regression f(tables, columns());
  point at = somewhere(2);
  f.evaluate(at);
  const auto g = gradient_of(at);
  const auto h = curves_of(at, 0);
  const double step = 1e-4;
  for (Eigen::Index j = 0; j < g.size(); ++j) {
    std::array<point, 2> beside{at, at};
    for (std::size_t side = 0; side < 2; ++side) {
      const double move = side == 0 ? -step : step;
      if (j < 5) {
        beside[side].levels[static_cast<std::size_t>(j)] += move;
      } else {
        beside[side].b(j - 5) += move;
      }
      f.evaluate(beside[side]);
    }
    CHECK(close(g(j), (beside[1].value - beside[0].value) / (2 * step), metapool_test::digits6));
    const vector_of<double> difference = (gradient_of(beside[0]) - gradient_of(beside[1])) / (2 * step);
    CHECK((difference - h.col(j)).cwiseAbs().maxCoeff() < 1e-6);
  }
}

TEST_CASE("A step of Firth's regression solves the equations of the whole matrix, damped or not, whatever the size of its entries") {
  const regression f(tables, columns());
  point at = somewhere(2);
  f.evaluate(at);
  for (const double damping : {0.0, 0.25, 4.0}) {
    std::vector<double> move;
    vector_of<double> move_b;
    REQUIRE(regression::step_of(at, {false, false}, damping, move, move_b));
    vector_of<double> step(7);
    for (Eigen::Index i = 0; i < 5; ++i) step(i) = move[static_cast<std::size_t>(i)];
    step.tail(2) = move_b;
    CHECK((curves_of(at, damping) * step - gradient_of(at)).cwiseAbs().maxCoeff() < 1e-12);
  }
  point wide = small(1, 0, 0, 0);
  wide.b = vector_of<double>::Zero(2);
  wide.slope = Eigen::Vector2d(3e5, 0.2e-5);
  wide.cross = matrix_of<double>::Zero(1, 2);
  wide.corner = Eigen::Matrix2d{{1e10, 0.5}, {0.5, 1e-10}};  // its determinant is 3/4
  wide.w_levels = matrix_of<double>::Zero(1, 3);
  wide.w_b = matrix_of<double>::Zero(2, 3);
  std::vector<double> move;
  vector_of<double> move_b;
  REQUIRE(regression::step_of(wide, {false, false}, 0, move, move_b));
  CHECK(close(move_b(0), (1e-10 * 3e5 - 0.5 * 0.2e-5) / 0.75, metapool_test::digits12));
  CHECK(close(move_b(1), (1e10 * 0.2e-5 - 0.5 * 3e5) / 0.75, metapool_test::digits12));
}

TEST_CASE("A matrix has a step if it is positive definite, whatever the signs of the arrow") {
  CHECK(has_step(small(2, 0.5, 1, 0)));
  CHECK_FALSE(has_step(small(-1, 0.5, 1, 0)));
  CHECK_FALSE(has_step(small(0.25, 0.5, 1, 0)));  // its determinant is 0
  CHECK_FALSE(has_step(small(0.2, 0.5, 1, 0)));
  CHECK(has_step(small(-1, 0.5, 1, 2)));  // -1 + 2^2 / 2 = 1
  CHECK_FALSE(has_step(small(0, 0.5, 1, 0)));
  CHECK(has_step(small(-1, 0.5, 1, 0), 0.25));
  point levels = small(0, 0, 0, 0);
  levels.b.resize(0);
  levels.slope.resize(0);
  levels.cross.resize(1, 0);
  levels.corner.resize(0, 0);
  levels.w_levels.resize(1, 0);
  levels.w_b.resize(0, 0);
  CHECK_FALSE(has_step(levels));
  levels.diagonal = {3};
  CHECK(has_step(levels));
}

TEST_CASE("Without coefficients the penalised likelihood is the sum of the studies' own terms") {
  const regression f(tables, matrix_of<double>(5, 0));
  point at = somewhere(0);
  f.evaluate(at);
  double sum = 0;
  for (std::size_t i = 0; i < 5; ++i) sum += metapool::detail::penalised_level_at(f.tables()[i], 0.0, at.levels[i]).own;
  CHECK(close(at.value, sum, metapool_test::digits12));
}
