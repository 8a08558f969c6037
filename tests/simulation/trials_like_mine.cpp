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

TEST_CASE("an interval holds if it was seen to cover to a point, for the mean, with an answer for 99 of 100; within two Monte Carlo errors of that nothing is decided") {
  const auto with = [](double coverage, double error, std::size_t answered, interval_target target = interval_target::mean) {
    method_performance m{.target = target, .replicates = 1000, .answered = answered};
    m.coverage = monte_carlo{coverage, error};
    trials_like_mine_result r{};
    r.studies.push_back({.methods = {m}});
    m.coverage = monte_carlo{0.97, error};
    r.studies.push_back({.methods = {m}});
    CHECK(r.holds(0) == (r.verdict(0) == interval_verdict::holds));
    if (r.holds(0)) CHECK(*r.least_coverage(0) == std::fmin(coverage, 0.97));
    return r.verdict(0);
  };
  using enum interval_verdict;
  CHECK(with(0.95, 0.001, 1000) == holds);
  CHECK(with(0.98, 0.001, 1000) == holds);
  CHECK(with(0.9405, 0.001, 1000) == holds);
  CHECK(with(0.9395, 0.001, 1000) == undecided);
  CHECK(with(0.9385, 0.001, 1000) == undecided);
  CHECK(with(0.9375, 0.001, 1000) == falls_short);
  CHECK(with(0.95, 0.001, 990) == holds);
  CHECK(with(0.95, 0.001, 989) == falls_short);
  CHECK(with(0.95, 0.001, 1000, interval_target::next_trial) == falls_short);
}

TEST_CASE("few data sets do not make an interval hold that was seen to fall short") {
  // 90 % of 200 is within two Monte Carlo errors of 94 %, and was taken to hold
  trials_like_mine_result r{.level = 0.95, .baseline = {0.1, 0.2}, .i2 = {0, 0.5}, .tau2 = {0, 0.1}};
  const auto study = [](double first, double second) {
    simulation_result s{.replicates = 200, .seed = 1};
    for (const double c : {first, second}) {
      method_performance m{.name = c == first ? "short" : "worse", .target = interval_target::mean, .replicates = 200, .answered = 200};
      m.coverage = monte_carlo{c, std::sqrt(c * (1 - c) / 200)};
      m.median_width = 1;
      s.methods.push_back(m);
    }
    return s;
  };
  r.studies = {study(0.99, 0.95), study(0.90, 0.6)};
  CHECK(r.verdict(0) == interval_verdict::undecided);
  CHECK(r.verdict(1) == interval_verdict::falls_short);
  const std::string text = describe(r);
  CHECK(contains(text, "\n?  short "));
  CHECK(contains(text, "\n!  worse "));
  CHECK(contains(text, "?  was seen to fall short by more than a point somewhere, but by no more than two Monte Carlo errors"));
  CHECK(contains(text, "None of these intervals of the mean was seen to hold"));
  CHECK(contains(text, "Least short, covering 90.0 % at its worst: short\n"));
  r.studies = {study(0.99, 0.95), study(0.80, 0.6)};
  CHECK(contains(describe(r), "None of these intervals of the mean holds"));
  CHECK(!contains(describe(r), "more data sets would tell"));
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
