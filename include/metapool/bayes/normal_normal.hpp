// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/normal_mixture.hpp>
#include <metapool/bayes/tau_posterior.hpp>
#include <metapool/bayes/tau_prior.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// The posterior of the normal-normal hierarchical model: y_i ~ N(theta_i, v_i), theta_i ~ N(mean, tau^2). Made by normal_normal().
/// Scale of everything: that of y (logarithms for ratios); P(RR < 0.8) is mean().cdf(log(0.8)).
template <class Real = double>
class normal_normal_posterior {
 public:
  using real_type = Real;
  using components = std::vector<typename normal_mixture<Real>::component>;

  normal_normal_posterior(effects<Real> data, tau_posterior<Real> tau, std::string tau_prior_name, bool tau_prior_proper, const Real& log_zero,
                          std::string mean_prior_name, std::optional<std::pair<Real, Real>> mean_prior, const Real& df = Real(0))
      : data_(std::move(data)), tau_(std::move(tau)), tau_prior_(std::move(tau_prior_name)), mean_prior_(std::move(mean_prior_name)),
        tau_proper_(tau_prior_proper), log_zero_(log_zero), mean_prior_numbers_(std::move(mean_prior)), df_(df) {
    using std::sqrt;
    components mean, next;
    for (const auto& n : tau_.nodes()) {
      for (const auto& p : tau_.kernel().mean_parts(n.tau, n.given)) {
        mean.push_back({n.weight * p.weight, p.mean, sqrt(p.variance)});
        next.push_back({n.weight * p.weight, p.mean, sqrt(Real(p.variance + n.tau * n.tau))});
      }
    }
    // beyond all data the density of the mean falls as prior times (tail of tau) / mean, so that a t prior of any df >= 1 adds one moment at least
    const bool proper = mean_prior_numbers_.has_value() && !(df_ > 0);
    const int moments = tau_.moments() + (df_ >= 2 ? 2 : df_ > 0 ? 1 : 0);
    mean_ = normal_mixture<Real>(std::move(mean), proper || moments >= 1, proper || moments >= 2);
    next_ = normal_mixture<Real>(std::move(next), tau_.moments() >= 1, tau_.moments() >= 2);
  }

  const effects<Real>& data() const { return data_; }
  const std::string& tau_prior_name() const { return tau_prior_; }
  const std::string& mean_prior_name() const { return mean_prior_; }

  /// The mean effect.
  const normal_mixture<Real>& mean() const { return mean_; }
  /// The between-study standard deviation.
  const tau_posterior<Real>& tau() const { return tau_; }
  /// The true effect in a new study.
  const normal_mixture<Real>& next() const { return next_; }
  /// The true effect in study i of data(), shrunk towards the others. Throws input_error if there is no such study.
  normal_mixture<Real> study(std::size_t i) const {
    using std::sqrt;
    if (i >= data_.size()) detail::throw_input_error("study", "study " + std::to_string(i) + " was asked for, and there are " + std::to_string(data_.size()) + " (the first is 0)");
    components parts;
    for (const auto& n : tau_.nodes()) {
      for (const auto& p : tau_.kernel().mean_parts(n.tau, n.given)) {
        const std::pair<Real, Real> at = tau_.kernel().study(i, n.tau, p);
        parts.push_back({n.weight * p.weight, at.first, sqrt(at.second)});
      }
    }
    return normal_mixture<Real>(std::move(parts), true, true);  // given tau the mean is bounded and the variance too, whatever tau is
  }

  /// Density of mean and tau together.
  Real joint_density(const Real& mean, const Real& tau) const {
    using std::exp, std::sqrt;
    if (!(tau >= 0)) return Real(0);
    Real sum = 0;
    for (const auto& p : tau_.kernel().mean_parts(tau, tau_.kernel().at(tau))) {
      const Real d = mean - p.mean;
      sum += p.weight * exp(Real(-d * d / (2 * p.variance))) / sqrt(p.variance);
    }
    return tau_.density(tau) * sum / sqrt(Real(2 * detail::pi<Real>()));
  }
  /// The mean effect if tau were this (0: one effect in all studies). Throws input_error unless tau >= 0 and finite.
  normal_mixture<Real> mean_given(const Real& tau) const {
    using std::sqrt;
    if (!(tau >= 0 && detail::is_finite(tau))) detail::throw_input_error("mean_given", "tau = " + detail::to_text(tau) + " must be finite and not negative");
    components parts;
    for (const auto& p : tau_.kernel().mean_parts(tau, tau_.kernel().at(tau))) parts.push_back({p.weight, p.mean, sqrt(p.variance)});
    return normal_mixture<Real>(std::move(parts), true, true);
  }
  /// The (mean, tau) at which that is highest.
  std::pair<Real, Real> joint_mode() const {
    const Real tau = tau_.joint_mode();
    return {tau_.kernel().mean_peak(tau_.kernel().at(tau), tau).first, tau};
  }

  /// log of the probability density of the data under the model with its priors. Empty if a prior is improper.
  std::optional<Real> log_marginal_likelihood() const {
    if (!tau_proper_ || !mean_prior_numbers_) return std::nullopt;
    return tau_.log_integral();
  }
  /// Bayes factor of "the mean is `value`" (0: no effect) against the model with its prior, tau having the same prior in both; below 1
  /// speaks against `value`. By the ratio of posterior and prior density (Dickey 1971). Empty if the prior of the mean is flat.
  std::optional<Real> bayes_factor_mean(const Real& value = Real(0)) const {
    using std::exp, std::sqrt;
    if (!mean_prior_numbers_) return std::nullopt;
    const Real z = (value - mean_prior_numbers_->first) / mean_prior_numbers_->second;
    if (df_ > 0) return mean_.density(value) * mean_prior_numbers_->second / exp(detail::log_t_density(z, df_));
    return mean_.density(value) * mean_prior_numbers_->second * sqrt(2 * detail::pi<Real>()) * exp(Real(z * z / 2));
  }
  /// Bayes factor of "tau is 0" against the model with its prior of tau. Empty if that is improper.
  std::optional<Real> bayes_factor_no_heterogeneity() const {
    using std::exp;
    if (!tau_proper_) return std::nullopt;
    return exp(Real(log_zero_ - tau_.log_integral()));
  }

 private:
  effects<Real> data_;
  tau_posterior<Real> tau_;
  normal_mixture<Real> mean_{}, next_{};
  std::string tau_prior_, mean_prior_;
  bool tau_proper_{};
  Real log_zero_{};
  std::optional<std::pair<Real, Real>> mean_prior_numbers_{};
  Real df_{};  ///< of a t prior of the mean
};

/// Bayesian random-effects meta-analysis of effects with known variances, by integration instead of sampling: given tau the mean is normal,
/// and tau is integrated on a double-exponential grid that is laid where the posterior has its mass and made finer until nothing moves.
/// Works from one study on; an improper prior of tau needs more (flat_tau three, jeffreys_tau two, one less with normal_mean or t_mean).
/// A t prior of the mean is a mixture of normals of many scales, itself an integral done to rounding; it costs some fifty times as much.
///
/// Scale of y and of the priors: that of effects.measure. Throws input_error if there is no study, the effects are not finite, a v is not positive, the
/// posterior would be improper, or a user's prior returns NaN; not_estimable if a posterior's tail is too heavy for the number type;
/// convergence_error if the integration does not settle (a prior with kinks).
/// 10 digits and more in double, whatever the units. Roever (2020) J Stat Softw 93(6), doi:10.18637/jss.v093.i06.
template <class Real, class TauPrior, class MeanPrior = flat_mean>
  requires tau_prior<TauPrior, Real>
normal_normal_posterior<Real> normal_normal(const effects<Real>& data, const TauPrior& prior_of_tau, const MeanPrior& prior_of_mean = {}) {
  static_assert(std::is_same_v<MeanPrior, flat_mean> || std::is_same_v<MeanPrior, normal_mean> || std::is_same_v<MeanPrior, t_mean>,
                "the prior of the mean is flat_mean, normal_mean or t_mean");
  constexpr const char* function = "normal_normal";
  const std::size_t k = data.size();
  if (k == 0) detail::throw_input_error(function, "there is no study with an effect");
  if (data.v.size() != k) detail::throw_input_error(function, "y has " + std::to_string(k) + " values and v has " + std::to_string(data.v.size()) + "; they must match");
  for (std::size_t i = 0; i < k; ++i) {
    const std::string label = i < data.labels.size() ? data.labels[i] : "study " + std::to_string(i + 1);
    if (!detail::is_finite(data.y[i])) detail::throw_study_error(function, label, "y", data.y[i], "must be a finite number");
    if (!(detail::is_finite(data.v[i]) && data.v[i] > 0)) detail::throw_study_error(function, label, "v", data.v[i], "must be finite and positive");
  }
  std::optional<std::pair<Real, Real>> numbers;
  if constexpr (std::is_same_v<MeanPrior, normal_mean>) numbers = std::pair<Real, Real>(Real(prior_of_mean.mean), Real(prior_of_mean.sd));
  Real df = 0;
  if constexpr (std::is_same_v<MeanPrior, t_mean>) {
    numbers = std::pair<Real, Real>(Real(prior_of_mean.mean), Real(prior_of_mean.scale));
    df = Real(prior_of_mean.df);
  }

  // with its mean integrated over a flat prior the likelihood falls as tau^-(k - 1), over a proper one as tau^-k
  const std::size_t power = numbers ? k : k - 1;
  const double end = prior_of_tau.upper();
  const bool bounded = end < std::numeric_limits<double>::infinity();
  const double tail = prior_of_tau.tail_power() + static_cast<double>(power);
  if (!prior_of_tau.proper() && !bounded && !(tail > 1)) {
    detail::throw_input_error(function, "the " + std::string(prior_of_tau.name()) + " prior of tau is improper and so would be its posterior with " + std::to_string(k) +
                                            (k == 1 ? " study" : " studies") + "; give a proper prior such as half_normal, or more studies");
  }
  typename tau_posterior<Real>::log_prior log_prior;
  if constexpr (requires(const Real& tau) { prior_of_tau.log_density(tau); }) {
    log_prior = [prior_of_tau](const Real& tau) { return Real(prior_of_tau.log_density(tau)); };
  } else {
    log_prior = [prior_of_tau, v = data.v](const Real& tau) { return Real(prior_of_tau.log_density(tau, std::span<const Real>(v))); };
  }
  detail::normal_normal_kernel<Real> kernel(data.y, data.v, numbers, df);
  const Real log_zero = kernel.at(Real(0)).log_likelihood;
  tau_posterior<Real> tau(std::move(kernel), std::move(log_prior), bounded ? Real(end) : std::numeric_limits<Real>::infinity(),
                          tail < 1e6 ? Real(tail) : Real(1e6));
  if (!tau.convergence().converged) {
    throw convergence_error("normal_normal: the integration over tau did not settle after " + std::to_string(tau.convergence().iterations) +
                            " values; is the density of the prior of tau (" + std::string(prior_of_tau.name()) + ") smooth inside its support?");
  }
  return normal_normal_posterior<Real>(data, std::move(tau), prior_of_tau.name(), prior_of_tau.proper(), log_zero, prior_of_mean.name(), numbers, df);
}

}  // namespace metapool
