// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/design.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::contains;
using metapool_test::message_of;

namespace {

const std::vector<std::string> labels{"A", "B", "C", "D", "E"};

matrix_of<double> two_columns() {
  matrix_of<double> x(5, 2);
  x << 1, 2, 2, 1, 3, 5, 4, 4, 5, 0;
  return x;
}

}  // namespace

TEST_CASE("a design puts an intercept in front of the moderators, each of which is a term") {
  const auto d = design_of(two_columns(), {"dose", "age"});
  CHECK(d.rows() == 5);
  CHECK(d.columns() == 3);
  CHECK(d.intercept);
  CHECK(d.names == std::vector<std::string>{"intercept", "dose", "age"});
  CHECK(d.term_names == std::vector<std::string>{"dose", "age"});
  CHECK(d.terms == std::vector<std::vector<std::size_t>>{{1}, {2}});
  CHECK(d.x(3, 0) == 1);
  CHECK(d.x(3, 2) == 4);
  detail::check_design("test", d, labels);
}

TEST_CASE("a design without an intercept takes the columns as they are, also from an expression") {
  const auto d = design_of(2 * two_columns(), {}, with_intercept::no);
  CHECK_FALSE(d.intercept);
  CHECK(d.names == std::vector<std::string>{"x1", "x2"});
  CHECK(d.x(2, 1) == 10);
  CHECK(d.terms == std::vector<std::vector<std::size_t>>{{0}, {1}});
}

TEST_CASE("a design without moderators is one column of ones, and one moderator may be a vector") {
  CHECK(intercept_only(4).x == matrix_of<double>::Ones(4, 1));
  const auto d = design_of(std::vector<double>{3, 1, 2}, "dose");
  CHECK(d.columns() == 2);
  CHECK(d.x(2, 1) == 2);
  CHECK(d.names[1] == "dose");
}

TEST_CASE("a design that does not fit the studies is refused") {
  const auto refusal = [&](const design<double>& d) { return message_of<input_error>([&] { detail::check_design("f", d, labels); }); };
  CHECK(contains(message_of<input_error>([] { design_of(two_columns(), {"one"}); }), "1 names for 2 columns"));
  CHECK(contains(refusal(intercept_only(4)), "4 rows for 5 studies"));
  auto d = design_of(two_columns(), {"dose", "age"});
  d.x(2, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(refusal(d), "study 'C': dose = nan must be a finite number"));
  d = design_of(two_columns());
  d.x(4, 0) = 2;
  CHECK(contains(refusal(d), "study 'E': intercept = 2 must be 1"));
  d = design_of(two_columns());
  d.names.pop_back();
  CHECK(contains(refusal(d), "2 names for 3 columns"));
  d = design_of(two_columns());
  d.terms.push_back({3});
  d.term_names.push_back("beyond");
  CHECK(contains(refusal(d), "names column 3 of 3"));
  d.term_names.pop_back();
  CHECK(contains(refusal(d), "2 names for 3 terms"));
  CHECK(contains(refusal(design_of(matrix_of<double>(matrix_of<double>::Random(5, 5)))), "5 studies cannot estimate 6 coefficients"));
  CHECK(contains(refusal(design<double>{.x = matrix_of<double>(5, 0)}), "no columns"));
}

TEST_CASE("columns that depend on others are named, with those on which they depend") {
  matrix_of<double> x(5, 3);
  x.leftCols(2) = two_columns();
  x.col(2) = 3 * x.col(0) - matrix_of<double>::Ones(5, 1);
  const std::string message = message_of<rank_error>([&] { detail::check_design("f", design_of(x, {"dose", "age", "weight"}), labels); });
  CHECK(contains(message, "3 columns") == false);
  CHECK(contains(message, "4 columns but rank 3"));
  CHECK(contains(message, "'dose'"));
  CHECK(contains(message, "'weight'"));
  CHECK(contains(message, "'intercept'"));
  CHECK_FALSE(contains(message, "'age'"));
  x.col(2).setZero();
  CHECK(contains(message_of<rank_error>([&] { detail::check_design("f", design_of(x), labels); }), "'x3' is zero"));
}

TEST_CASE("columns that differ by one part in 10^8 are told apart, those that differ by rounding are not") {
  matrix_of<double> x(5, 2);
  x.col(0) = two_columns().col(0) / 3;
  x.col(1) = x.col(0) + 1e-8 * two_columns().col(1);
  CHECK(detail::column_rank(x).rank == 2);
  CHECK(detail::column_rank(matrix_of<double>(1e200 * x)).rank == 2);
  CHECK(detail::column_rank(matrix_of<double>(1e-200 * x)).rank == 2);
  x.col(1) = x.col(0) + 1e-16 * two_columns().col(1);
  CHECK(detail::column_rank(x).rank == 1);
  CHECK(detail::column_rank(matrix_of<double>(matrix_of<double>::Zero(3, 2))).rank == 0);
}
