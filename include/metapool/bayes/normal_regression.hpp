// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/any_prior.hpp>
#include <metapool/bayes/mean_prior.hpp>
#include <metapool/bayes/normal_mixture.hpp>
#include <metapool/bayes/regression_kernel.hpp>
#include <metapool/bayes/tau_posterior.hpp>
#include <metapool/bayes/tau_prior.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/effects.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/model/design.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace metapool {

/// The prior of a coefficient of a Bayesian meta-regression.
using coefficient_prior = std::variant<flat_mean, normal_mean>;

/// The posterior of a meta-regression: y_i ~ N(theta_i, v_i), theta_i ~ N(x_i' beta, tau^2). Made by normal_regression().
template <class Real = double>
class normal_regression_posterior {
 public:
  using real_type = Real;
  using components = std::vector<typename normal_mixture<Real>::component>;
  using tau_type = tau_posterior<Real, detail::regression_kernel<Real>>;

  normal_regression_posterior(effects<Real> data, design<Real> moderators, tau_type tau, std::vector<std::optional<std::pair<Real, Real>>> priors, std::string tau_prior_name,
                              bool tau_proper)
      : data_(std::move(data)), design_(std::move(moderators)), tau_(std::move(tau)), priors_(std::move(priors)), tau_prior_(std::move(tau_prior_name)), tau_proper_(tau_proper) {
    for (const auto& p : priors_) all_proper_ = all_proper_ && p.has_value();
  }

  const effects<Real>& data() const { return data_; }
  const design<Real>& moderators() const { return design_; }
  const std::string& tau_prior_name() const { return tau_prior_; }
  /// The between-study standard deviation that the moderators leave.
  const tau_type& tau() const { return tau_; }

  /// Coefficient j, in the order of moderators().names. Throws input_error if there is none.
  normal_mixture<Real> coefficient(std::size_t j) const {
    if (j >= priors_.size()) detail::throw_input_error("coefficient", "coefficient " + std::to_string(j) + " was asked for, and there are " + std::to_string(priors_.size()) + " (the first is 0)");
    std::vector<Real> c(priors_.size(), Real(0));
    c[j] = 1;
    return of(tau_.kernel().to_basis(std::move(c)), false, priors_[j].has_value());
  }
  /// The mean effect of studies with the moderators x, one value a column of the design (1 for the intercept). Throws input_error for another number of values.
  normal_mixture<Real> mean_at(const std::vector<Real>& x) const { return of(basis("mean_at", x), false, all_proper_); }
  /// The true effect in a new study with these moderators.
  normal_mixture<Real> next_at(const std::vector<Real>& x) const { return of(basis("next_at", x), true, false); }
  /// The true effect in study i of data(), shrunk towards the regression. Throws input_error if there is no such study.
  normal_mixture<Real> study(std::size_t i) const {
    using std::sqrt;
    if (i >= data_.size()) detail::throw_input_error("study", "study " + std::to_string(i) + " was asked for, and there are " + std::to_string(data_.size()) + " (the first is 0)");
    components parts;
    for (const auto& n : tau_.nodes()) {
      const std::pair<Real, Real> at = tau_.kernel().study(i, n.tau, n.given);
      parts.push_back({n.weight, at.first, sqrt(at.second)});
    }
    return normal_mixture<Real>(std::move(parts), true, true);
  }

  /// log of the probability density of the data under the model with its priors. Empty if a prior is improper.
  std::optional<Real> log_marginal_likelihood() const { return tau_proper_ && all_proper_ ? std::optional<Real>(tau_.log_integral()) : std::nullopt; }
  /// Bayes factor of "coefficient j is `value`" against the model with its prior; below 1 speaks against `value`. Empty if its prior is flat.
  std::optional<Real> bayes_factor(std::size_t j, const Real& value = Real(0)) const {
    using std::exp, std::sqrt;
    const normal_mixture<Real> posterior = coefficient(j);
    if (!priors_[j]) return std::nullopt;
    const Real z = (value - priors_[j]->first) / priors_[j]->second;
    return posterior.density(value) * priors_[j]->second * sqrt(2 * detail::pi<Real>()) * exp(Real(z * z / 2));
  }

 private:
  std::vector<Real> basis(const char* function, const std::vector<Real>& x) const {
    if (x.size() != priors_.size()) detail::throw_input_error(function, std::to_string(x.size()) + " values are given for " + std::to_string(priors_.size()) + " columns of the design");
    for (const Real& value : x) {
      if (!detail::is_finite(value)) detail::throw_input_error(function, "every moderator must be a finite number");
    }
    return tau_.kernel().to_basis(x);
  }
  normal_mixture<Real> of(const std::vector<Real>& u, bool next, bool proper) const {
    using std::sqrt;
    components parts;
    for (const auto& n : tau_.nodes()) {
      const std::pair<Real, Real> at = tau_.kernel().combination(u, n.tau);
      parts.push_back({n.weight, at.first, sqrt(next ? Real(at.second + n.tau * n.tau) : at.second)});
    }
    return normal_mixture<Real>(std::move(parts), proper || tau_.moments() >= 1, proper || tau_.moments() >= 2);
  }

  effects<Real> data_;
  design<Real> design_;
  tau_type tau_;
  std::vector<std::optional<std::pair<Real, Real>>> priors_;
  std::string tau_prior_;
  bool tau_proper_{}, all_proper_ = true;
};

/// Bayesian random-effects meta-regression by integration instead of sampling: given tau the coefficients are jointly normal, tau is integrated as in
/// normal_normal(), with which it agrees where the design is an intercept. priors: one a coefficient; empty: all flat.
///
/// Scale of y and of the priors: that of effects.measure (a coefficient's per unit of its moderator). An improper prior of tau needs as many studies more than
/// with an intercept as there are more flat coefficients. Throws input_error if effects or design are not finite or do not match, the number of priors is wrong, or the
/// posterior would be improper; rank_error if columns depend on each other; not_estimable and convergence_error as normal_normal().
/// 10 digits. Roever & Friede (2023) Comput Methods Programs Biomed 229:107303 (the method; R's bayesmeta::bmr).
template <class Real, class TauPrior>
normal_regression_posterior<Real> normal_regression(const effects<Real>& data, const design<Real>& moderators, const TauPrior& prior_of_tau, const std::vector<coefficient_prior>& priors = {}) {
  constexpr const char* function = "normal_regression";
  const std::size_t k = data.size(), p = moderators.columns();
  if (k == 0) detail::throw_input_error(function, "there is no study with an effect");
  if (data.v.size() != k) detail::throw_input_error(function, "y has " + std::to_string(k) + " values and v has " + std::to_string(data.v.size()) + "; they must match");
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < k; ++i) {
    labels.push_back(i < data.labels.size() ? data.labels[i] : "study " + std::to_string(i + 1));
    if (!detail::is_finite(data.y[i])) detail::throw_study_error(function, labels[i], "y", data.y[i], "must be a finite number");
    if (!(detail::is_finite(data.v[i]) && data.v[i] > 0)) detail::throw_study_error(function, labels[i], "v", data.v[i], "must be finite and positive");
  }
  detail::check_design(function, moderators, labels);
  if (!priors.empty() && priors.size() != p) detail::throw_input_error(function, std::to_string(priors.size()) + " priors are given for " + std::to_string(p) + " coefficients");
  std::vector<std::optional<std::pair<Real, Real>>> numbers(p);
  std::size_t flat = p;
  for (std::size_t j = 0; j < priors.size(); ++j) {
    if (const auto* normal = std::get_if<normal_mean>(&priors[j])) {
      numbers[j] = std::pair<Real, Real>(Real(normal->mean), Real(normal->sd));
      --flat;
    }
  }
  const detail::erased_tau_prior<Real> prior = detail::erase<Real>(prior_of_tau);
  const bool bounded = prior.upper() < std::numeric_limits<double>::infinity();
  const double tail = prior.tail_power() + static_cast<double>(k - flat);
  if (!prior.proper() && !bounded && !(tail > 1)) {
    detail::throw_input_error(function, "the " + prior.name() + " prior of tau is improper and so would be its posterior with " + std::to_string(k) + " studies and " + std::to_string(flat) +
                                            " flat coefficients; give a proper prior such as half_normal, or more studies");
  }
  std::vector<std::vector<Real>> x(k, std::vector<Real>(p));
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < p; ++j) x[i][j] = moderators.x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  }
  tau_posterior<Real, detail::regression_kernel<Real>> tau(
      detail::regression_kernel<Real>(data.y, data.v, std::move(x), numbers),
      [prior, v = data.v](const Real& t) { return prior.log_density(t, std::span<const Real>(v)); }, bounded ? Real(prior.upper()) : std::numeric_limits<Real>::infinity(),
      tail < 1e6 ? Real(tail) : Real(1e6));
  if (!tau.convergence().converged) {
    throw convergence_error("normal_regression: the integration over tau did not settle; is the density of the prior of tau (" + prior.name() + ") smooth inside its support?");
  }
  return normal_regression_posterior<Real>(data, moderators, std::move(tau), std::move(numbers), prior.name(), prior.proper());
}

}  // namespace metapool
