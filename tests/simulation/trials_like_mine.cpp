// SPDX-License-Identifier: BSL-1.0
#include <metapool/report/simulation_text.hpp>
#include <metapool/simulation/trials_like_mine.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const std::vector<binary_trial<>> trials{{"a", {11, 120}, {27, 120}}, {"b", {10, 112}, {13, 99}}, {"c", {15, 100}, {16, 120}}, {"d", {5, 61}, {4, 84}}, {"e", {{}, 61}, {4, 84}}};
const trials_like_mine_options quick{.i2 = {0, 0.5}, .simulation = {.replicates = 150}};

std::size_t number_of(const trials_like_mine_result& r, const std::string& name) {
  const auto& methods = r.studies.front().methods;
  for (std::size_t m = 0; m < methods.size(); ++m) {
    if (methods[m].name == name) return m;
  }
  throw input_error("no method " + name);
}

}  // namespace

TEST_CASE("the simulated trials have the sizes, baselines, mean and heterogeneity of those given") {
  const auto r = trials_like_mine(trials, risk_ratio{}, quick);
  CHECK(r.left_out == std::vector<std::string>{"e"});
  REQUIRE(r.baseline.size() == 4);
  CHECK(r.baseline[1] == 13.5 / 100);
  const std::vector<binary_trial<>> complete(trials.begin(), trials.begin() + 4);
  CHECK(r.mean == mantel_haenszel(complete, risk_ratio{}).estimate);
  REQUIRE(r.studies.size() == 2);
  CHECK(r.tau2[0] == 0);
  // I2 = tau2 / (tau2 + typical variance), that of the effects at the expected events
  std::vector<double> v;
  for (std::size_t i = 0; i < 4; ++i) {
    const double n1 = *trials[i].treated.total, n2 = *trials[i].control.total, p2 = r.baseline[i], p1 = p2 * std::exp(r.mean);
    v.push_back((1 - p1) / (n1 * p1) + (1 - p2) / (n2 * p2));
  }
  CHECK(close(r.tau2[1], typical_variance(std::span<const double>(v)), digits12));
  // the study itself is a plain simulation of that model
  const binary_trials_model<risk_ratio> model{.effects = {.mean = r.mean, .tau2 = r.tau2[1]}, .sizes = std::vector<arm_sizes>{{120, 120}, {112, 99}, {100, 120}, {61, 84}}, .control_risk = r.baseline};
  const auto same = simulate(model, methods_for(risk_ratio{}), quick.simulation);
  CHECK(same.methods[3].mse->value == r.studies[1].methods[3].mse->value);
  CHECK(trials_like_mine(trials, odds_ratio{}, {.i2 = {0}, .mean = -0.25, .simulation = quick.simulation}).mean == -0.25);
}

TEST_CASE("the shortest interval that holds is named, and no method that falls short") {
  const auto r = trials_like_mine(trials, risk_ratio{}, {.i2 = {0, 0.75}, .simulation = {.replicates = 300}});
  const std::size_t common = number_of(r, "common effect, Wald z"), careful = number_of(r, "REML, Hartung-Knapp, factor at least 1");
  CHECK(!r.holds(common));
  CHECK(r.holds(careful));
  CHECK(!r.holds(number_of(r, "next trial: REML, t, k - 2")));
  REQUIRE(r.shortest);
  CHECK(r.holds(*r.shortest));
  const auto width = [&](std::size_t m) { return *r.studies[0].methods[m].median_width * *r.studies[1].methods[m].median_width; };
  for (std::size_t m = 0; m < r.studies[0].methods.size(); ++m) {
    if (r.holds(m)) CHECK(width(*r.shortest) <= width(m));
  }
  const std::string text = describe(r);
  CHECK(contains(text, "4 trials like these, 300 simulated data sets"));
  CHECK(contains(text, ">  the shortest that holds everywhere: " + r.studies[0].methods[*r.shortest].name));
  CHECK(contains(text, "\n!  common effect, Wald z "));
  CHECK(contains(text, "I2 75 %"));
  CHECK(contains(text, "tau " + metapool::detail::fixed_text(std::sqrt(r.tau2[1]), 2)));
  CHECK(contains(text, "Left out, a number is missing: e\n"));
  const std::string one = describe(r.studies[1]);
  CHECK(contains(one, "300 data sets, seed 1"));
  CHECK(contains(one, metapool::detail::fixed_text(100 * r.studies[1].methods[common].coverage->value, 1)));
}

TEST_CASE("an interval holds if it covers to a point and two Monte Carlo errors, for the mean, with an answer for 99 of 100") {
  const auto with = [](double coverage, double error, std::size_t answered, interval_target target = interval_target::mean) {
    method_performance m{.target = target, .replicates = 1000, .answered = answered};
    m.coverage = monte_carlo{coverage, error};
    trials_like_mine_result r{};
    r.studies.push_back({.methods = {m}});
    return r.holds(0);
  };
  CHECK(with(0.95, 0.001, 1000));
  CHECK(with(0.9385, 0.001, 1000));
  CHECK(!with(0.9375, 0.001, 1000));
  CHECK(with(0.95, 0.001, 990));
  CHECK(!with(0.95, 0.001, 989));
  CHECK(!with(0.95, 0.001, 1000, interval_target::next_trial));
}

TEST_CASE("where no interval holds it says so, and how many effects were out of reach") {
  const std::vector<binary_trial<>> extreme{{"a", {11, 12}, {10, 12}}, {"b", {1, 12}, {1, 12}}};
  const auto r = trials_like_mine(extreme, risk_ratio{}, {.i2 = {0.9}, .mean = 1, .simulation = {.replicates = 60}});
  const std::string text = describe(r);
  CHECK(r.studies[0].clipped > 10);
  CHECK(contains(text, "would need a risk outside 0 to 1"));
  CHECK(contains(text, r.shortest ? "the shortest that holds everywhere" : "None of these intervals"));
  CHECK(contains(text, "no answer"));  // two trials have no t with k - 2
}

TEST_CASE("trials with means: their own standard deviations") {
  const std::vector<continuous_trial<>> means{{"a", {10, 2, 12}, {12, 3, 12}}, {"b", {11, 2, 20}, {12, 3, 25}}, {"c", {9, 2, 20}, {9, 3, 30}}};
  const auto r = trials_like_mine(means, mean_difference{}, quick);
  CHECK(close(r.baseline[0], std::sqrt((11.0 * 4 + 11 * 9) / 22), digits14));
  const auto e = effect_sizes(means, mean_difference{});
  CHECK(r.mean == common_effect(e).estimate);
  std::vector<double> v;
  for (std::size_t i = 0; i < 3; ++i) v.push_back(r.baseline[i] * r.baseline[i] * (1 / *means[i].treated.total + 1 / *means[i].control.total));
  CHECK(close(r.tau2[1], typical_variance(std::span<const double>(v)), digits12));
  CHECK(trials_like_mine(means, standardized_mean_difference{}, quick).studies.size() == 2);
}

TEST_CASE("too few trials and heterogeneities out of range are refused") {
  const auto why = [](const std::vector<binary_trial<>>& t, const trials_like_mine_options& o) { return message_of<input_error>([&] { trials_like_mine(t, risk_ratio{}, o); }); };
  CHECK(contains(why({trials[0], trials[4]}, quick), "fewer than two complete trials"));
  CHECK(contains(why(trials, {.i2 = {1}, .simulation = quick.simulation}), "i2 = 1"));
  CHECK(contains(why(trials, {.i2 = {}}), "none to try"));
  CHECK(contains(why(trials, {.level = 95}), "level"));
  CHECK(contains(why({{"x", {13, 12}, {1, 12}}, trials[0]}, quick), "'x'"));
  const std::vector<continuous_trial<>> flat{{"a", {10, 0, 12}, {12, 0, 12}}, {"b", {11, 2, 20}, {12, 3, 25}}};
  CHECK(contains(message_of<input_error>([&] { trials_like_mine(flat, mean_difference{}, quick); }), "'a'"));
}

TEST_CASE("trials without any event have no effect to start from, and are simulated all the same") {
  const std::vector<binary_trial<>> empty{{"a", {0, 30}, {0, 30}}, {"b", {0, 40}, {0, 40}}};
  const auto r = trials_like_mine(empty, risk_ratio{}, {.i2 = {0}, .simulation = {.replicates = 60}});
  CHECK(r.mean == 0);
  CHECK(r.studies[0].methods[0].refused > 10);
}
