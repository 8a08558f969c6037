// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/effect_density.hpp>
#include <metapool/bayes/grid_marginals.hpp>
#include <metapool/bayes/grid_peak.hpp>
#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/robust_kernel.hpp>
#include <metapool/bayes/tabulated_density.hpp>
#include <metapool/data/check.hpp>
#include <metapool/effect/effects.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// How many moments exist.
struct robust_moments {
  int mean = 0, tau = 0, next = 0;
};

template <class Real>
struct robust_priors {
  std::string tau_name{}, mean_name{}, random_effects{};
  bool tau_proper = false;
  std::function<Real(const Real&)> log_tau{};
  std::function<Real(const Real&)> log_mean{};  ///< of the mean less the reference; empty if flat
  std::function<Real()> log_normal{};           ///< log of the integral under normal random effects
};

}  // namespace detail

/// The posterior of a random-effects model with outliers. Made by robust_normal(). Scale of everything: that of y; P(RR < 0.8) is mean().cdf(log(0.8)).
template <class Real = double>
class robust_normal_posterior {
 public:
  using real_type = Real;

  robust_normal_posterior(effects<Real> data, detail::joint_grid<Real, detail::robust_kernel<Real>> grid, const Real& reference, const Real& df, const detail::robust_moments& moments, detail::robust_priors<Real> priors)
      : data_(std::move(data)), grid_(std::move(grid)), priors_(std::move(priors)), moments_(moments), reference_(reference), df_(df) {
    tau_ = detail::tabulate_tau(grid_, moments.tau);
    mean_ = detail::tabulate_mean(grid_, shifted(), moments.mean);
    weigh();
  }

  const effects<Real>& data() const { return data_; }
  const std::string& tau_prior_name() const { return priors_.tau_name; }
  const std::string& mean_prior_name() const { return priors_.mean_name; }
  const std::string& random_effects_name() const { return priors_.random_effects; }

  /// The mean effect.
  const tabulated_density<Real>& mean() const { return mean_; }
  /// The scale of the random effects; of contaminated ones, that of those that are not.
  const tabulated_density<Real>& tau() const { return tau_; }
  /// The true effect in a new study, an outlier or not. Computed by each call.
  tabulated_density<Real> next() const { return effect(std::nullopt, moments_.next); }
  /// The true effect in study i of data(), shrunk towards the others. Computed by each call. Throws input_error if there is no such study.
  tabulated_density<Real> study(std::size_t i) const {
    if (i >= data_.size()) detail::throw_input_error("study", "study " + std::to_string(i) + " was asked for, and there are " + std::to_string(data_.size()) + " (the first is 0)");
    return effect(i, 2);
  }

  /// One a study: the posterior mean of tau^2 over the variance of its random effect. About 1 or more in the crowd, near 0 for an outlier.
  const std::vector<Real>& precisions() const { return precisions_; }
  /// One a study: the probability that its effect is one of the widely spread. Empty unless the random effects are contaminated_effects.
  const std::vector<Real>& outlying() const { return outlying_; }

  /// Density of mean and tau together.
  Real joint_density(const Real& mean, const Real& tau) const {
    using std::exp;
    if (!(tau >= 0) || tau > grid_.line_of_tau().upper()) return Real(0);
    // at 0 itself a prior's logarithm may not be a number
    const Real least = grid_.line_of_tau().x(grid_.tau_panels().front().from), at = tau > least ? tau : least, m = mean - reference_;
    return exp(Real(grid_.kernel().log_likelihood(grid_.kernel().at(at), m) + priors_.log_tau(at) + (priors_.log_mean ? priors_.log_mean(m) : Real(0)) - tau_.log_integral()));
  }
  /// The (mean, tau) at which that is highest.
  std::pair<Real, Real> joint_mode() const {
    const std::pair<Real, Real> peak = detail::joint_peak(grid_);
    return {Real(peak.first + reference_), peak.second};
  }
  /// log of the probability density of the data under the model with its priors. Empty if a prior is improper.
  std::optional<Real> log_marginal_likelihood() const {
    if (!priors_.tau_proper || !priors_.log_mean) return std::nullopt;
    return tau_.log_integral();
  }
  /// log of the Bayes factor of this model against the one with normal random effects and the same priors: above 0 speaks for outliers. Where a prior is improper it is the
  /// same improper density in both. Computed by each call. Throws convergence_error if the normal model's integration does not settle: studies thousands of standard errors apart,
  /// which the prior of tau does not let it explain.
  Real log_bayes_factor_against_normal() const { return tau_.log_integral() - priors_.log_normal(); }
  /// Bayes factor of "the mean is `value`" against the model with its prior, tau having the same prior in both; below 1 speaks against `value`. Empty if the prior of the mean is flat.
  std::optional<Real> bayes_factor_mean(const Real& value = Real(0)) const {
    using std::exp;
    if (!priors_.log_mean) return std::nullopt;
    return mean_.density(value) / exp(priors_.log_mean(Real(value - reference_)));
  }

 private:
  /// The line of the mean itself, not relative to the reference.
  detail::posterior_line<Real> shifted() const {
    detail::posterior_line<Real> line = grid_.line_of_mean();
    line.centre += reference_;
    return line;
  }
  tabulated_density<Real> effect(const std::optional<std::size_t>& study, int moments) const {
    using std::sqrt;
    const auto& line = grid_.line_of_mean();
    detail::effect_density<Real, detail::robust_kernel<Real>> density(grid_, df_, tau_.log_integral(), study, study ? 0 : moments);
    std::vector<Real> edges{grid_.mean_panels().front().from, grid_.mean_panels().back().to};
    const Real left = edges[0], right = edges[1];
    edges.push_back(Real(left + (right - left) / 3));
    edges.push_back(Real(right - (right - left) / 3));
    if (study) {
      const Real y = grid_.kernel().y()[*study], reach = 7 * sqrt(grid_.kernel().v()[*study]);
      for (const Real& x : {Real(y - reach), y, Real(y + reach)}) edges.push_back(line.z(x));
    }
    std::sort(edges.begin(), edges.end());
    return detail::tabulate([&](const Real& theta) { return density(Real(theta - reference_)); }, shifted(), edges, moments);
  }
  void weigh() {
    using std::exp;
    const auto& kernel = grid_.kernel();
    const auto& table = detail::legendre<Real>();
    precisions_.assign(data_.size(), Real(0));
    for (std::size_t m = 0; m < grid_.mean_panels().size(); ++m) {
      const auto& means = grid_.mean_panels()[m];
      for (std::size_t n = 0; n < grid_.tau_panels().size(); ++n) {
        const auto& taus = grid_.tau_panels()[n];
        const auto& block = grid_.at(m, n);
        const Real area = (means.to - means.from) * (taus.to - taus.from) / 4;
        for (std::size_t i = 0; i < detail::panel_points; ++i) {
          for (std::size_t j = 0; j < detail::panel_points; ++j) {
            const Real mass = exp(Real(block.f[i][j] - tau_.log_integral())) * area * table.w[i] * table.w[j];
            if (!(mass > Real(1e-12))) continue;
            for (std::size_t s = 0; s < data_.size(); ++s) precisions_[s] += mass * taus.slices[i][s].precisions(Real(kernel.y()[s] - means.mean[j])).second;
          }
        }
      }
    }
    if (df_ > 0) return;
    const Real least = 1 / kernel.parts().back().variance;  // of an outlier; of others it is 1
    for (const Real& p : precisions_) outlying_.push_back((1 - p) / (1 - least));
  }

  effects<Real> data_;
  detail::joint_grid<Real, detail::robust_kernel<Real>> grid_;
  detail::robust_priors<Real> priors_;
  detail::robust_moments moments_;
  tabulated_density<Real> tau_{}, mean_{};
  std::vector<Real> precisions_{}, outlying_{};

  Real reference_{}, df_{};
};

}  // namespace metapool
