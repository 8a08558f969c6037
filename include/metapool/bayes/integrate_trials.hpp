// SPDX-License-Identifier: BSL-1.0
// From the likelihoods of trials, as functions of their own effects, to the posterior of a random-effects model.
#pragma once

#include <metapool/bayes/trials_kernel.hpp>
#include <metapool/bayes/trials_layout.hpp>
#include <metapool/bayes/binomial_posterior.hpp>
#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/log_mean_prior.hpp>
#include <metapool/bayes/log_panels.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Trials with what each says of its own effect.
template <class Real, class Trial>
struct trials_with_likelihoods {
  std::vector<Trial> trials{};
  trials_model<Real> model{};
  std::vector<std::optional<std::size_t>> place{};  ///< of each trial in the model; empty: it says nothing
  std::vector<bool> bounded{};
  std::size_t below = 0, above = 0, both = 0;  ///< how many bound their effect from there

  /// A trial; adds to the model what the caller has still to give it unless it says nothing.
  void add(const Trial& trial, bool from_below, bool from_above, bool says_something) {
    trials.push_back(trial);
    below += from_below ? 1u : 0u;
    above += from_above ? 1u : 0u;
    both += from_below && from_above ? 1u : 0u;
    bounded.push_back(from_below && from_above);
    place.push_back(says_something ? std::optional<std::size_t>(model.y.size()) : std::nullopt);
  }
  /// The likelihood of the trial that was added last: dense where it turns, 0 among its panels' edges. y, v: its normal approximation; total: patients or events.
  template <class Likelihood>
  void say(const Likelihood& likelihood, const Real& y, const Real& v, const Real& total, bool kink_at_zero) {
    using std::sqrt;
    const Real end = total > 40000 ? (std::min)(likelihood.end(), Real(6 + 40 * sqrt(v))) : likelihood.end();
    const Real middle = y < 0 ? (std::max)(y, Real(3 - end)) : (std::min)(y, Real(end - 3));  // far effects keep their place inside
    std::vector<Real> edges{Real(-end), Real(0), end};
    for (const double d : {-8.0, -3.0, 0.0, 3.0, 8.0}) {
      const Real x = middle + Real(d);
      if (x > -end + 2 && x < end - 2 && (x > 1 || x < -1)) edges.push_back(x);
    }
    std::sort(edges.begin(), edges.end());
    model.likelihoods.push_back(log_panels<Real>(likelihood, edges));
    model.y.push_back(y);
    model.v.push_back(v);
    model.ranges.push_back({model.likelihoods.back().from(), model.likelihoods.back().to(), Real(3), kink_at_zero, model.likelihoods.back().largest_curvature()});
  }
};

template <class Real, class Trial, class TauPrior, class MeanPrior>
binomial_normal_posterior<Real, Trial> integrate_trials(const char* function, trials_with_likelihoods<Real, Trial> all, const TauPrior& prior_of_tau, const MeanPrior& prior_of_mean, std::string baseline) {
  using std::log;
  constexpr bool flat = std::is_same_v<MeanPrior, flat_mean>;
  // with its mean integrated over a flat prior the likelihood falls as tau^-(both - 1), over a proper one as tau^-both
  const double end = prior_of_tau.upper(), tail = prior_of_tau.tail_power() + static_cast<double>(all.both) - (flat ? 1 : 0);
  const bool bounded = end < std::numeric_limits<double>::infinity();
  const bool proper = prior_of_tau.proper() && (!flat || all.both > 0);  // then so is the posterior, even if its tail is 1 / tau but for logarithms
  if (!bounded && !proper && !(tail > 1)) {
    throw_input_error(function, "with the " + std::string(prior_of_tau.name()) + " prior of tau and " + std::to_string(all.both) +
                                    " trials that bound the effect from both sides the posterior would be improper, or so nearly that no number type holds it; give a prior with a thinner tail such as half_normal");
  }
  binomial_normal_parts<Real> parts;
  if constexpr (requires(const Real& tau) { prior_of_tau.log_density(tau); }) {
    parts.log_tau = [prior_of_tau, function](const Real& tau) {
      const Real f = prior_of_tau.log_density(tau);
      if (!(f < std::numeric_limits<Real>::infinity())) {
        throw_input_error(function, "the log density of the prior of tau is " + to_text(f) + " at tau = " + to_text(tau) + "; it must be a number or -infinity");
      }
      return f;
    };
  } else {
    throw_input_error(function, "the " + std::string(prior_of_tau.name()) + " prior of tau depends on the trials' variances, which trials with counts have not");
  }
  parts.place = std::move(all.place);
  parts.bounded = std::move(all.bounded);
  parts.log_mean = log_mean_prior<Real>(prior_of_mean, Real(0));
  parts.tau_prior = prior_of_tau.name();
  parts.tau_proper = prior_of_tau.proper();
  parts.mean_prior = prior_of_mean.name();
  parts.mean_proper = !flat;
  parts.baseline = std::move(baseline);
  parts.tau_moments = bounded || tail >= 3.1 ? 2 : tail >= 2.1 ? 1 : 0;
  Real middle = 0, weights = 0;
  std::vector<Real> candidates = all.model.y;
  for (std::size_t i = 0; i < all.model.y.size(); ++i) {
    weights += 1 / all.model.v[i];
    middle += all.model.y[i] / all.model.v[i];
  }
  if constexpr (flat) {
    // beyond all trials the density of the mean falls as the tail of tau / mean
    parts.mean_moments = parts.tau_moments;
  } else if constexpr (std::is_same_v<MeanPrior, normal_mean>) {
    weights += 1 / Real(prior_of_mean.sd * prior_of_mean.sd);
    middle += Real(prior_of_mean.mean) / Real(prior_of_mean.sd * prior_of_mean.sd);
  } else {
    weights += 1 / Real(prior_of_mean.scale * prior_of_mean.scale);
    middle += Real(prior_of_mean.mean) / Real(prior_of_mean.scale * prior_of_mean.scale);
    // beyond all trials the density falls as its prior and, where trials bound the effect on both sides, as the tail of tau / mean beside it
    const double falls = bounded ? std::numeric_limits<double>::infinity() : prior_of_tau.tail_power() + static_cast<double>(all.both) - 1;
    const double power = all.below > 0 && all.above > 0 ? prior_of_mean.df + falls : 0;  // with 0.1 more than what is needed to be summed
    parts.mean_moments = prior_of_mean.df > 2 || power >= 2.1 ? 2 : prior_of_mean.df > 1 || power >= 1.1 ? 1 : 0;
  }
  candidates.push_back(middle / weights);
  joint_problem<Real, trials_kernel<Real>, decltype(parts.log_mean), decltype(parts.log_tau)> problem{
      trials_kernel<Real>(std::move(all.model)), parts.log_mean, parts.log_tau, {bounded ? Real(end) : std::numeric_limits<Real>::infinity()}, std::move(candidates), parts.tau_moments, parts.mean_moments, 1e-8};
  if (problem.kernel.kinked()) problem.tolerance = 1e-6;  // each digit more would double the panels along the kink
  joint_grid<Real, trials_kernel<Real>> grid(function, problem, trials_layout<Real>(function, problem));
  Real highest = -std::numeric_limits<Real>::infinity();
  for (std::size_t m = 0; m < grid.mean_panels().size(); ++m) {
    for (std::size_t n = 0; n < grid.tau_panels().size(); ++n) highest = (std::max)(highest, grid.at(m, n).top);
  }
  // grid.top() begins as what the layout found: panels that nowhere come near it have missed the posterior
  if (!(highest > grid.top() - 10)) {
    throw convergence_error(std::string(function) + ": the integration did not find where the posterior has its mass: with the " + parts.tau_prior +
                            " prior its tail is so heavy that a number type hardly holds it; give a prior with a thinner tail");
  }
  return binomial_normal_posterior<Real, Trial>(std::move(all.trials), std::move(grid), std::move(parts));
}

}  // namespace metapool::detail
