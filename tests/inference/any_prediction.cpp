// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/any_prediction.hpp>

#include <metapool/model/random_effects.hpp>

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;

TEST_CASE("predictions chosen at run time answer as when they are named") {
  const auto fit = random_effects(known_effects<double>({0.1, 0.5, -0.3, 0.9, 0.2, 1.4}, {0.04, 0.09, 0.02, 0.3, 0.11, 0.05}), reml{});
  CHECK(predict(fit, any_prediction{skipka{}}).upper == predict(fit, skipka{}).upper);
  CHECK(predict(fit, any_prediction{veroniki{.level = 0.9}}).upper == predict(fit, veroniki{.level = 0.9}).upper);
  CHECK(predict(fit, any_prediction{higgins_thompson_spiegelhalter{}}).upper == predict(fit).upper);
  CHECK(predict(fit, any_prediction{hartung_knapp_prediction{}}).upper == predict(fit, hartung_knapp_prediction{}).upper);
  CHECK(predict(fit, any_prediction{kenward_roger_prediction{}}).upper == predict(fit, kenward_roger_prediction{}).upper);
  CHECK(predict(fit, any_prediction{sidik_jonkman_prediction{}}).upper == predict(fit, sidik_jonkman_prediction{}).upper);
  const nagashima draws{.draws = 500};
  CHECK(predict(fit, any_prediction{draws}).upper == predict(fit, draws).upper);
}
