// SPDX-License-Identifier: BSL-1.0
// What binomial_normal() (binomial_normal.hpp) answers.
#pragma once

#include <metapool/bayes/binomial_field.hpp>
#include <metapool/bayes/line_distribution.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/bayes/tau_posterior.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// What a binomial_normal_posterior is made of.
template <class Real>
struct binomial_normal_parts {
  std::vector<binary_trial<Real>> trials{};
  detail::binomial_model<Real> model{};
  std::vector<std::optional<std::size_t>> place{};  ///< of each trial in the model; empty: it says nothing
  std::vector<bool> bounded{};                      ///< whether it bounds its own effect from both sides
  std::function<Real(const Real&)> log_prior{};     ///< of tau
  Real upper{}, tail{};                             ///< where the prior of tau ends; the power with which the posterior falls
  int mean_moments = 2;
  std::string tau_prior{}, mean_prior{}, baseline{};
  bool tau_proper = true, mean_proper = true;
};

namespace detail {

/// binomial_field as tau_posterior takes it.
template <class Real>
class field_kernel {
 public:
  explicit field_kernel(std::shared_ptr<const binomial_field<Real>> field) : field_(std::move(field)) {}
  const binomial_field<Real>& field() const { return *field_; }
  std::size_t size() const { return 1; }
  const std::vector<Real>& v() const { return one_; }
  Real y(std::size_t) const { return Real(0); }
  given_tau<Real> at(const Real& tau) const { return field_->at(tau); }
  /// Where the mean's density given tau is highest, and the log of that height.
  std::pair<Real, Real> mean_peak(const given_tau<Real>&, const Real& tau) const {
    const mean_slice<Real> slice = field_->slice(tau);
    Real a = slice.log_density.from(), b = slice.log_density.to();
    for (int i = 0; i < 60; ++i) {  // one peak
      const Real middle = (a + b) / 2;
      (slice.log_density.jet(middle)[1] > 0 ? a : b) = middle;
    }
    return {slice.mean_at(a), slice.log_density(a)};
  }
  std::pair<Real, Real> study(std::size_t, const Real& tau, const given_tau<Real>& g) const { return {g.mean, Real(g.variance + tau * tau)}; }
  std::pair<Real, Real> scales() const { return {field_->least(), field_->farthest() > field_->least() ? field_->farthest() : field_->least()}; }

 private:
  std::shared_ptr<const binomial_field<Real>> field_;
  std::vector<Real> one_{Real(1)};
};

/// exp(f) N(0, tau^2) for the density exp(f) of a mean given tau.
template <class Real>
class smoothed_slice {
 public:
  explicit smoothed_slice(mean_slice<Real> slice) : slice_(std::move(slice)) {
    const Real low = slice_.mean_at(slice_.log_density.from()), high = slice_.mean_at(slice_.log_density.to());
    narrow_ = !(slice_.tau > Real(0.25) * slice_.scale);
    if (!narrow_) all_.emplace(*this, slice_.tau, smoothing_range<Real>{low, high, Real(slice_.scale), false});
  }
  Real operator()(const Real& x) const { return slice_.at(x); }
  Real curvature(const Real&) const { return 1 / (slice_.scale * slice_.scale); }

  /// log of the integral of the slice times N(x; mean, tau^2).
  Real at(const Real& x) const {
    if (!narrow_) return (*all_)(x);
    return narrowly_smoothed<Real>([this](const Real& y) { return slice_.at(y); }, slice_.tau > Real(1e-6) * slice_.scale ? slice_.tau : Real(0), x);
  }

 private:
  mean_slice<Real> slice_;
  bool narrow_ = true;
  std::optional<normal_smoothing<Real>> all_{};
};

}  // namespace detail

/// The posterior of the binomial-normal hierarchical model. Made by binomial_normal().
/// Scale of everything: log odds ratios or log risk ratios; P(RR < 0.8) is mean().cdf(log(0.8)).
template <class Real = double>
class binomial_normal_posterior {
 public:
  using real_type = Real;
  using tau_type = tau_posterior<Real, detail::field_kernel<Real>>;

  explicit binomial_normal_posterior(binomial_normal_parts<Real> p) : p_(std::move(p)), tau_(make_tau()) {
    if (!field().convergence().converged) {
      throw convergence_error("binomial_normal: the joint density of mean and tau did not settle (residual " + detail::to_text(field().convergence().residual) +
                              "): a trial far from the others, tables of very many patients, or trials in which nearly all patients had the event");
    }
    if (!tau_.convergence().converged) {
      throw convergence_error("binomial_normal: the integration over tau did not settle; is the density of the prior of tau (" + p_.tau_prior + ") smooth inside its support?");
    }
    Real mass = 0;
    for (const auto& n : tau_.nodes()) mass += n.weight;
    for (const auto& n : tau_.nodes()) {
      const Real w = n.weight / mass;
      if (!(w > Real(1e-12))) continue;
      slices_.push_back(field().slice(n.tau));
      weights_.push_back(w);
    }
    narrowest_ = slices_.front().scale;
    for (const auto& s : slices_) narrowest_ = s.scale < narrowest_ ? s.scale : narrowest_;
    start_ = slices_[heaviest()].centre;
    mean_ = line_distribution<Real>([this](const Real& x) { return log_mixture([&](std::size_t j) { return slices_[j].at(x); }); }, start_, narrowest_, p_.mean_moments);
  }

  const std::vector<binary_trial<Real>>& data() const { return p_.trials; }
  const std::string& tau_prior_name() const { return p_.tau_prior; }
  const std::string& mean_prior_name() const { return p_.mean_prior; }
  const std::string& baseline_name() const { return p_.baseline; }

  /// The mean effect.
  const line_distribution<Real>& mean() const { return mean_; }
  /// The between-trial standard deviation.
  const tau_type& tau() const { return tau_; }
  /// The true effect in a new trial. Integrated anew with each call.
  line_distribution<Real> next() const {
    const auto smooth = smoothed(slices_);
    return line_distribution<Real>([&](const Real& x) { return log_mixture([&](std::size_t j) { return smooth[j].at(x); }); }, start_, narrowest_, moments());
  }
  /// The true effect in trial i of data(), shrunk towards the others. Integrated anew with each call. Throws input_error if there is no such trial.
  line_distribution<Real> study(std::size_t i) const {
    if (i >= p_.trials.size()) detail::throw_input_error("study", "trial " + std::to_string(i) + " was asked for, and there are " + std::to_string(p_.trials.size()) + " (the first is 0)");
    if (!p_.place[i]) return next();  // it says nothing: what is known of it is what is known of a new one
    const std::size_t at = *p_.place[i];
    // given tau: likelihood times the normal density around the mean, the mean having the posterior of the other trials
    std::vector<detail::mean_slice<Real>> others;
    const auto& model = field().model();
    for (const auto& s : slices_) {
      std::vector<Real> means, values;
      for (const Real& v : field().places()) means.push_back(s.mean_at(v));
      const std::vector<Real> own = model.log_smoothed(at, means, means.back(), means.front(), s.tau);
      for (std::size_t j = 0; j < means.size(); ++j) values.push_back(s.log_density(field().places()[j]) - own[j]);
      others.push_back({s.tau, s.centre, s.scale, detail::chebyshev_series<Real>(s.log_density.from(), s.log_density.to(), values)});
    }
    const auto smooth = smoothed(others);
    const auto& likelihood = model.likelihoods[at];
    // about where it is: its normal approximation shrunk towards the mean
    using std::sqrt;
    const Real tau = slices_[heaviest()].tau, precision = 1 / model.v[at] + 1 / (tau * tau + narrowest_ * narrowest_);
    const Real centre = (model.y[at] / model.v[at] + start_ * (precision - 1 / model.v[at])) / precision;
    const auto log_f = [&](const Real& x) { return Real(likelihood(x) + log_mixture([&](std::size_t j) { return smooth[j].at(x); })); };
    return line_distribution<Real>(log_f, centre, Real(1 / sqrt(precision)), p_.bounded[i] ? 2 : moments());
  }

  /// Density of mean and tau together.
  Real joint_density(const Real& mean, const Real& tau) const {
    using std::exp;
    if (!(tau >= 0) || tau > p_.upper) return Real(0);
    return tau_.density(tau) * exp(field().slice(tau).at(mean));
  }
  /// The (mean, tau) at which that is highest.
  std::pair<Real, Real> joint_mode() const {
    const Real tau = tau_.joint_mode();
    return {tau_.kernel().mean_peak(field().at(tau), tau).first, tau};
  }

  /// log of the probability of the data under the model with its priors. Empty if a prior is improper.
  std::optional<Real> log_marginal_likelihood() const {
    if (!p_.tau_proper || !p_.mean_proper) return std::nullopt;
    return tau_.log_integral();
  }
  /// Bayes factor of "the mean is `value`" (0: no effect) against the model with its prior, tau having the same prior in both; below 1
  /// speaks against `value`. By the ratio of posterior and prior density (Dickey 1971). Empty if the prior of the mean is flat.
  std::optional<Real> bayes_factor_mean(const Real& value = Real(0)) const {
    using std::exp;
    if (!p_.mean_proper) return std::nullopt;
    return mean_.density(value) / exp(field().model().log_prior_of_mean(value));
  }
  /// Bayes factor of "tau is 0" against the model with its prior of tau. Empty if that is improper.
  std::optional<Real> bayes_factor_no_heterogeneity() const {
    using std::exp;
    if (!p_.tau_proper) return std::nullopt;
    return exp(Real(field().at(Real(0)).log_likelihood - tau_.log_integral()));
  }
  /// How the integration ended; residual: the largest change of the joint log density in its last step.
  const metapool::convergence<Real>& convergence() const { return field().convergence(); }

 private:
  const detail::binomial_field<Real>& field() const { return tau_.kernel().field(); }

  tau_type make_tau() const {
    using std::log;
    int moments = 0;
    for (int r = 1; r <= 2; ++r) {
      if (p_.upper < std::numeric_limits<Real>::infinity() || p_.tail - static_cast<Real>(r + 1) >= Real(0.1)) moments = r;
    }
    const auto weight = [&](const Real& tau) { return Real(p_.log_prior(tau) + static_cast<Real>(1 + moments) * log(tau)); };
    return tau_type(detail::field_kernel<Real>(std::make_shared<const detail::binomial_field<Real>>(p_.model, weight, p_.upper)), p_.log_prior, p_.upper, p_.tail);
  }
  int moments() const { return tau_.moments() < p_.mean_moments ? tau_.moments() : p_.mean_moments; }
  std::size_t heaviest() const {
    std::size_t best = 0;
    for (std::size_t j = 1; j < weights_.size(); ++j) best = weights_[j] > weights_[best] ? j : best;
    return best;
  }
  static std::vector<detail::smoothed_slice<Real>> smoothed(const std::vector<detail::mean_slice<Real>>& slices) {
    std::vector<detail::smoothed_slice<Real>> all;
    for (const auto& s : slices) all.emplace_back(s);
    return all;
  }
  /// log of the sum of weight exp(f(j)).
  template <class F>
  Real log_mixture(const F& f) const {
    using std::exp, std::log;
    std::vector<Real> values(weights_.size());
    Real top = -std::numeric_limits<Real>::infinity(), sum = 0;
    for (std::size_t j = 0; j < values.size(); ++j) {
      values[j] = f(j);
      top = values[j] > top ? values[j] : top;
    }
    if (!(top > -std::numeric_limits<Real>::infinity())) return top;
    for (std::size_t j = 0; j < values.size(); ++j) sum += weights_[j] * exp(Real(values[j] - top));
    return top + log(sum);
  }

  binomial_normal_parts<Real> p_;
  tau_type tau_;
  std::vector<detail::mean_slice<Real>> slices_{};
  std::vector<Real> weights_{};
  Real narrowest_{}, start_{};
  line_distribution<Real> mean_{};
};

}  // namespace metapool
