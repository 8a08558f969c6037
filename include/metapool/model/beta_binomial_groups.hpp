// SPDX-License-Identifier: BSL-1.0
// Groups of arms fitted by themselves, also where a group has one outcome only.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/effect/collect.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/model/beta_binomial_likelihood.hpp>
#include <metapool/model/glmm_search.hpp>
#include <metapool/model/likelihood_fit.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Whether the group has one outcome only: then its mean is 0 or 1, and its likelihood 1 at any correlation.
template <class Real>
bool is_one_outcome(const beta_binomial_group<Real>& g) {
  return g.lowest() || g.highest();
}

/// The mean's logarithm or logit from its logit, and the derivative of the former in the latter.
template <class Real>
std::pair<Real, Real> on_scale(mean_scale scale, const Real& logit) {
  if (scale == mean_scale::logit) return {logit, Real(1)};
  return {Real(-log_one_plus_exp(Real(-logit))), logistic(Real(-logit))};
}

/// A maximum of one group as a start and an answer: x on the scale; of a group with one outcome the infinite (or, for log, zero) end.
template <class Real>
struct group_estimate {
  Real x{}, mean{}, slope{1}, variance{};  // slope: of x in the logit; variance: of the logit
  std::optional<Real> rho{}, rho_se{};
  Real log_likelihood{};
};

template <class Real>
group_estimate<Real> end_of_group(const beta_binomial_group<Real>& g, mean_scale scale) {
  const Real infinity = std::numeric_limits<Real>::infinity();
  group_estimate<Real> e;
  e.mean = g.lowest() ? Real(0) : Real(1);
  e.x = g.lowest() ? Real(-infinity) : scale == mean_scale::log ? Real(0) : infinity;
  return e;
}

/// Fills a standard error from the covariance of the free parameters.
template <class Real>
std::optional<Real> se_of(const std::vector<std::size_t>& free, const matrix_of<Real>& covariance, std::size_t parameter) {
  using std::sqrt;
  for (std::size_t i = 0; i < free.size(); ++i) {
    if (free[i] == parameter) return Real(sqrt(covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i))));
  }
  return std::nullopt;
}

template <class Real>
group_estimate<Real> fit_group(const char* function, const beta_binomial_group<Real>& g, mean_scale scale, convergence<Real>& state) {
  if (is_one_outcome(g)) return end_of_group(g, scale);
  std::array<newton_bound<Real>, 2> bounds;
  const auto m = group_maximum(g, bounds);
  state.converged = state.converged && m.convergence.converged;
  state.iterations += m.convergence.iterations;
  state.residual = (std::max)(state.residual, m.convergence.residual);
  std::vector<std::size_t> free;
  matrix_of<Real> covariance;
  if (!free_covariance<Real, 2>(m, bounds, free, covariance)) throw_not_estimable(function, "the likelihood is flat at its maximum");
  group_estimate<Real> e;
  const auto [x, slope] = on_scale(scale, m.x[0]);
  e.x = x;
  e.slope = slope;
  e.mean = logistic(m.x[0]);
  e.variance = covariance(0, 0);
  if (!bounds[1].held) {
    e.rho = m.x[1];
    e.rho_se = se_of(free, covariance, 1);
  }
  e.log_likelihood = m.at.value;
  return e;
}

/// Likelihood and mean of a group without correlation.
template <class Real>
std::pair<Real, Real> binomial_of(const beta_binomial_group<Real>& g, mean_scale scale) {
  if (is_one_outcome(g)) return {Real(0), end_of_group(g, scale).x};
  const Real logit = g.rough_logit(Real(0));
  return {g(mean_scale::logit, logit, Real(0)).value, on_scale(scale, logit).first};
}

/// Audits studies and hands the complete ones to take(study).
template <class Fit, class Studies, class Take>
void gather(const char* function, Fit& fit, const Studies& studies, const Take& take) {
  fit.audit = audit_complete(function, studies, [&](const auto& study, study_status&) {
    take(study);
    ++fit.k;
  });
  if (fit.k == 0) throw_not_estimable(function, "no study is complete");
  fit.df = fit.k - 1;
}

}  // namespace metapool::detail
