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

/// The parameters of a likelihood, and their bounds.
template <class Real, class Likelihood>
using parameters_of = values_of<Real, Likelihood::size>;
template <class Real, class Likelihood>
using bounds_of = values_of<newton_bound<Real>, Likelihood::size>;

/// Which parameter tau2 is: 1, after a mean, unless the likelihood has several coefficients in its place.
template <class Likelihood>
std::size_t tau2_of(const Likelihood& likelihood) {
  if constexpr (requires { likelihood.tau2_index(); }) {
    return likelihood.tau2_index();
  } else {
    return 1;
  }
}

/// Bounds of a variance.
template <class Real>
newton_bound<Real> variance_bound() {
  newton_bound<Real> b;
  b.lower = 0;
  b.upper = largest_tau2<Real>();
  b.reach = Real(1) / 2;
  b.growth = 2;
  return b;
}

/// Bounds of tau2; those of the others are the model's.
template <class Real, class Likelihood>
bounds_of<Real, Likelihood> search_bounds(const Likelihood& likelihood) {
  auto b = likelihood.bounds();
  b[tau2_of(likelihood)] = variance_bound<Real>();
  return b;
}

/// Sum of the contributions study(i, x) of a likelihood's studies.
template <class Real, class Likelihood>
auto sum_of_studies(Likelihood& likelihood, const parameters_of<Real, Likelihood>& x) {
  curvature<Real, Likelihood::size> sum;
  for (std::size_t i = 0; i < likelihood.studies(); ++i) {
    const auto a = likelihood.study(i, x);
    sum.value += a.value;
    for (std::size_t p = 0; p < sum.gradient.size(); ++p) sum.gradient[p] += a.gradient[p];
    for (std::size_t p = 0; p < sum.hessian.size(); ++p) sum.hessian[p] += a.hessian[p];
  }
  return sum;
}

/// Refines the quadrature of every study; false if one cannot be refined enough.
template <class Real, class Likelihood>
bool refine_studies(Likelihood& likelihood, const parameters_of<Real, Likelihood>& x, bool& changed) {
  bool exact = true;
  for (std::size_t i = 0; i < likelihood.studies(); ++i) exact = likelihood.refine_study(i, x, changed) && exact;
  return exact;
}

/// Newton's method to a rough answer, then with as fine a quadrature as that needs to the last digits, until nothing changes any more. At an edge (a variance of 0) a likelihood
/// may have simpler rules than inside; a search that does not converge there has met those of the inside, which are refined then, too.
template <class Real, class Likelihood>
newton_maximum<Real, Likelihood::size> polished(Likelihood& likelihood, const parameters_of<Real, Likelihood>& x, const bounds_of<Real, Likelihood>& bounds) {
  constexpr std::size_t p = Likelihood::size;
  const auto f = [&](const parameters_of<Real, Likelihood>& at) { return likelihood(at); };
  auto best = bounded_newton<Real, p>(f, x, bounds, Real(1e-4));
  std::size_t iterations = best.convergence.iterations;
  bool exact = true;
  for (int round = 0; round < 10; ++round) {
    bool changed = false;
    exact = likelihood.refine(best.x, changed);
    if (round > 0 && !changed) {
      if (best.convergence.converged) break;
      auto inside = best.x;
      for (std::size_t i = 0; i < inside.size(); ++i) {
        if (!bounds[i].held && !(inside[i] > bounds[i].lower)) inside[i] += Real(1) / 64;
      }
      if (inside != best.x) likelihood.refine(inside, changed);
      if (!changed) break;
    }
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
glmm_maxima<Real, Likelihood::size> search_maxima(Likelihood& likelihood, parameters_of<Real, Likelihood> x, const bounds_of<Real, Likelihood>& bounds) {
  const std::size_t t = tau2_of(likelihood);
  glmm_maxima<Real, Likelihood::size> result;
  auto at_zero = bounds;
  at_zero[t].held = true;
  x[t] = 0;
  result.boundary = polished<Real>(likelihood, x, at_zero);
  // the variance to start from: the best of a few at the boundary's other parameters
  parameters_of<Real, Likelihood> start = result.boundary.x;
  Real highest = -std::numeric_limits<Real>::infinity();
  for (const double tau2 : {0.05, 0.3, 1.5, 7.0}) {
    auto trial = result.boundary.x;
    trial[t] = Real(tau2);
    const Real value = likelihood(trial).value;
    if (!(value > highest)) break;  // rises to one summit, as nearly always; else Newton's method has to find the way
    highest = value;
    start = trial;
  }
  auto inside = polished<Real>(likelihood, start, bounds);
  std::size_t iterations = result.boundary.convergence.iterations + inside.convergence.iterations;
  result.best = inside.at.value > result.boundary.at.value ? inside : result.boundary;
  // the boundary is a maximum of its own only if the likelihood falls from there; else the way inside must have been lost
  if (!(inside.x[t] > 0) || !(inside.at.value > result.boundary.at.value)) {
    if (result.boundary.at.gradient[t] > 0) {
      auto again = result.boundary.x;
      again[t] = Real(1e-3);
      const auto second = polished<Real>(likelihood, again, bounds);
      iterations += second.convergence.iterations;
      if (second.at.value > result.best.at.value) result.best = second;
    }
  }
  if constexpr (requires { likelihood.starts_inside(x); }) {  // a likelihood that is known for several summits: the best start of each group
    if (!bounds[t].held) {
      for (const auto& group : likelihood.starts_inside(result.boundary.x)) {
        Real top = -std::numeric_limits<Real>::infinity();
        auto from = result.boundary.x;
        for (const auto& trial : group) {
          const Real value = likelihood(trial).value;
          if (!(value > top)) continue;
          top = value;
          from = trial;
        }
        auto kept = bounds;
        kept[from.size() - 1].held = true;  // first with the last parameter where it is, lest the search leave the summit at once
        const auto near = polished<Real>(likelihood, from, kept);
        const auto other = polished<Real>(likelihood, near.x, bounds);
        iterations += near.convergence.iterations + other.convergence.iterations;
        if (other.at.value > result.best.at.value) result.best = other;
      }
      if (!result.best.convergence.converged) {  // the search has crept along a ridge: to its end
        const auto other = polished<Real>(likelihood, likelihood.end_of_ridge(result.best.x, result.best.at.gradient), bounds);
        iterations += other.convergence.iterations;
        if (other.at.value > result.best.at.value) result.best = other;
      }
    }
  }
  result.best.convergence.iterations = iterations;
  result.best.convergence.converged = result.best.convergence.converged && result.boundary.convergence.converged;
  return result;
}

/// Inverse of minus the second derivatives over the parameters that are free at a maximum. False if it is not positive definite.
template <class Real, std::size_t P>
bool free_covariance(const newton_maximum<Real, P>& m, const values_of<newton_bound<Real>, P>& bounds, std::vector<std::size_t>& free, matrix_of<Real>& covariance) {
  free.clear();
  const std::size_t all = m.x.size();
  for (std::size_t i = 0; i < all; ++i) {
    if (!bounds[i].held && m.x[i] > bounds[i].lower && m.x[i] < bounds[i].upper) free.push_back(i);
  }
  const std::size_t n = free.size();
  std::vector<Real> a(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = -m.at.hessian[free[i] * all + free[j]];
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

/// The likelihood with parameter `index` held at `value` and the others at their best, from a start x. several: whether tau2 is free. constant: what the likelihood leaves out.
template <class Real, class Likelihood>
likelihood_profile_point<Real> profile_point(Likelihood likelihood, parameters_of<Real, Likelihood> x, bounds_of<Real, Likelihood> bounds, std::size_t index, const Real& value, bool several,
                                             const Real& constant) {
  const std::size_t t = tau2_of(likelihood);
  bounds[index].held = true;
  bounds[t].held = !several;
  x[index] = value;
  auto m = polished<Real>(likelihood, x, bounds);
  if (several) {
    auto common = bounds;
    common[t].held = true;
    x[t] = 0;
    const auto boundary = polished<Real>(likelihood, x, common);
    if (boundary.at.value >= m.at.value || boundary.at.gradient[t] < 0) {  // there may be another maximum
      const auto other = search_maxima<Real>(likelihood, x, bounds).best;
      if (other.at.value > m.at.value) m = other;
    }
  }
  return {m.at.value + constant, m.at.gradient[index], m.x[t], m.convergence.converged, m.x[t] >= largest_tau2<Real>()};
}

}  // namespace metapool::detail
