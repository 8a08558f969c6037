// SPDX-License-Identifier: BSL-1.0
#include <metapool/sensitivity/fragility_exchange.hpp>

#include "support/fragility_by_tables.hpp"
#include "support/published.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/reml.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

using namespace metapool;
using metapool_test::bcg;

namespace {

using tables = std::vector<binary_trial<>>;

/// A fit as any judge: nothing is known of it.
template <class Measure, class Estimator, class Interval>
auto blind(const Measure& measure, const Estimator& estimator, const Interval& interval) {
  return [=](const tables& t) { return infer(random_effects(effect_sizes(t, measure), estimator), interval); };
}

}  // namespace

TEST_CASE("Exchanges find the fewest changes that bounds prove, of judges of which nothing is known") {
  const fragility_options none_tried{.max_evaluations = 20000};
  const auto hk = fragility(bcg(), blind(risk_ratio{}, reml{}, hartung_knapp{}), none_tried);
  CHECK(hk.greedy == 25u);
  CHECK(hk.index == 20u);
  CHECK(hk.index == fragility(bcg(), risk_ratio{}, reml{}, hartung_knapp{}).index);
  CHECK_FALSE(hk.proven);
  CHECK(hk.at_least >= 3);
  const auto moments = fragility(bcg(), blind(risk_ratio{}, dersimonian_laird{}, wald_z{}), none_tried);
  CHECK(moments.greedy == 46u);
  CHECK(moments.index == 43u);
}

TEST_CASE("What exchanges find is between the fewest of all tables and the greedy search, and mostly the fewest") {
  metapool_test::draws draw;
  int greedy_sets = 0, exchanged_sets = 0, sets = 0;
  for (int i = 0; i < 150; ++i) {
    tables t = metapool_test::small_trials(draw, i);
    const auto judge = [](const tables& x) { return infer(mantel_haenszel(x, odds_ratio{}), wald_z{0.8}); };
    using judged = decltype(judge);
    fragility_result<> all;
    try {
      all = fragility(t, judge, {.max_changes = 8, .max_evaluations = 200000});
    } catch (const not_estimable&) {
      continue;
    }
    if (!all.greedy || *all.greedy < 2) continue;
    REQUIRE(all.proven);
    for (const auto goal : {detail::fragility_goal::not_significant, detail::fragility_goal::significant_below, detail::fragility_goal::significant_above}) {
      if (all.significant != (goal == detail::fragility_goal::not_significant)) continue;
      tables work = t;
      detail::fragility_searcher<double, judged> searcher{work, judge};
      for (std::size_t j = 0; j < work.size(); ++j) {
        for (const bool treated : {true, false}) {
          const auto& arm = treated ? work[j].treated : work[j].control;
          const auto events = static_cast<std::size_t>(*arm.events), others = static_cast<std::size_t>(*arm.total - *arm.events);
          searcher.arms.push_back({j, treated, *arm.events, events, others, 0});
        }
      }
      const auto greedy = searcher.greedy(goal, 8);
      if (!greedy) continue;
      const std::size_t found = detail::fragility_exchange<double, judged>(searcher, goal, 10000).fewest();
      CHECK(found <= *greedy);
      CHECK(found >= *all.index);
      CHECK(searcher.reached(searcher.look(), goal));
      std::size_t changed = 0;
      for (const long long c : searcher.changes()) changed += static_cast<std::size_t>(c < 0 ? -c : c);
      CHECK(changed == found);
      if (*greedy != *all.greedy) continue;  // the farther side
      ++sets;
      greedy_sets += *greedy == *all.index ? 1 : 0;
      exchanged_sets += found == *all.index ? 1 : 0;
    }
  }
  CHECK(sets > 40);
  CHECK(greedy_sets < sets);
  CHECK(exchanged_sets > greedy_sets);
}

TEST_CASE("Without a way to fewer changes the arms are as they were, and no more is judged than allowed but for the step begun") {
  int calls = 0;
  const auto judge = [&](const tables& t) {
    ++calls;
    return *t[0].treated.events >= 3 ? 0.01 : 0.5 - *t[1].treated.events / 1000;
  };
  using judged = decltype(judge);
  tables t{{"a", {0, 10}, {0, 10}}, {"b", {0, 10}, {0, 10}}};
  const auto searcher_of = [&](tables& work) {
    detail::fragility_searcher<double, judged> s{work, judge};
    for (std::size_t j = 0; j < 2; ++j) {
      for (const bool treated : {true, false}) s.arms.push_back({j, treated, 0.0, 0, 10, 0});
    }
    return s;
  };
  auto stuck = searcher_of(t);
  stuck.set(stuck.arms[0], 3);
  CHECK(detail::fragility_exchange<double, judged>(stuck, detail::fragility_goal::significant, 1000).fewest() == 3);
  CHECK(stuck.changes() == std::vector<long long>{3, 0, 0, 0});
  CHECK(*t[0].treated.events == 3);
  // one is taken back; a change can go to each of the three other arms, of which one helps a little: to that goes one, then the other, and then nothing helps
  CHECK(calls == 1 + 3 + 2 * 3 + 3);
  calls = 0;
  auto wasteful = searcher_of(t);
  wasteful.set(wasteful.arms[0], 3);
  wasteful.set(wasteful.arms[3], 2);
  CHECK(detail::fragility_exchange<double, judged>(wasteful, detail::fragility_goal::significant, 0).fewest() == 3);
  CHECK(wasteful.changes() == std::vector<long long>{3, 0, 0, 0});
}

namespace {

/// The fewest changes found from two treated and two control arms of ten of twenty patients with events, so many more of them each; `after`: those of what is found.
template <class Judge>
std::size_t fewest_from(const std::vector<long long>& more, const Judge& judge, std::vector<long long>& after, std::size_t most = 1000) {
  tables t{{"a", {10, 20}, {10, 20}}, {"b", {10, 20}, {10, 20}}};
  detail::fragility_searcher<double, const Judge> s{t, judge};
  for (std::size_t j = 0; j < 2; ++j) {
    for (const bool treated : {true, false}) s.arms.push_back({j, treated, 10.0, 10, 10, 0});
  }
  for (std::size_t j = 0; j < 4; ++j) s.set(s.arms[j], more[j]);
  REQUIRE(s.reached(s.look(), detail::fragility_goal::significant));
  const std::size_t found = detail::fragility_exchange<double, const Judge>(s, detail::fragility_goal::significant, most).fewest();
  after = s.changes();
  return found;
}

double events_of(const tables& t, std::size_t i, bool treated) { return *(treated ? t[i].treated : t[i].control).events - 10; }

}  // namespace

TEST_CASE("An exchange keeps the number of changes, goes nowhere where nothing is nearer, and never through tables without an answer") {
  std::vector<long long> after;
  // one change elsewhere would do, but two would have to be taken back for it
  const auto far = [](const tables& t) {
    const double a = events_of(t, 0, true), c = events_of(t, 0, false), all = std::fabs(a) + std::fabs(c) + std::fabs(events_of(t, 1, true)) + std::fabs(events_of(t, 1, false));
    return (a >= 3 && c >= 1) || (a == 1 && all == 1) ? 0.01 : 0.5 + all / 1000;
  };
  CHECK(fewest_from({3, 1, 0, 0}, far, after) == 4);
  CHECK(after == std::vector<long long>{3, 1, 0, 0});
  // taken back as far as one
  CHECK(fewest_from({1, 1, 1, 0}, [](const tables& t) { return events_of(t, 0, true) >= 1 ? 0.01 : 0.5; }, after) == 1);
  CHECK(after == std::vector<long long>{1, 0, 0, 0});
  // on a plateau no exchange is nearer: 1 taken back, 6 exchanges looked at
  int calls = 0;
  const auto plateau = [&](const tables& t) {
    ++calls;
    return events_of(t, 0, true) >= 3 ? 0.01 : 0.5;
  };
  CHECK(fewest_from({3, 0, 0, 0}, plateau, after) == 3);
  CHECK(calls == 1 + 1 + 6);
  // two in the third arm do, on the way to which the second has no answer
  const auto holes = [](const tables& t) {
    if (events_of(t, 0, false) > 0) return std::nan("");
    return events_of(t, 0, true) >= 3 || events_of(t, 1, true) >= 2 ? 0.01 : 0.5 - events_of(t, 1, true) / 10;
  };
  CHECK(fewest_from({3, 0, 0, 0}, holes, after) == 2);
  CHECK(after == std::vector<long long>{0, 0, 2, 0});
  // and are not looked for where nothing may be judged
  CHECK(fewest_from({3, 0, 0, 0}, holes, after, 0) == 3);
}
