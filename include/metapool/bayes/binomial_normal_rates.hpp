// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/binomial_of_logit.hpp>
#include <metapool/bayes/binomial_posterior.hpp>
#include <metapool/bayes/integrate_trials.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/data/rate_trial.hpp>
#include <metapool/effect/incidence_rate_ratio.hpp>

#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

namespace metapool {

namespace detail {

/// log P(treated events | all events, log rate ratio): binomial, with the logit log rate ratio + log(t1 / t2).
template <class Real>
class rates_likelihood {
 public:
  explicit rates_likelihood(const two_rates<Real>& t) : binomial_(t.x1, Real(t.x1 + t.x2)) {
    using std::log;
    offset_ = log(t.t1) - log(t.t2);
    height_ = binomial_.height();
    reach_ = 32 + 2 * log(Real(t.x1 + t.x2 + 1)) + (offset_ < 0 ? Real(-offset_) : offset_);
  }
  Real operator()(const Real& theta) const { return height_ + binomial_(Real(theta + offset_)); }
  /// Beyond +-this the logarithm is straight.
  Real end() const { return reach_; }

 private:
  binomial_of_logit<Real> binomial_;
  Real offset_{}, height_{}, reach_{};
};

}  // namespace detail

/// The same for trials that count events over person-time: Bayesian random-effects meta-analysis of rate ratios with their Poisson likelihood, by integration.
///
///     const auto p = binomial_normal(rate_trials, incidence_rate_ratio{}, half_normal(0.5), normal_mean(0, 2));
///
/// Events of trial i are Poisson with means t_i1 exp(b_i + theta_i) (treated) and t_i2 exp(b_i); given all its events those of the treated arm are binomial and depend on theta_i
/// alone, whatever b_i is. theta_i ~ N(mean, tau^2); nothing is added to zero cells, and a trial without events says nothing.
///
/// Scale of mean, tau and their priors: log rate ratios. Throws and digits as above.
template <detail::rate_trials Trials, class TauPrior, class MeanPrior = flat_mean>
auto binomial_normal(const Trials& trials, const incidence_rate_ratio&, const TauPrior& prior_of_tau, const MeanPrior& prior_of_mean = {})
    -> binomial_normal_posterior<typename detail::trial_type<Trials>::real_type, rate_trial<typename detail::trial_type<Trials>::real_type>> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::log;
  static_assert(std::is_same_v<MeanPrior, flat_mean> || std::is_same_v<MeanPrior, normal_mean> || std::is_same_v<MeanPrior, t_mean>,
                "the prior of the mean is flat_mean, normal_mean or t_mean");
  constexpr const char* function = "binomial_normal";
  detail::trials_with_likelihoods<Real, rate_trial<Real>> all;
  for (const auto& trial : trials) {
    check(trial, function);
    if (!is_complete(trial)) detail::throw_input_error(function, "study '" + trial.label + "': a number of events or a person-time was not reported");
    const two_rates<Real> t = rates_of(trial);
    all.add(trial, t.x1 > 0, t.x2 > 0, t.x1 > 0 || t.x2 > 0);
    if (!all.place.back()) continue;
    const Real half = Real(1) / 2, a = t.x1 + half, c = t.x2 + half;
    all.say(detail::rates_likelihood<Real>(t), Real(log(Real(a / c)) - log(Real(t.t1 / t.t2))), Real(1 / a + 1 / c), Real(t.x1 + t.x2), false);
  }
  if (all.trials.empty()) detail::throw_input_error(function, "there is no trial");
  if (std::is_same_v<MeanPrior, flat_mean> && (all.below == 0 || all.above == 0)) {
    detail::throw_not_estimable(function, std::string("no trial has an event in its ") + (all.below == 0 ? "treated" : "control") +
                                              " arm, so that with a flat prior of the mean the posterior would be that of the priors only; give normal_mean or t_mean");
  }
  return detail::integrate_trials<Real>(function, std::move(all), prior_of_tau, prior_of_mean, "none: the events of both arms together are taken as given");
}

}  // namespace metapool
