// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/likelihood.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

namespace metapool {

namespace detail {

/// log likelihood + log tau - rate tau. Twice its score in tau2 is (a + 1 / tau2) - (g + rate / tau): sums of the same kind as the
/// likelihood's, so the same proofs hold, but for its tail.
template <tau2_problem Problem>
class bayes_modal_objective {
 public:
  using Real = typename Problem::real_type;
  bayes_modal_objective(const Problem& problem, likelihood_kind kind, const Real& rate)
      : problem_(problem), kind_(kind), rate_(rate), range_(problem.range()), top_(most_precise(std::span<const Real>(problem.v()))) {}

  const input_range<Real>& range() const { return range_; }

  score_point<Real> score(const Real& t) const {
    using std::sqrt;
    score_point<Real> p = score_at(problem_, t, kind_);
    if (kind_ == likelihood_kind::full) {
      // 1 / t and the largest weight, 1 / (v + t), are all but equal where only that v is small against t: their difference is
      // v / (t (v + t)), again a sum of the kind, and the others stay on the right
      const std::span<const Real> v = problem_.v();
      const Real share = range_.v_min / (range_.v_min + t);
      p.a += share / t;
      p.da += share / t * ((2 * t + range_.v_min) / (range_.v_min + t)) / t;
      p.g = 0;
      p.dg = 0;
      for (std::size_t i = 0; i < v.size(); ++i) {
        if (i == top_) continue;
        const Real w = 1 / (v[i] + t);
        p.g += w;
        p.dg += w * w;
      }
    } else {
      p.a += 1 / t;
      p.da += 1 / t / t;
    }
    if (rate_ > 0) {
      const Real slope = rate_ / sqrt(t);
      p.g += slope;
      p.dg += slope / t / 2;
    }
    return p;
  }

  Real value(const Real& t) const {
    using std::log, std::sqrt;
    return problem_.log_likelihood(t, kind_) + log(t) / 2 - rate_ * sqrt(t);
  }

  /// Below it 1 / t > g(0) + rate / sqrt(t), and g(t) <= g(0).
  Real lower_bound() const {
    using std::sqrt;
    const Real g = score_at(problem_, Real(0), kind_).g;
    const Real root = (rate_ + sqrt(Real(rate_ * rate_ + 4 * g))) / 2;
    return Real(0.999999) / root / root;
  }

  /// At t >= 2 v_max, g - 1 / t >= (n - 1) / (3 t), and a <= S / t^2.
  Real upper_bound() const {
    const Real n = static_cast<Real>(kind_ == likelihood_kind::restricted ? problem_.k() - problem_.p() : problem_.k());
    const Real by_sum = 3 * range_.sum_of_squares / (n - 1);
    const Real by_variance = 2 * range_.v_max;
    return Real(1.000001) * (by_sum > by_variance ? by_sum : by_variance);
  }

  Real tail() const { return upper_bound(); }
  /// With the restricted likelihood the two sides may be all but equal over decades (see score), where no bounds can part them.
  Real narrowest() const { return kind_ == likelihood_kind::full ? Real(1e-7) : Real(1e-2); }

 private:
  const Problem& problem_;
  likelihood_kind kind_;
  Real rate_;
  input_range<Real> range_;
  std::size_t top_;
};

}  // namespace detail

/// Between-study variance as the square of the Bayes modal tau (BM): the maximum of the log likelihood + log tau - rate tau, a gamma(2, rate)
/// prior on tau. Never 0; about one standard error from 0 where maximum likelihood gives 0.
/// likelihood: full (the default, maximised over the mean) or restricted, which needs k - p >= 2. rate: on the scale of 1 / y; 0, the default,
/// is the authors' limit (they also use 0.0001).
/// Scale: that of y squared. Throws input_error if k < 2, a y is not finite, any v <= 0, rate is negative or not finite, or k - p < 2 with the
/// restricted likelihood (its maximum is at infinity without a rate).
/// Every local maximum is isolated as in reml{}, the highest is returned, with all of them in `maxima`. Never fails; 12 significant digits with the
/// full likelihood; with the restricted one fewer where tau2 exceeds the second smallest variance by many decades, and two maxima less than 1 %
/// apart in tau2 may be taken for one there. No standard error.
/// Chung, Rabe-Hesketh & Choi (2013) Stat Med 32:4071, who also give a quadratic approximation; this is the maximum itself.
struct bayes_modal {
  static constexpr std::string_view name = "Bayes modal";
  likelihood_kind likelihood = likelihood_kind::full;
  double rate = 0;

  template <class Real>
  tau2_estimate<Real> operator()(std::span<const Real> y, std::span<const Real> v) const {
    detail::check_tau2_input(name, y, v);
    return estimate(detail::mean_problem<Real>(y, v));
  }

  /// The same around any design.
  template <detail::tau2_problem Problem>
  tau2_estimate<typename Problem::real_type> estimate(const Problem& problem) const {
    using Real = typename Problem::real_type;
    if (!(rate >= 0) || !detail::is_finite(rate)) detail::throw_input_error(name, "rate = " + detail::to_text(rate) + " must be finite and not negative");
    if (likelihood == likelihood_kind::restricted && problem.k() < problem.p() + 2) {
      detail::throw_input_error(name, "with the restricted likelihood at least two studies more than coefficients are needed");
    }
    return detail::maximise(detail::bayes_modal_objective<Problem>(problem, likelihood, static_cast<Real>(rate)));
  }
};

}  // namespace metapool
