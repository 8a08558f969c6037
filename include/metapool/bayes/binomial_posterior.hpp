// SPDX-License-Identifier: BSL-1.0
// What binomial_normal() (binomial_normal.hpp) answers.
#pragma once

#include <metapool/bayes/effect_density.hpp>
#include <metapool/bayes/grid_marginals.hpp>
#include <metapool/bayes/grid_peak.hpp>
#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/legendre_panel.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/bayes/tabulated_density.hpp>
#include <metapool/bayes/trials_kernel.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/data/check.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// What a posterior has to know beside the grid.
template <class Real>
struct binomial_normal_parts {
  std::vector<std::optional<std::size_t>> place{};  ///< of each trial in the model; empty: it says nothing
  std::vector<bool> bounded{};                      ///< whether it bounds its own effect from both sides
  std::function<Real(const Real&)> log_tau{};       ///< the priors' densities
  std::function<Real(const Real&)> log_mean{};
  int tau_moments = 2, mean_moments = 2;
  std::string tau_prior{}, mean_prior{}, baseline{};
  bool tau_proper = true, mean_proper = true;
};

}  // namespace detail

/// The posterior of a hierarchical model with the trials' exact likelihood. Made by binomial_normal(). Trial: binary_trial or rate_trial.
/// Scale of everything: log odds ratios, log risk ratios or log rate ratios; P(RR < 0.8) is mean().cdf(log(0.8)).
template <class Real = double, class Trial = binary_trial<Real>>
class binomial_normal_posterior {
 public:
  using real_type = Real;

  binomial_normal_posterior(std::vector<Trial> data, detail::joint_grid<Real, detail::trials_kernel<Real>> grid, detail::binomial_normal_parts<Real> parts)
      : trials_(std::move(data)), grid_(std::move(grid)), p_(std::move(parts)) {
    tau_ = detail::tabulate_tau(grid_, p_.tau_moments);
    mean_ = detail::tabulate_mean(grid_, grid_.line_of_mean(), p_.mean_moments);
  }

  const std::vector<Trial>& data() const { return trials_; }
  const std::string& tau_prior_name() const { return p_.tau_prior; }
  const std::string& mean_prior_name() const { return p_.mean_prior; }
  const std::string& baseline_name() const { return p_.baseline; }

  /// The mean effect.
  const tabulated_density<Real>& mean() const { return mean_; }
  /// The between-trial standard deviation.
  const tabulated_density<Real>& tau() const { return tau_; }
  /// The true effect in a new trial. Computed by each call.
  tabulated_density<Real> next() const { return effect(std::nullopt, moments(), moments()); }
  /// The true effect in trial i of data(), shrunk towards the others. Computed by each call. Throws input_error if there is no such trial.
  tabulated_density<Real> study(std::size_t i) const {
    if (i >= trials_.size()) detail::throw_input_error("study", "trial " + std::to_string(i) + " was asked for, and there are " + std::to_string(trials_.size()) + " (the first is 0)");
    return p_.bounded[i] ? effect(p_.place[i], 2, 0) : effect(p_.place[i], moments(), moments());  // one that says nothing is as a new one
  }

  /// Density of mean and tau together.
  Real joint_density(const Real& mean, const Real& tau) const {
    using std::exp;
    if (!(tau >= 0) || tau > grid_.line_of_tau().upper()) return Real(0);
    // at 0 itself a prior's logarithm may not be a number
    const Real least = grid_.line_of_tau().x(grid_.tau_panels().front().from), at = tau > least ? tau : least;
    auto slice = grid_.kernel().at(at);
    return exp(Real(grid_.kernel().log_likelihood(slice, mean) + p_.log_tau(at) + p_.log_mean(mean) - tau_.log_integral()));
  }
  /// The (mean, tau) at which that is highest.
  std::pair<Real, Real> joint_mode() const { return detail::joint_peak(grid_); }

  /// log of the probability of the data under the model with its priors. Empty if a prior is improper.
  std::optional<Real> log_marginal_likelihood() const {
    if (!p_.tau_proper || !p_.mean_proper) return std::nullopt;
    return tau_.log_integral();
  }
  /// Bayes factor of "the mean is `value`" (0: no effect) against the model with its prior, tau having the same prior in both; below 1
  /// speaks against `value`. Empty if the prior of the mean is flat.
  std::optional<Real> bayes_factor_mean(const Real& value = Real(0)) const {
    using std::exp;
    if (!p_.mean_proper) return std::nullopt;
    // the likelihood at this mean, tau integrated out at the grid's own values of it
    Real sum = 0;
    for (const auto& t : grid_.tau_panels()) {
      for (std::size_t i = 0; i < detail::panel_points; ++i) {
        auto slice = grid_.kernel().at(t.tau[i]);
        sum += detail::legendre<Real>().w[i] * (t.to - t.from) / 2 * exp(Real(grid_.kernel().log_likelihood(slice, value) + t.log_prior[i] - tau_.log_integral()));
      }
    }
    return sum;
  }
  /// Bayes factor of "tau is 0" against the model with its prior of tau. Empty if that is improper.
  std::optional<Real> bayes_factor_no_heterogeneity() const {
    using std::exp;
    if (!p_.tau_proper) return std::nullopt;
    auto slice = grid_.kernel().at(Real(0));
    const auto log_f = [&](const Real& m) { return Real(grid_.kernel().log_likelihood(slice, m) + p_.log_mean(m)); };
    std::vector<Real> edges;
    for (const auto& m : grid_.mean_panels()) edges.push_back(m.from);
    edges.push_back(grid_.mean_panels().back().to);
    return exp(Real(detail::tabulate(log_f, grid_.line_of_mean(), edges, 0).log_integral() - tau_.log_integral()));
  }
  /// How the integration ended; residual: what is probably missing of the joint log density; iterations: how often that was computed.
  const metapool::convergence<Real>& convergence() const { return grid_.state(); }

 private:
  /// Of a new trial's effect.
  int moments() const { return (std::min)(p_.tau_moments, p_.mean_moments); }
  /// far: as effect_density has it.
  tabulated_density<Real> effect(const std::optional<std::size_t>& study, int moments, int far) const {
    using std::sqrt;
    const auto& line = grid_.line_of_mean();
    const auto& kernel = grid_.kernel();
    detail::effect_density<Real, detail::trials_kernel<Real>> density(grid_, Real(0), tau_.log_integral(), study, far);
    const Real left = grid_.mean_panels().front().from, right = grid_.mean_panels().back().to;
    std::vector<Real> edges{left, Real(left + (right - left) / 3), Real(right - (right - left) / 3), right};
    if (study) {
      const Real y = kernel.y()[*study], reach = 7 * sqrt(kernel.v()[*study]);
      for (const Real& x : {Real(y - reach), y, Real(y + reach)}) edges.push_back(line.z(x));
      if (kernel.kinked(*study)) edges.push_back(line.z(Real(0)));
    }
    std::sort(edges.begin(), edges.end());
    return detail::tabulate([&](const Real& theta) { return density(theta); }, line, edges, moments);
  }

  std::vector<Trial> trials_;
  detail::joint_grid<Real, detail::trials_kernel<Real>> grid_;
  detail::binomial_normal_parts<Real> p_;
  tabulated_density<Real> tau_{}, mean_{};
};

}  // namespace metapool
