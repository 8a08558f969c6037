// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/exact/restricted_risks.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Options of miettinen_nurminen.
struct score_options {
  double level = 0.95;
  /// Multiplies each table's variance by N / (N - 1), as Miettinen and Nurminen do. Without it the interval of one table is Mee's for the risk
  /// difference and Koopman's for the risk ratio.
  bool variance_factor = true;
};

/// A score interval with its test. Natural scale: differences and ratios of risks, treated against control.
template <class Real = double>
struct score_result {
  using real_type = Real;
  measure_info measure{};
  std::string method{};             ///< "Miettinen-Nurminen", "Koopman", ...
  std::optional<Real> estimate{};   ///< where the score is 0: the Mantel-Haenszel estimate; infinite without control events, empty if 0 / 0
  Real lower{};
  Real upper{};
  interval_state state = interval_state::regular;  ///< open_lower: a ratio's lower is 0; open_upper: its upper is infinite; unbounded: both
  double level = 0.95;
  Real statistic{};                 ///< the score test of no effect, standard normal; its sign is the effect's. 0 if there is neither an effect nor a variance
  Real p{};                         ///< two-sided
  std::size_t tables = 0;           ///< that say something on the measure
  std::vector<study_audit<Real>> audit{};  ///< one entry a trial
  metapool::convergence<Real> convergence{};
};

/// Measures that have a score interval.
template <class M>
concept score_measure = std::same_as<M, risk_ratio> || std::same_as<M, risk_difference>;

/// Miettinen and Nurminen's score interval of a common risk difference or risk ratio over 2x2 tables (or of one): the effects that a z test does not reject
/// whose variance is that of the maximum likelihood risks under the effect tested. Tables are weighted by n1 n2 / N (Mantel and Haenszel), which they
/// keep at every effect; nothing is added to zeros, and risks of 0 and 1 are as good as others.
///
///     miettinen_nurminen(trials, risk_difference{});
///     miettinen_nurminen(trial, risk_ratio{}, {.variance_factor = false});   // one table: Koopman
///
/// The score is sum w (p1 - p2 - delta), or sum w (p1 - phi p2), over the square root of sum w^2 V. Trials without events in either arm stay in
/// for the difference (they say that it is small) and say nothing on the ratio, as their record shows; those with a missing count are left out.
/// A ratio's lower limit is 0 if no treated patient has the event, its upper limit infinite if no control patient has.
/// Throws input_error on bad counts, without trials or if the level is not in (0, 1); not_estimable if no trial is complete; convergence_error if a search failed.
/// 12 significant digits (of the larger risk, for a difference near 0).
/// Miettinen & Nurminen (1985) Stat Med 4:213, doi:10.1002/sim.4780040211; Mee (1984) Biometrics 40:1175; Koopman (1984) Biometrics 40:513.
template <detail::binary_trials Trials, score_measure Measure>
auto miettinen_nurminen(const Trials& trials, const Measure&, const score_options& options = {}) -> score_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::exp, std::fabs, std::log;
  constexpr bool ratio = std::same_as<Measure, risk_ratio>;
  constexpr const char* function = "miettinen_nurminen";
  detail::check_level(function, options.level);
  score_result<Real> r;
  r.measure = Measure::info;
  r.level = options.level;
  detail::score_of_tables<Real, ratio> score;
  score.factor = options.variance_factor;
  bool complete = false;
  for (const auto& trial : trials) {
    check(trial, function);
    study_audit<Real> record;
    record.label = trial.label;
    if (!is_complete(trial)) {
      record.status = study_status::not_reported;
    } else {
      complete = true;
      const two_by_two<Real> t = table_of(trial);
      if (ratio && t.a == 0 && t.c == 0) {
        record.status = study_status::double_zero;
      } else {
        score.tables.push_back(t);
      }
    }
    r.audit.push_back(std::move(record));
  }
  if (r.audit.empty()) detail::throw_input_error(function, "no studies");
  if (!complete) detail::throw_not_estimable(function, "no study reports all four counts");
  r.tables = score.tables.size();
  r.method = options.variance_factor ? "Miettinen-Nurminen" : r.tables > 1 ? "stratified score" : ratio ? "Koopman" : "Mee";

  const Real infinity = std::numeric_limits<Real>::infinity(), z = detail::normal_critical<Real>(options.level);
  r.statistic = score.at(ratio ? Real(1) : Real(0));
  r.p = detail::normal_two_sided_p(r.statistic);
  const auto treated = score.treated(), control = score.control();
  convergence<Real> lower_state, upper_state;
  // s / (1 + |s|), finite where the variance is 0
  const auto beyond = [&](const Real& s) { return Real((s > 1 ? Real(1 / (1 + 1 / s)) : s < -1 ? Real(-1 / (1 - 1 / s)) : Real(s / (1 + fabs(s)))) - z / (1 + z)); };
  if constexpr (ratio) {
    const bool none = treated == 0, no_control = control == 0;
    r.state = none && no_control ? interval_state::unbounded : none ? interval_state::open_lower : no_control ? interval_state::open_upper : interval_state::regular;
    if (!(none && no_control)) r.estimate = no_control ? infinity : Real(treated / control);
    r.upper = infinity;
    // from about the estimate outward, by steps that double, until the test rejects
    const Real half = Real(1) / 2;
    const Real start = none || no_control ? Real(log((treated + half) / (control + half))) : Real(log(treated / control));
    const auto limit = [&](const Real& sign, convergence<Real>& state) {
      const auto excess = [&](const Real& theta) { return beyond(Real(sign * score.at(exp(theta)))); };
      Real inner = start, step = half, outer = Real(start - sign * step);
      while (excess(inner) > 0) inner += sign * half;  // only without events in one arm: the start is no estimate then
      while (excess(outer) < 0 && step < 1000) {
        inner = outer;
        step *= 2;
        outer -= sign * step;
      }
      return Real(exp(detail::bracketed_root(excess, (std::min)(inner, outer), (std::max)(inner, outer), state)));
    };
    if (!none) r.lower = limit(Real(1), lower_state);
    if (!no_control) r.upper = limit(Real(-1), upper_state);
  } else {
    const Real estimate = score.difference();
    r.estimate = estimate;
    const auto excess = [&](const Real& sign) { return [&score, &beyond, sign](const Real& delta) { return beyond(Real(sign * score.at(delta))); }; };
    // at -1 and 1 the variance is 0: the score is infinite unless the estimate is there
    r.lower = score.at(Real(-1)) == 0 ? Real(-1) : detail::bracketed_root(excess(Real(1)), Real(-1), estimate, lower_state);
    r.upper = score.at(Real(1)) == 0 ? Real(1) : detail::bracketed_root(excess(Real(-1)), estimate, Real(1), upper_state);
  }
  r.convergence = lower_state;
  r.convergence.iterations += upper_state.iterations;
  r.convergence.converged = lower_state.converged && upper_state.converged;
  if (!r.convergence.converged) throw convergence_error("miettinen_nurminen: the search for a limit did not converge");
  return r;
}

/// The same of one trial.
template <class Real, score_measure Measure>
score_result<Real> miettinen_nurminen(const binary_trial<Real>& trial, const Measure& measure, const score_options& options = {}) {
  return miettinen_nurminen(std::vector<binary_trial<Real>>{trial}, measure, options);
}

}  // namespace metapool
