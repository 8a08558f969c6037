// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/beta_binomial_likelihood.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace metapool::detail;
using metapool_test::close;
using metapool_test::digits12;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

beta_binomial_group<double> group_of(const std::vector<std::array<double, 2>>& arms) {
  beta_binomial_group<double> g;
  for (const auto& [y, n] : arms) g.add(y, n);
  return g;
}

/// The grid of correlations, and those that are taken for summits of a height.
template <class Height>
std::array<std::vector<double>, 2> grid_and_starts(const Height& height, double n) {
  std::vector<double> grid;
  const auto starts = likely_correlations<double>([&](double rho) {
    grid.push_back(rho);
    return height(rho);
  }, n);
  return {grid, starts};
}

}  // namespace

TEST_CASE("Means and what they lack to 1 keep their digits at both ends of both scales") {
  for (const double x : {-40.0, -1e-13, 0.0, 1e-13, 40.0}) {
    const auto [mu, nu] = mean_numbers(mean_scale::logit, x);
    CHECK(close(mu.value, 1 / (1 + std::exp(-x)), digits12));
    CHECK(close(nu.value, 1 / (1 + std::exp(x)), digits12));
    CHECK(close(mu.first[0], mu.value * nu.value, digits12));
    CHECK(nu.first[0] == -mu.first[0]);
  }
  const auto [mu, nu] = mean_numbers(mean_scale::log, -1e-13);
  CHECK(close(nu.value, 1e-13 - 5e-27, digits12));
  CHECK(close(mu.value, 1.0, digits12));
}

TEST_CASE("A rough mean weighs arms by how much they tell at a correlation") {
  const auto g = group_of({{1, 3}, {4, 5}, {0, 0}, {2, 9}});
  CHECK(g.largest_total() == 9);
  CHECK(group_of({{2, 9}, {4, 5}}).largest_total() == 9);
  const double a = 1 / 2.0, b = 1 / 3.0, c = 1 / 5.0;  // of 3, 5 and 9 patients, at a correlation of one half
  CHECK(close(g.rough_logit(0.5), std::log((a + 4 * b + 2 * c) / (2 * a + b + 7 * c)), digits12));
  CHECK(close(g.rough_logit(0.0), std::log(7.0 / 10), digits12));
  CHECK_FALSE(group_of({{0, 1}, {1, 1}}).has_pairs());
  CHECK(group_of({{0, 1}, {1, 2}}).has_pairs());
}

TEST_CASE("Pairs of patients: mean and correlation in closed form") {
  // 6 pairs without event, 3 with one, 4 with two
  std::vector<std::array<double, 2>> arms;
  for (int i = 0; i < 6; ++i) arms.push_back({0, 2});
  for (int i = 0; i < 3; ++i) arms.push_back({1, 2});
  for (int i = 0; i < 4; ++i) arms.push_back({2, 2});
  std::array<newton_bound<double>, 2> bounds;
  const auto m = group_maximum(group_of(arms), bounds);
  const double p = 11.0 / 26;
  CHECK(m.convergence.converged);
  CHECK(close(m.x[0], std::log(p / (1 - p)), digits12));
  CHECK(close(m.x[1], 1 - 3 / (26 * p * (1 - p)), metapool_test::digits10));
}

TEST_CASE("The grid of correlations reaches from a quarter over the largest arm to 1, and summits on it are found") {
  const auto smooth = grid_and_starts([](double rho) { return -(rho - 0.05) * (rho - 0.05); }, 100);
  const std::vector<double> grid{0, 0.0025, 0.0075, 0.0225, 0.0675, 0.2025, 0.6075, 0.9, 0.99, 1};
  REQUIRE(smooth[0].size() == grid.size());
  for (std::size_t i = 0; i < grid.size(); ++i) CHECK(close(smooth[0][i], grid[i], metapool_test::at_scale(digits12, 1)));
  REQUIRE(smooth[1].size() == 1);
  CHECK(smooth[1][0] == smooth[0][4]);
  const auto ends = grid_and_starts([](double rho) { return (rho - 0.3) * (rho - 0.3); }, 100)[1];
  CHECK(ends == std::vector<double>{0, 1});
  // of equal neighbours the last
  const auto level = grid_and_starts([](double rho) { return rho < 0.05 ? 1.0 : 0.0; }, 100);
  CHECK(level[1] == std::vector<double>{level[0][3], 1});
  // what has no likelihood is no start, nor is it higher than what has
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto holes = grid_and_starts([&](double rho) { return rho < 0.001 ? nan : rho > 0.95 ? -infinity : -rho; }, 100);
  CHECK(holes[1] == std::vector<double>{holes[0][1]});
  CHECK(grid_and_starts([&](double) { return nan; }, 100)[1].empty());
  CHECK(grid_and_starts([](double) { return -infinity; }, 100)[1].empty());
}

TEST_CASE("Of maxima of the same height the one that converged is kept, evaluations are those of all, the residual is in units of the curvature") {
  using point = std::array<double, 1>;
  // at 0 a slope that leads nowhere, at 2 a summit, of the same height
  const auto f = [](const point& x) -> curvature<double, 1> {
    if (x[0] == 0) return {1, {1}, {-1}};
    return x[0] > 1 && x[0] < 3 ? curvature<double, 1>{1 - 2 * (x[0] - 2) * (x[0] - 2), {-4 * (x[0] - 2)}, {-4}} : curvature<double, 1>{0, {0}, {-1}};
  };
  const std::array<newton_bound<double>, 1> bounds{};
  const auto lost = bounded_newton<double, 1>(f, {0.0}, bounds), summit = bounded_newton<double, 1>(f, {2.0}, bounds);
  REQUIRE_FALSE(lost.convergence.converged);
  REQUIRE(lost.at.value == summit.at.value);
  for (const auto& starts : {std::vector<point>{{0}, {2}}, std::vector<point>{{2}, {0}}, std::vector<point>{{5}, {0}, {2}}}) {
    const auto m = highest_maximum<double, 1>(f, starts, bounds);
    CHECK(m.convergence.converged);
    CHECK(m.x[0] == 2);
    CHECK(m.convergence.iterations == lost.convergence.iterations + summit.convergence.iterations + (starts.size() == 3 ? 1 : 0));
    CHECK(m.convergence.residual == 0);
  }
  newton_maximum<double, 2> at;
  at.x = {0, 0.5};
  at.at.gradient = {-7, 0.04};
  at.at.hessian = {-1, 0, 0, -16};
  std::array<newton_bound<double>, 2> both;
  both[0].lower = 0;  // pressed against
  CHECK(close(scaled_residual(at, both), 0.01, digits12));
  both[0].lower = -1;
  CHECK(close(scaled_residual(at, both), 7.0, digits12));
}
