// SPDX-License-Identifier: BSL-1.0
// Fragility of the exact conditional odds ratio, beside all tables there are.
#include "support/close.hpp"
#include "support/fragility_by_tables.hpp"
#include "support/published.hpp"

#include <metapool/exact/common_odds_ratio.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/sensitivity/fragility_exact_odds_ratio.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace metapool;
using detail::climb_answer;
using detail::climb_question;
using detail::exact_change;
using detail::fragility_goal;
using metapool_test::bounds_alone;
using metapool_test::contains;
using metapool_test::draws;
using metapool_test::message_of;
using metapool_test::msc;
using metapool_test::trial;
using metapool_test::trial_set;

namespace {

using law = std::vector<double>;  // by count, from 0

double choose(int n, int k) {
  double c = k < 0 || k > n ? 0 : 1;
  for (int i = 1; i <= k && c > 0; ++i) c = c * (n - k + i) / i;
  return c;
}

/// Treated events of m among n1 + n2 patients, written anew.
law hypergeometric(int n1, int n2, int m) {
  law p;
  for (int h = 0; h <= n1; ++h) p.push_back(choose(n1, h) * choose(n2, m - h) / choose(n1 + n2, m));
  return p;
}

law sum(const law& x, const law& y) {
  law r(x.size() + y.size() - 1, 0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) r[i + j] += x[i] * y[j];
  }
  return r;
}

int whole(const std::optional<double>& x) { return static_cast<int>(*x); }

struct settings {
  bool half = false;
  double level = 0.95;
  fragility_arms arms = fragility_arms::both;
};

/// Verdicts on tables with the totals of some trials: -1 below an odds ratio of 1, 1 above, 0 neither. Where a tail is alpha / 2 up to rounding the library's interval decides.
struct verdicts {
  const trial_set& trials;
  settings how;
  std::map<std::vector<int>, law> known{};  // laws of the sum by the events of all trials
  int doubtful = 0;

  int of(const std::vector<int>& a, const std::vector<int>& c) {
    std::vector<int> m(a.size());
    std::size_t seen = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      m[i] = a[i] + c[i];
      seen += static_cast<std::size_t>(a[i]);
    }
    law& p = known[m];
    if (p.empty()) {
      p = {1};
      for (std::size_t i = 0; i < m.size(); ++i) p = sum(p, hypergeometric(whole(trials[i].treated.total), whole(trials[i].control.total), m[i]));
    }
    double above = how.half ? p[seen] / 2 : p[seen], below = above;
    for (std::size_t j = 0; j < p.size(); ++j) (j > seen ? above : below) += j == seen ? 0 : p[j];
    const double tail = (1 - how.level) / 2;
    if (std::fabs(above - tail) < 1e-9 * tail || std::fabs(below - tail) < 1e-9 * tail) {
      ++doubtful;
      trial_set now = trials;
      for (std::size_t i = 0; i < a.size(); ++i) {
        now[i].treated.events = a[i];
        now[i].control.events = c[i];
      }
      const auto r = exact_common_odds_ratio(now, {how.level});
      const auto& ends = how.half ? r.mid_p : r.exact;
      return ends.lower > 1 ? 1 : ends.upper < 1 ? -1 : 0;
    }
    return above < tail ? 1 : below < tail ? -1 : 0;
  }
};

/// Fewest changes to each verdict over all tables: the places are verdicts plus 1.
struct nearest {
  verdicts& judge;
  std::vector<int> a{}, c{};
  std::vector<int> best = std::vector<int>(3, 1000000);

  void look(std::size_t i = 0, int cost = 0) {
    if (i == judge.trials.size()) {
      int& least = best[static_cast<std::size_t>(judge.of(a, c) + 1)];
      least = (std::min)(least, cost);
      return;
    }
    const auto& t = judge.trials[i];
    const int a0 = whole(t.treated.events), c0 = whole(t.control.events);
    for (int x = 0; x <= whole(t.treated.total); ++x) {
      if (judge.how.arms == fragility_arms::control && x != a0) continue;
      for (int y = 0; y <= whole(t.control.total); ++y) {
        if (judge.how.arms == fragility_arms::treated && y != c0) continue;
        a.push_back(x);
        c.push_back(y);
        look(i + 1, cost + std::abs(x - a0) + std::abs(y - c0));
        a.pop_back();
        c.pop_back();
      }
    }
  }
};

/// One to four trials with so few tables together that all can be looked at.
trial_set some_trials(draws& draw) {
  const int k = 1 + draw(4), most = k == 1 ? 30 : k == 2 ? 11 : k == 3 ? 4 : 2;
  trial_set t;
  for (int i = 0; i < k; ++i) {
    const int n1 = 1 + draw(most), n2 = 1 + draw(most), kind = draw(6);
    const int a = kind == 0 ? 0 : kind == 1 ? n1 : draw(n1 + 1), c = kind == 0 || kind == 2 ? 0 : kind == 1 ? n2 : draw(n2 + 1);
    t.push_back(trial("", a, n1, c, n2));
  }
  return t;
}

struct tally {
  int lost = 0, gained = 0, large = 0, unreachable = 0, doubtful = 0;
};

void compare(const trial_set& t, const settings& how, tally& seen) {
  using judgement = detail::exact_judgement<double>;
  bounds_alone<judgement> alone(t, judgement(how.half, how.level));
  std::erase_if(alone.searcher.arms, [&](const auto& arm) { return how.arms != fragility_arms::both && arm.treated != (how.arms == fragility_arms::treated); });
  verdicts all{t, how};
  nearest to{all};
  to.look();
  seen.doubtful += all.doubtful > 0;
  std::size_t patients = 0;
  for (const auto& x : t) patients += static_cast<std::size_t>(*x.treated.total + *x.control.total);
  const auto now = alone.searcher.look();
  CHECK(now.stated);
  CHECK(now.significant == (to.best[1] > 0));
  const bool is_below = to.best[0] == 0;
  for (const fragility_goal goal : {fragility_goal::not_significant, fragility_goal::significant_below, fragility_goal::significant_above}) {
    if (now.significant != (goal == fragility_goal::not_significant)) continue;
    const int least = to.best[goal == fragility_goal::not_significant ? 1 : goal == fragility_goal::significant_below ? 0 : 2];
    const climb_question q{.loss = now.significant, .below = now.significant ? is_below : goal == fragility_goal::significant_below, .from = 1, .end = patients + 1};
    const detail::exact_odds_ratio_bounds<double, judgement> bounds{alone.judge};
    const climb_answer a = bounds.climb(alone.searcher, q, alone.attempt(goal));
    CHECK(a.least == (std::min)(static_cast<std::size_t>(least), patients + 1));
    for (const double work : {0.0, 1e3, 1e4}) {
      climb_question short_of = q;
      short_of.most_work = work;
      CHECK(bounds.climb(alone.searcher, short_of, alone.attempt(goal)).least <= a.least);
    }
    ++(now.significant ? seen.lost : seen.gained);
    seen.large += least > 4 && least < 1000000;
    seen.unreachable += least == 1000000;
  }
}

/// All tables some changes away that raise D: f(changes by trial, how many).
template <class F>
void each_raised(const trial_set& t, int changes, const F& f) {
  std::vector<exact_change> now(t.size());
  const auto next = [&](const auto& self, std::size_t i, int left) -> void {
    if (i == t.size()) {
      f(now, changes - left);
      return;
    }
    for (int x = 0; x <= (std::min)(left, whole(t[i].treated.events)); ++x) {
      for (int y = 0; y <= (std::min)(left - x, whole(t[i].control.total) - whole(t[i].control.events)); ++y) {
        now[i] = {static_cast<std::size_t>(x), static_cast<std::size_t>(y)};
        self(self, i + 1, left - x - y);
      }
    }
    now[i] = {};
  };
  next(next, 0, changes);
}

}  // namespace

TEST_CASE("The share of a next change that raises the distance is not above its bound in any tables some changes away") {
  draws draw;
  int looked = 0, wrong = 0, sharp = 0;
  for (int set = 0; set < 12; ++set) {
    trial_set t;
    for (int i = 0; i < 2 + set % 2; ++i) {
      const int n1 = 2 + draw(9), n2 = 2 + draw(9);
      t.push_back(trial("", draw(n1 + 1), n1, draw(n2 + 1), n2));
    }
    const int most = 5;
    double seen = 0;
    std::vector<detail::count_weights<double>> laws;
    std::vector<detail::exact_stratum> strata;
    for (const auto& x : t) {
      seen += *x.treated.events;
      strata.push_back({*x.treated.total, *x.control.total, *x.treated.events, *x.control.events, 99, 99});
      laws.push_back(detail::law_of_events(strata.back().treated, strata.back().control, strata.back().first + strata.back().second, detail::exact_law_depth));
    }
    for (std::size_t own = 0; own < t.size(); ++own) {
      auto rest = detail::law_of_nothing<double>();
      for (std::size_t i = 0; i < t.size(); ++i) rest = i == own ? rest : detail::law_of_sum(rest, laws[i], detail::exact_law_depth);
      detail::exact_stratum_shares shares(strata[own], {}, rest, seen, static_cast<std::size_t>(most));
      each_raised(t, most, [&](const std::vector<exact_change>& now, int made) {
        const int n1 = whole(t[own].treated.total), n2 = whole(t[own].control.total), m = whole(t[own].treated.events) + whole(t[own].control.events);
        const auto events = [&](std::size_t i) { return whole(t[i].treated.events) + whole(t[i].control.events) - static_cast<int>(now[i].fewer) + static_cast<int>(now[i].more); };
        law others{1};
        int observed = 0;
        for (std::size_t i = 0; i < t.size(); ++i) {
          if (i != own) others = sum(others, hypergeometric(whole(t[i].treated.total), whole(t[i].control.total), events(i)));
          observed += whole(t[i].treated.events) - static_cast<int>(now[i].fewer);
        }
        const law mine = hypergeometric(n1, n2, events(own));
        for (int d = 0; made - d <= most; --d) {
          double mass = 0, moment = 0;
          for (int h = 0; h < static_cast<int>(mine.size()); ++h) {
            const int g = observed + d - h;
            if (g < 0 || g >= static_cast<int>(others.size())) continue;
            mass += mine[static_cast<std::size_t>(h)] * others[static_cast<std::size_t>(g)];
            moment += h * mine[static_cast<std::size_t>(h)] * others[static_cast<std::size_t>(g)];
          }
          if (!(mass > 1e-300)) continue;
          for (const bool more : {false, true}) {
            const int drawn = m - static_cast<int>(now[own].fewer) + static_cast<int>(now[own].more);
            if (more ? drawn == n1 + n2 : drawn == 0) continue;
            const double share = more ? (n1 - moment / mass) / (n1 + n2 - drawn) : 1 - moment / mass / drawn;
            const auto place = static_cast<std::size_t>(made - d);
            const exact_change wide_low{now[own].fewer / 2, now[own].more / 2}, wide_high{now[own].fewer + 1, now[own].more};
            const double at = shares.cell(more, now[own], now[own]).share[place];
            wrong += share > at + 1e-12;
            if (static_cast<int>(wide_high.fewer) <= whole(t[own].treated.events)) wrong += shares.cell(more, wide_low, wide_high).share[place] < at - 1e-12;
            sharp += at < 1 && at - share < 0.05;
            ++looked;
          }
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(looked > 5000);
  CHECK(sharp > looked / 3);
}

TEST_CASE("The fewest changes that the bounds do not exclude are the fewest of all tables") {
  draws draw;
  tally seen;
  for (int i = 0; i < 240; ++i) {
    const trial_set t = some_trials(draw);
    const int level = draw(3), arms = draw(4);
    const double levels[] = {0.9, 0.95, 0.99};
    compare(t, {draw(2) == 0, levels[level], arms == 0 ? fragility_arms::treated : arms == 1 ? fragility_arms::control : fragility_arms::both}, seen);
  }
  CHECK(seen.lost > 15);
  CHECK(seen.gained > 200);
  CHECK(seen.large > 30);
  CHECK(seen.unreachable > 15);
  CHECK(seen.doubtful > 5);
}

TEST_CASE("No tables some changes away have a larger tail than the bounds say, before any are tried") {
  draws draw;
  int wrong = 0, sharp = 0, looked = 0;
  for (int set = 0; set < 60; ++set) {
    trial_set t;
    std::vector<detail::exact_stratum> strata;
    for (int i = 0; i < 1 + set % 3; ++i) {
      const int n1 = 1 + draw(8), n2 = 1 + draw(8), a = draw(n1 + 1), c = draw(n2 + 1);
      t.push_back(trial("", a, n1, c, n2));
      strata.push_back({double(n1), double(n2), double(a), double(c), static_cast<std::size_t>(a), static_cast<std::size_t>(n2 - c)});
    }
    const int most = 7;
    detail::exact_goal goal{draw(2) == 0, draw(2) == 0, 0};
    std::vector<double> best(most + 1, goal.loss ? 0 : 1);
    each_raised(t, most, [&](const std::vector<exact_change>& now, int made) {
      law all{1};
      std::size_t seen = 0;
      for (std::size_t i = 0; i < t.size(); ++i) {
        const int a = whole(t[i].treated.events) - static_cast<int>(now[i].fewer), c = whole(t[i].control.events) + static_cast<int>(now[i].more);
        all = sum(all, hypergeometric(whole(t[i].treated.total), whole(t[i].control.total), a + c));
        seen += static_cast<std::size_t>(a);
      }
      double below = 0;
      for (std::size_t j = 0; j < seen; ++j) below += all[j];
      const double value = goal.loss ? goal.value(1 - below, 1 - below - all[seen]) : goal.value(below, below + all[seen]);
      double& end = best[static_cast<std::size_t>(made)];
      end = goal.loss ? (std::max)(end, value) : (std::min)(end, value);
    });
    for (int s = 1; s <= most; ++s) {
      goal.tail = goal.loss ? best[static_cast<std::size_t>(s)] * (1 - 1e-7) : best[static_cast<std::size_t>(s)] * (1 + 1e-7);
      if (!(goal.tail > 1e-6) || goal.tail > 1 - 1e-6) continue;
      std::size_t least = 0;  // the first number of changes at which some do
      while (goal.loss ? best[least] < goal.tail : best[least] > goal.tail) ++least;
      if (least == 0) continue;
      const auto never = [](const std::vector<exact_change>&) { return std::size_t(0); };
      detail::exact_search search(strata, goal, never);
      search.most_work = 0;
      const std::size_t found = search.least(1, 100);
      wrong += found > least;
      sharp += found == least;
      ++looked;
    }
  }
  CHECK(wrong == 0);
  CHECK(looked > 100);
  CHECK(sharp > looked / 2);
}

TEST_CASE("Every set of tables is tried if none is excluded and none is accepted") {
  const std::vector<detail::exact_stratum> strata{{5, 6, 4, 1, 4, 5}, {3, 9, 2, 4, 2, 3}, {4, 2, 1, 1, 0, 1}};
  for (const std::size_t from : {1u, 7u}) {
    std::vector<std::vector<std::size_t>> tried;
    const auto refuse = [&](const std::vector<exact_change>& now) {
      std::vector<std::size_t> all;
      std::size_t cost = 0;
      for (const exact_change& c : now) {
        all.insert(all.end(), {c.fewer, c.more});
        cost += c.cost();
      }
      if (cost >= from) tried.push_back(all);
      return std::size_t(0);
    };
    detail::exact_search search(strata, detail::exact_goal{.tail = 0}, refuse);
    CHECK(search.least(from, 1000) == 1000);
    std::sort(tried.begin(), tried.end());
    tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
    std::vector<std::size_t> ways{1};  // by cost
    for (const std::size_t room : {4u, 5u, 2u, 3u, 0u, 1u}) {
      std::vector<std::size_t> more(ways.size() + room, 0);
      for (std::size_t i = 0; i < ways.size(); ++i) {
        for (std::size_t j = 0; j <= room; ++j) more[i + j] += ways[i];
      }
      ways = more;
    }
    std::size_t all = 0;
    for (std::size_t cost = from; cost < ways.size(); ++cost) all += ways[cost];
    CHECK(tried.size() == all);
  }
}

TEST_CASE("The deviates of a conclusion are those of the exact tails") {
  for (const auto& t : {msc(), metapool_test::collins(), metapool_test::swapped(msc())}) {
    const auto r = exact_common_odds_ratio(t);
    detail::exact_judgement<double> exact(false, 0.95), mid_p(true, 0.95);
    const double z = detail::normal_critical<double>(0.95);
    const auto tail = [&](double deviate) { return detail::normal_upper_tail(deviate); };
    using metapool_test::close;
    using metapool_test::digits10;
    CHECK(close(tail(exact(t).lower + z), r.p_greater, digits10));
    CHECK(close(tail(z - exact(t).upper), r.p_less, digits10));
    CHECK(close(tail(mid_p(t).lower + z), r.p_greater - r.probability / 2, digits10));
    CHECK(close(tail(z - mid_p(t).upper), r.p_less - r.probability / 2, digits10));
  }
}

TEST_CASE("Laws without their last tails bound the expected events of a stratum as whole ones do") {
  const double most = detail::sum_of_tables<double>::most_depth();
  const auto own = detail::law_of_events(3000.0, 2000.0, 900.0, detail::exact_law_depth), own_whole = detail::law_of_events(3000.0, 2000.0, 900.0, most);
  const auto rest = detail::law_of_events(800.0, 1000.0, 700.0, detail::exact_law_depth), rest_whole = detail::law_of_events(800.0, 1000.0, 700.0, most);
  double work = 0;
  const auto bounds = detail::least_events(own, rest, 400, 1000, 0, work);
  int wrong = 0, equal = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    double mass = 0, moment = 0;
    for (std::size_t j = 0; j < own_whole.weight.size(); ++j) {
      const double h = own_whole.first + static_cast<double>(j), g = 400 + static_cast<double>(i) - h - rest_whole.first;
      if (g < 0 || g >= static_cast<double>(rest_whole.weight.size())) continue;
      mass += own_whole.weight[j] * rest_whole.weight[static_cast<std::size_t>(g)];
      moment += h * own_whole.weight[j] * rest_whole.weight[static_cast<std::size_t>(g)];
    }
    if (!(mass > 1e-280)) continue;
    wrong += bounds[i] > moment / mass * (1 + 1e-9);
    equal += std::fabs(bounds[i] - moment / mass) < 1e-9 * bounds[i];
  }
  CHECK(wrong == 0);
  CHECK(equal > 300);
}

TEST_CASE("Fragility of the exact odds ratio is that of exact_common_odds_ratio's intervals by trial of all") {
  draws draw;
  int compared = 0;
  const auto same = [&](const trial_set& t, bool half, double level, const fragility_options& options) {
    const auto by_interval = [&](const trial_set& x) {
      const auto r = exact_common_odds_ratio(x, {level});
      const auto& ends = half ? r.mid_p : r.exact;
      return detail::exact_conclusion<double>{r.score, std::log(ends.lower), std::log(ends.upper)};
    };
    const auto all = fragility(t, by_interval, options);
    if (!all.proven) return;
    fragility_options by_bounds = options;
    by_bounds.max_evaluations = 0;
    const auto r = half ? fragility_exact_odds_ratio(t, central_mid_p{level}, by_bounds) : fragility_exact_odds_ratio(t, central_exact{level}, by_bounds);
    CHECK(r.significant == all.significant);
    CHECK(r.proven);
    CHECK(r.index == all.index);
    if (r.index) {
      const auto after = by_interval(r.tables);
      const bool significant = after.lower > 0 || after.upper < 0;
      CHECK(significant != r.significant);
    }
    ++compared;
  };
  const fragility_options few{.max_evaluations = 300};
  for (int i = 0; i < 60; ++i) {
    const double levels[] = {0.9, 0.95, 0.8};
    fragility_options options = few;
    options.direction = static_cast<fragility_direction>(draw(4));
    options.arms = static_cast<fragility_arms>(draw(3));
    const bool half = draw(2) == 0;
    const double level = levels[draw(3)];
    same(some_trials(draw), half, level, options);
  }
  // tails of exactly 1/20
  same({trial("", 3, 3, 0, 3)}, false, 0.9, few);
  same({trial("", 0, 3, 3, 3)}, false, 0.9, few);
  same({trial("", 2, 3, 0, 3)}, false, 0.9, few);
  CHECK(compared > 40);
}

TEST_CASE("Indices that no trial of all tables reaches are proven for the exact odds ratio") {
  const fragility_options by_bounds{.max_evaluations = 0};
  const auto collins = fragility_exact_odds_ratio(metapool_test::collins(), central_exact{}, by_bounds);
  CHECK(collins.significant);
  CHECK(collins.index == 47u);
  CHECK(collins.proven);
  CHECK(exact_common_odds_ratio(collins.tables).exact.upper >= 1);
  const auto one_less = [&](std::size_t arm) {  // the witness has none to spare
    auto t = collins.tables;
    for (const auto& c : collins.changes) {
      if ((arm == 0 ? c.treated : c.control) == 0) continue;
      auto& events = (arm == 0 ? t[c.trial].treated : t[c.trial].control).events;
      *events -= (arm == 0 ? c.treated : c.control) > 0 ? 1 : -1;
      return exact_common_odds_ratio(t).exact.upper;
    }
    return 0.0;
  };
  CHECK(one_less(0) < 1);
  CHECK(one_less(1) < 1);
  const auto mid_p = fragility_exact_odds_ratio(metapool_test::swapped(metapool_test::collins()), central_mid_p{}, by_bounds);
  CHECK(mid_p.index == 48u);
  CHECK(mid_p.proven);
  CHECK(mid_p.boxes < 20);
}

TEST_CASE("Small trials: the exact odds ratio of stromal cells hangs on three patients, by mid-p on four") {
  const auto exact = fragility_exact_odds_ratio(msc());
  CHECK(exact.significant);
  CHECK(exact.index == 3u);
  CHECK(exact.proven);
  const auto mid_p = fragility_exact_odds_ratio(msc(), central_mid_p{});
  CHECK(mid_p.index == 4u);
  CHECK(mid_p.proven);
}

TEST_CASE("What bounds could not finish is said, and is right") {
  for (const double work : {1.0, 2e5}) {
    const auto r = fragility_exact_odds_ratio(metapool_test::collins(), central_exact{}, {.max_bounds = work, .max_evaluations = 0});
    CHECK(r.index == 47u);
    CHECK(r.at_least <= 47u);
    CHECK(r.proven == (r.at_least == 47u));
  }
  const auto short_of = fragility_exact_odds_ratio(metapool_test::collins(), central_exact{}, {.max_changes = 20, .max_evaluations = 0});
  CHECK(!short_of.index);
  CHECK(!short_of.proven);
  CHECK(short_of.at_least == 21u);
  const auto greedy = fragility_exact_odds_ratio(msc(), central_exact{}, {.search = fragility_search::greedy});
  CHECK(greedy.index == greedy.greedy);
  CHECK(!greedy.proven);
}

TEST_CASE("Trials without counts and without events take part in fragility of the exact odds ratio as in the interval") {
  auto t = msc();
  t.push_back({"not reported", {std::nullopt, 20.0}, {2.0, 20.0}});
  CHECK(fragility_exact_odds_ratio(t).index == 3u);
  const auto none = fragility_exact_odds_ratio(trial_set{trial("", 0, 4, 0, 4)}, central_exact{}, {.max_evaluations = 0});
  CHECK(!none.significant);
  CHECK(none.index == 4u);  // 4/4 against none: 1/70
  CHECK(none.proven);
  const auto never = fragility_exact_odds_ratio(trial_set{trial("", 1, 2, 1, 2)}, central_exact{}, {.max_evaluations = 0});
  CHECK(!never.index);
  CHECK(never.proven);
}

TEST_CASE("Fragility of the exact odds ratio in other number types") {
  std::vector<binary_trial<long double>> t;
  for (const auto& x : msc()) t.push_back(trial<long double>(x.label.c_str(), *x.treated.events, *x.treated.total, *x.control.events, *x.control.total));
  CHECK(fragility_exact_odds_ratio(t).index == 3u);
  std::vector<binary_trial<float>> f;
  for (const auto& x : msc()) f.push_back(trial<float>(x.label.c_str(), *x.treated.events, *x.treated.total, *x.control.events, *x.control.total));
  CHECK(fragility_exact_odds_ratio(f).index == 3u);  // by trial of all
}

TEST_CASE("Fragility of the exact odds ratio refuses what it cannot answer") {
  const auto message = [](const trial_set& t, const central_exact& interval, const fragility_options& options) {
    return message_of<input_error>([&] { (void)fragility_exact_odds_ratio(t, interval, options); });
  };
  CHECK(contains(message(msc(), {}, {.no_effect = 1}), "no_effect = 1 must be 0"));
  CHECK(contains(message(msc(), {1.0}, {}), "level"));
  CHECK(contains(message({}, {}, {}), "no studies"));
  CHECK(contains(message({trial("Half", 1.5, 4, 1, 4)}, {}, {}), "Half"));
  CHECK(contains(message({trial("Many", 5, 4, 1, 4)}, {}, {}), "Many"));
}
