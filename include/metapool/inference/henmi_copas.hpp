// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/inference/weight_moments.hpp>
#include <metapool/math/gamma.hpp>
#include <metapool/math/quadrature.hpp>
#include <metapool/math/roots.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>

#include <cmath>
#include <limits>
#include <span>

namespace metapool {

namespace detail {

/// The distribution of Henmi and Copas's pivot U = (estimate - mean) / se, where the estimate is the common-effect one and tau2 in se is
/// DerSimonian and Laird's, at a true tau2. All in units of the largest weight: t = tau2 w_max.
///
/// With z = sqrt(w) (y - mean) the standardised estimate is normal, r = u'z / sqrt(VR), VR = 1 + t m; given r, Cochran's Q has the mean
/// and variance below, and its distribution is taken for a gamma distribution.
template <class Real>
class henmi_copas_pivot {
 public:
  henmi_copas_pivot(std::span<const Real> v, const Real& tau2) {
    const weight_sums<Real> s = weigh(v, Real(0));
    const weight_moments<Real> w = weight_moments_at(v, Real(0));
    const Real t = tau2 * s.largest;
    const Real m = (s.w2() / s.w) / s.largest;   // mean weight
    const Real c = s.trace_p() / s.largest;
    vr = 1 + t * m;
    df_ = static_cast<Real>(v.size() - 1);
    ratio_ = c / m;
    mean_ = df_ + t * c;
    alpha_ = t * t * (w.variance / (s.largest * s.largest)) / vr;
    beta_ = t * t * (w.variance / (s.largest * s.largest) + t * (w.weighted_variance / s.largest / (s.largest * s.largest))) / vr;
    variance_ = 2 * (df_ + 2 * t * c + t * t * (s.trace_pp() / (s.largest * s.largest)));
  }

  Real vr{};  ///< variance of the estimate in units of its common-effect variance

  /// log P(U > x sqrt(VR)), x > 0: the integral over r > x of P(Q <= f(r) | r) times the normal density. In s = log(r / x), in which the
  /// integrand keeps its width for every x.
  Real log_tail(const Real& x) const {
    using std::log, std::log1p;
    const Real x2 = x * x;
    Real budget = -log(std::numeric_limits<Real>::epsilon());  // the integral ends where the normal density has fallen by exp(-budget)
    for (int i = 0; i < 60; ++i) {
      const Real integral = integrate([&](const Real& s) { return integrand(s, x2); }, Real(0), Real(log1p(Real(2 * budget / x2)) / 2)) * x;
      // what lies beyond is below exp(-budget) on the integral's scale
      const Real needed = integral > 0 ? Real(-log(std::numeric_limits<Real>::epsilon()) - log(integral)) : Real(2 * budget);
      if (needed <= budget) return log(integral) - x2 / 2 - log(2 * pi<Real>()) / 2;
      budget = needed + 1;
    }
    return -std::numeric_limits<Real>::infinity();
  }

 private:
  Real integrand(const Real& s, const Real& x2) const {
    using std::exp, std::expm1;
    const Real f2_1 = expm1(Real(2 * s));  // (r / x)^2 - 1
    const Real r2 = x2 * (f2_1 + 1);
    const Real mean = mean_ + (r2 - 1) * alpha_;
    const Real variance = variance_ + 4 * (r2 - 1) * beta_ + 2 * (1 - 2 * r2) * alpha_ * alpha_;
    const Real scale = variance / mean;
    return gamma_cdf(Real(mean / scale), Real((ratio_ * f2_1 + df_) / scale)) * exp(Real(s - x2 * f2_1 / 2));
  }

  Real df_{}, ratio_{}, mean_{}, variance_{}, alpha_{}, beta_{};
};

}  // namespace detail

/// Henmi and Copas's interval and test of the mean: the common-effect estimate, which suffers less from small studies' bias, with a
/// standard error that allows for heterogeneity, se^2 = sum w^2 (v + tau2) / (sum w)^2, w = 1 / v, tau2 by DerSimonian and Laird; the
/// critical value from the distribution of estimate / se, with tau2's own uncertainty. metafor's hc.
///
/// The estimate is not that of the fit, of which only the effects are used (common effect or random effects by any estimator).
/// critical is that of estimate / se; p belongs to the same distribution, and statistic is the normal deviate with that p.
/// Scale: that of the effects. Throws input_error for fits by Mantel-Haenszel and the like or a level outside (0, 1); not_estimable with
/// one study. The distribution of Q given the estimate is taken for a gamma distribution (the method's own approximation);
/// quadrature and search to 10 significant digits.
/// Henmi & Copas (2010) Stat Med 29:2969, doi:10.1002/sim.4029.
struct henmi_copas {
  double level = 0.95;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    using std::fabs, std::log, std::sqrt, std::exp;
    constexpr const char* function = "henmi_copas";
    detail::check_fit(function, fit, level, true);
    detail::check_inverse_variance(function, fit);
    detail::check_two_studies(function, fit);
    const std::span<const Real> y(fit.data.y), v(fit.data.v);
    const Real tau2 = dersimonian_laird{}(y, v).tau2;
    const detail::pooled_sums<Real> s = detail::pool_at(y, v, Real(0));
    const detail::henmi_copas_pivot<Real> pivot(v, tau2);

    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Henmi-Copas";
    r.estimate = s.mean;
    r.se = sqrt(Real(pivot.vr / s.w));
    const Real target = log(detail::tail_of_level<Real>(level));
    Real upper = detail::normal_critical<Real>(level);  // the tail is below the normal one
    Real lower = upper / 2;
    while (pivot.log_tail(lower) < target) {
      upper = lower;
      lower /= 2;
    }
    convergence<Real> state;
    const auto f = [&](const Real& x) { return Real(pivot.log_tail(x) - target); };
    r.critical = detail::bracketed_root(f, lower, upper, state) * sqrt(pivot.vr);
    if (!state.converged) throw convergence_error("henmi_copas: the search for the critical value did not converge");
    r.lower = r.estimate - r.critical * r.se;
    r.upper = r.estimate + r.critical * r.se;
    const Real u = fabs(Real(r.estimate / r.se)) / sqrt(pivot.vr);
    const Real log_p = u > 0 ? Real(log(Real(2)) + pivot.log_tail(u)) : Real(0);
    r.p = exp(log_p);
    if (r.p > 1) r.p = 1;
    const Real deviate = deviate_of(log_p, r.p);
    r.statistic = r.estimate < 0 ? Real(-deviate) : deviate;
    return r;
  }

 private:
  /// z >= 0 with P(|Z| > z) = p, also where p is below the smallest number: there by Newton's method on log P.
  template <class Real>
  static Real deviate_of(const Real& log_p, const Real& p) {
    using std::log, std::sqrt, std::fabs;
    if (!(p < 1)) return Real(0);
    if (p > (std::numeric_limits<Real>::min)() * Real(1e8)) return detail::normal_upper_quantile<Real>(Real(p / 2));
    const Real target = log_p - log(Real(2));
    Real z = sqrt(Real(-2 * target));
    for (int i = 0; i < 50; ++i) {  // d log P / dz = -phi / P, close to -z - 1/z
      const Real step = (detail::log_normal_upper_tail<Real>(z) - target) / (z + 1 / z);
      z += step;
      if (!(fabs(step) > 4 * std::numeric_limits<Real>::epsilon() * z)) break;
    }
    return z;
  }
};

}  // namespace metapool
