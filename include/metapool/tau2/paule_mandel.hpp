// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/roots.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <span>
#include <string_view>
#include <utility>

namespace metapool {

namespace detail {

/// The tau2 >= 0 at which Q(tau2) = y'Py = target, target > 0; 0 if Q(0) <= target.
/// Q is convex and falls strictly, and S / (v_max + tau2) <= Q(tau2) <= S / (v_min + tau2), S the residual sum of squares of unweighted least squares:
/// the bracket follows from these and needs no search. 1/Q is concave, so that Newton on it from the left end is monotone.
template <tau2_problem Problem, class Real = typename Problem::real_type>
Real solve_q(const Problem& problem, const Real& target, convergence<Real>& state) {
  const Real at_zero = problem.at(Real(0)).q;
  ++state.iterations;
  if (!(at_zero > target)) {
    state.residual = 0;
    return Real(0);
  }
  const input_range<Real> range = problem.range();
  const Real quotient = range.sum_of_squares / target;
  // one part in a million beyond the bounds: a bound may be the root (equal variances), and rounding may put it on the wrong side
  Real lower = quotient * Real(0.999999) - range.v_max;
  if (!(lower > 0)) lower = 0;
  Real upper = quotient * Real(1.000001) - range.v_min;
  if (!(upper > lower)) upper = lower + range.v_min;
  // Newton on 1 - target / Q, which has the root and the sign of Q - target, is concave, and is a straight line if all variances are equal
  const auto f = [&](const Real& t) {
    const auto s = problem.at(t);
    const Real ratio = target / s.q;
    return std::pair<Real, Real>(1 - ratio, -ratio * (s.a2 / s.q));
  };
  const Real root = newton_root(f, lower, lower, upper, state);
  state.residual = problem.at(root).q - target;
  return root;
}

/// The standard error of the empirical Bayes estimator, sqrt(2 k^2 / (k - p)) / sum w.
template <tau2_problem Problem, class Real = typename Problem::real_type>
Real empirical_bayes_se(const Problem& problem, const Real& tau2) {
  using std::sqrt;
  const Real k = static_cast<Real>(problem.k());
  const Real df = static_cast<Real>(problem.k() - problem.p());
  Real w = 0;
  for (const Real& x : problem.v()) w += 1 / (x + tau2);
  return sqrt(Real(2 * k * k / df)) / w;
}

}  // namespace detail

/// Between-study variance by Paule and Mandel: the tau2 >= 0 at which Q(tau2) = k - 1; the empirical Bayes estimator is the same.
/// Scale: that of y squared. Returns 0 if Q(0) <= k - 1. Throws input_error if k < 2, a y is not finite, or any v <= 0.
/// Newton's method in a bracket that follows from the data, on a convex and strictly decreasing function; never fails.
/// 12 significant digits. The standard error is that of the empirical Bayes estimator at the estimate, sqrt(2 k^2 / (k - p)) / sum w.
/// Paule & Mandel (1982) J Res Natl Bur Stand 87:377, doi:10.6028/jres.087.022; Morris (1983) J Am Stat Assoc 78:47.
struct paule_mandel {
  static constexpr std::string_view name = "Paule-Mandel";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: the tau2 >= 0 at which Q(tau2) = k - p.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    tau2_estimate<Real> result;
    result.tau2 = detail::solve_q(problem, static_cast<Real>(problem.k() - problem.p()), result.convergence);
    result.se = detail::empirical_bayes_se(problem, result.tau2);
    return result;
  }
};

}  // namespace metapool
