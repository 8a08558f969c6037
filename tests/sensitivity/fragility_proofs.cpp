// SPDX-License-Identifier: BSL-1.0
// Smaller indices are excluded by bounds: what comes out, beside trial of all. What it is made of: fragility_bounds.cpp.
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/peto_odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/model/common_effect.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>
#include <metapool/tau2/sidik_jonkman.hpp>

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <vector>

using namespace metapool;
using metapool_test::collins;
using metapool_test::msc;
using metapool_test::trial;

namespace {

using tables = std::vector<binary_trial<>>;
using judgement = std::function<mean_inference<>(const tables&)>;

long long changed(const fragility_result<>& r) {
  long long sum = 0;
  for (const auto& c : r.changes) sum += std::llabs(c.treated) + std::llabs(c.control);
  return sum;
}

}  // namespace

TEST_CASE("What the bounds exclude, trial of all excludes too") {
  unsigned long long state = 11;
  const auto draw = [&](int below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>((state >> 33) % static_cast<unsigned long long>(below));
  };
  int by_bounds = 0, by_trial = 0;
  const auto compare = [&](const tables& t, auto measure, auto estimator, auto interval, std::size_t most) {
    const fragility_options all{.max_changes = most, .max_evaluations = 2000}, bounds{.max_changes = most, .max_bounds = 3e5, .max_evaluations = 0};
    const judgement judge = [&](const tables& x) { return infer(random_effects(effect_sizes(x, measure), estimator), interval); };
    const auto tried = fragility(t, judge, all), bounded = fragility(t, measure, estimator, interval, bounds);
    const std::size_t least = tried.index.value_or(most + 1);
    if (tried.at_least == least) ++by_trial;
    CHECK(bounded.at_least <= least);
    if (bounded.index) CHECK(*bounded.index >= least);
    if (bounded.proven || bounded.at_least == least) ++by_bounds;
    if (bounded.index) {
      const auto after = judge(bounded.tables);
      CHECK((after.lower > 0 || after.upper < 0) != bounded.significant);
    }
  };
  for (int i = 0; i < 6; ++i) {
    tables t;
    for (int j = 0; j < 3; ++j) {
      const double n = 12 + draw(9), m = 10 + draw(9), a = draw(7), c = 1 + draw(9);  // one after the other: arguments have no order
      t.push_back(trial("", a, n, c, m));
    }
    const double a = draw(2), c = draw(2);
    if (i % 2 == 1) t.push_back(trial("", a, 11, c, 12));
    compare(t, risk_ratio{}, fixed_tau2{0}, wald_z{}, 3);
    compare(t, risk_ratio{}, reml{}, hartung_knapp{}, 3);
    compare(t, odds_ratio{}, reml{}, wald_t{}, 3);
    compare(t, risk_difference{}, paule_mandel{}, hartung_knapp{}, 3);
    compare(t, risk_ratio{}, dersimonian_laird{}, wald_z{}, 3);
    compare(t, odds_ratio{}, maximum_likelihood{}, wald_z{}, 3);
    compare(t, peto_odds_ratio{}, fixed_tau2{0}, wald_z{}, 3);
  }
  CHECK(by_trial == 42);
  CHECK(by_bounds > 38);
  by_bounds = by_trial = 0;
  for (int i = 0; i < 10; ++i) {  // trials that differ much, so that most fits have tau2 > 0, and are near significance
    tables t;
    for (int j = 0; j < 3; ++j) {
      const double n = 30 + draw(20), m = 30 + draw(20), a = 1 + draw(6), c = 6 + draw(12);
      t.push_back(trial("", a, n, c, m));
    }
    compare(t, risk_ratio{}, reml{}, hartung_knapp{}, 4);
    compare(t, odds_ratio{}, reml{}, wald_t{}, 4);
    compare(t, risk_difference{}, paule_mandel{}, hartung_knapp{}, 4);
    compare(t, odds_ratio{}, maximum_likelihood{}, wald_z{}, 4);
  }
  CHECK(by_trial == 40);
  CHECK(by_bounds > 38);
}

TEST_CASE("Large indices are proven") {
  // 13 trials, by REML: 25 and 28 changes by the greedy search
  const auto hk = fragility(metapool_test::bcg(), risk_ratio{}, reml{}, hartung_knapp{});
  CHECK(hk.greedy == 25u);
  CHECK(hk.index == 20u);
  CHECK(hk.proven);
  CHECK(infer(random_effects(effect_sizes(hk.tables, risk_ratio{}), reml{}), hartung_knapp{}).upper >= 0);
  const auto wald = fragility(metapool_test::bcg(), risk_ratio{}, reml{}, wald_z{});
  CHECK(wald.greedy == 28u);
  CHECK(wald.index == 27u);
  CHECK(wald.proven);
}

TEST_CASE("Bounds find fewer changes than the greedy search, and prove that there are none fewer") {
  const auto r = fragility(msc(), risk_ratio{}, reml{}, wald_z{}, {.max_evaluations = 0});
  CHECK(r.significant);
  CHECK(r.greedy == 3u);
  CHECK(r.index == 2u);
  CHECK(r.proven);
  CHECK(r.boxes > 0);
  CHECK(changed(r) == 2);
  CHECK(infer(random_effects(effect_sizes(r.tables, risk_ratio{}), reml{})).upper >= 0);
  // the same by trial of all
  const auto all = fragility(msc(), [](const tables& t) { return infer(random_effects(effect_sizes(t, risk_ratio{}), reml{})); });
  CHECK(all.index == 2u);
  // an index out of reach for trial of all (about 1e10 tables)
  const auto larger = fragility(collins(), odds_ratio{}, dersimonian_laird{}, wald_z{}, {.max_evaluations = 0});
  CHECK(larger.greedy == 9u);
  CHECK(larger.index == 8u);
  CHECK(larger.proven);
  CHECK(changed(larger) == 8);
  CHECK(infer(random_effects(effect_sizes(larger.tables, odds_ratio{}), dersimonian_laird{})).upper >= 0);
  // towards no effect elsewhere: RR 0.8
  const auto shifted = fragility(msc(), risk_ratio{}, fixed_tau2{0}, wald_z{}, {.no_effect = std::log(0.97), .max_evaluations = 0});
  const auto tried = fragility(msc(), [](const tables& t) { return infer(common_effect(effect_sizes(t, risk_ratio{}))); }, {.no_effect = std::log(0.97)});
  CHECK(shifted.proven);
  CHECK(shifted.index == tried.index);
}

TEST_CASE("Where a correction or an interval depends on more than the equations there are no bounds") {
  const tables start{trial("a", 1, 30, 8, 30), trial("b", 2, 20, 5, 21), trial("c", 3, 25, 9, 25)};
  const fragility_options none{.max_evaluations = 0};
  CHECK(fragility(start, risk_ratio{}, reml{}, wald_z{}, none).boxes > 0);
  CHECK(fragility(start, risk_ratio{}, reml{}, wald_z{}, none, constant_correction{.when = correct_when::all_if_any}).boxes == 0);
  CHECK(fragility(start, risk_ratio{}, reml{}, wald_z{}, none, empirical_correction{}).boxes == 0);
  CHECK(fragility(start, risk_ratio{}, reml{}, hartung_knapp{.floor = 1}, none).boxes == 0);
  CHECK(fragility(start, risk_ratio{}, sidik_jonkman{}, wald_z{}, none).boxes == 0);
}
