// SPDX-License-Identifier: BSL-1.0
#include <metapool/model/splines.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/meta_regression.hpp>

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
const std::vector<double> knots{13, 19, 33, 44, 52};
}  // namespace

TEST_CASE("natural splines have the columns of rcspline.eval, also beyond the outermost knots") {
  // R's Hmisc 4.8: rcspline.eval(ablat, knots = c(13, 19, 33, 44, 52), inclx = TRUE), rows 1 and 2, and at 5 and 60
  const auto d = natural_spline_term(latitude, "latitude", knots);
  CHECK(d.names == std::vector<std::string>{"latitude", "latitude, bend at 13", "latitude, bend at 19", "latitude, bend at 33"});
  const double first[] = {44, 19.5864562787640, 10.272846811308, 0.875082182774};
  const double second[] = {55, 44.5128205128205, 27.120315581854, 4.946745562130};
  const auto at_new = natural_spline_term(std::vector<double>{5, 60}, "latitude", knots);
  const double below[] = {5, 0, 0, 0};
  const double above[] = {60, 56.4358974359, 35.2564102564, 7.00788954635};
  for (int j = 0; j < 4; ++j) {
    CHECK(close(d.x(0, j), first[j], digits10));
    CHECK(close(d.x(1, j), second[j], digits10));
    CHECK(at_new.x(0, j) == below[j]);
    CHECK(close(at_new.x(1, j), above[j], digits10));
  }
}

TEST_CASE("natural splines fit what R's ns fits with the outermost knots as boundary knots") {
  // metafor 3.8, rma(yi, vi, mods = ~ ns(ablat, knots = c(19, 33, 44), Boundary.knots = c(13, 52))), tightened control: tau2 and fitted values
  const auto fit = meta_regression(effect_sizes(bcg(), risk_ratio{}), intercept_only(13) + natural_spline_term(latitude, "latitude", knots));
  CHECK(close(*fit.tau2, 0.0879324092503, digits8));
  const double fitted[] = {-1.0796863493019, -1.5151410789765, -0.8781019783725, -1.4425589686710, -0.0527839818638, -1.0796863493019, -0.7399712235600,
                           -0.0527839818638, -0.3827170001353, -0.8781019783725, -0.6785017691785, -0.0767101943856, -0.0767101943856};
  for (std::size_t i = 0; i < 13; ++i) CHECK(close(fit.fitted[i], fitted[i], digits8));
}

TEST_CASE("a natural spline's second derivative is continuous at the knots and nought beyond the outermost") {
  const double h = 1e-3;
  const auto second_derivative = [&](double x) {
    const auto d = natural_spline_term(std::vector<double>{x - h, x, x + h}, "x", knots);
    std::vector<double> r;
    for (int j = 0; j < 4; ++j) r.push_back((d.x(0, j) - 2 * d.x(1, j) + d.x(2, j)) / (h * h));
    return r;
  };
  for (const double t : knots) {
    const auto left = second_derivative(t - 2 * h), right = second_derivative(t + 2 * h);
    for (std::size_t j = 0; j < 4; ++j) CHECK(std::fabs(left[j] - right[j]) < 1e-2 * 0.05);
  }
  for (const double x : {5.0, 60.0, 1000.0}) {
    for (const double r : second_derivative(x)) CHECK(std::fabs(r) < 1e-6);
  }
}

TEST_CASE("a linear spline changes its slope at the knots") {
  const auto d = linear_spline_term(std::vector<double>{5, 20, 60}, "latitude", {19, 50});
  CHECK(d.names == std::vector<std::string>{"latitude", "latitude beyond 19", "latitude beyond 50"});
  CHECK(d.x(0, 0) == 5.0);
  CHECK(d.x(0, 1) == 0.0);
  CHECK(d.x(1, 1) == 1.0);
  CHECK(d.x(1, 2) == 0.0);
  CHECK(d.x(2, 1) == 41.0);
  CHECK(d.x(2, 2) == 10.0);
  CHECK(d.terms.size() == 1);
}

TEST_CASE("splines refuse too few knots and knots out of order") {
  CHECK(contains(message_of<input_error>([] { natural_spline_term(latitude, "x", {1, 2}); }), "2 knots; at least 3 are needed"));
  CHECK(contains(message_of<input_error>([] { natural_spline_term(latitude, "x", {1, 3, 2}); }), "knot 3 is 2"));
  CHECK(contains(message_of<input_error>([] { linear_spline_term(latitude, "x", {}); }), "0 knots"));
  CHECK(contains(message_of<input_error>([] { linear_spline_term(latitude, "x", {2, 2}); }), "ascending"));
}
