// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/mean_difference.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/report/summary.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace mp = metapool;

namespace {

// Stem Cell Res Ther 2023, doi:10.1186/s13287-023-03286-8, with a trial that did not report deaths.
std::vector<mp::binary_trial<>> trials() {
  return {{.label = "Zhu", .treated = {.events = 0, .total = 29}, .control = {.events = 2, .total = 29}},
          {.label = "Shu", .treated = {.events = 0, .total = 12}, .control = {.events = 3, .total = 29}},
          {.label = "Shi", .treated = {.events = 0, .total = 65}, .control = {.events = 0, .total = 35}},
          {.label = "Monsel", .treated = {.events = 5, .total = 21}, .control = {.events = 4, .total = 24}},
          {.label = "Lanzoni", .treated = {.events = 2, .total = 12}, .control = {.events = 7, .total = 12}},
          {.label = "Dilogo", .treated = {.events = 10, .total = 20}, .control = {.events = 16, .total = 20}},
          {.label = "Adas", .treated = {.events = 3, .total = 10}, .control = {.events = 6, .total = 10}},
          {.label = "Rebelatto", .treated = {.total = 11}, .control = {.total = 6}}};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the summary of the published meta-analysis shows its printed result") {
  const auto t = trials();
  const auto fit = mp::mantel_haenszel(t, mp::risk_ratio{}, mp::constant_correction{});
  const std::string s = mp::summary(t, fit, mp::infer(fit));
  CHECK(has(s, "Risk ratio, Mantel-Haenszel, 6 studies of 8\n"));
  CHECK(has(s, "Pooled risk ratio  0.58 (95 % interval 0.38 to 0.87), Wald z\n"));
  CHECK(has(s, "on the log scale   -0.5508 (-0.9619 to -0.1397), standard error 0.2097\n"));
  CHECK(has(s, "Test of no effect  z = -2.63, p = 0.009\n"));
  CHECK(has(s, "Q = 4.11, df = 5, p = 0.53, I2 = 0 % (from Q)\n"));
  CHECK(has(s, "Dilogo     10/20    16/20  0.62  [0.38, 1.02]      42.8 %\n"));
}

TEST_CASE("the summary says what was done to every study and why a study is not pooled") {
  const auto t = trials();
  const auto fit = mp::mantel_haenszel(t, mp::risk_ratio{}, mp::constant_correction{});
  mp::summary_options<> options;
  options.reasons[7] = "deaths not reported";
  options.reasons[0] = "never shown, as the study is pooled";
  options.marks[4] = "\xE2\x80\xA0";
  options.footnotes = {"\xE2\x80\xA0 not verified"};
  const std::string s = mp::summary(t, fit, mp::infer(fit), options);
  CHECK(has(s, "  Zhu: 0.5 added to all four cells\n"));
  CHECK(has(s, "  Shi: not pooled: no events in either arm\n"));
  CHECK(has(s, "  Rebelatto: not pooled: deaths not reported\n"));
  CHECK(has(s, "constant continuity correction added to 2 tables"));
  CHECK(has(s, "Lanzoni \xE2\x80\xA0 "));
  CHECK(has(s, "  \xE2\x80\xA0 not verified\n"));
  CHECK(!has(s, "never shown"));
}

TEST_CASE("prediction, interval of tau2 and the safeguard that took effect are in the summary") {
  const auto t = trials();
  const auto fit = mp::random_effects(mp::effect_sizes(t, mp::risk_ratio{}), mp::reml{});
  const auto mean = mp::infer(fit, mp::hartung_knapp{.floor = 1.0});
  mp::summary_options<> options;
  options.prediction = mp::predict(fit);
  options.tau2 = mp::heterogeneity_interval(fit);
  const std::string s = mp::summary(t, fit, mean, options);
  CHECK(has(s, "random effects (REML)"));
  CHECK(has(s, "0.35 to 1.05 (95 % prediction interval, t, k - 2)"));
  CHECK(has(s, "tau2 = 0.0000 (95 % interval 0.0000 to 2.0701), Q-profile"));
  CHECK(has(s, "the scale factor 0.8122 was raised to 1"));
  CHECK(has(s, "df = 5, p = 0.053"));
}

TEST_CASE("differences are shown as they are, and means with their standard deviations") {
  const std::vector<mp::continuous_trial<>> t{
      {.label = "A", .treated = {.mean = 11, .sd = 4.6, .total = 29}, .control = {.mean = 15, .sd = 6, .total = 29}},
      {.label = "B", .treated = {.mean = 9.5, .sd = 5, .total = 12}, .control = {.mean = 14, .sd = 8, .total = 29}}};
  const auto fit = mp::random_effects(mp::effect_sizes(t, mp::mean_difference{}), mp::reml{});
  const std::string s = mp::summary(t, fit, mp::infer(fit));
  CHECK(has(s, "Mean difference, random effects (REML), 2 studies\n"));
  CHECK(has(s, "11 (4.6), 29"));
  CHECK(has(s, "-4.00"));
  CHECK(!has(s, "log scale"));
}

TEST_CASE("one study, known effects and doubled labels have a summary too") {
  const std::vector<double> y{-0.5, -0.2}, v{0.04, 0.09};
  const auto two = mp::common_effect(mp::known_effects(y, v, {"same", "same"}));
  CHECK(has(mp::summary(two, mp::infer(two)), "warning: label 'same' stands more than once"));
  const auto one = mp::random_effects(mp::known_effects(std::vector<double>{-0.5}, std::vector<double>{0.04}));
  const std::string s = mp::summary(one, mp::infer(one));
  CHECK(has(s, "Effect, random effects (REML), 1 study\n"));
  CHECK(has(s, "cannot be estimated from one study"));
}

TEST_CASE("the summary refuses trials that the fit was not made from, and a level outside 0 to 1") {
  auto t = trials();
  const auto fit = mp::mantel_haenszel(t, mp::risk_ratio{});
  const auto mean = mp::infer(fit);
  mp::summary_options<> options;
  options.level = 95;
  CHECK_THROWS_WITH_AS(mp::summary(t, fit, mean, options), "summary: level = 95 must lie strictly between 0 and 1 (0.95 for a 95 % interval)", mp::input_error);
  t.pop_back();
  CHECK_THROWS_WITH_AS(mp::summary(t, fit, mean), "summary: 7 trials are given, and the fit was made from 8", mp::input_error);
}
