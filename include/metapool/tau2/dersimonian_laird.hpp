// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <span>
#include <string_view>

namespace metapool {

/// Between-study variance by DerSimonian and Laird: max(0, (Q - (k - 1)) / C), C = sum w - sum w^2 / sum w, w = 1/v.
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, or any v <= 0. Closed form; 14 significant digits
/// unless Q is within rounding of k - 1. The standard error is that of the untruncated estimator at the estimate (Biggerstaff & Tweedie 1997).
/// DerSimonian & Laird (1986) Control Clin Trials 7:177, doi:10.1016/0197-2456(86)90046-2.
struct dersimonian_laird {
  static constexpr std::string_view name = "DerSimonian-Laird";

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design: max(0, (Q - (k - p)) / tr P).
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    const auto s = problem.at(typename Problem::real_type(0));
    return from_q(s, s.q, problem.k() - problem.p());
  }

  /// The estimate from any Q (around the inverse-variance or another mean), the sums at tau2 = 0 and the degrees of freedom of Q.
  template <class Sums, class Real>
  static tau2_estimate<Real> from_q(const Sums& s, const Real& q, std::size_t degrees_of_freedom) {
    using std::sqrt;
    const Real df = static_cast<Real>(degrees_of_freedom);
    const Real c = s.trace_p();
    tau2_estimate<Real> result;
    if (q > df && c > 0) result.tau2 = (q - df) / c;
    const Real t = result.tau2;
    if (c > 0) result.se = sqrt(Real(2 * df + 4 * t * c + 2 * t * t * s.trace_pp())) / c;
    return result;
  }
};

/// DerSimonian and Laird's estimator with Q taken around another mean. Around the Mantel-Haenszel estimate it is the Mantel-Haenszel-based
/// DerSimonian-Laird estimator: what RevMan 5 calls Mantel-Haenszel random effects, and meta gives with Q.Cochrane. C and k - 1 as in dersimonian_laird.
template <class Real = double>
struct dersimonian_laird_around {
  static constexpr std::string_view name = "DerSimonian-Laird";
  Real mean{};  ///< the mean around which Q is taken, on the scale of y

  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    const detail::pooled_sums<Real> s = detail::pool_at(y, v, Real(0));
    const Real shift = s.mean - mean;
    return dersimonian_laird::from_q(s, Real(s.q + s.w * shift * shift), y.size() - 1);
  }
};

}  // namespace metapool
