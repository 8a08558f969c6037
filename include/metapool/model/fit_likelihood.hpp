// SPDX-License-Identifier: BSL-1.0
// A fit of one mean from the maximum of its likelihood.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/model/glmm_search.hpp>
#include <metapool/model/normal_levels.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// Fills the numbers of a fit (not its tests of homogeneity) from a likelihood whose parameters are called `names`. constant: what the
/// likelihood leaves out. Throws not_estimable if the likelihood has no maximum.
template <class Real, class Likelihood>
void fit_likelihood(const char* function, glmm_fit<Real>& fit, Likelihood likelihood, const std::array<const char*, Likelihood::size>& names, const Real& constant) {
  using std::sqrt;
  constexpr std::size_t p = Likelihood::size;
  auto bounds = search_bounds<Real>(likelihood);
  if (fit.k < 2) bounds[1].held = true;
  const auto maxima = search_maxima<Real>(likelihood, likelihood.start(), bounds);
  const auto& best = maxima.best;
  if (best.x[1] >= largest_tau2<Real>()) {
    throw_not_estimable(function, "the likelihood rises with tau2 for ever (the studies' effects lie at infinity on both sides)");
  }
  fit.estimate = best.x[0];
  fit.tau2 = best.x[1];
  if constexpr (p >= 4) take_levels(function, fit, best.x, bounds, 1);
  fit.log_likelihood = best.at.value + constant;
  fit.common_estimate = maxima.boundary.x[0];
  fit.common_log_likelihood = maxima.boundary.at.value + constant;
  fit.convergence = best.convergence;
  auto at_zero = bounds;
  at_zero[1].held = true;
  std::vector<std::size_t> free;
  matrix_of<Real> covariance;
  if (!free_covariance<Real, p>(maxima.boundary, at_zero, free, covariance)) {
    throw_not_estimable(function, "the likelihood is flat at its maximum");
  }
  fit.common_se = sqrt(covariance(0, 0));
  if (fit.k < 2) fit.notes.push_back("one informative study: tau2 is taken to be 0");
  if (!(best.x[1] > 0)) bounds[1].held = true;
  if (!free_covariance<Real, p>(best, bounds, free, fit.covariance)) throw_not_estimable(function, "the likelihood is flat at its maximum");
  for (std::size_t i = 0; i < free.size(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    fit.parameters.emplace_back(names[free[i]]);
    if (free[i] == 0) fit.se = sqrt(fit.covariance(at, at));
    if (free[i] == 1) fit.se_tau2 = sqrt(fit.covariance(at, at));
  }
  if (!(best.x[1] > 0) && fit.k > 1) fit.notes.push_back("the likelihood is highest at tau2 = 0: standard errors are those of the common effect");
  const bool several = fit.k > 1;
  fit.profile = [likelihood, best, bounds, constant, several](const Real& mean) {
    return profile_point<Real>(likelihood, best.x, bounds, 0, mean, several, constant);
  };
}

}  // namespace metapool::detail
