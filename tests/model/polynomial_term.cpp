// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/polynomial_term.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
const std::vector<double> latitude{44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33};
}

TEST_CASE("powers are products, and their names say of what") {
  const auto d = power_term(latitude, "latitude", 3, {.centre = 33.0});
  CHECK(d.names == std::vector<std::string>{"latitude (centred at 33)", "latitude (centred at 33)^2", "latitude (centred at 33)^3"});
  CHECK(d.x(1, 0) == 22.0);
  CHECK(d.x(1, 1) == 484.0);
  CHECK(d.x(1, 2) == 10648.0);
  CHECK(d.terms.size() == 1);
}

TEST_CASE("orthogonal polynomials are those of R's poly, also at new values") {
  // R 4.2: poly(ablat, 3) rows 1 and 5; predict(poly(ablat, 3), c(0, 100))
  const orthogonal_polynomial<double> basis(latitude, "latitude", 3);
  const auto d = basis.term(latitude);
  CHECK(d.names == std::vector<std::string>{"latitude, linear", "latitude, quadratic", "latitude, cubic"});
  const double first[] = {0.21063317327703, -0.1107919379456, -0.2872692602991};
  const double fifth[] = {-0.40896659920942, 0.3327768900031, -0.2964753682120};
  const auto at_new = basis.term({0, 100});
  const double new_first[] = {-0.668798761865, 1.51024266365, -4.34127914942};
  const double new_second[] = {1.329910181640, 7.53260636690, 41.22924415580};
  for (int j = 0; j < 3; ++j) {
    CHECK(close(d.x(0, j), first[j], digits10));
    CHECK(close(d.x(4, j), fifth[j], digits10));
    CHECK(close(at_new.x(0, j), new_first[j], digits10));
    CHECK(close(at_new.x(1, j), new_second[j], digits10));
  }
}

TEST_CASE("orthogonal polynomials are orthonormal and orthogonal to the intercept, far from 0 too") {
  std::vector<double> x;
  for (int i = 0; i < 20; ++i) x.push_back(1e6 + i * i);
  const auto d = orthogonal_polynomial<double>(x, "year", 5).term(x);
  for (int a = 0; a < 5; ++a) {
    CHECK(std::fabs(d.x.col(a).sum()) < 1e-9);
    for (int b = 0; b <= a; ++b) CHECK(std::fabs(d.x.col(a).dot(d.x.col(b)) - (a == b ? 1 : 0)) < 1e-9);
  }
  CHECK(orthogonal_polynomial<double>(x, "year", 5).term(x).names.back() == "year, degree 5");
}

TEST_CASE("polynomials refuse degrees that the values cannot carry") {
  CHECK(contains(message_of<input_error>([] { orthogonal_polynomial<double>({1, 2, 2, 1}, "x", 2); }), "needs more than the 2 different values of 'x'"));
  CHECK(contains(message_of<input_error>([] { orthogonal_polynomial<double>({1, 2, 3}, "x", 0); }), "at least 1"));
  CHECK(contains(message_of<input_error>([] { power_term(std::vector<double>{1, 2}, "x", 0); }), "at least 1"));
}
