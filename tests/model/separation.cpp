// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/separation.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using metapool::matrix_of;
using metapool::vector_of;
using metapool::detail::likelihood_side;
using metapool::detail::nonnegative_least_squares;
using metapool::detail::separating_direction;

namespace {

constexpr auto inside = likelihood_side::inside, falls = likelihood_side::falls, rises = likelihood_side::rises;

matrix_of<double> with_ones(const std::vector<double>& x) {
  matrix_of<double> m(static_cast<Eigen::Index>(x.size()), 2);
  for (std::size_t i = 0; i < x.size(); ++i) m.row(static_cast<Eigen::Index>(i)) << 1, x[i];
  return m;
}

/// Whether the direction never lowers a likelihood, and raises one.
bool separates(const matrix_of<double>& rows, const std::vector<likelihood_side>& sides, const vector_of<double>& d) {
  const vector_of<double> eta = rows * d;
  bool moves = false;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    const double e = eta(static_cast<Eigen::Index>(i));
    if (sides[i] == inside && std::fabs(e) > 1e-9) return false;
    if (sides[i] == falls && e > 1e-9) return false;
    if (sides[i] == rises && e < -1e-9) return false;
    moves = moves || std::fabs(e) > 1e-3;
  }
  return moves;
}

void check_separated(const matrix_of<double>& rows, const std::vector<likelihood_side>& sides) {
  const auto d = separating_direction(rows, sides);
  REQUIRE(d);
  CHECK(separates(rows, sides, *d));
}

}  // namespace

TEST_CASE("Two studies inside at different moderators leave nothing to separate") {
  CHECK_FALSE(separating_direction(with_ones({0, 1, 2, 3}), {inside, inside, falls, falls}));
  CHECK_FALSE(separating_direction(with_ones({0, 1, 2, 3}), {inside, inside, rises, falls}));
}

TEST_CASE("A moderator beyond which one arm has no event separates") {
  check_separated(with_ones({0, 0, 0, 1, 1}), {inside, inside, inside, falls, falls});
  check_separated(with_ones({0, 0, 0, 1, 1}), {inside, inside, inside, rises, rises});
  check_separated(with_ones({5, 5, 6, 7}), {inside, inside, falls, falls});
  check_separated(with_ones({1, 2, 3, 4}), {rises, rises, falls, falls});  // completely
  check_separated(with_ones({1, 2, 2, 4}), {rises, rises, falls, falls});  // but for a tie
  check_separated(with_ones({1, 2, 3, 4}), {falls, falls, falls, falls});
}

TEST_CASE("Overlap of falling and rising studies is no separation") {
  CHECK_FALSE(separating_direction(with_ones({1, 3, 2, 4}), {rises, rises, falls, falls}));
  CHECK_FALSE(separating_direction(with_ones({0, 1, 1, 0}), {inside, rises, falls, inside}));
  CHECK_FALSE(separating_direction(with_ones({2, 2, 1, 3}), {rises, falls, rises, rises}));
}

TEST_CASE("Separation in a plane of two moderators is found, and overlap in it") {
  matrix_of<double> m(6, 3);
  m << 1, 0, 1, 1, 1, 2, 1, 2, 3.1, 1, 0, 0, 1, 1, 1, 1, 2, 1.9;  // above and below the line b = a + 0.5
  check_separated(m, {rises, rises, rises, falls, falls, falls});
  CHECK_FALSE(separating_direction(m, {rises, falls, rises, falls, rises, falls}));
  m(5, 2) = 4;
  CHECK_FALSE(separating_direction(m, {rises, rises, rises, falls, falls, falls}));
  CHECK_FALSE(separating_direction(matrix_of<double>(3, 0), {falls, falls, falls}));
}

TEST_CASE("Least squares with no negative parts meets its conditions") {
  matrix_of<double> b(3, 2);
  b << 1, 0, 0.6, 0.8, -0.6, 0.8;
  for (const auto& target : {std::vector<double>{1, 2}, {-1, 0.5}, {2, -1}, {-3, -1}, {0.1, 5}}) {
    const vector_of<double> t = Eigen::Map<const vector_of<double>>(target.data(), 2);
    const vector_of<double> x = nonnegative_least_squares(b, t);
    const vector_of<double> gain = b * vector_of<double>(t - b.transpose() * x);
    for (Eigen::Index i = 0; i < 3; ++i) {
      CHECK(x(i) >= 0);
      CHECK(gain(i) < 1e-10);
      CHECK(std::fabs(x(i) * gain(i)) < 1e-10);
    }
  }
}

TEST_CASE("Studies whose moderators differ by less than rounding of sums are not called separated without a direction that separates them") {
  // the second study's arms overlap with the first's by 3e-7: no line parts them from the third
  CHECK_FALSE(separating_direction(with_ones({-1, -1.000000323211043, 1}), {rises, falls, falls}));
  check_separated(with_ones({-1, -0.999999676788957, 1}), {rises, falls, falls});
  // rows that agree to the last digits cannot all come into the least squares
  const auto close_rows = with_ones({1, 1 + 4e-16, 1 - 4e-16, 2, 3});
  for (const auto& sides : {std::vector<likelihood_side>{rises, falls, rises, falls, rises}, {falls, rises, falls, rises, falls}}) {
    const auto d = separating_direction(close_rows, sides);
    if (d) CHECK(separates(close_rows, sides, *d));
  }
}
