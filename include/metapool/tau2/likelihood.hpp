// SPDX-License-Identifier: BSL-1.0
// The (restricted) likelihood in tau2, and its highest maximum.
#pragma once

#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/maxima_search.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <span>

namespace metapool {

/// Logarithm of the likelihood of the normal-normal model at tau2 >= 0, maximised over the mean; constants included, with the
/// restricted one's log det(X'X) = log k (as metafor and lme4 count).
/// Throws input_error without effects, if y and v differ in size or if tau2 is negative or not finite; v > 0 is up to the caller.
/// restricted: -(k-1)/2 log(2 pi) + log(k)/2 - sum log(v + tau2)/2 - log(sum w)/2 - Q/2; full: -k/2 log(2 pi) - sum log(v + tau2)/2 - Q/2.
template <class Real>
Real log_likelihood(std::span<const Real> y, std::span<const Real> v, const Real& tau2, likelihood_kind kind) {
  if (y.empty() || y.size() != v.size()) detail::throw_input_error("log_likelihood", "y and v must have the same size of at least 1");
  if (!(tau2 >= 0) || !detail::is_finite(tau2)) detail::throw_input_error("log_likelihood", "tau2 = " + detail::to_text(tau2) + " must be finite and not negative");
  return detail::mean_problem<Real>(y, v).log_likelihood(tau2, kind);
}

namespace detail {

template <class Problem, class Real = typename Problem::real_type>
score_point<Real> score_at(const Problem& problem, const Real& t, likelihood_kind kind) {
  const auto s = problem.at(t);
  score_point<Real> p;
  p.t = t;
  p.a = s.a2;
  p.da = 2 * s.yppp;
  if (kind == likelihood_kind::restricted) {
    p.g = s.trace_p();
    p.dg = s.trace_pp();
  } else {
    p.g = s.w;
    p.dg = s.w2();
  }
  return p;
}

/// What a search of maxima is told: a likelihood, full or restricted, with y'PPy and Q multiplied by `inflation`.
template <tau2_problem Problem>
class likelihood_objective {
 public:
  using Real = typename Problem::real_type;
  likelihood_objective(const Problem& problem, likelihood_kind kind, const Real& inflation = Real(1))
      : problem_(problem), kind_(kind), inflation_(inflation), range_(problem.range()) {}

  const input_range<Real>& range() const { return range_; }

  score_point<Real> score(const Real& t) const {
    score_point<Real> p = score_at(problem_, t, kind_);
    p.a *= inflation_;
    p.da *= inflation_;
    return p;
  }

  /// What is maximised.
  Real value(const Real& t) const {
    Real l = problem_.log_likelihood(t, kind_);
    if (inflation_ != 1) l -= (inflation_ - 1) * problem_.at(t).q / 2;
    return l;
  }

  /// No maximum lies below it.
  Real lower_bound() const { return Real(0); }

  /// No stationary point lies beyond it: a <= S / (v_min + t)^2 and g >= n / (v_max + t), S = the residual sum of squares of unweighted
  /// least squares, n = k - p (or k).
  Real upper_bound() const {
    using std::sqrt;
    const Real n = static_cast<Real>(kind_ == likelihood_kind::restricted ? problem_.k() - problem_.p() : problem_.k());
    const Real s = inflation_ * range_.sum_of_squares / n;
    const Real x = (s + sqrt(Real(s * s + 4 * s * (range_.v_max - range_.v_min)))) / 2;
    return x * Real(1.000001) - range_.v_min;
  }

  /// Beyond it a/g falls, so that there is at most one root.
  Real tail() const { return range_.v_max - 2 * range_.v_min; }
  /// Intervals narrower than this part of v_min + tau2 are not divided.
  Real narrowest() const { return Real(1e-7); }

 private:
  const Problem& problem_;
  likelihood_kind kind_;
  Real inflation_;
  input_range<Real> range_;
};

/// The tau2 >= 0 with the largest likelihood; all local maxima are in the result if there are several.
template <tau2_problem Problem>
tau2_estimate<typename Problem::real_type> maximise_likelihood(const Problem& problem, likelihood_kind kind) {
  return maximise(likelihood_objective<Problem>(problem, kind));
}

}  // namespace detail
}  // namespace metapool
