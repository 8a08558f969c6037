// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/check.hpp>
#include <metapool/inference/result.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/model/fit.hpp>

#include <cmath>
#include <string>

namespace metapool {

namespace detail {

template <class Real>
prediction<Real> predict_with(const char* function, const model_fit<Real>& fit, const Real& se, const std::optional<Real>& df, double level, const char* method) {
  using std::sqrt;
  check_fit(function, fit, level);
  if (!fit.tau2) {
    throw_not_estimable(function, has_between_study_variance(fit.model) ? std::string("one study has no between-study variance")
                                                                     : std::string(fit.model == model::unrestricted_weighted_least_squares ? "an " : "a ") + name(fit.model) + " fit has no between-study variance; predict from random_effects");
  }
  if (df && !(*df > 0)) throw_not_estimable(function, "k = " + std::to_string(fit.k()) + " studies leave no degrees of freedom for this method");
  prediction<Real> p;
  p.measure = fit.data.measure;
  p.method = method;
  p.estimate = fit.estimate;
  p.se = sqrt(Real(*fit.tau2 + se * se));
  p.level = level;
  p.df = df;
  const Real critical = critical_value<Real>(level, df);
  p.lower = fit.estimate - critical * p.se;
  p.upper = fit.estimate + critical * p.se;
  return p;
}

}  // namespace detail

/// Prediction interval by the normal distribution, estimate -+ z sqrt(tau2 + se^2): too short with few studies. meta's "S".
/// Skipka (2006), as cited by R's meta. For random-effects fits of k >= 2 studies.
struct skipka {
  double level = 0.95;
  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit, const Real& se) const {
    return detail::predict_with("skipka", fit, se, std::optional<Real>{}, level, "normal");
  }
};

/// Prediction interval by t with k - 1 degrees of freedom. meta's "V", its default since version 8; metafor's with test = "t".
/// Veroniki et al. (2019) Res Synth Methods 10:23, doi:10.1002/jrsm.1319. For random-effects fits of k >= 2 studies.
struct veroniki {
  double level = 0.95;
  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit, const Real& se) const {
    return detail::predict_with("veroniki", fit, se, std::optional<Real>(static_cast<Real>(fit.df)), level, "t, k - 1");
  }
};

/// Prediction interval by t with k - 2 degrees of freedom. meta's "HTS", metafor's predtype "riley", RevMan Web, Stata.
/// Needs k >= 3 (not_estimable below); holds if the heterogeneity is not small and studies are not few (Nagashima et al. 2019).
/// Higgins, Thompson & Spiegelhalter (2009) J R Stat Soc A 172:137, doi:10.1111/j.1467-985X.2008.00552.x; Riley, Higgins & Deeks (2011) BMJ 342:d549, doi:10.1136/bmj.d549.
struct higgins_thompson_spiegelhalter {
  double level = 0.95;
  template <class Real>
  prediction<Real> operator()(const model_fit<Real>& fit, const Real& se) const {
    return detail::predict_with("higgins_thompson_spiegelhalter", fit, se, std::optional<Real>(static_cast<Real>(fit.df) - 1), level, "t, k - 2");
  }
};

/// Where the effect of a new trial lies with probability `method.level`: by higgins_thompson_spiegelhalter{} (default), veroniki{}, skipka{}.
/// The standard error of the mean is the classical one. Scale: that of the effects; natural() brings it back.
/// Throws input_error if level is not in (0, 1); not_estimable for fits without tau2 or with too few studies; convergence_error on
/// a fit that did not converge.
template <class Real, class Method = higgins_thompson_spiegelhalter>
prediction<Real> predict(const model_fit<Real>& fit, const Method& method = {}) {
  return method(fit, fit.se);
}

/// The same with the standard error of `mean` (Hartung-Knapp's, say) in the place of the classical one.
/// Partlett & Riley (2017) Stat Med 36:301, doi:10.1002/sim.7140.
template <class Real, class Method>
prediction<Real> predict(const model_fit<Real>& fit, const mean_inference<Real>& mean, const Method& method) {
  prediction<Real> p = method(fit, mean.se);
  p.method += ", standard error by " + mean.method;
  return p;
}

/// The prediction interval that goes with an interval of the mean: its standard error, its distribution, its level. metafor's default: it
/// equals the interval of the mean if tau2 = 0. With a Hartung-Knapp mean, Partlett and Riley's with k - 1 (meta's "HK").
/// Throws input_error if the mean has an estimate other than the fit's (Henmi and Copas's, say), or an interval that is not symmetric:
/// neither has a prediction that goes with it.
template <class Real>
prediction<Real> predict(const model_fit<Real>& fit, const mean_inference<Real>& mean) {
  if (mean.estimate != fit.estimate || !(mean.critical > 0)) {
    detail::throw_input_error("predict", "the interval of the mean by " + mean.method + " is not of the form estimate -+ critical value x standard error about the fit's estimate; predict by a named method");
  }
  prediction<Real> p = detail::predict_with("predict", fit, mean.se, mean.df, mean.level, "as the mean's interval");
  p.method += ", by " + mean.method;
  return p;
}

}  // namespace metapool
