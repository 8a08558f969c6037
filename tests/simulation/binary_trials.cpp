// SPDX-License-Identifier: BSL-1.0
#include <metapool/simulation/binary_trials.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// Mean events of both arms of the first trial over many data sets, as shares of the patients.
template <class Model>
arm_sizes mean_risks(const Model& model, int n, std::size_t trial = 0) {
  arm_sizes sum;
  for (int i = 0; i < n; ++i) {
    metapool::detail::random_stream random(4, static_cast<std::uint64_t>(i));
    const auto d = model.draw(random);
    sum.treated += *d.data[trial].treated.events / *d.data[trial].treated.total / n;
    sum.control += *d.data[trial].control.events / *d.data[trial].control.total / n;
  }
  return sum;
}

}  // namespace

TEST_CASE("the treated arm's risk is that of the measure") {
  CHECK(close(binary_trials_model<risk_ratio>::treated_risk(0.2, std::log(0.5)), 0.1, digits14));
  CHECK(close(binary_trials_model<odds_ratio>::treated_risk(0.2, std::log(0.5)), 1.0 / 9, digits14));
  CHECK(close(binary_trials_model<risk_difference>::treated_risk(0.2, -0.15), 0.05, digits14));
}

TEST_CASE("events follow the risks of each trial") {
  const int n = 4000;
  const binary_trials_model<risk_ratio> model{.effects = {.mean = std::log(0.5)}, .sizes = std::vector<arm_sizes>{{20, 30}, {40, 10}}, .control_risk = {0.4, 0.7}};
  const arm_sizes first = mean_risks(model, n, 0), second = mean_risks(model, n, 1);
  CHECK(std::fabs(first.treated - 0.2) < 4 * std::sqrt(0.2 * 0.8 / 20 / n));
  CHECK(std::fabs(first.control - 0.4) < 4 * std::sqrt(0.4 * 0.6 / 30 / n));
  CHECK(std::fabs(second.treated - 0.35) < 4 * std::sqrt(0.35 * 0.65 / 40 / n));
  CHECK(std::fabs(second.control - 0.7) < 4 * std::sqrt(0.7 * 0.3 / 10 / n));
}

TEST_CASE("a control risk that varies keeps the odds ratio of each trial") {
  const binary_trials_model<odds_ratio> model{.effects = {.mean = 0}, .sizes = std::vector<arm_sizes>{{1000000, 1000000}}, .control_risk = {0.3}, .logit_risk_sd = 1};
  double sum = 0, square = 0;
  const int n = 2000;
  for (int i = 0; i < n; ++i) {
    metapool::detail::random_stream random(6, static_cast<std::uint64_t>(i));
    const auto d = model.draw(random);
    const auto logit = [](const binary_arm<>& a) { return std::log(*a.events / (*a.total - *a.events)); };
    const double x = logit(d.data[0].control) - std::log(3.0 / 7);
    CHECK(std::fabs(logit(d.data[0].treated) - logit(d.data[0].control)) < 0.05);
    sum += x;
    square += x * x;
  }
  CHECK(std::fabs(sum / n) < 4 / std::sqrt(n));
  CHECK(std::fabs(square / n - 1) < 4 * std::sqrt(2.0 / n));
}

TEST_CASE("risks beyond 0 and 1 are set to the end, and counted") {
  metapool::detail::random_stream random(1, 1);
  const auto high = binary_trials_model<risk_ratio>{.effects = {.mean = 2}, .sizes = std::vector<arm_sizes>{{10, 10}, {10, 10}}, .control_risk = {0.9, 0.01}}.draw(random);
  CHECK(high.clipped == 1);
  CHECK(*high.data[0].treated.events == 10);
  const auto low = binary_trials_model<risk_difference>{.effects = {.mean = -0.5}, .sizes = std::vector<arm_sizes>{{10, 10}}, .control_risk = {0.3}}.draw(random);
  CHECK(low.clipped == 1);
  CHECK(*low.data[0].treated.events == 0);
  CHECK(low.mean == -0.5);
  CHECK(low.next_trial == -0.5);
}

TEST_CASE("models of binary trials that make no sense are refused") {
  const auto why = [](const binary_trials_model<risk_ratio>& m) { return message_of<input_error>([&] { m.check("f"); }); };
  CHECK(contains(why({.control_risk = {0.1, 0.2}}), "2 entries"));
  CHECK(contains(why({.control_risk = {1}}), "control_risk = 1"));
  CHECK(contains(why({.control_risk = {std::nan("")}}), "control_risk"));
  CHECK(contains(why({.logit_risk_sd = -1}), "logit_risk_sd = -1"));
  CHECK(contains(why({.effects = {.tau2 = -1}}), "tau2"));
  CHECK(contains(why({.sizes = drawn_sizes{.trials = 0}}), "no trial"));
}
