// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <span>
#include <string_view>

namespace metapool {

namespace detail {

/// max(0, (f Q - k) / sum w) with w = 1 / v, and the standard error of the untruncated estimator at the estimate.
template <tau2_problem Problem, class Real = typename Problem::real_type>
tau2_estimate<Real> estimate_by_hunter_schmidt(const Problem& problem, const Real& f) {
  using std::sqrt;
  const auto s = problem.at(Real(0));
  const Real k = static_cast<Real>(problem.k());
  const Real df = static_cast<Real>(problem.k() - problem.p());
  tau2_estimate<Real> result;
  const Real q = f * s.q;
  if (q > k) result.tau2 = (q - k) / s.w;
  const Real t = result.tau2;
  result.se = f * sqrt(Real(2 * df + 4 * t * s.trace_p() + 2 * t * t * s.trace_pp())) / s.w;
  return result;
}

}  // namespace detail

/// Between-study variance by Hunter and Schmidt (HS): max(0, (Q - k) / sum w), w = 1/v; biased downwards with few studies.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Closed form; 12 significant digits unless Q is
/// within rounding of k. The standard error is that of the untruncated estimator under normality, at the estimate.
/// Hunter & Schmidt (1990) Methods of Meta-Analysis; Viechtbauer (2005) J Educ Behav Stat 30:261, doi:10.3102/10769986030003261.
struct hunter_schmidt {
  static constexpr std::string_view name = "Hunter-Schmidt";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    return detail::estimate_by_hunter_schmidt(problem, typename Problem::real_type(1));
  }
};

/// Hunter and Schmidt's with the small-sample correction (HSk): max(0, (k / (k - 1) Q - k) / sum w). All else as hunter_schmidt.
/// Brannick, Potter, Benitez & Morris (2019) Organ Res Methods 22:490.
struct hunter_schmidt_corrected {
  static constexpr std::string_view name = "Hunter-Schmidt corrected";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: k / (k - p) instead.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    return detail::estimate_by_hunter_schmidt(problem, Real(static_cast<Real>(problem.k()) / static_cast<Real>(problem.k() - problem.p())));
  }
};

}  // namespace metapool
