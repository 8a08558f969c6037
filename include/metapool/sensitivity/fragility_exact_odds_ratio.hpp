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
