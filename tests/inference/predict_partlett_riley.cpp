// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/predict_partlett_riley.hpp>

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/math/students_t.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace metapool;
using namespace metapool_test;

namespace {
model_fit<double> fit() { return random_effects(effect_sizes(bcg(), odds_ratio{})); }

void check_form(const prediction<double>& p, double tau2, double se, double df) {
  CHECK(close(p.se, std::sqrt(tau2 + se * se), digits14));
  CHECK(close(*p.df, df, digits14));
  const double t = metapool::detail::t_critical<double>(p.level, df);
  CHECK(close(p.upper, p.estimate + t * p.se, digits12));
  CHECK(close(p.lower, p.estimate - t * p.se, digits12));
}
}  // namespace

TEST_CASE("the KR prediction interval of the BCG trials is meta's") {
  const auto p = predict(fit(), kenward_roger_prediction{});
  CHECK(close(p.lower, -2.09625413564329, reference));
  CHECK(close(p.upper, 0.605898593955899, reference));
  const auto by_mean = predict(fit(), kenward_roger{}(fit()));
  CHECK(p.lower == by_mean.lower);
  CHECK(p.upper == by_mean.upper);
}

TEST_CASE("each prediction interval has the standard error and the degrees of freedom of its name") {
  const auto f = fit();
  const auto hk = hartung_knapp{}(f);
  const auto kr = kenward_roger{}(f);
  const auto sj = sidik_jonkman_robust{}(f);
  check_form(predict(f, hartung_knapp_prediction{}), *f.tau2, hk.se, 12);
  check_form(predict(f, hartung_knapp_prediction{.degrees = prediction_degrees::one_less}), *f.tau2, hk.se, 11);
  check_form(predict(f, hartung_knapp_prediction{.level = 0.8, .floor = 1.5}), *f.tau2, hartung_knapp{.floor = 1.5}(f).se, 12);
  check_form(predict(f, kenward_roger_prediction{}), *f.tau2, kr.se, *kr.df);
  check_form(predict(f, kenward_roger_prediction{.degrees = prediction_degrees::one_less}), *f.tau2, kr.se, *kr.df - 1);
  const auto oim = kenward_roger{.information = kr_information::observed}(f);
  check_form(predict(f, kenward_roger_prediction{.information = kr_information::observed}), *f.tau2, oim.se, *oim.df);
  check_form(predict(f, sidik_jonkman_prediction{}), *f.tau2, sj.se, 11);
}

TEST_CASE("prediction intervals need the studies that their degrees of freedom need") {
  const auto two = random_effects(known_effects<double>({0.5, 1.5}, {0.04, 0.25}));
  CHECK(predict(two, hartung_knapp_prediction{}).upper > two.estimate);
  CHECK(predict(two, kenward_roger_prediction{}).upper > two.estimate);
  CHECK_THROWS_AS(predict(two, hartung_knapp_prediction{.degrees = prediction_degrees::one_less}), not_estimable);
  CHECK_THROWS_AS(predict(two, kenward_roger_prediction{.degrees = prediction_degrees::one_less}), not_estimable);
  CHECK(contains(message_of<not_estimable>([&] { predict(two, sidik_jonkman_prediction{}); }), "less 1 leave none"));
  const auto three = random_effects(known_effects<double>({0.5, 1.5, 0.2}, {0.04, 0.25, 0.1}));
  CHECK(*predict(three, sidik_jonkman_prediction{}).df == 1.0);
  CHECK(*predict(three, hartung_knapp_prediction{.degrees = prediction_degrees::one_less}).df == 1.0);
  const auto one = random_effects(known_effects<double>({0.5}, {0.04}));
  CHECK_THROWS_AS(predict(one, hartung_knapp_prediction{}), not_estimable);
  CHECK_THROWS_AS(predict(common_effect(three.data), hartung_knapp_prediction{}), not_estimable);
  CHECK_THROWS_AS(predict(three, sidik_jonkman_prediction{.level = 1.5}), input_error);
}
