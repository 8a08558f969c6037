// SPDX-License-Identifier: BSL-1.0
#include "support/close.hpp"
#include "support/published.hpp"

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/exact/fisher.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

using namespace metapool;
using metapool_test::close;
using metapool_test::collins;
using metapool_test::contains;
using metapool_test::message_of;
using metapool_test::msc;
using metapool_test::trial;

namespace {

using tables = std::vector<binary_trial<>>;

double exact_p(const tables& t) {
  return metapool::fisher_exact(t.front()).p;
}

/// The interval of the crude difference of all events: an answer for every table, and one that treats all patients alike.
struct crude_limits {
  double lower, upper;
};
crude_limits crude(const tables& t) {
  double a = 0, n = 0, c = 0, m = 0;
  for (const auto& x : t) {
    a += *x.treated.events;
    n += *x.treated.total;
    c += *x.control.events;
    m += *x.control.total;
  }
  const double p = a / n, q = c / m, half = 1.96 * std::sqrt(p * (1 - p) / n + q * (1 - q) / m);
  return {p - q - half, p - q + half};
}

double no_difference(const tables&) { return 0.5; }
std::size_t calls = 0;
double counted(const tables&) {
  ++calls;
  return 0.5;
}

mean_inference<> mantel_haenszel_rr(const tables& t) { return infer(mantel_haenszel(t, risk_ratio{})); }

/// The smallest distance to a table on which `significant` says otherwise, over the whole grid of one or two trials; -1 if there is none.
template <class Significant>
int by_grid(const tables& start, const Significant& significant) {
  const bool now = significant(start);
  int best = -1;
  tables t = start;
  std::vector<double*> cell;
  std::vector<int> from, total;
  for (auto& x : t) {
    for (auto* arm : {&x.treated, &x.control}) {
      cell.push_back(&*arm->events);
      from.push_back(static_cast<int>(*arm->events));
      total.push_back(static_cast<int>(*arm->total));
    }
  }
  std::vector<int> at(cell.size(), 0);
  for (;;) {
    int distance = 0;
    for (std::size_t i = 0; i < cell.size(); ++i) {
      *cell[i] = at[i];
      distance += std::abs(at[i] - from[i]);
    }
    if ((best < 0 || distance < best) && significant(t) != now) best = distance;
    std::size_t i = 0;
    while (i < at.size() && at[i] == total[i]) at[i++] = 0;
    if (i == at.size()) break;
    ++at[i];
  }
  return best;
}

template <class Real>
long long changed(const fragility_result<Real>& r) {
  long long sum = 0;
  for (const auto& c : r.changes) sum += std::llabs(c.treated) + std::llabs(c.control);
  return sum;
}

}  // namespace

TEST_CASE("The greedy search takes the steps that it takes with metafor") {
  // The search of Atal et al. around metafor 3.8 (escalc with drop00 = TRUE, rma with the method and test named).
  const auto hk = fragility(msc(), risk_ratio{}, reml{}, hartung_knapp{});
  REQUIRE(hk.significant);
  REQUIRE(hk.greedy);
  CHECK(*hk.greedy == 1);
  REQUIRE(hk.changes.size() == 1);
  CHECK(hk.changes[0].label == "Monsel");
  CHECK(hk.changes[0].treated == 1);
  CHECK(hk.changes[0].control == 0);
  // metafor 3.8 gives -0.9991757769 to 0.0522381747 on the changed tables
  const auto after = infer(random_effects(effect_sizes(hk.tables, risk_ratio{}), reml{}), hartung_knapp{});
  CHECK(close(after.lower, -0.9991757769, metapool_test::printed(10)));
  CHECK(close(after.upper, 0.0522381747, metapool_test::printed(10)));

  const auto wald = fragility(msc(), risk_ratio{}, dersimonian_laird{}, wald_z{});
  REQUIRE(wald.index);
  CHECK(*wald.index == 2);
  CHECK(wald.proven);
  CHECK(wald.changes[0].treated == 2);
  CHECK(close(*wald.quotient, 2.0 / 328, metapool_test::digits14));

  const auto many = fragility(collins(), odds_ratio{}, dersimonian_laird{}, wald_z{}, {.search = fragility_search::greedy});
  REQUIRE(many.greedy);
  CHECK(*many.greedy == 9);
  REQUIRE(many.changes.size() == 2);
  CHECK(many.changes[0].label == "1");
  CHECK(many.changes[0].control == -4);
  CHECK(many.changes[1].label == "8");
  CHECK(many.changes[1].treated == 5);
  CHECK_FALSE(many.proven);
  CHECK(many.at_least == 1);
}

TEST_CASE("Single trials have their published fragility") {
  // 15 of 40 against 6 of 40: p = 0.0406 and one more event in the second arm 0.0784 (documentation of R's fragilityindex).
  const auto one = fragility(tables{trial("", 15, 40, 6, 40)}, exact_p);
  CHECK(one.significant);
  CHECK(one.index == 1u);
  CHECK(one.proven);
  // 1 of 100 against 9 of 100: index 1 (Walsh et al. 2014)
  CHECK(fragility(tables{trial("", 1, 100, 9, 100)}, exact_p).index == 1u);
}

TEST_CASE("The index is the smallest distance on the grid of all tables") {
  int overturned = 0, never = 0;
  unsigned long long state = 7;
  const auto draw = [&](int below) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>((state >> 33) % static_cast<unsigned long long>(below));
  };
  for (int i = 0; i < 12; ++i) {
    const double n = 3 + draw(3), m = 2 + draw(4);
    const double a1 = draw(static_cast<int>(n) + 1), c1 = draw(4), a2 = draw(static_cast<int>(m) + 1), c2 = draw(5);  // one after the other: arguments have no order
    const tables start{trial("a", a1, n, c1, 3), trial("b", a2, m, c2, 4)};
    const auto r = fragility(start, crude);
    const int least = by_grid(start, [](const tables& t) {
      const auto c = crude(t);
      return c.lower > 0 || c.upper < 0;
    });
    CHECK(r.proven);
    if (least < 0) {
      ++never;
      CHECK_FALSE(r.index);
    } else {
      ++overturned;
      REQUIRE(r.index);
      CHECK(static_cast<int>(*r.index) == least);
      CHECK(changed(r) == least);
      const auto c = crude(r.tables);
      CHECK((c.lower > 0 || c.upper < 0) != r.significant);
    }
  }
  CHECK(overturned > 5);
  // a conclusion that nothing overturns
  const auto fixed = fragility(tables{trial("a", 1, 2, 1, 2)}, no_difference);
  CHECK(fixed.proven);
  CHECK_FALSE(fixed.index);
  CHECK(fixed.tables.empty());
  CHECK(fixed.at_least == 3);  // two patients can change, and both may: there is nothing further
}

TEST_CASE("The exact search finds what a greedy one cannot see") {
  // p falls with each treated event, which leads the greedy search to 5; two control events are the shortest way, and one of them leads nowhere
  const auto judge = +[](const tables& t) {
    const double a = *t[0].treated.events, c = *t[0].control.events;
    return c == 2 ? 0.01 : c == 1 ? 0.9 : a >= 5 ? 0.02 : 0.5 - a / 100;
  };
  const tables start{trial("a", 0, 10, 0, 10)};
  const auto r = fragility(start, judge);
  CHECK_FALSE(r.significant);
  CHECK(r.greedy == 5u);
  CHECK(r.index == 2u);
  CHECK(r.proven);
  REQUIRE(r.changes.size() == 1);
  CHECK(r.changes[0].control == 2);
  CHECK(r.changes[0].treated == 0);
  CHECK(fragility(start, judge, {.search = fragility_search::greedy}).index == 5u);
  CHECK(fragility(start, judge, {.arms = fragility_arms::treated}).index == 5u);
  CHECK(fragility(start, judge, {.arms = fragility_arms::control}).index == 2u);
  // the same with events taken away
  const auto mirrored = +[](const tables& t) {
    const double a = 10 - *t[0].treated.events, c = 10 - *t[0].control.events;
    return c == 2 ? 0.01 : c == 1 ? 0.9 : a >= 5 ? 0.02 : 0.5 - a / 100;
  };
  const auto taken = fragility(tables{trial("a", 10, 10, 10, 10)}, mirrored);
  CHECK(taken.greedy == 5u);
  CHECK(taken.index == 2u);
  CHECK(taken.changes[0].control == -2);
}

TEST_CASE("Every table at a distance is judged once, and the ways are counted") {
  // 13 trials with room in each arm: 52, 1352, 23452 tables at 1, 2, 3 changes
  tables many(13, trial("x", 50, 100, 50, 100));
  calls = 0;
  const auto r = fragility(many, counted, {.max_changes = 3, .max_evaluations = 5000});
  CHECK(r.at_least == 3);
  CHECK_FALSE(r.proven);
  // the original, three greedy steps of which the later two do not go back, and all at distance 1 and 2
  CHECK(calls == 1 + (52 + 51 + 51) + 52 + 1352);
  CHECK(r.evaluations == calls);
  const auto all = fragility(tables{trial("a", 1, 2, 0, 1)}, no_difference, {.search = fragility_search::exact});
  CHECK(all.proven);
  CHECK(all.at_least == 3);
}

TEST_CASE("Fragility does not know the names of the arms or the order of the trials") {
  const auto r = fragility(msc(), mantel_haenszel_rr);
  CHECK(r.significant);
  CHECK(r.index == 4u);
  CHECK(r.proven);
  CHECK(fragility(metapool_test::swapped(msc()), mantel_haenszel_rr).index == r.index);
  const auto trials = msc();
  CHECK(fragility(tables(trials.rbegin(), trials.rend()), mantel_haenszel_rr).index == r.index);
  // the tables that are handed back overturn the conclusion, with the totals as they were
  const auto after = infer(mantel_haenszel(r.tables, risk_ratio{}));
  CHECK(after.upper >= 0);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    CHECK(r.tables[i].treated.total == trials[i].treated.total);
    CHECK(r.tables[i].control.total == trials[i].control.total);
  }
}

TEST_CASE("Reverse fragility has a side") {
  const auto judge = mantel_haenszel_rr;
  const tables start{trial("a", 4, 40, 8, 40), trial("b", 3, 30, 5, 30)};
  const auto either = fragility(start, judge), below = fragility(start, judge, {.direction = fragility_direction::below});
  const auto above = fragility(start, judge, {.direction = fragility_direction::above}), own = fragility(start, judge, {.direction = fragility_direction::as_estimated});
  CHECK_FALSE(either.significant);
  REQUIRE((either.index && below.index && above.index));
  CHECK(*either.index == *below.index);
  CHECK(own.index == below.index);
  CHECK(*above.index > *below.index);
  CHECK(judge(below.tables).upper < 0);
  CHECK(judge(above.tables).lower > 0);
  CHECK(contains(message_of<input_error>([&] { fragility(start, exact_p, {.direction = fragility_direction::below}); }), "a direction needs an interval"));
  CHECK(contains(message_of<input_error>([&] { fragility(start, crude, {.direction = fragility_direction::as_estimated}); }), "has no estimate"));
  // a ratio's own scale
  const auto natural = [](const tables& t) { return mantel_haenszel_rr(t).natural(); };
  CHECK(fragility(start, natural, {.no_effect = 1}).index == either.index);
}

TEST_CASE("Tables without an answer overturn nothing") {
  // without the one event there is nothing to estimate
  const tables start{trial("a", 0, 5, 1, 5)};
  const auto mh = +[](const tables& t) { return infer(mantel_haenszel(t, odds_ratio{}, constant_correction{})); };
  const auto r = fragility(start, mh);
  CHECK_FALSE(r.significant);
  CHECK(r.unstated > 0);
  CHECK(r.index);
  // and no events at all leave no conclusion to overturn
  const tables none{trial("a", 0, 12, 0, 12), trial("b", 0, 29, 0, 12)};
  CHECK(contains(message_of<not_estimable>([&] { fragility(none, risk_ratio{}, reml{}, hartung_knapp{}); }), "none of the"));
  CHECK(contains(message_of<not_estimable>([&] { fragility(none, +[](const tables&) { return std::numeric_limits<double>::quiet_NaN(); }); }), "no conclusion to overturn"));
  const auto empty_set = +[](const tables&) {
    mean_inference<> m;
    m.state = interval_state::empty_set;
    return m;
  };
  CHECK(contains(message_of<not_estimable>([&] { fragility(none, empty_set); }), "no conclusion to overturn"));
}

TEST_CASE("The built-in judgement is the whole path from tables to interval") {
  const tables start{trial("a", 1, 30, 8, 30), trial("b", 9, 20, 5, 21), trial("c", 0, 15, 6, 15), trial("d", 0, 12, 0, 11), trial("e", 1, 40, 9, 40)};
  const treatment_arm_correction policy{.when = correct_when::all_if_any};
  const auto path = +[](const tables& t) { return infer(random_effects(effect_sizes(t, odds_ratio{}, treatment_arm_correction{.when = correct_when::all_if_any}), dersimonian_laird{}), hartung_knapp{}); };
  const auto built_in = fragility(start, odds_ratio{}, dersimonian_laird{}, hartung_knapp{}, fragility_options{}, policy), by_hand = fragility(start, path);
  CHECK(built_in.index == by_hand.index);
  CHECK(built_in.significant == by_hand.significant);
  CHECK(built_in.evaluations == by_hand.evaluations);
  CHECK(built_in.unstated == by_hand.unstated);
  REQUIRE(built_in.tables.size() == by_hand.tables.size());
  for (std::size_t i = 0; i < built_in.tables.size(); ++i) CHECK(built_in.tables[i].treated.events == by_hand.tables[i].treated.events);
  const auto single = fragility(std::vector<binary_trial<float>>{trial<float>("a", 1, 30, 12, 30)}, odds_ratio{}, dersimonian_laird{}, wald_z{});
  CHECK(single.proven);
  CHECK(single.index == fragility(tables{trial("a", 1, 30, 12, 30)}, odds_ratio{}, dersimonian_laird{}, wald_z{}).index);
}

TEST_CASE("The short way to a Hartung-Knapp interval is the long way's") {
  for (const double floor : {0.0, 1.0}) {
    detail::pooled_judgement<double, risk_ratio, reml, hartung_knapp, constant_correction> judge{{}, {}, {.floor = floor}, {}};
    judge.fit.model = model::random_effects;
    for (const auto& trials : {msc(), collins(), metapool_test::bcg()}) {
      judge.options_checked = false;
      const auto full = judge(trials), quick = judge(trials);
      CHECK(full.p > 0);
      CHECK(quick.p == 0);  // not computed
      CHECK(close(quick.lower, full.lower, metapool_test::digits14));
      CHECK(close(quick.upper, full.upper, metapool_test::digits14));
    }
  }
}

TEST_CASE("Trials with a count that is not known stay as they are") {
  tables start{trial("a", 1, 30, 8, 30), trial("b", 2, 20, 7, 21)};
  start.push_back(trial("c", 0, 15, 3, 15));
  start.back().control.events.reset();
  const auto r = fragility(start, risk_ratio{}, dersimonian_laird{}, wald_z{});
  REQUIRE(r.index);
  CHECK(r.patients == 101);
  CHECK_FALSE(r.tables[2].control.events);
  for (const auto& c : r.changes) CHECK(c.trial < 2);
}

TEST_CASE("Fragility refuses what it cannot judge") {
  CHECK(contains(message_of<input_error>([] { fragility(tables{}, exact_p); }), "no studies"));
  CHECK(contains(message_of<input_error>([] { fragility(tables{trial("Zhu", 3, 2, 1, 5)}, exact_p); }), "Zhu"));
  CHECK(contains(message_of<input_error>([] { fragility(tables{trial("Zhu", 1.5, 2, 1, 5)}, exact_p); }), "whole number"));
  CHECK(contains(message_of<input_error>([] { fragility(tables{trial("", 1, 2, 1, 5)}, exact_p, {.alpha = 1}); }), "alpha = 1"));
  CHECK(contains(message_of<input_error>([] { fragility(tables{trial("", 1, 2, 1, 5)}, exact_p, {.no_effect = NAN}); }), "no_effect"));
}
