// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/exact/combined_tests.hpp>
#include <metapool/exact/conditional_rate_test.hpp>
#include <metapool/exact/level_scores.hpp>
#include <metapool/exact/miettinen_nurminen.hpp>
#include <metapool/exact/sum_of_scores.hpp>
#include <metapool/exact/unconditional_test.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// How much each trial counts in tian_combination. Fixed before the events are seen, which is what keeps the combination exact.
enum class tian_weights : std::uint8_t {
  root,      ///< square root of n1 n2 / (n1 + n2): the most precise where the trials share their baseline risk
  harmonic,  ///< n1 n2 / (n1 + n2), as R's exactmeta
  total      ///< n1 + n2, as R's gmeta
};

/// Options of tian_combination.
struct tian_options {
  double level = 0.95;
  tian_weights weights = tian_weights::root;
  tian_levels levels = tian_levels::uniform;
  /// Half the probability of what was seen in each trial's p-values: shorter, and no longer certain to cover at least `level`. Of several crossings a limit is the
  /// one next to the effect.
  bool mid_p = false;
  /// Of each trial's p-values of risks, spent on the control risk (see unconditional_options), above 0.
  double nuisance_error = 1e-6;
};

/// The common effect of several trials by combined exact intervals. Natural scale, treated against control.
template <class Real = double>
struct tian_result {
  using real_type = Real;
  measure_info measure{};
  std::string method{};             ///< "Tian", with ", arcsine levels" or ", logarithmic levels", and with ", mid-p"
  std::optional<Real> estimate{};   ///< where both one-sided combinations are equal (amid two such places, if they cross more than once); empty if the interval is unbounded; 0 or infinity at an open end
  Real lower{};
  Real upper{};
  interval_state state = interval_state::regular;  ///< open_lower: a ratio's lower is 0; open_upper: its upper is infinite; unbounded: both
  double level = 0.95;
  Real p_greater{};  ///< of no effect against a larger one: small if the treated have more events
  Real p_less{};
  Real p{};          ///< two-sided: twice the smaller, at most 1
  std::vector<Real> weights{};             ///< one entry a trial that takes part, in their order; they add up to 1
  std::size_t tables = 0;                  ///< trials that take part, those without any event among them
  std::vector<study_audit<Real>> audit{};  ///< one entry a trial
  metapool::convergence<Real> convergence{};
};

namespace detail {

/// Limits, estimate and tests from the tests in both directions; `down` are those of the trials with exchanged arms. left: the end of the scale of the search.
template <class Real, class Test, bool ratio>
void combine_tests(combined_tests<Real, Test, ratio>& up, combined_tests<Real, Test, ratio>& down, const tian_options& options, const Real& left, const Real& middle, tian_result<Real>& r) {
  const Real infinity = std::numeric_limits<Real>::infinity();
  up.weights = down.weights = r.weights;
  up.mid_p = down.mid_p = options.mid_p;
  up.score = down.score = level_score<Real>(options.levels);
  const sum_of_scores<Real> null(r.weights, options.levels);
  const Real least = null.quantile(tail_of_level<Real>(r.level), r.convergence);
  const Real low = up.limit(least, left, Real(-left), middle, r.convergence), high = -down.limit(least, left, Real(-left), Real(-middle), r.convergence);
  const bool no_low = ratio && low == left, no_high = ratio && high == -left;
  r.lower = no_low ? Real(0) : up.effect(low);
  r.upper = no_high ? infinity : up.effect(high);
  r.state = no_low && no_high ? interval_state::unbounded : no_low ? interval_state::open_lower : no_high ? interval_state::open_upper : interval_state::regular;
  const Real rough = Real(1e-7);
  const auto difference = [&](const Real& x) { return Real(up.at(x, rough) - down.at(Real(-x), rough)); };
  if (r.state != interval_state::unbounded) {
    Real a = low, b = high, at_a = difference(a), at_b = difference(b);
    if (no_low && at_a >= 0) {
      r.estimate = Real(0);
    } else if (no_high && at_b <= 0) {
      r.estimate = infinity;
    } else {  // the combinations have jumps and may cross more than once: halving in turn with straight lines, from both sides
      const Real least_width = 10 * rough * (std::min)(Real(1), Real(b - a));
      const auto crossing = [&](int side) {
        Real left_end = side > 0 ? a : Real(-b), right_end = side > 0 ? b : Real(-a), at_left = side > 0 ? at_a : Real(-at_b), at_right = side > 0 ? at_b : Real(-at_a);
        for (int i = 0; right_end - left_end > least_width; ++i) {
          const Real line = at_right > at_left ? (std::max)(Real(0.05), (std::min)(Real(0.95), Real(at_left / (at_left - at_right)))) : Real(0.5);
          const Real x = left_end + (right_end - left_end) * (i % 2 == 0 ? line : Real(0.5)), at_x = side > 0 ? difference(x) : Real(-difference(Real(-x)));
          (at_x < 0 ? left_end : right_end) = x;
          (at_x < 0 ? at_left : at_right) = at_x;
        }
        return Real(Real(side) * (left_end + (right_end - left_end) / 2));
      };
      r.estimate = up.effect(Real((crossing(1) + crossing(-1)) / 2));
    }
  }
  r.p_greater = null.cdf(up.at(Real(0)));
  r.p_less = null.cdf(down.at(Real(0)));
  r.p = (std::min)(Real(1), Real(2 * (std::min)(r.p_greater, r.p_less)));
  if (!r.convergence.converged) throw convergence_error("tian_combination: the search for a limit did not converge");
}

/// The weight of a trial with these patients or person-time, before all are divided by their sum.
template <class Real>
Real tian_weight(tian_weights kind, const Real& n1, const Real& n2) {
  using std::sqrt;
  if (kind == tian_weights::total) return n1 + n2;
  const Real w = n1 * (n2 / (n1 + n2));
  return kind == tian_weights::root ? Real(sqrt(w)) : w;
}

/// Checks and records every trial; use(trial) takes a complete one with its weight and says what became of it. Then divides the weights by their sum.
template <class Trials, class Real, class Use>
void take_trials(const Trials& trials, tian_result<Real>& r, Use use) {
  constexpr const char* function = "tian_combination";
  for (const auto& trial : trials) {
    check(trial, function);
    study_audit<Real> record;
    record.label = trial.label;
    record.status = is_complete(trial) ? use(trial) : study_status::not_reported;
    r.audit.push_back(std::move(record));
  }
  if (r.audit.empty()) throw_input_error(function, "no studies");
  Real sum = 0;
  for (const Real& w : r.weights) sum += w;
  if (r.weights.empty() || !(sum > 0)) throw_not_estimable(function, "no study reports all that is needed");
  for (Real& w : r.weights) w /= sum;
  r.tables = r.weights.size();
}

template <class Real>
void start_tian(tian_result<Real>& r, const measure_info& measure, const tian_options& options) {
  check_level("tian_combination", options.level);
  if (!(options.nuisance_error > 0 && options.nuisance_error < (1 - options.level) / 2)) {
    throw_input_error("tian_combination", "nuisance_error = " + to_text(options.nuisance_error) + " must be above 0 and less than (1 - level)/2");
  }
  r.measure = measure;
  r.level = options.level;
  r.method = "Tian";
  if (options.levels != tian_levels::uniform) r.method += options.levels == tian_levels::arcsine ? ", arcsine levels" : ", logarithmic levels";
  if (options.mid_p) r.method += ", mid-p";
}

}  // namespace detail

/// Tian and colleagues' exact inference on a common risk difference or risk ratio: each trial's exact one-sided intervals of every confidence level, combined with
/// weights on the trials. An effect is in the combined interval unless too few of the trials' intervals, weighted, hold it. Nothing is added to zeros; trials
/// without events in either arm stay in: for the difference they say that it is small.
///
///     tian_combination(trials, risk_difference{});
///
/// With all levels from 0 to 1 counting alike, what is combined is the sum of weight times one-sided p-value, which under the true effect is no less (in distribution)
/// than a weighted sum of uniform numbers, whose distribution is computed, not simulated. Other `levels` combine scores of the p-values (tian_levels) in the same way, by
/// the distribution of the scores' sum; as the scores rise with p, all of them cover at least `level`. Choose before the data are seen. The p-values are unconditional exact ones (score statistic, largest over the control
/// risk; unconditional.hpp), so that the interval covers at least `level` whatever the control risks, if the effect is common. With one trial it is Chan and Zhang's.
/// For the ratio a trial without events fits every ratio (its p-value is 1), so that many of them make the interval wide: mid_p lets them count neutrally,
/// as R's exactmeta does. That package's p-values are of another statistic on a grid, with simulated quantiles, so that results differ.
/// Throws input_error on bad counts, an arm of more than 10^6 patients or a bad option, not_estimable if no trial is complete, convergence_error if a search failed.
/// Limits as in unconditional_interval, to ten digits; the estimate to an absolute 1e-6 (of a ratio, of its logarithm); p-values to 1e-14. Some 0.2 s for 13 trials of 50 to 800 patients with few events, a
/// second for 42, some seconds for trials of ten thousands with hundreds of events.
/// Tian, Cai, Pfeffer, Piankov, Cremieux & Wei (2009) Biostatistics 10:275, doi:10.1093/biostatistics/kxn034.
template <detail::binary_trials Trials, score_measure Measure>
auto tian_combination(const Trials& trials, const Measure&, const tian_options& options = {}) -> tian_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::log;
  constexpr bool ratio = std::same_as<Measure, risk_ratio>;
  using test = detail::unconditional_test<Real, ratio>;
  tian_result<Real> r;
  detail::start_tian(r, Measure::info, options);
  detail::combined_tests<Real, test, ratio> up, down;
  two_by_two<Real> all{};
  detail::take_trials(trials, r, [&](const auto& trial) {
    for (const Real& n : {*trial.treated.total, *trial.control.total}) {
      if (!(n <= Real(1000000))) detail::throw_study_error("tian_combination", trial.label, "total", n, "is more than the 1000000 patients an arm that can be enumerated");
    }
    const two_by_two<Real> t = table_of(trial);
    all = {all.a + t.a, all.b + t.b, all.c + t.c, all.d + t.d};
    up.tests.emplace_back(t, true, Real(options.nuisance_error));
    down.tests.emplace_back(two_by_two<Real>{t.c, t.d, t.a, t.b}, true, Real(options.nuisance_error));
    r.weights.push_back(detail::tian_weight(options.weights, t.treated_total(), t.control_total()));
    return study_status::pooled;
  });
  const Real half = Real(1) / 2, risk = (all.a + half) / (all.treated_total() + 1), control_risk = (all.c + half) / (all.control_total() + 1);
  const Real left = ratio ? Real(-log((std::numeric_limits<Real>::max)()) * Real(2) / 5) : Real(-1);
  detail::combine_tests(up, down, options, left, ratio ? Real(log(risk / control_risk)) : Real(risk - control_risk), r);
  return r;
}

/// The same for a common rate ratio. The p-values are those given each trial's number of events m, so that weights may depend on it: a trial without events says
/// nothing and has no weight, which its record shows. harmonic: m t1 t2 / (t1 + t2)^2, the information on the logarithm of a ratio near 1; root: its square root; total: m.
/// Throws not_estimable if no trial has an event. No nuisance_error is needed.
template <class Trials>
  requires detail::range_of_trials<Trials, rate_trial>
auto tian_combination(const Trials& trials, const incidence_rate_ratio&, const tian_options& options = {}) -> tian_result<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::log, std::sqrt;
  tian_result<Real> r;
  detail::start_tian(r, incidence_rate_ratio::info, options);
  detail::combined_tests<Real, detail::conditional_rate_test<Real>, true> up, down;
  two_rates<Real> all{};
  detail::take_trials(trials, r, [&](const auto& trial) {
    const two_rates<Real> t = rates_of(trial);
    const Real events = t.x1 + t.x2, share = t.t1 / (t.t1 + t.t2);
    if (events == 0) return study_status::double_zero;
    all = {all.x1 + t.x1, all.t1 + t.t1, all.x2 + t.x2, all.t2 + t.t2};
    up.tests.push_back({t});
    down.tests.push_back({two_rates<Real>{t.x2, t.t2, t.x1, t.t1}});
    const Real information = events * share * (1 - share);
    r.weights.push_back(options.weights == tian_weights::root ? Real(sqrt(information)) : options.weights == tian_weights::total ? events : information);
    return study_status::pooled;
  });
  const Real half = Real(1) / 2, left = -log((std::numeric_limits<Real>::max)()) * Real(2) / 5;
  detail::combine_tests(up, down, options, left, Real(log((all.x1 + half) / all.t1) - log((all.x2 + half) / all.t2)), r);
  return r;
}

}  // namespace metapool
