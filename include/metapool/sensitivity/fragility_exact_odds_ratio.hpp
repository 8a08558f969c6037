// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/sensitivity/fragility_climbed.hpp>
#include <metapool/sensitivity/fragility_exact_judgement.hpp>
#include <metapool/sensitivity/fragility_exact_search.hpp>
#include <metapool/sensitivity/fragility_exact_tables.hpp>
#include <metapool/sensitivity/fragility_result.hpp>
#include <metapool/sensitivity/fragility_run.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool {

/// The exact (central) interval of a common odds ratio: `exact` of exact_common_odds_ratio.
struct central_exact {
  double level = 0.95;
};

/// Its mid-p interval: `mid_p` of exact_common_odds_ratio.
struct central_mid_p {
  double level = 0.95;
};

namespace detail {

template <class Real, class Judgement>
struct exact_odds_ratio_bounds {
  static constexpr bool climbs = true;
  static constexpr bool available = std::numeric_limits<Real>::digits >= 53;
  const Judgement& judgement;

  /// Below a level of a half one change could lead from one side of an odds ratio of 1 to significance on the other.
  bool applies() const { return judgement.level >= 0.5; }

  template <class Searcher, class Attempt>
  climb_answer climb(Searcher& searcher, const climb_question& q, const Attempt& attempt) const {
    const exact_strata<Real> tables(searcher, q);
    const auto attempt_these = [&](const std::vector<exact_change>& changes) { return attempt(tables.changes(changes, searcher.arms.size())); };
    exact_search search(tables.strata, exact_goal{q.loss, judgement.half, tail_of_level<double>(judgement.level)}, attempt_these);
    search.most_work = q.most_work;
    climb_answer a;
    a.least = search.least(q.from, q.end);
    a.work = search.work;
    a.boxes = search.boxes;
    return a;
  }
};

}  // namespace detail

/// Fragility (see fragility) of the exact conditional inference on a common odds ratio (exact_common_odds_ratio), by its exact or mid-p interval.
///
///     fragility_exact_odds_ratio(trials);                        // exact, 95 %
///     fragility_exact_odds_ratio(trials, central_mid_p{0.99});
///
/// The index is proven without trial of all: a change moves P(X >= x) by the probability of the next sum times the conditional share of patients whom it would move, the shares are bounded over
/// all tables so many changes away (detail::exact_stratum_shares), and what remains is split as often as is needed (detail::exact_search). Exact up to rounding (1e-9 of the tail); whether a
/// conclusion is overturned is said by the interval itself. Where an interval ends at 1 but for rounding, that rounding decides.
/// As in exact_common_odds_ratio trials without a count and tables that say nothing take part; the latter may come to say something. In the greedy search the nearest is the one by normal deviates of
/// the tails. Milliseconds for 42 trials with few events, 3 ms beside 8 ms of greedy search for an index of 47 in 9 trials. For 13 trials with 3000 events and an index of 409 the default
/// max_bounds ends in a second or two with at_least = 402, and max_bounds = 2e9 proves it in some ten. Slow too are many trials of the
/// same size with many events, in which most changes are as good as each other: at_least may stay one or a few short of the index.
/// The bounds are for the intervals that are monotone in the counts, at levels of 0.5 and above and in double or wider; others are left to trial of all. Blaker's interval and p-values by minimum
/// likelihood are not monotone: these go to fragility with a judge of one's own.
/// options.no_effect must be 0, the logarithm of an odds ratio of 1. Throws as fragility and exact_common_odds_ratio; input_error if the level is not in (0, 1).
/// Atal, Porcher, Boutron & Ravaud (2019) J Clin Epidemiol 111:32, doi:10.1016/j.jclinepi.2019.03.012 (fragility of meta-analyses); Efron (1965) Ann Math Stat 36:272,
/// doi:10.1214/aoms/1177700288 (monotone shares).
template <detail::binary_trials Trials, class Interval = central_exact>
  requires(std::same_as<Interval, central_exact> || std::same_as<Interval, central_mid_p>)
auto fragility_exact_odds_ratio(const Trials& trials, const Interval& interval = {}, const fragility_options& options = {})
    -> fragility_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "fragility_exact_odds_ratio";
  if (options.no_effect != 0) detail::throw_input_error(function, "no_effect = " + detail::to_text(options.no_effect) + " must be 0, the logarithm of an odds ratio of 1");
  detail::check_level(function, interval.level);
  for (const auto& t : trials) check(t, function);
  detail::exact_judgement<Real> judge{std::same_as<Interval, central_mid_p>, interval.level};
  detail::exact_odds_ratio_bounds<Real, decltype(judge)> bounds{judge};
  return detail::find_fragility(trials, judge, options, bounds);
}

}  // namespace metapool
