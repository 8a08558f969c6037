// SPDX-License-Identifier: BSL-1.0
// The maximum of a likelihood in a mean, its between-study variance and perhaps more, with tau2 = 0 as the boundary that it is.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/bounded_newton.hpp>
#include <metapool/model/glmm_fit.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace metapool::detail {

/// Beyond tau = 20 on a logarithmic scale a likelihood that still rises is taken to rise for ever.
template <class Real>
Real largest_tau2() {
  return Real(400);
}

/// Bounds of the mean (parameter 0) and tau2 (parameter 1); the others are the model's.
template <class Real, class Likelihood>
std::array<newton_bound<Real>, Likelihood::size> search_bounds(const Likelihood& likelihood) {
  std::array<newton_bound<Real>, Likelihood::size> b = likelihood.bounds();
  b[1].lower = 0;
  b[1].upper = largest_tau2<Real>();
  b[1].reach = Real(1) / 2;
  b[1].growth = 2;
  return b;
}

/// Newton's method to a rough answer, then with as fine a quadrature as that needs to the last digits, until nothing changes any more.
template <class Real, class Likelihood>
newton_maximum<Real, Likelihood::size> polished(Likelihood& likelihood, const std::array<Real, Likelihood::size>& x,
                                                const std::array<newton_bound<Real>, Likelihood::size>& bounds) {
  constexpr std::size_t p = Likelihood::size;
  const auto f = [&](const std::array<Real, p>& at) { return likelihood(at); };
  auto best = bounded_newton<Real, p>(f, x, bounds, Real(1e-4));
  std::size_t iterations = best.convergence.iterations;
  bool exact = true;
  for (int round = 0; round < 10; ++round) {
    bool changed = false;
    exact = likelihood.refine(best.x, changed);
    if (round > 0 && !changed) break;
    best = bounded_newton<Real, p>(f, best.x, bounds);
    iterations += best.convergence.iterations;
  }
  best.convergence.converged = best.convergence.converged && exact;
  best.convergence.iterations = iterations;
  return best;
}

/// The fit with tau2 = 0 and the best one that was found.
template <class Real, std::size_t P>
struct glmm_maxima {
  newton_maximum<Real, P> boundary{};
  newton_maximum<Real, P> best{};
};

/// Maxima over all parameters that are not held in `bounds`, from a start x.
template <class Real, class Likelihood>
glmm_maxima<Real, Likelihood::size> search_maxima(Likelihood& likelihood, std::array<Real, Likelihood::size> x,
                                                  const std::array<newton_bound<Real>, Likelihood::size>& bounds) {
  glmm_maxima<Real, Likelihood::size> result;
  auto at_zero = bounds;
  at_zero[1].held = true;
  x[1] = 0;
  result.boundary = polished<Real>(likelihood, x, at_zero);
  // the variance to start from: the best of a few at the boundary's other parameters
  std::array<Real, Likelihood::size> start = result.boundary.x;
  Real highest = -std::numeric_limits<Real>::infinity();
  for (const double tau2 : {0.05, 0.3, 1.5, 7.0}) {
    auto trial = result.boundary.x;
    trial[1] = Real(tau2);
    const Real value = likelihood(trial).value;
    if (!(value > highest)) break;  // rises to one summit, as nearly always; else Newton's method has to find the way
    highest = value;
    start = trial;
  }
  auto inside = polished<Real>(likelihood, start, bounds);
  std::size_t iterations = result.boundary.convergence.iterations + inside.convergence.iterations;
  result.best = inside.at.value > result.boundary.at.value ? inside : result.boundary;
  // the boundary is a maximum of its own only if the likelihood falls from there; else the way inside must have been lost
  if (!(inside.x[1] > 0) || !(inside.at.value > result.boundary.at.value)) {
    if (result.boundary.at.gradient[1] > 0) {
      auto again = result.boundary.x;
      again[1] = Real(1e-3);
      const auto second = polished<Real>(likelihood, again, bounds);
      iterations += second.convergence.iterations;
      if (second.at.value > result.best.at.value) result.best = second;
    }
  }
  result.best.convergence.iterations = iterations;
  result.best.convergence.converged = result.best.convergence.converged && result.boundary.convergence.converged;
  return result;
}

/// Inverse of minus the second derivatives over the parameters that are free at a maximum. False if it is not positive definite.
template <class Real, std::size_t P>
bool free_covariance(const newton_maximum<Real, P>& m, const std::array<newton_bound<Real>, P>& bounds, std::vector<std::size_t>& free, matrix_of<Real>& covariance) {
  free.clear();
  for (std::size_t i = 0; i < P; ++i) {
    if (!bounds[i].held && m.x[i] > bounds[i].lower && m.x[i] < bounds[i].upper) free.push_back(i);
  }
  const std::size_t n = free.size();
  std::vector<Real> a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = -m.at.hessian[free[i] * P + free[j]];
  }
  if (!cholesky(a.data(), n)) return false;
  covariance.resize(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n));
  for (std::size_t j = 0; j < n; ++j) {
    std::vector<Real> column(n, Real(0));
    column[j] = 1;
    cholesky_solve(a.data(), n, column.data());
    for (std::size_t i = 0; i < n; ++i) covariance(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = column[i];
  }
  return true;
}

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
  if constexpr (p == 4) {
    fit.intercept = best.x[2];
    fit.sigma2 = best.x[3];
    if (best.x[3] >= bounds[3].upper) throw_not_estimable(function, "the likelihood rises with the variance of the studies' levels for ever");
  }
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
    Likelihood own = likelihood;
    auto held = bounds;
    held[0].held = true;
    held[1].held = !several;
    auto x = best.x;
    x[0] = mean;
    auto m = polished<Real>(own, x, held);
    if (!held[1].held) {
      auto common = held;
      common[1].held = true;
      x[1] = 0;
      const auto boundary = polished<Real>(own, x, common);
      if (boundary.at.value >= m.at.value || boundary.at.gradient[1] < 0) {  // there may be another maximum
        const auto other = search_maxima<Real>(own, x, held).best;
        if (other.at.value > m.at.value) m = other;
      }
    }
    return likelihood_profile_point<Real>{m.at.value + constant, m.at.gradient[0], m.x[1], m.convergence.converged, m.x[1] >= largest_tau2<Real>()};
  };
}

}  // namespace metapool::detail
