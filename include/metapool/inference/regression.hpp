// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/hartung_knapp.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/inference/wald.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <string>

namespace metapool {

/// Coefficients of a regression by Wald's method and the normal distribution; QM against chi-squared. metafor's test = "z".
/// Too short with random effects and few studies: use hartung_knapp. Throws input_error for a level outside (0, 1); convergence_error on a
/// fit that did not converge.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const wald_z& method) {
  detail::check_regression("infer", fit, method.level, method.even_if_not_converged);
  return detail::finish_regression(fit, detail::start_regression(fit, method.level, "Wald z"));
}

/// The same by t with k - p degrees of freedom; QM / m against F(m, k - p). metafor's test = "t". not_estimable if k = p.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const wald_t& method) {
  detail::check_regression("infer", fit, method.level, method.even_if_not_converged);
  detail::check_regression_df("wald_t", fit);
  regression_inference<Real> r = detail::start_regression(fit, method.level, "Wald t");
  r.common_df = static_cast<Real>(fit.df);
  r.joint_df = r.common_df;
  return detail::finish_regression(fit, std::move(r));
}

/// Coefficients by Knapp and Hartung: the classical covariance times q = sum of w (y - fitted)^2 / (k - p), w = 1 / (v + tau2), with t and F as
/// wald_t. metafor's test = "knha"; with floor = 1 its test = "adhoc".
/// Of the safeguards z_over_t is taken (never narrower than Wald z, one coefficient at a time); the others, made for a single mean, are refused.
/// Throws input_error for those, a level outside (0, 1) or a negative floor; not_estimable if k = p, or if every residual is 0 and no floor is set;
/// convergence_error on a fit that did not converge. 12 significant digits.
/// Knapp & Hartung (2003) Stat Med 22:2693, doi:10.1002/sim.1482; Roever, Knapp & Friede (2015) on the floor.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const hartung_knapp& method) {
  using std::fabs;
  constexpr const char* function = "hartung_knapp";
  detail::check_regression(function, fit, method.level, method.even_if_not_converged);
  if (!(method.floor >= 0) || !std::isfinite(method.floor)) {
    detail::throw_input_error(function, "floor = " + detail::to_text(method.floor) + " must be finite and not negative");
  }
  if (method.safeguard != hk_safeguard::none && method.safeguard != hk_safeguard::z_over_t) {
    detail::throw_input_error(function, "this safeguard is defined for a single mean; in a regression use floor = 1 or hk_safeguard::z_over_t");
  }
  detail::check_regression_df(function, fit);
  const Real df = static_cast<Real>(fit.df);
  Real q = 0, rounding = 0;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    const Real w = 1 / (fit.data.v[i] + fit.tau2.value_or(Real(0)));
    q += w * fit.residuals[i] * fit.residuals[i];
    const Real last_digits = 4 * std::numeric_limits<Real>::epsilon() * fabs(fit.data.y[i]);
    rounding += w * last_digits * last_digits;
  }
  q = q > rounding ? Real(q / df) : Real(0);  // residuals that are but rounding are 0

  regression_inference<Real> r = detail::start_regression(fit, method.level, "Hartung-Knapp");
  r.common_df = df;
  r.joint_df = df;
  r.scale_factor = q;
  Real used = q;
  if (method.floor > 0) {
    r.method += ", scale factor at least " + detail::to_text(method.floor);
    if (used < Real(method.floor)) {
      used = Real(method.floor);
      r.notes.push_back("the scale factor " + detail::to_short_text(q) + " was raised to " + detail::to_text(method.floor));
    }
  }
  if (method.safeguard == hk_safeguard::z_over_t) {
    const Real ratio = detail::normal_critical<Real>(method.level) / detail::t_critical<Real>(method.level, df);
    r.method += ", never shorter than Wald z (z/t rule)";
    if (used < ratio * ratio) {
      used = ratio * ratio;
      r.notes.push_back("the scale factor " + detail::to_short_text(q) + " was raised to (z/t)^2");
    }
  }
  if (!(used > 0)) detail::throw_not_estimable(function, "every residual is 0, so that the scale factor and the standard errors are 0; set floor = 1");
  r.covariance *= used;
  return detail::finish_regression(fit, std::move(r));
}

/// A user's own method: a value that is called with the fit and returns a regression_inference.
template <class Real, class Method>
  requires requires(const Method& m, const regression_fit<Real>& f) {
    { m(f) } -> std::convertible_to<regression_inference<Real>>;
  }
regression_inference<Real> infer(const regression_fit<Real>& fit, const Method& method) {
  return method(fit);
}

/// Wald z.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit) {
  return infer(fit, wald_z{});
}

}  // namespace metapool
