// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/sensitivity/fragility_bounded.hpp>
#include <metapool/sensitivity/fragility_judgement.hpp>
#include <metapool/sensitivity/fragility_result.hpp>
#include <metapool/sensitivity/fragility_run.hpp>

#include <string>

namespace metapool {

/// The fragility of a conclusion: the fewest patients whose outcome must change, event to non-event or back within their arm, for the pooled result to
/// lose significance, or to gain it (reverse fragility).
///
/// judge: any callable from std::vector<binary_trial<Real>> to a p-value (significant if below alpha) or to a value with `lower` and `upper` (significant if
/// no_effect lies outside): whatever the model. An error of the library on changed tables counts as no answer; on the original tables it goes through.
///
///     fragility(trials, risk_ratio{}, reml{}, hartung_knapp{});
///     fragility(trials, [](const auto& t) { return infer(mantel_haenszel(t, odds_ratio{})); });
///
/// Trials with missing counts are passed on unchanged. Method: the greedy search of Atal et al. gives an upper bound, which can be too high (25 instead of 20, or
/// 40 instead of 30, in published data). Exchanges of one change for another often lower it (detail::fragility_exchange: 25 to 20 and 46 to 43 with 13 trials, the minima), with up to max_evaluations judgements. Then, nothing
/// being assumed of judge, all different tables at 1, 2, ... changes are judged, each once, until one
/// overturns the conclusion or the bound is met: the index is then the minimum, and `proven` says so. k trials have 4k, about 8k^2, about 11k^3 tables at 1, 2, 3
/// changes (13 trials: 52, 1352, 23452), so that beyond an index of four the proof ends with max_evaluations and `at_least` is what is known: so with
/// likelihood models of counts, Blaker's interval and tests by minimum likelihood. Of the methods named in the other overload, and by fragility_mantel_haenszel and fragility_exact_odds_ratio, much
/// larger indices are proven.
/// Throws input_error on bad or fractional counts, options out of range, a direction asked of a p-value, or without trials; not_estimable if judge gives no
/// answer on the original tables.
/// Atal, Porcher, Boutron & Ravaud (2019) J Clin Epidemiol 111:32, doi:10.1016/j.jclinepi.2019.03.012; Walsh et al. (2014) J Clin Epidemiol 67:622;
/// Lin & Chu (2022) PLoS ONE 17:e0268754, doi:10.1371/journal.pone.0268754.
template <detail::binary_trials Trials, class Judge>
auto fragility(const Trials& trials, Judge judge, const fragility_options& options = {}) -> fragility_result<typename detail::trial_type<Trials>::real_type> {
  detail::no_bounds bounds;
  return detail::find_fragility(trials, judge, options, bounds);
}

/// The same for a random-effects fit of an effect measure with an interval of the mean: risk_ratio{}, reml{}, hartung_knapp{}, say. The zero-cell policy is
/// applied anew to every set of tables. fixed_tau2{0} with wald_z is the common-effect model; with peto_odds_ratio as measure it is Peto's method.
///
/// With tau2 fixed, by REML, maximum likelihood, Paule-Mandel or DerSimonian-Laird, and a Wald (z or t) or Hartung-Knapp interval without floor or safeguard, smaller
/// indices are excluded by bounds instead of trial of all (detail::fragility_bounds), unless a correction depends on other trials (all_if_any, empirical):
/// the largest value that the method's own equations can take over all tables n changes away, found exactly on boxes of tau2 and mean. They
/// hold up to rounding errors. Proven in this way: an index of 20 for 13 trials (REML, Hartung-Knapp), 43 (DerSimonian-Laird, Wald), 16 for 28 trials.
/// With 13 trials all takes some ten milliseconds for an index of 20, some tenth of a second for DerSimonian-Laird's, with a third unknown; indices in the hundreds
/// may end with max_bounds or too many choices, and then at_least is what is known. With tau2 fixed and wald_z, a common effect or Peto's method, they are proven too, by bounds
/// on the two sums of the estimate (detail::fragility_climb): 252 for the 13 trials, where the greedy search gives 397, in some tenths of a second.
template <detail::binary_trials Trials, class Measure, class Estimator, class Interval, class Policy = typename detail::default_policy_of<Measure>::type>
  requires binary_measure<Measure, typename detail::trial_type<Trials>::real_type> &&
           tau2_estimator<Estimator, typename detail::trial_type<Trials>::real_type> &&
           interval_method<Interval, typename detail::trial_type<Trials>::real_type>
auto fragility(const Trials& trials, const Measure& measure, const Estimator& estimator, const Interval& interval, const fragility_options& options = {},
               const Policy& policy = {}) -> fragility_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  detail::check_policy(policy);
  for (const auto& t : trials) check(t, "fragility");  // so that a message about a fit is one about the original tables
  detail::pooled_judgement<Real, Measure, Estimator, Interval, Policy> judge{measure, estimator, interval, policy};
  judge.fit.model = model::random_effects;
  judge.fit.method = std::string(Estimator::name);
  judge.fit.data.measure = Measure::info;
  judge.fit.data.audit.resize(1);
  detail::inverse_variance_bounds<Real, decltype(judge), Measure, Estimator, Interval, Policy> bounds{judge, options};
  return detail::find_fragility(trials, judge, options, bounds);
}

}  // namespace metapool
