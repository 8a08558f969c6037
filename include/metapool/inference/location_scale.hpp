// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/regression_inference.hpp>
#include <metapool/inference/table_tests.hpp>
#include <metapool/model/location_scale.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace metapool {

/// Which distribution tests the coefficients of a location-scale model: the normal (joint tests chi-squared), or t and F with k - p degrees of freedom
/// for the location and k - q for the scale (metafor's test = "t").
enum class location_scale_test { z, t };

namespace detail {

template <class Real>
regression_inference<Real> infer_part(const char* function, const location_scale_fit<Real>& fit, const design<Real>& part, const vector_of<Real>& coefficients,
                                      const matrix_of<Real>& covariance, location_scale_test test, double level) {
  check_level(function, level);
  if (!fit.convergence.converged) {
    std::string message = std::string(function) + ": the location-scale model did not converge";
    if (!fit.notes.empty()) message.append(" (").append(fit.notes.back()).append(")");
    throw convergence_error(message);
  }
  regression_fit<Real> one;  // what finish_regression looks at
  one.design = part;
  one.coefficients = coefficients;
  regression_inference<Real> r;
  r.measure = fit.data.measure;
  r.names = part.names;
  r.level = level;
  r.covariance = covariance;
  r.method = test == location_scale_test::z ? "Wald z" : "Wald t";
  if (test == location_scale_test::t) {
    if (fit.k() <= part.columns()) throw_not_estimable(function, "no degrees of freedom are left");
    r.common_df = static_cast<Real>(fit.k() - part.columns());
    r.joint_df = r.common_df;
  }
  return finish_regression(one, std::move(r));
}

}  // namespace detail

/// Intervals and tests of the location coefficients, with covariance (X'WX)^-1 at the estimated variances; `moderators` is metafor's QM.
/// Scale: that of the effects. Throws input_error if level is not in (0, 1); convergence_error on a fit that did not converge.
template <class Real>
regression_inference<Real> infer_location(const location_scale_fit<Real>& fit, location_scale_test test = location_scale_test::z, double level = 0.95) {
  return detail::infer_part("infer_location", fit, fit.location, fit.coefficients, fit.covariance, test, level);
}

/// Intervals and tests of the scale coefficients, from the observed information; `moderators` is metafor's QS. On the scale of log tau2 or of tau2, as
/// the link has it. Wald tests of scale coefficients need many studies; likelihood_ratio holds its level better.
/// Throws as infer_location, and not_estimable if the maximum lies on the boundary.
template <class Real>
regression_inference<Real> infer_scale(const location_scale_fit<Real>& fit, location_scale_test test = location_scale_test::z, double level = 0.95) {
  if (fit.convergence.converged && !fit.alpha_covariance) {
    detail::throw_not_estimable("infer_scale", "the maximum lies on the boundary, where the scale coefficients have no standard errors");
  }
  const matrix_of<Real> none = matrix_of<Real>::Zero(fit.alpha.size(), fit.alpha.size());
  return detail::infer_part("infer_scale", fit, fit.scale, fit.alpha, fit.alpha_covariance ? *fit.alpha_covariance : none, test, level);
}

/// Likelihood-ratio test of nested location-scale models: 2 (l_larger - l_smaller) against chi-squared with the difference in numbers of coefficients.
/// Fits by REML must have the same location design, else both must be by ML. Same effects, same link; the smaller designs must lie in the space of
/// the larger ones. Throws input_error otherwise, convergence_error if one of them did not converge.
template <class Real>
chi_squared_test<Real> likelihood_ratio(const location_scale_fit<Real>& larger, const location_scale_fit<Real>& smaller) {
  constexpr const char* function = "likelihood_ratio";
  const auto nested = [](const design<Real>& a, const design<Real>& b) {
    matrix_of<Real> both(a.x.rows(), a.x.cols() + b.x.cols());
    both << a.x, b.x;
    return detail::column_rank(both).rank == a.columns();
  };
  if (larger.data.y != smaller.data.y || larger.data.v != smaller.data.v) detail::throw_input_error(function, "the fits are of different effects");
  if (larger.kind != smaller.kind) detail::throw_input_error(function, "one fit is by REML and the other by ML");
  if (larger.link != smaller.link) detail::throw_input_error(function, "the fits have different links");
  const std::size_t all = larger.location.columns() + larger.scale.columns(), fewer = smaller.location.columns() + smaller.scale.columns();
  if (all <= fewer) detail::throw_input_error(function, "the first fit must have more coefficients than the second");
  if (!nested(larger.location, smaller.location) || !nested(larger.scale, smaller.scale)) detail::throw_input_error(function, "the designs are not nested");
  if (larger.kind == likelihood_kind::restricted && larger.location.columns() != smaller.location.columns()) {
    detail::throw_input_error(function, "restricted likelihoods of different location designs cannot be compared; fit both by ML");
  }
  for (const auto* const fit : {&larger, &smaller}) {
    if (!fit->convergence.converged) throw convergence_error(std::string(function) + ": a location-scale model did not converge");
  }
  chi_squared_test<Real> test;
  test.method = "likelihood ratio";
  test.statistic = 2 * (larger.log_likelihood - smaller.log_likelihood);
  if (!(test.statistic > 0)) test.statistic = 0;
  test.df = all - fewer;
  test.p = detail::chi_squared_upper_tail<Real>(test.statistic, static_cast<Real>(test.df));
  return test;
}

}  // namespace metapool
