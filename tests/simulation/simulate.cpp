// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/predict.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/simulation/continuous_trials.hpp>
#include <metapool/simulation/simulate.hpp>
#include <metapool/tau2/fixed.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

using data = effects<double>;
const simulated_method<data> common = simulate_method<data>("common effect", [](const data& e) { return wald_z{}(common_effect(e)); });

/// Within four Monte Carlo errors.
bool near(const std::optional<monte_carlo>& x, double expected) { return x && std::fabs(x->value - expected) < 4 * x->error; }

}  // namespace

TEST_CASE("the common effect covers, errs and rejects as theory says") {
  const known_variances_model model{.effects = {.mean = 0.5}, .v = {0.1, 0.2, 0.4}};
  const double se = std::sqrt(1 / (10 + 5 + 2.5)), z = 1.959963984540054;
  const auto r = simulate(model, {common}, {.replicates = 4000});
  REQUIRE(r.methods.size() == 1);
  const method_performance& m = r.methods[0];
  CHECK(m.replicates == 4000);
  CHECK(m.answered == 4000);
  CHECK(near(m.coverage, 0.95));
  CHECK(near(m.rejection, std::erfc((z - 0.5 / se) / std::sqrt(2.0)) / 2 + std::erfc((z + 0.5 / se) / std::sqrt(2.0)) / 2));
  CHECK(near(m.bias, 0));
  CHECK(near(m.empirical_se, se));
  CHECK(near(m.mse, se * se));
  CHECK(std::fabs(*m.median_width - 2 * z * se) < 1e-12);
  CHECK(m.coverage->error < 0.004);
  CHECK(r.clipped == 0);
}

TEST_CASE("an interval that knows tau2 covers the mean, and its prediction the next trial") {
  const known_variances_model model{.effects = {.mean = -1, .tau2 = 0.3}, .v = {0.1, 0.2, 0.4, 0.1}};
  const auto with = [](const data& e) { return random_effects(e, fixed_tau2{.tau2 = 0.3}); };
  const std::vector<simulated_method<data>> methods{simulate_method<data>("mean", [&](const data& e) { return wald_z{}(with(e)); }),
                                                    simulate_method<data>("next", [&](const data& e) { return predict(with(e), skipka{}); })};
  CHECK(methods[0].target == interval_target::mean);
  CHECK(methods[1].target == interval_target::next_trial);
  const auto r = simulate(model, methods, {.replicates = 4000, .seed = 3});
  CHECK(near(r.methods[0].coverage, 0.95));
  CHECK(near(r.methods[1].coverage, 0.95));
  CHECK(!r.methods[1].bias);
}

TEST_CASE("threads and halves change no bit") {
  const known_variances_model model{.effects = {.mean = 0.1, .tau2 = 0.3}, .v = {0.1, 0.2, 0.4, 0.1}};
  const auto one = simulate(model, {common}, {.replicates = 1000, .seed = 11, .threads = 1});
  for (const unsigned threads : {2u, 3u}) {
    const auto more = simulate(model, {common}, {.replicates = 1000, .seed = 11, .threads = threads});
    CHECK(more.methods[0].mse->value == one.methods[0].mse->value);
    CHECK(more.methods[0].bias->value == one.methods[0].bias->value);
    CHECK(*more.methods[0].median_width == *one.methods[0].median_width);
    CHECK(more.methods[0].coverage->value == one.methods[0].coverage->value);
  }
  const auto first = simulate(model, {common}, {.replicates = 300, .seed = 11}), second = simulate(model, {common}, {.replicates = 700, .seed = 11, .first = 300});
  CHECK(std::fabs(first.methods[0].coverage->value * 300 + second.methods[0].coverage->value * 700 - one.methods[0].coverage->value * 1000) < 1e-9);
  CHECK(std::fabs(first.methods[0].mse->value * 300 + second.methods[0].mse->value * 700 - one.methods[0].mse->value * 1000) < 1e-9);
  CHECK(simulate(model, {common}, {.replicates = 1000, .seed = 12}).methods[0].mse->value != one.methods[0].mse->value);
}

TEST_CASE("what a method refuses is counted, what it breaks ends the study") {
  const known_variances_model model{.v = {1, 1}};
  const auto failing = [](auto error) {
    return simulated_method<data>{"failing", interval_target::mean, [error](const data& e) -> simulated_answer {
                                    if (e.y[0] > 0) throw error;
                                    return {.lower = -1, .upper = 1};
                                  }};
  };
  const auto r = simulate(model, {failing(not_estimable("no")), failing(convergence_error("no"))}, {.replicates = 200});
  CHECK(r.methods[0].refused + r.methods[0].answered == 200);
  CHECK(r.methods[0].refused > 60);
  CHECK(r.methods[0].failed == 0);
  CHECK(r.methods[1].failed == r.methods[0].refused);
  CHECK(r.methods[1].refused == 0);
  CHECK_THROWS_AS(simulate(model, {failing(std::logic_error("a mistake"))}, {.replicates = 200}), std::logic_error);
}

TEST_CASE("a study without replicates, methods or names is refused") {
  const known_variances_model model{.v = {1, 1}};
  CHECK(contains(message_of<input_error>([&] { simulate(model, {common}, {.replicates = 0}); }), "replicates = 0"));
  CHECK(contains(message_of<input_error>([&] { simulate(model, {}); }), "no method"));
  CHECK(contains(message_of<input_error>([&] { simulate(model, {{"nameless", interval_target::mean, {}}}); }), "'nameless'"));
  CHECK(contains(message_of<input_error>([&] { simulate(known_variances_model{}, {common}); }), "simulate: v"));
}
