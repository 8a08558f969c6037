// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/binomial_baseline.hpp>
#include <metapool/bayes/binomial_posterior.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/scale_mixture.hpp>
#include <metapool/bayes/tau_prior.hpp>
#include <metapool/bayes/trial_likelihood.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// The panels' edges of a likelihood: dense where it turns, 0 among them.
template <class Real, class Likelihood>
log_panels<Real> tabulated_likelihood(const Likelihood& likelihood, const Real& near, const Real& se, const Real& total) {
  const Real end = total > 40000 ? (std::min)(likelihood.end(), Real(6 + 40 * se)) : likelihood.end();
  std::vector<Real> edges{Real(-end), Real(0), end};
  for (const double d : {-8.0, -3.0, 0.0, 3.0, 8.0}) {
    const Real x = near + Real(d);
    if (x > -end + 2 && x < end - 2 && (x > 1 || x < -1)) edges.push_back(x);
  }
  std::sort(edges.begin(), edges.end());
  return log_panels<Real>(likelihood, edges);
}

}  // namespace detail

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
/// Each b_i is integrated out by itself, then theta_i given mean and tau; the joint posterior of these two is held as a polynomial for its logarithm.
/// Studies' own effects and the next trial's are integrated when they are asked for.
///
/// Scale of mean, tau and their priors: log odds ratios or log risk ratios. Throws input_error on bad or missing counts, without a trial, for jeffreys_tau (its
/// information depends on the baselines) or if the posterior would be improper with an improper prior of tau; not_estimable if the prior of the mean is flat and the trials leave the
/// effect open to one side (no event in any treated arm, say): then the answer would be that of the priors, and normal_mean or t_mean must say what is known;
/// convergence_error if the integration does not settle.
/// 8 digits as a rule; fewer, as convergence().residual tells (an error of the log density), with a trial far from the others (above 1e-4: convergence_error) and for risk ratios with a
/// trial in which all or nearly all patients had the event, whose likelihood has a kink at 1 (above 1/300: convergence_error). Trials very far from all others are refused so.
/// Some 50 to 150 ms for 13 trials; priors of tau with heavy tails and tables with 10^5 events and more take up to a second or two, of 10^7 some seconds. Smith, Spiegelhalter & Thomas (1995) Stat Med 14:2685.
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

  binomial_normal_parts<Real> parts;
  auto& model = parts.model;
  std::size_t below = 0, above = 0, both = 0;  // trials that bound the effect
  for (const auto& trial : trials) {
    check(trial, function);
    if (!is_complete(trial)) detail::throw_input_error(function, "study '" + trial.label + "': a number of events or patients was not reported");
    parts.trials.push_back(trial);
    const two_by_two<Real> t{*trial.treated.events, *trial.treated.total - *trial.treated.events, *trial.control.events, *trial.control.total - *trial.control.events};
    const bool from_below = odds ? t.a > 0 && t.d > 0 : t.a > 0, from_above = odds ? t.c > 0 && t.b > 0 : t.c > 0;
    below += from_below ? 1u : 0u;
    above += from_above ? 1u : 0u;
    both += from_below && from_above ? 1u : 0u;
    parts.place.push_back(std::nullopt);
    parts.bounded.push_back(from_below && from_above);
    if (margins && !(from_below || from_above)) continue;
    parts.place.back() = model.y.size();
    const Real half = Real(1) / 2, a = t.a + half, b = t.b + half, c = t.c + half, d = t.d + half;
    model.y.push_back(odds ? Real(log(Real(a / b)) - log(Real(c / d))) : Real(log(Real(a / (a + b))) - log(Real(c / (c + d)))));
    model.v.push_back(odds ? Real(1 / a + 1 / b + 1 / c + 1 / d) : Real(b / (a * (a + b)) + d / (c * (c + d))));
    using std::sqrt;
    const Real se = sqrt(model.v.back());
    const auto tabulate = [&](const auto& likelihood) { return detail::tabulated_likelihood<Real>(likelihood, model.y.back(), se, t.total()); };
    if constexpr (margins) {
      model.likelihoods.push_back(tabulate(detail::margins_likelihood<Real>(t)));
    } else if constexpr (odds) {
      model.likelihoods.push_back(tabulate(detail::logit_baseline_likelihood<Real>(t, Real(baseline.mean), Real(baseline.sd))));
    } else {
      model.likelihoods.push_back(tabulate(detail::log_risk_baseline_likelihood<Real>(t, Real(baseline.a))));
    }
    // without events in some 12 patients the risks can be 1, where the likelihood of a risk ratio ends
    model.ranges.push_back({model.likelihoods.back().from(), model.likelihoods.back().to(), Real(3), !odds && t.b + t.d < 10});
  }
  if (parts.trials.empty()) detail::throw_input_error(function, "there is no trial");
  if (flat && (below == 0 || above == 0)) {
    const std::string arm = odds ? (below == 0 ? "the effect could be infinitely far below" : "the effect could be infinitely far above")
                                 : (below == 0 ? "no trial has an event in its treated arm" : "no trial has an event in its control arm");
    detail::throw_not_estimable(function, arm + ", so that with a flat prior of the mean the posterior would be that of the priors only; give normal_mean or t_mean");
  }

  // with its mean integrated over a flat prior the likelihood falls as tau^-(both - 1), over a proper one as tau^-both
  const double end = prior_of_tau.upper(), tail = prior_of_tau.tail_power() + static_cast<double>(both) - (flat ? 1 : 0);
  const bool bounded = end < std::numeric_limits<double>::infinity();
  if (!bounded && !(tail > 1)) {
    detail::throw_input_error(function, "with the " + std::string(prior_of_tau.name()) + " prior of tau and " + std::to_string(both) +
                                            " trials that bound the effect from both sides the posterior would be improper; give a prior with a thinner tail such as half_normal");
  }
  if constexpr (requires(const Real& tau) { prior_of_tau.log_density(tau); }) {
    parts.log_prior = [prior_of_tau](const Real& tau) { return Real(prior_of_tau.log_density(tau)); };
  } else {
    detail::throw_input_error(function, "the " + std::string(prior_of_tau.name()) + " prior of tau depends on the trials' variances, which binomial trials have not");
  }
  parts.upper = bounded ? Real(end) : std::numeric_limits<Real>::infinity();
  parts.tail = tail < 1e6 ? Real(tail) : Real(1e6);
  parts.tau_prior = prior_of_tau.name();
  parts.tau_proper = prior_of_tau.proper();
  parts.mean_prior = prior_of_mean.name();
  parts.baseline = baseline.name();
  const Real log_2pi = log(Real(2 * detail::pi<Real>()));
  if constexpr (flat) {
    model.log_prior_of_mean = [](const Real&) { return Real(0); };
    // beyond all trials the density of the mean falls as tail of tau / mean
    parts.mean_moments = parts.tail > Real(3.05) ? 2 : parts.tail > Real(2.05) ? 1 : 0;
  } else if constexpr (std::is_same_v<MeanPrior, normal_mean>) {
    const Real m = Real(prior_of_mean.mean), sd = Real(prior_of_mean.sd);
    model.log_prior_of_mean = [m, sd, log_2pi](const Real& x) { return Real(-(x - m) * (x - m) / (2 * sd * sd) - log(sd) - log_2pi / 2); };
    model.prior_mean = m;
    model.prior_precision = 1 / (sd * sd);
  } else {
    const Real m = Real(prior_of_mean.mean), scale = Real(prior_of_mean.scale), df = Real(prior_of_mean.df);
    model.log_prior_of_mean = [m, scale, df](const Real& x) { return Real(detail::log_t_density(Real((x - m) / scale), df) - log(scale)); };
    model.prior_mean = m;
    model.prior_precision = 1 / (scale * scale);
    parts.mean_moments = df > 2 ? 2 : df > 1 ? 1 : 0;
  }
  parts.mean_proper = !flat;
  return binomial_normal_posterior<Real>(std::move(parts));
}

}  // namespace metapool
