// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/any_prior.hpp>
#include <metapool/bayes/normal_normal.hpp>
#include <metapool/bayes/summarise.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/error.hpp>
#include <metapool/effect/effects.hpp>

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace metapool {

/// The posterior under one pair of priors.
template <class Real = double>
struct prior_sensitivity_row {
  std::string tau_prior{};                               ///< in words
  std::string mean_prior{};
  std::optional<posterior_summary<Real>> mean{};         ///< empty if this pair gives no posterior: then `reason` says why
  std::optional<posterior_summary<Real>> tau{};
  std::optional<Real> mean_below{};                      ///< P(mean effect < null)
  std::optional<Real> next_below{};                      ///< P(effect in a new study < null)
  std::optional<Real> log_marginal_likelihood{};         ///< empty if a prior is improper; differences are log Bayes factors between priors
  std::string reason{};
};

/// The posterior over a grid of priors: one row a pair, the priors of the mean within those of tau.
template <class Real = double>
struct prior_sensitivity {
  std::vector<prior_sensitivity_row<Real>> rows{};
  Real null{};
  double level = 0.95;

  /// The smallest and the largest posterior median of the mean effect. Empty if no row has one.
  std::optional<std::pair<Real, Real>> range_of_median() const {
    return range([](const prior_sensitivity_row<Real>& row) { return row.mean ? std::optional<Real>(row.mean->median) : std::nullopt; });
  }
  /// The same of P(mean effect < null).
  std::optional<std::pair<Real, Real>> range_of_mean_below() const {
    return range([](const prior_sensitivity_row<Real>& row) { return row.mean_below; });
  }

 private:
  template <class F>
  std::optional<std::pair<Real, Real>> range(const F& value) const {
    std::optional<std::pair<Real, Real>> ends;
    for (const auto& row : rows) {
      const std::optional<Real> x = value(row);
      if (!x) continue;
      if (!ends) ends = std::pair<Real, Real>(*x, *x);
      if (*x < ends->first) ends->first = *x;
      if (*x > ends->second) ends->second = *x;
    }
    return ends;
  }
};

/// How the normal-normal posterior depends on its priors: normal_normal() with each prior of tau and each of the mean. `null` is the effect
/// whose lower side counts (0: no effect; log(0.8) for P(RR < 0.8)). Scale of everything: that of y.
/// A pair that gives no posterior (an improper prior of tau and too few studies) is a row with its reason. Throws input_error if data are not
/// what normal_normal() takes, a list is empty, null is not finite, or unless 0 < level < 1. Accuracy: that of normal_normal().
template <class Real>
prior_sensitivity<Real> sensitivity_to_priors(const effects<Real>& data, const std::vector<any_tau_prior>& tau_priors = tau_prior_grid<>(),
                                              const std::vector<any_mean_prior>& mean_priors = {flat_mean{}}, const Real& null = Real(0), double level = 0.95) {
  constexpr const char* function = "sensitivity_to_priors";
  detail::check_level(function, level);
  if (tau_priors.empty()) detail::throw_input_error(function, "there is no prior of tau");
  if (mean_priors.empty()) detail::throw_input_error(function, "there is no prior of the mean");
  if (!detail::is_finite(null)) detail::throw_input_error(function, "null = " + detail::to_text(null) + " must be finite");
  normal_normal(data, half_normal{});  // whatever is wrong with the data is no matter of a row
  prior_sensitivity<Real> all;
  all.null = null;
  all.level = level;
  for (const any_tau_prior& of_tau : tau_priors) {
    const detail::erased_tau_prior<Real> tau = detail::erase<Real>(of_tau);
    for (const any_mean_prior& of_mean : mean_priors) {
      prior_sensitivity_row<Real> row;
      row.tau_prior = tau.name();
      row.mean_prior = std::visit([](const auto& p) { return p.name(); }, of_mean);
      try {
        const normal_normal_posterior<Real> p = std::visit([&](const auto& mean) { return normal_normal(data, tau, mean); }, of_mean);
        row.mean = summarise(p.mean(), level);
        row.tau = summarise(p.tau(), level);
        row.mean_below = p.mean().cdf(null);
        row.next_below = p.next().cdf(null);
        row.log_marginal_likelihood = p.log_marginal_likelihood();
      } catch (const error& e) {
        row.mean.reset();
        row.reason = e.what();
      }
      all.rows.push_back(std::move(row));
    }
  }
  return all;
}

}  // namespace metapool
