// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/inference/infer.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/sensitivity/fragility_climbed.hpp>
#include <metapool/sensitivity/fragility_result.hpp>
#include <metapool/sensitivity/fragility_run.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool {

namespace detail {

/// Mantel and Haenszel's interval of tables. From the second call on a Wald z interval comes from the sums alone.
template <class Real, class Measure, class Interval, class Policy>
struct mantel_haenszel_judgement {
  Measure measure;
  Interval interval;
  Policy policy;
  bool options_checked = false;
  Real critical{};

  mean_inference<Real> operator()(const std::vector<binary_trial<Real>>& tables) {
    using std::sqrt;
    if constexpr (std::same_as<Interval, wald_z>) {
      if (options_checked) {
        const auto kept = [&](const binary_trial<Real>& t) { return is_complete(t) && !dropped_as_double_zero(table_of(t), policy.double_zeros, measure); };
        zero_cell_context<Real> context;
        for (const auto& t : tables) {
          if (kept(t)) context.see(table_of(t), policy);
        }
        mantel_haenszel_sums<Real> sums;
        for (const auto& trial : tables) {
          if (!kept(trial)) continue;
          const two_by_two<Real> t = table_of(trial);
          Real weight{};
          add_table(sums, plus(t, additions(policy, t, context, std::same_as<Measure, risk_ratio>)), measure, weight);
        }
        mean_inference<Real> r;
        Real variance{};
        if (!mantel_haenszel_estimate(sums, measure, r.estimate, variance) || !(variance > 0)) throw_not_estimable("fragility", "the sums do not determine the estimate");
        r.se = sqrt(variance);
        r.lower = r.estimate - critical * r.se;
        r.upper = r.estimate + critical * r.se;
        return r;
      }
    }
    const mean_inference<Real> r = infer(mantel_haenszel(tables, measure, policy), interval);
    critical = r.critical;
    options_checked = true;
    return r;
  }
};

template <class Real, class Judgement, class Measure, class Interval, class Policy>
struct mantel_haenszel_bounds {
  static constexpr bool climbs = true;
  static constexpr bool available = std::same_as<Interval, wald_z> && std::numeric_limits<Real>::digits >= 53;
  const Judgement& judgement;
  const fragility_options& options;

  bool applies() const {
    if constexpr (std::same_as<Policy, empirical_correction>) return false;
    if constexpr (requires { judgement.policy.when; }) return judgement.policy.when != correct_when::all_if_any;
    return true;
  }

  template <class Searcher, class Attempt>
  climb_answer climb(Searcher& searcher, const climb_question& q, const Attempt& attempt) const {
    return climb_mantel_haenszel<Real>(searcher, judgement.measure, judgement.policy, options.no_effect, normal_critical<double>(judgement.interval.level), q, attempt);
  }
};

}  // namespace detail

/// Fragility (see fragility) of Mantel and Haenszel's common risk ratio, odds ratio or risk difference, with the variances of mantel_haenszel.
///
///     fragility_mantel_haenszel(trials, odds_ratio{});
///
/// policy: what is added to the tables before they are summed, as in mantel_haenszel, anew for every set of tables; nothing by default. With a Wald z interval large indices are proven too,
/// unless a correction depends on other trials (all_if_any, empirical): the sums of the estimate and its variance are bounded over all tables so many changes away, up to rounding
/// (detail::fragility_climb). With other intervals the proof is trial of all. Throws as fragility and mantel_haenszel.
template <detail::binary_trials Trials, mantel_haenszel_measure Measure, class Interval = wald_z, class Policy = no_correction>
  requires interval_method<Interval, typename detail::trial_type<Trials>::real_type>
auto fragility_mantel_haenszel(const Trials& trials, const Measure& measure, const Interval& interval = {}, const fragility_options& options = {}, const Policy& policy = {})
    -> fragility_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  for (const auto& t : trials) check(t, "fragility_mantel_haenszel");
  detail::mantel_haenszel_judgement<Real, Measure, Interval, Policy> judge{measure, interval, policy};
  detail::mantel_haenszel_bounds<Real, decltype(judge), Measure, Interval, Policy> bounds{judge, options};
  return detail::find_fragility(trials, judge, options, bounds);
}

}  // namespace metapool
