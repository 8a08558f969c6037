// SPDX-License-Identifier: BSL-1.0
// What goes wrong in real data, from trials to result: refused with a clear reason, or handled as documented; never a silent NaN.
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/predict.hpp>
#include <metapool/inference/q_profile.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;
using trials = std::vector<binary_trial<>>;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The four ways from tables to a pooled effect.
std::vector<std::function<void(const trials&)>> ways() {
  return {[](const trials& t) { common_effect(effect_sizes(t, risk_ratio{})); }, [](const trials& t) { random_effects(effect_sizes(t, odds_ratio{})); },
          [](const trials& t) { mantel_haenszel(t, risk_ratio{}); }, [](const trials& t) { peto(t); }};
}

void all_refuse(const trials& t, const char* part) {
  for (const auto& way : ways()) {
    const std::string m = message_of<input_error>([&] { way(t); });
    CAPTURE(m);
    CHECK(contains(m, part));
    CHECK(contains(m, "study 'bad'"));
  }
}

void all_say_not_estimable(const trials& t) {
  for (const auto& way : ways()) CHECK_THROWS_AS(way(t), not_estimable);
}

trials with(const binary_trial<>& bad) { return {trial("good", 3, 10, 5, 10), bad, trial("good too", 4, 12, 6, 11)}; }

}  // namespace

TEST_CASE("impossible counts are refused by every model, naming the study, the value and the rule") {
  all_refuse(with(trial("bad", 11, 10, 1, 10)), "treated.events = 11 must not exceed the arm's total of 10");
  all_refuse(with(trial("bad", 1, 10, 13, 12)), "control.events = 13 must not exceed the arm's total of 12");
  all_refuse(with(trial("bad", -1, 10, 1, 10)), "treated.events = -1 must not be negative");
  all_refuse(with(trial("bad", 1, -10, 1, 10)), "treated.total = -10 must not be negative");
  all_refuse(with(trial("bad", 0, 0, 1, 10)), "treated.total = 0 must be positive");
  all_refuse(with(trial("bad", 1.5, 10, 1, 10)), "treated.events = 1.5 must be a whole number (imputed counts: fractional_counts::allowed, where it is taken)");
  all_refuse(with(trial("bad", not_a_number, 10, 1, 10)), "treated.events = nan must be a finite number");
  all_refuse(with(trial("bad", 1, 10, 1, infinity)), "control.total = inf must be a finite number");
}

TEST_CASE("missing counts stay missing: the study is in the record and not in the pool") {
  auto t = with(trial("missing", 1, 10, 1, 10));
  t[1].treated.events.reset();
  const auto fit = mantel_haenszel(t, risk_ratio{});
  CHECK(fit.k() == 2);
  CHECK(fit.data.audit[1].status == study_status::not_reported);
  CHECK(fit.estimate == mantel_haenszel(trials{t[0], t[2]}, risk_ratio{}).estimate);
  CHECK(random_effects(effect_sizes(t, odds_ratio{})).k() == 2);
}

TEST_CASE("no study at all is refused, and studies that all lack information are not estimable") {
  for (const auto& way : ways()) CHECK_THROWS_AS(way(trials{}), input_error);
  all_say_not_estimable({trial("a", 0, 10, 0, 10), trial("b", 0, 4, 0, 9)});
  const std::vector<binary_trial<>> missing{{.label = "not known"}};
  all_say_not_estimable(missing);
}

TEST_CASE("events in every patient of both arms: no odds ratio, and a risk ratio of 1 only with a correction") {
  const trials t{trial("a", 10, 10, 12, 12), trial("b", 5, 5, 7, 7)};
  CHECK_THROWS_AS(common_effect(effect_sizes(t, odds_ratio{})), not_estimable);
  CHECK_THROWS_AS(peto(t), not_estimable);
  CHECK_THROWS_AS(mantel_haenszel(t, risk_ratio{}), not_estimable);
  CHECK_THROWS_AS(common_effect(effect_sizes(t, risk_ratio{}, no_correction{})), not_estimable);
  const auto fit = common_effect(effect_sizes(t, risk_ratio{}));
  CHECK(close(fit.data.y[0], std::log(10.5 / 11 / (12.5 / 13)), digits12));
  CHECK(close(fit.data.y[1], std::log(5.5 / 6 / (7.5 / 8)), digits12));
  CHECK(fit.se > 0);
}

TEST_CASE("one study goes all the way with a z interval, and says what it cannot give") {
  const trials one{trial("alone", 3, 10, 6, 10)};
  const auto fit = random_effects(effect_sizes(one, risk_ratio{}));
  CHECK(close(wald_z{}(fit).natural().estimate, 0.5, digits14));
  CHECK_FALSE(heterogeneity(fit).p.has_value());
  CHECK_THROWS_AS(wald_t{}(fit), not_estimable);
  CHECK_THROWS_AS(hartung_knapp{}(fit), not_estimable);
  CHECK_THROWS_AS(q_profile{}(fit), not_estimable);
  CHECK_THROWS_AS(predict(fit, skipka{}), not_estimable);
}

TEST_CASE("a variance of 0 keeps a study out and never gives it all the weight") {
  const trials t{trial("certain", 0, 10, 10, 10), trial("a", 3, 10, 6, 10), trial("b", 2, 9, 5, 9)};
  const auto e = effect_sizes(t, risk_difference{}, no_correction{});
  CHECK(e.audit[0].status == study_status::zero_variance);
  CHECK(common_effect(e).k() == 2);
  CHECK_THROWS_AS(known_effects<double>({1, 2}, {0, 1}), input_error);
}

TEST_CASE("10^9 patients an arm are pooled with all digits") {
  const trials t{trial("a", 1000, 1e9, 2000, 1e9), trial("b", 3, 1e9, 5, 1e9), trial("c", 5e8, 1e9, 5e8 + 1, 1e9)};
  for (double x : {mantel_haenszel(t, risk_ratio{}).se, mantel_haenszel(t, odds_ratio{}).se, mantel_haenszel(t, risk_difference{}).se, peto(t).se,
                   random_effects(effect_sizes(t, risk_ratio{})).se}) {
    CHECK(std::isfinite(x));
    CHECK(x > 0);
  }
  CHECK(close(effect_sizes(t, risk_ratio{}).y[2], -2e-9, {1e-8, 0, 0, "the next term, 2e-9 relative"}));
}

TEST_CASE("a million studies pool to what their groups say") {
  const std::size_t k = 1000000;
  effects<double> e;
  e.y.resize(k);
  e.v.resize(k);
  e.labels.resize(k);
  for (std::size_t i = 0; i < k; ++i) {
    e.y[i] = static_cast<double>(i % 7) - 3;
    e.v[i] = 1 + static_cast<double>(i % 3);
  }
  const auto fit = random_effects(std::move(e));
  // cycles of 7 and 3: every effect meets every variance equally often, all but one study
  CHECK(close(fit.estimate, 0.0, {0, 0, 1e-5, "one study more in a million"}));
  const double t = *fit.tau2;  // the score of three groups with mean square 4 and variances 1, 2, 3
  CHECK(std::fabs((3 - t) / ((1 + t) * (1 + t)) + (2 - t) / ((2 + t) * (2 + t)) + (1 - t) / ((3 + t) * (3 + t))) < 1e-5);
}

TEST_CASE("equal effects pool to themselves, without heterogeneity, in every model") {
  const auto e = known_effects<double>({0.5, 0.5, 0.5}, {1e-8, 1, 1e8});
  const auto fit = random_effects(e);
  CHECK(fit.estimate == 0.5);
  CHECK(*fit.tau2 == 0.0);
  CHECK(heterogeneity(fit).i2_q == 0.0);
  CHECK(*heterogeneity(fit).p == 1.0);
  CHECK(q_profile{}(fit).state == interval_state::empty_set);
}
