// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/math/gamma.hpp>
#include <metapool/math/quadrature.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace metapool {

namespace detail {

/// The distribution of DerSimonian and Laird's truncated estimator T = max(0, (Q - df) / c) at a true tau2, with Q taken for a gamma
/// variable that has Q's mean df + c tau2 and variance. In units of the largest weight.
template <class Real>
class gamma_tau2 {
 public:
  gamma_tau2(std::span<const Real> v, const Real& tau2) {
    using std::log, std::sqrt;
    const weight_sums<Real> s = weigh(v, Real(0));
    const Real t = tau2 * s.largest;
    largest_ = s.largest;
    c_ = s.trace_p() / s.largest;
    df_ = static_cast<Real>(v.size() - 1);
    const Real mean = df_ + c_ * t;
    const Real variance = 2 * (df_ + 2 * c_ * t + t * t * (s.trace_pp() / (s.largest * s.largest)));
    scale_ = variance / mean;
    shape_ = mean / scale_;
    at_zero_ = gamma_cdf(shape_, Real(df_ / scale_));
    // P(X > shape + sqrt(2 shape l) + l) <= exp(-l) for a gamma variable
    const Real l = 8 - log(std::numeric_limits<Real>::epsilon());
    end_ = ((shape_ + sqrt(Real(2 * shape_ * l)) + l) * scale_ - df_) / c_;
  }

  /// E(1 / (v + T)) in units of the largest weight. The continuous part in s = log(1 + t / v), in which dt / (v + t) = ds.
  Real expected_weight(const Real& v) const {
    using std::exp, std::expm1, std::log1p;
    const Real u = v * largest_;
    const auto density = [&](const Real& s) { return gamma_density(shape_, Real((df_ + c_ * (u * expm1(s))) / scale_)); };
    const Real continuous = end_ > 0 ? Real(integrate(density, Real(0), Real(log1p(Real(end_ / u)))) * (c_ / scale_)) : Real(0);
    return at_zero_ / u + continuous;
  }

 private:
  Real largest_{}, c_{}, df_{}, scale_{}, shape_{}, at_zero_{}, end_{};
};

}  // namespace detail

/// Biggerstaff and Tweedie's interval and test of the mean: each study weighs what it weighs on average over the distribution of
/// DerSimonian and Laird's tau2, E(1 / (v + T)), where Cochran's Q is taken for a gamma variable with its mean and variance at the
/// estimated tau2 and T = max(0, (Q - (k - 1)) / c). Precise studies keep more weight than with the estimated tau2 itself.
/// estimate = sum w y / sum w, se^2 = sum w^2 (v + tau2) / (sum w)^2, normal distribution.
///
/// The estimate is not that of the fit, of which only the effects are used (common effect or random effects by any estimator).
/// Scale: that of the effects. Throws input_error for fits by Mantel-Haenszel and the like or a level outside (0, 1); not_estimable
/// with one study. Quadrature to 12 significant digits.
/// Biggerstaff & Tweedie (1997) Stat Med 16:753.
struct biggerstaff_tweedie {
  double level = 0.95;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::sqrt;
    constexpr const char* function = "biggerstaff_tweedie";
    detail::check_fit(function, fit, level, true);
    detail::check_inverse_variance(function, fit);
    detail::check_two_studies(function, fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const Real tau2 = dersimonian_laird{}(y, v).tau2;
    const detail::gamma_tau2<Real> distribution(v, tau2);
    const std::size_t top = detail::most_precise(v);
    std::vector<Real> weight(y.size());
    Real sum = 0, offset = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      weight[i] = distribution.expected_weight(v[i]);
      sum += weight[i];
      offset += weight[i] * (y[i] - y[top]);
    }
    Real variance = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const Real share = weight[i] / sum;
      variance += share * share * (v[i] + tau2);
    }
    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Biggerstaff-Tweedie";
    r.estimate = y[top] + offset / sum;
    r.se = sqrt(variance);
    detail::finish(r);
    return r;
  }
};

}  // namespace metapool
