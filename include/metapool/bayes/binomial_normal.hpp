// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/binomial_baseline.hpp>
#include <metapool/bayes/binomial_posterior.hpp>
#include <metapool/bayes/integrate_trials.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/tau_prior.hpp>
#include <metapool/bayes/trial_likelihood.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

namespace metapool {

/// Bayesian random-effects meta-analysis of 2x2 tables with their binomial likelihood, by integration instead of sampling: no normal approximation within trials, nothing added
/// to zero cells, and trials without events stay in.
///
///     const auto p = binomial_normal(trials, risk_ratio{}, half_normal(0.5), normal_mean(0, 2));
///     p.mean().cdf(0)   // P(RR < 1)
///
/// Events of trial i are binomial with the risks p_i1 (treated), p_i0 (control), independent given them;
/// odds_ratio: logit p_i1 = b_i + theta_i / 2, logit p_i0 = b_i - theta_i / 2; risk_ratio: the same with logarithms, both risks below 1;
/// theta_i ~ N(mean, tau^2), and mean, tau and each b_i have the priors given. `baseline`: given_margins (odds ratios; the default there) or normal_baseline for odds ratios,
/// log_risk_baseline for risk ratios.
/// Each b_i is integrated out by itself, then theta_i given mean and tau; the joint posterior of these two is held on panels of both, which are halved until it is resolved.
/// Studies' own effects and the next trial's are integrated when they are asked for.
///
/// Scale of mean, tau and their priors: log odds ratios or log risk ratios. Throws input_error on bad or missing counts, on more than 10^8 patients in a trial with given_margins, without a trial, for jeffreys_tau (its
/// information depends on the baselines) or if the posterior would be improper with an improper prior of tau; not_estimable if the prior of the mean is flat and the trials leave the
/// effect open to one side (no event in any treated arm, say): then the answer would be that of the priors, and normal_mean or t_mean must say what is known;
/// and if the tail of tau is so heavy that its mass lies beyond the number type (inverse_gamma_tau2(0.001, 0.001) with one trial that bounds the effect); convergence_error if the
/// integration does not settle: a prior of tau that is not smooth inside its support, as a rule.
/// 8 digits, of densities 7; of moments that hardly exist (half_cauchy and few trials) 6. A risk ratio's likelihood has a kink at 1 where all or nearly all patients had the event:
/// panels end at a residual of 1e-6 there, and the digits are the same (quantiles, mean and sd were within 2e-9 sd of what a residual of 1e-10 gives). Where panels run
/// out, up to 1e-5 is answered, in none of 700 random sets: convergence().residual tells.
/// Some 20 to 100 ms for 13 trials, up to a second with kinks or heavy-tailed priors of tau; tables with 10^5 events and more take longer. Smith, Spiegelhalter & Thomas (1995) Stat Med 14:2685.
template <detail::binary_trials Trials, class Measure, class TauPrior, class MeanPrior = flat_mean, class Baseline = std::conditional_t<std::is_same_v<Measure, risk_ratio>, log_risk_baseline, given_margins>>
auto binomial_normal(const Trials& trials, const Measure&, const TauPrior& prior_of_tau, const MeanPrior& prior_of_mean = {}, const Baseline& baseline = Baseline{})
    -> binomial_normal_posterior<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::log;
  constexpr bool odds = std::is_same_v<Measure, odds_ratio>;
  constexpr bool margins = std::is_same_v<Baseline, given_margins>;
  static_assert(odds || std::is_same_v<Measure, risk_ratio>, "the measure is odds_ratio or risk_ratio");
  static_assert(odds ? margins || std::is_same_v<Baseline, normal_baseline> : std::is_same_v<Baseline, log_risk_baseline>,
                "the baseline is given_margins or normal_baseline for odds ratios, log_risk_baseline for risk ratios");
  static_assert(std::is_same_v<MeanPrior, flat_mean> || std::is_same_v<MeanPrior, normal_mean> || std::is_same_v<MeanPrior, t_mean>,
                "the prior of the mean is flat_mean, normal_mean or t_mean");
  constexpr const char* function = "binomial_normal";
  constexpr bool flat = std::is_same_v<MeanPrior, flat_mean>;

  detail::trials_with_likelihoods<Real, binary_trial<Real>> all;
  for (const auto& trial : trials) {
    check(trial, function);
    if (!is_complete(trial)) detail::throw_input_error(function, "study '" + trial.label + "': a number of events or patients was not reported");
    const two_by_two<Real> t{*trial.treated.events, *trial.treated.total - *trial.treated.events, *trial.control.events, *trial.control.total - *trial.control.events};
    if (margins ? !(t.total() <= Real(100000000)) : !(t.total() < 1 / std::numeric_limits<Real>::epsilon())) {
      detail::throw_study_error(function, trial.label, "patients", t.total(), margins ? "are more than the 10^8 whose tables can be enumerated; give a normal_baseline" : "are too many to be counted one by one in this number type");
    }
    const bool from_below = odds ? t.a > 0 && t.d > 0 : t.a > 0, from_above = odds ? t.c > 0 && t.b > 0 : t.c > 0;
    all.add(trial, from_below, from_above, !margins || from_below || from_above);
    if (!all.place.back()) continue;
    const Real half = Real(1) / 2, a = t.a + half, b = t.b + half, c = t.c + half, d = t.d + half;
    const Real y = odds ? Real(log(Real(a / b)) - log(Real(c / d))) : Real(log(Real(a / (a + b))) - log(Real(c / (c + d))));
    const Real v = odds ? Real(1 / a + 1 / b + 1 / c + 1 / d) : Real(b / (a * (a + b)) + d / (c * (c + d)));
    if constexpr (margins) {
      all.say(detail::margins_likelihood<Real>(t), y, v, t.total(), false);
    } else if constexpr (odds) {
      all.say(detail::logit_baseline_likelihood<Real>(t, Real(baseline.mean), Real(baseline.sd)), y, v, t.total(), false);
    } else {
      // without events in some 12 patients the risks can be 1, where the likelihood of a risk ratio ends
      all.say(detail::log_risk_baseline_likelihood<Real>(t, Real(baseline.a)), y, v, t.total(), t.b + t.d < 10);
    }
  }
  if (all.trials.empty()) detail::throw_input_error(function, "there is no trial");
  if (flat && (all.below == 0 || all.above == 0)) {
    const std::string arm = odds ? (all.below == 0 ? "the effect could be infinitely far below" : "the effect could be infinitely far above")
                                 : (all.below == 0 ? "no trial has an event in its treated arm" : "no trial has an event in its control arm");
    detail::throw_not_estimable(function, arm + ", so that with a flat prior of the mean the posterior would be that of the priors only; give normal_mean or t_mean");
  }
  return detail::integrate_trials<Real>(function, std::move(all), prior_of_tau, prior_of_mean, baseline.name());
}

}  // namespace metapool
