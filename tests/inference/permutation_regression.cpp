// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/permutation_regression.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mp = metapool;
using metapool_test::close;
using metapool_test::printed;

namespace {

// the first six trials of BCG vaccine, rounded; the moderators are made up
mp::effects<double> six() {
  mp::effects<double> e;
  e.y = {-0.8893, -1.5854, -1.3481, -1.4416, -0.2175, -0.7861};
  e.v = {0.3256, 0.1946, 0.4154, 0.0200, 0.0512, 0.0069};
  e.labels.assign(6, "trial");
  return e;
}

mp::design<double> number_and_group() {
  Eigen::MatrixXd x(6, 2);
  x << 0.3, 0, 1.2, 0, 0.1, 1, 2.2, 1, 1.7, 0, 0.4, 1;
  return mp::design_of(x);
}

}  // namespace

TEST_CASE("All 720 arrangements of a number: metafor 3.8's permutest(exact = TRUE), tightened") {
  const auto x = mp::design_of(number_and_group().x.col(1));
  const auto r = mp::permutation_test(mp::meta_regression(six(), x, mp::reml{}), mp::reml{});
  CHECK(r.exact);
  CHECK(r.arrangements == 720);
  CHECK(close(r.p[0], 0.7888888889, printed(10)));
  CHECK(close(r.p[1], 0.8972222222, printed(10)));
  CHECK(close(r.joint_p, 0.8972222222, printed(10)));
  CHECK(close(r.statistic[0], -2.042457, printed(6)));
  CHECK(close(r.statistic[1], -0.1531676, printed(7)));
  CHECK(close(r.joint_statistic, 0.02346032, printed(7)));
  const auto common = mp::permutation_test(mp::common_effect_regression(six(), x), mp::fixed_tau2{});
  CHECK(close(common.p[0], 0.7055555556, printed(10)));
  CHECK(close(common.p[1], 0.4763888889, printed(10)));
}

TEST_CASE("Two moderators by Knapp and Hartung, and a group of which only 20 arrangements differ: metafor 3.8") {
  const mp::permutation_regression_options t{.statistic = mp::permutation_statistic::t};
  const auto both = mp::permutation_test(mp::meta_regression(six(), number_and_group(), mp::dersimonian_laird{}), mp::dersimonian_laird{}, t);
  CHECK(close(both.p[0], 0.8152777778, printed(10)));
  CHECK(close(both.p[1], 0.9097222222, printed(10)));
  CHECK(close(both.p[2], 0.6652777778, printed(10)));
  CHECK(close(both.joint_p, 0.8791666667, printed(10)));
  CHECK(close(both.statistic[2], -0.6273945, printed(7)));
  CHECK(close(both.joint_statistic, 0.2026462, printed(7)));
  const auto group = mp::design_of(number_and_group().x.col(2));
  const auto r = mp::permutation_test(mp::meta_regression(six(), group, mp::dersimonian_laird{}), mp::dersimonian_laird{});
  CHECK(r.arrangements == 20);
  CHECK(close(r.p[0], 0.85, printed(10)));
  CHECK(close(r.p[1], 0.6, printed(10)));
  CHECK(r.smallest_p == 0.05);
  CHECK(r.notes.empty());
}

TEST_CASE("Random arrangements of moderators: near the exact p, the same for any number of threads") {
  const auto fit = mp::meta_regression(six(), mp::design_of(number_and_group().x.col(1)), mp::dersimonian_laird{});
  const double exact = mp::permutation_test(fit, mp::dersimonian_laird{}).p[1];
  const auto one = mp::permutation_test(fit, mp::dersimonian_laird{}, {.exact_up_to = 100, .draws = 3000, .seed = 4});
  const auto three = mp::permutation_test(fit, mp::dersimonian_laird{}, {.exact_up_to = 100, .draws = 3000, .seed = 4, .threads = 3});
  CHECK_FALSE(one.exact);
  CHECK(one.arrangements == 3001);
  CHECK(std::fabs(one.p[1] - exact) < 4 * one.monte_carlo_error[1]);
  CHECK(one.p == three.p);
  CHECK(one.joint_p == three.joint_p);
  CHECK(one.notes.size() == 1);
}

TEST_CASE("A permutation test of a regression refuses what it cannot do") {
  const auto fit = mp::meta_regression(six(), number_and_group(), mp::reml{});
  CHECK_THROWS_AS(mp::permutation_test(fit, mp::paule_mandel{}), mp::input_error);
  CHECK_THROWS_AS(mp::permutation_test(fit, mp::reml{}, {.exact_up_to = 2, .draws = 0}), mp::input_error);
  CHECK_THROWS_AS(mp::permutation_test(mp::regression_fit<double>{}, mp::reml{}), mp::input_error);
  CHECK_THROWS_AS(mp::permutation_test(fit, mp::reml{}, {.statistic = mp::permutation_statistic::mean}), mp::input_error);
  const auto mean = mp::meta_regression(six(), mp::design_of(Eigen::MatrixXd(6, 0)), mp::reml{});
  CHECK_THROWS_AS(mp::permutation_test(mean, mp::reml{}), mp::input_error);
}
