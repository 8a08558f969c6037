// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/generalized_q_tau2.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the generalised Q interval of the BCG trials with weights 1 / v is metafor's") {
  // metafor 5.1, method GENQ: 0.10105014 to 1.63607344 (from Farebrother's sums, four digits of which hold)
  const auto r = generalized_q_tau2{.weights = moment_weights::inverse_variance}(random_effects(effect_sizes(bcg(), risk_ratio{})));
  CHECK(close(r.lower, 0.10105014, tolerance{1e-4, 0, 0, "the reference's own accuracy"}));
  CHECK(close(r.upper, 1.63607344, tolerance{1e-4, 0, 0, "the reference's own accuracy"}));
  CHECK(r.method == "generalised Q, weights 1 / variance");
  CHECK(r.state == interval_state::regular);
}

TEST_CASE("with equal variances every weight gives the Q-profile interval") {
  const auto fit = common_effect(known_effects<double>({1, 4, 2, 9}, {2, 2, 2, 2}));
  const auto exact = q_profile{}(fit);
  for (const moment_weights w : {moment_weights::inverse_standard_error, moment_weights::inverse_variance, moment_weights::equal}) {
    const auto r = generalized_q_tau2{.weights = w}(fit);
    CHECK(close(r.lower, exact.lower, digits10));
    CHECK(close(r.upper, exact.upper, digits10));
    CHECK(close(r.i2_upper, exact.i2_upper, digits10));
  }
}

TEST_CASE("of two studies the ends have a closed form: Q_a is a multiple of (y1 - y2)^2 / (v1 + v2 + 2 tau2)") {
  // squared difference 36 over chi-squared(1) quantiles, less 1 + 4, halved; whatever the weights
  for (const moment_weights w : {moment_weights::inverse_standard_error, moment_weights::inverse_variance, moment_weights::equal}) {
    const auto r = generalized_q_tau2{.weights = w}(common_effect(known_effects<double>({0, 6}, {1, 4})));
    CHECK(close(r.lower, (36 / 5.023886187314888 - 5) / 2, digits10));
    CHECK(close(r.upper, (36 / 0.0009820691171752556 - 5) / 2, digits10));
  }
}

TEST_CASE("the expectation of Q_a is that of the moments: the spectrum sums to tr P_a S and its squares to half the variance") {
  const std::vector<double> v{0.1, 0.5, 0.5, 2, 7, 1e-6, 300}, y(7);
  const std::vector<double> a{3, 1, 2, 2, 0.5, 900, 0.01};
  const metapool::detail::mean_problem<double> problem(y, v);
  const auto weight = [&](std::size_t i) { return a[i]; };
  for (const double tau2 : {0.0, 0.3, 50.0}) {
    const auto r = metapool::detail::spread_spectrum<double>(7, weight, [&](std::size_t i) { return v[i] + tau2; });
    REQUIRE(r.size() == 6);
    double sum = 0, squares = 0;
    for (const double x : r) {
      sum += x;
      squares += 2 * x * x;
    }
    const auto m = problem.moments(weight);
    CHECK(close(sum, m.trace_pv + tau2 * m.trace_p, digits12));
    CHECK(close(squares, problem.variance_of(weight, tau2), digits12));
  }
}

TEST_CASE("own weights are used, and only their ratios count") {
  const auto fit = common_effect(known_effects<double>({1, 4, 2, 9}, {1, 2, 3, 0.5}));
  const auto named = generalized_q_tau2{.weights = moment_weights::inverse_variance}(fit);
  const auto own = generalized_q_tau2{.own_weights = {3, 1.5, 1, 6}}(fit);
  CHECK(close(own.lower, named.lower, digits10));
  CHECK(close(own.upper, named.upper, digits10));
  CHECK(own.method == "generalised Q, own weights");
  const auto other = generalized_q_tau2{.own_weights = {1, 1, 1, 1}}(fit);
  CHECK(close(other.upper, generalized_q_tau2{.weights = moment_weights::equal}(fit).upper, digits12));
  CHECK(!close(other.upper, named.upper, digits6).passed);
}

TEST_CASE("less spread than chance brings leaves the generalised Q interval empty, a little spread starts it at 0") {
  const auto none = generalized_q_tau2{}(common_effect(known_effects<double>({1, 1.001, 1, 1.002}, {1, 2, 3, 4})));
  CHECK(none.state == interval_state::empty_set);
  CHECK(none.upper == 0.0);
  CHECK(none.h2_upper == 1.0);
  const auto some = generalized_q_tau2{}(common_effect(known_effects<double>({1, 2, 3, 1}, {1, 2, 3, 4})));
  CHECK(some.state == interval_state::regular);
  CHECK(some.lower == 0.0);
  CHECK(some.upper > 0);
}

TEST_CASE("the generalised Q interval refuses bad weights, one study and a level that is no probability") {
  const auto fit = common_effect(known_effects<double>({1, 2}, {1, 1}));
  CHECK(contains(message_of<input_error>([&] { generalized_q_tau2{.own_weights = {1}}(fit); }), "1 weights for 2 studies"));
  CHECK(contains(message_of<input_error>([&] { generalized_q_tau2{.own_weights = {1, 0}}(fit); }), "weight = 0 must be finite and positive"));
  CHECK(contains(message_of<input_error>([&] { generalized_q_tau2{.level = 1}(fit); }), "level = 1"));
  CHECK(contains(message_of<not_estimable>([] { generalized_q_tau2{}(common_effect(known_effects<double>({1}, {1}))); }), "generalized_q_tau2: one study"));
}
