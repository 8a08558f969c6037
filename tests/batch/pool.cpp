// SPDX-License-Identifier: BSL-1.0
#include <metapool/batch/pool.hpp>

#include "batch/kinds_of_columns.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace mp = metapool;
using metapool_test::answers;
using metapool_test::check_column;
using metapool_test::mixed;
using metapool_test::table;

TEST_CASE_TEMPLATE("the batch's common effects are those of one meta-analysis at a time to the last bit, in every kind of column", Real, double, float) {
  for (std::size_t k : {std::size_t(1), std::size_t(2), std::size_t(10)}) {
    const table<Real> t = mixed<Real>(k, 131, 5 + k, 30);
    answers<Real> a(131), b(131);
    mp::batch_common_effect(t.view(), a.out());
    mp::batch_common_effect(t.view(), b.out(), {.level = 0.99, .test = mp::batch_test::hartung_knapp, .floor = 1});
    const auto fit = [](const auto& effects) { return mp::common_effect(effects); };
    for (std::size_t c = 0; c < t.m; ++c) {
      check_column(t, c, a, fit, mp::wald_z{}, 0);
      check_column(t, c, b, fit, mp::hartung_knapp{.level = 0.99, .floor = 1}, 0);
    }
  }
}

TEST_CASE_TEMPLATE("one missing entry among whole columns is seen wherever it is, whether all answers are asked for or the estimate alone", Real, double, float) {
  constexpr std::size_t k = 3, m = 16;
  const auto fit = [](const auto& effects) { return mp::common_effect(effects); };
  for (std::size_t at = 0; at < 2 * k; ++at) {
    table<Real> t{k, m, std::vector<Real>(k * m), std::vector<Real>(k * m)};
    for (std::size_t i = 0; i < k * m; ++i) {
      t.y[i] = Real(i % 7);
      t.v[i] = Real(1 + i % 5);
    }
    (at < k ? t.y : t.v)[at % k * m + 9] = std::numeric_limits<Real>::quiet_NaN();
    answers<Real> all(m), alone(m);
    mp::batch_common_effect(t.view(), all.out());
    mp::batch_common_effect(t.view(), mp::batch_columns<Real>{.estimate = alone.estimate, .se = alone.se, .status = alone.status});
    for (std::size_t c = 0; c < m; ++c) {
      check_column(t, c, all, fit, mp::wald_z{}, 0);
      CHECK(alone.status[c] == all.status[c]);
      CHECK(metapool_test::same(alone.estimate[c], all.estimate[c]));
      CHECK(metapool_test::same(alone.se[c], all.se[c]));
    }
  }
}

TEST_CASE("squares that overflow have their status whether Q is asked for or not") {
  const std::vector<double> y{1, 1e200, 2, -1e200, 1e200, 2}, v{1, 1, 1, 1, 1, 1};
  std::vector<double> estimate(3), q(3);
  std::vector<mp::batch_status> alone(3), both(3);
  mp::batch_common_effect(mp::batch_view<double>{y, v, 2, 3}, mp::batch_columns<double>{.estimate = estimate, .status = alone});
  mp::batch_common_effect(mp::batch_view<double>{y, v, 2, 3}, mp::batch_columns<double>{.q = q, .status = both});
  CHECK(alone == both);
  CHECK(alone == std::vector<mp::batch_status>{mp::batch_status::out_of_range, mp::batch_status::ok, mp::batch_status::ok});
  CHECK(std::isnan(estimate[0]));
  CHECK(estimate[1] == 1e200);
  CHECK(estimate[2] == 2);
}

TEST_CASE("a batch refuses spans of other sizes and options out of their domain, and takes no columns") {
  std::vector<double> y(6), v(6, 1.0), two(2), three(3);
  const mp::batch_view<double> data{y, v, 2, 3};
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = two}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.q_p = two}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = three}, {.level = 1}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(data, mp::batch_columns<double>{.estimate = three}, {.floor = -1}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_common_effect(mp::batch_view<double>{y, v, 3, 3}, mp::batch_columns<double>{}), mp::input_error);
  CHECK_THROWS_AS(mp::batch_random_effects(mp::batch_view<double>{{}, {}, 0, 0}, mp::reml{}, mp::batch_columns<double>{}), mp::input_error);
  CHECK_NOTHROW(mp::batch_common_effect(mp::batch_view<double>{{}, {}, 2, 0}, mp::batch_columns<double>{}));
}
