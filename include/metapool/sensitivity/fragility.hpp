// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/model/random_effects.hpp>
#include <metapool/sensitivity/fragility_search.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// How far the search goes.
enum class fragility_search : std::uint8_t {
  exact,  ///< after the greedy search every smaller number of changes is tried exhaustively, as far as max_evaluations goes
  greedy  ///< one change after the other (Atal et al. 2019; R's fragility): an upper bound
};

/// The side on which a result that is not significant is to become so. A significant result has one way: to lose it.
enum class fragility_direction : std::uint8_t {
  either,
  below,        ///< the whole interval below no effect
  above,        ///< the whole interval above no effect
  as_estimated  ///< on the side of the original estimate
};

/// The arms in which patients may change.
enum class fragility_arms : std::uint8_t { both, treated, control };

/// Options of fragility.
struct fragility_options {
  fragility_search search = fragility_search::exact;
  fragility_direction direction = fragility_direction::either;
  fragility_arms arms = fragility_arms::both;
  double alpha = 0.05;                   ///< for a judgement that is a p-value; an interval brings its own level
  double no_effect = 0;                  ///< for a judgement that is an interval: 0 for differences and logarithms, 1 for ratios
  std::size_t max_changes = 1000;        ///< no more changes than these are looked at
  std::size_t max_evaluations = 25000;   ///< judgements of the exhaustive part, set by what one costs: a number of changes with more ways than are left is not begun
};

/// What happens to one trial: events added to (taken from, if negative) each arm, whose totals stay.
struct event_change {
  std::size_t trial = 0;  ///< index in the input
  std::string label{};
  long long treated = 0;
  long long control = 0;
};

/// How few patients carry a conclusion.
template <class Real = double>
struct fragility_result {
  using real_type = Real;
  bool significant = false;              ///< the original conclusion. If false, index is the reverse fragility index
  std::optional<std::size_t> index{};    ///< fewest changed patients found that overturn it; empty if none were found
  bool proven = false;                   ///< no fewer changes (index empty: none at all) can overturn it, since all were tried
  std::size_t at_least = 1;              ///< every smaller number of changes was tried in all ways and overturns nothing
  std::optional<std::size_t> greedy{};   ///< the index by the greedy search alone
  Real patients{};                       ///< in all trials whose counts are known
  std::optional<Real> quotient{};        ///< index / patients
  std::vector<event_change> changes{};   ///< the trials that change
  std::vector<binary_trial<Real>> tables{};  ///< all trials after the changes; empty if index is
  std::size_t evaluations = 0;           ///< judgements made
  std::size_t unstated = 0;              ///< of these, tables for which the method gave no answer; they count as not overturned
};

/// The fragility of a conclusion: the fewest patients whose outcome must change, event to non-event or back within their arm, for the pooled result to
/// lose significance, or to gain it (reverse fragility).
///
/// judge: any callable from std::vector<binary_trial<Real>> to a p-value (significant if below alpha) or to a value with `lower` and `upper` (significant if
/// no_effect lies outside): whatever the model. An error of the library on changed tables counts as no answer; on the original tables it goes through.
///
///     fragility(trials, risk_ratio{}, reml{}, hartung_knapp{});
///     fragility(trials, [](const auto& t) { return infer(mantel_haenszel(t, odds_ratio{})); });
///
/// Trials with missing counts are passed on unchanged. Method: the greedy search of Atal et al. gives an upper bound; then, nothing being assumed of judge, all
/// different tables at 1, 2, ... changes are judged, each once, until one overturns the conclusion or the bound is met: the index is then the minimum,
/// and `proven` says so. k trials have 4k, about 8k^2, about 11k^3 tables at 1, 2, 3 changes (13 trials: 52, 1352, 23452), so that beyond an index of
/// four the proof ends with max_evaluations and `at_least` is what is known.
/// Throws input_error on bad or fractional counts, options out of range, a direction asked of a p-value, or without trials; not_estimable if judge gives no
/// answer on the original tables.
/// Atal, Porcher, Boutron & Ravaud (2019) J Clin Epidemiol 111:32, doi:10.1016/j.jclinepi.2019.03.012; Walsh et al. (2014) J Clin Epidemiol 67:622;
/// Lin & Chu (2022) PLoS ONE 17:e0268754, doi:10.1371/journal.pone.0268754.
template <detail::binary_trials Trials, class Judge>
auto fragility(const Trials& trials, Judge judge, const fragility_options& options = {}) -> fragility_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "fragility";
  if (!(options.alpha > 0 && options.alpha < 1)) detail::throw_input_error(function, "alpha = " + detail::to_text(options.alpha) + " must lie strictly between 0 and 1");
  if (!detail::is_finite(options.no_effect)) detail::throw_input_error(function, "no_effect must be a finite number");
  fragility_result<Real> result;
  std::vector<binary_trial<Real>> tables(std::begin(trials), std::end(trials));
  if (tables.empty()) detail::throw_input_error(function, "no studies");

  detail::fragility_searcher<Real, Judge> searcher{tables, judge};
  searcher.alpha = options.alpha;
  searcher.no_effect = options.no_effect;
  std::size_t most = 0;  // as many changes as there are patients, or more than are asked for
  for (std::size_t i = 0; i < tables.size(); ++i) {
    check(tables[i], function);
    if (!is_complete(tables[i])) continue;
    for (const bool treated : {true, false}) {
      const binary_arm<Real>& arm = treated ? tables[i].treated : tables[i].control;
      result.patients += *arm.total;
      if (treated ? options.arms == fragility_arms::control : options.arms == fragility_arms::treated) continue;
      const auto whole = [&](const Real& x) { return x < Real(options.max_changes) ? static_cast<std::size_t>(x) : options.max_changes; };
      detail::fragility_arm<Real> a{i, treated, *arm.events, whole(*arm.events), whole(Real(*arm.total - *arm.events)), 0};
      most += (std::min)(options.max_changes - (std::min)(most, options.max_changes), a.room());
      searcher.arms.push_back(a);
    }
  }
  using judged = decltype(judge(static_cast<const std::vector<binary_trial<Real>>&>(tables)));
  const auto first = judge(static_cast<const std::vector<binary_trial<Real>>&>(tables));
  const detail::fragility_verdict<Real> original = detail::verdict_of<Real>(first, options.alpha, options.no_effect);
  ++searcher.evaluations;
  if (!original.stated) detail::throw_not_estimable(function, "there is no conclusion to overturn: no interval or p-value on the trials as they are");
  result.significant = original.significant;

  std::vector<detail::fragility_goal> goals{detail::fragility_goal::not_significant};
  detail::fragility_goal goal = goals.front();
  if (!original.significant) {
    fragility_direction side = options.direction;
    if constexpr (!detail::with_limits<judged>) {
      if (side != fragility_direction::either) detail::throw_input_error(function, "a direction needs an interval, and this judgement is a p-value");
      goals = {detail::fragility_goal::significant};
    } else {
      if (side == fragility_direction::as_estimated) {
        if constexpr (requires { first.estimate; }) {
          side = first.estimate < Real(options.no_effect) ? fragility_direction::below : fragility_direction::above;
        } else {
          detail::throw_input_error(function, "the side of the estimate is asked for, and this judgement has no estimate");
        }
      }
      goals = {detail::fragility_goal::significant_below, detail::fragility_goal::significant_above};
      if (side == fragility_direction::below) goals.pop_back();
      if (side == fragility_direction::above) goals.erase(goals.begin());
    }
    goal = goals.size() == 2 ? detail::fragility_goal::significant : goals.front();
  }

  std::vector<long long> witness;
  for (const detail::fragility_goal each : goals) {
    const std::size_t limit = result.index ? *result.index - 1 : most;
    const std::optional<std::size_t> steps = searcher.greedy(each, limit);
    if (!steps) continue;
    result.index = result.greedy = steps;
    witness = searcher.changes();
  }
  if (options.search == fragility_search::exact) {
    const std::size_t budget = (std::min)(options.max_evaluations, static_cast<std::size_t>(1) << 40);
    std::size_t spent = 0;
    const std::size_t last = result.index ? *result.index - 1 : most;
    for (std::size_t count = 1; count <= last; ++count) {
      const std::size_t ways = searcher.ways(count, budget);
      if (ways > budget - spent) break;
      spent += ways;
      searcher.restore();
      if (searcher.every(goal, count)) {
        result.index = count;
        witness = searcher.changes();
        break;
      }
      result.at_least = count + 1;
    }
  }
  result.proven = result.index ? *result.index == result.at_least : result.at_least > most && most < options.max_changes;
  result.evaluations = searcher.evaluations;
  result.unstated = searcher.unstated;
  if (!result.index) return result;

  result.quotient = Real(*result.index) / result.patients;
  searcher.restore();
  for (std::size_t j = 0; j < witness.size(); ++j) {
    if (witness[j] == 0) continue;
    const auto& arm = searcher.arms[j];
    searcher.set(searcher.arms[j], witness[j]);
    if (result.changes.empty() || result.changes.back().trial != arm.trial) result.changes.push_back({arm.trial, tables[arm.trial].label, 0, 0});
    (arm.treated ? result.changes.back().treated : result.changes.back().control) = witness[j];
  }
  result.tables = std::move(tables);
  return result;
}

namespace detail {

/// The interval of a random-effects fit of tables, the workspace of one call being that of the next. From the second call on a Hartung-Knapp interval
/// without safeguard comes without what a verdict does not need: its t quantile is kept, and p is not computed, which would be half of the time.
template <class Real, class Measure, class Estimator, class Interval, class Policy>
struct pooled_judgement {
  Measure measure;
  Estimator estimator;
  Interval interval;
  Policy policy;
  model_fit<Real> fit{};
  bool options_checked = false;
  std::vector<Real> critical{};  ///< by degrees of freedom; 0: not yet computed

  /// hartung_knapp's limits; false if they are to be had from hartung_knapp itself.
  bool quick_limits(const Real& tau2, mean_inference<Real>& r) {
    if constexpr (std::is_same_v<Interval, hartung_knapp>) {
      using std::sqrt;
      const std::size_t df = fit.data.size() - 1;
      if (!options_checked || interval.safeguard != hk_safeguard::none || df == 0 || !(fit.convergence.converged || interval.even_if_not_converged)) return false;
      if (critical.size() <= df) critical.resize(df + 1, Real(0));
      if (critical[df] == Real(0)) critical[df] = t_critical<Real>(interval.level, static_cast<Real>(df));
      const pooled_sums<Real> s = pool_at(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), tau2);
      const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * s.mean;
      const Real q = s.q > s.w * last_digits * last_digits ? Real(s.q / static_cast<Real>(df)) : Real(0);
      r.se = sqrt(Real(1 / s.w)) * sqrt((std::max)(q, Real(interval.floor)));
      if (!(r.se > 0) || !is_finite(r.se) || !is_finite(s.mean)) return false;
      r.estimate = s.mean;
      r.lower = s.mean - critical[df] * r.se;
      r.upper = s.mean + critical[df] * r.se;
      return true;
    } else {
      return false;
    }
  }

  mean_inference<Real> operator()(const std::vector<binary_trial<Real>>& tables) {
    constexpr const char* function = "fragility";
    zero_cell_context<Real> context;
    for (const auto& t : tables) {
      if (is_complete(t) && !dropped_as_double_zero(table_of(t), policy.double_zeros, measure)) context.see(table_of(t), policy);
    }
    fit.data.y.clear();
    fit.data.v.clear();
    for (const auto& t : tables) {
      std::array<Real, 4> added{};
      effect<Real> e;
      if (!is_complete(t) || corrected_effect(table_of(t), measure, policy, context, added, e) != study_status::pooled || !(e.v > 0)) continue;
      fit.data.y.push_back(e.y);
      fit.data.v.push_back(e.v);
    }
    fit.data.labels.resize(fit.data.y.size());
    fit.tau2.reset();
    fit.convergence = {};
    check_effects(function, fit.data);
    Real tau2 = 0;
    if (fit.data.size() > 1) {
      const tau2_estimate<Real> t = estimator(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v));
      tau2 = t.tau2;
      fit.tau2 = tau2;
      fit.convergence = t.convergence;
    }
    mean_inference<Real> r;
    if (quick_limits(tau2, r)) return r;
    fill_inverse_variance(function, fit, tau2);
    r = infer(fit, interval);
    options_checked = true;
    return r;
  }
};

}  // namespace detail

/// The same for a random-effects fit of an effect measure with an interval of the mean: risk_ratio{}, reml{}, hartung_knapp{}, say. The zero-cell policy is
/// applied anew to every set of tables. With 13 trials and an index up to three about 10 milliseconds.
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
  return fragility(trials, judge, options);
}

}  // namespace metapool
