// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal_or_t.hpp>

#include <string>

namespace metapool {

namespace detail {

/// Interval, statistic and p from an estimate and its standard error, by the normal (df empty) or t distribution.
template <class Real>
void finish(mean_inference<Real>& r) {
  r.critical = critical_value<Real>(r.level, r.df);
  r.lower = r.estimate - r.critical * r.se;
  r.upper = r.estimate + r.critical * r.se;
  r.statistic = r.estimate / r.se;
  r.p = two_sided_p<Real>(r.statistic, r.df);
}

template <class Real>
mean_inference<Real> start(const model_fit<Real>& fit, double level) {
  mean_inference<Real> r;
  r.measure = fit.data.measure;
  r.estimate = fit.estimate;
  r.se = fit.se;
  r.level = level;
  return r;
}

}  // namespace detail

/// Wald interval and test by the normal distribution: estimate -+ z se.
/// Holds for common-effect models; with random effects it is too short with fewer than about 20 studies, use hartung_knapp.
/// Throws input_error if level is not in (0, 1); convergence_error on a fit that did not converge.
/// DerSimonian & Laird (1986) Control Clin Trials 7:177, doi:10.1016/0197-2456(86)90046-2.
struct wald_z {
  double level = 0.95;
  bool even_if_not_converged = false;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("wald_z", fit, level, even_if_not_converged);
    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Wald z";
    detail::finish(r);
    return r;
  }
};

/// Wald interval and test by the t distribution with k - 1 degrees of freedom: estimate -+ t se.
/// Throws as wald_z, and not_estimable with one study.
/// Follmann & Proschan (1999) Biometrics 55:732, doi:10.1111/j.0006-341X.1999.00732.x.
struct wald_t {
  double level = 0.95;
  bool even_if_not_converged = false;

  template <class Real>
  mean_inference<Real> operator()(const model_fit<Real>& fit) const {
    detail::check_fit("wald_t", fit, level, even_if_not_converged);
    detail::check_two_studies("wald_t", fit);
    mean_inference<Real> r = detail::start(fit, level);
    r.method = "Wald t";
    r.df = static_cast<Real>(fit.df);
    detail::finish(r);
    return r;
  }
};

}  // namespace metapool
