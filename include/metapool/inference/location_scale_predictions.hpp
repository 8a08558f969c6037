// SPDX-License-Identifier: BSL-1.0
// What a location-scale model says at new values of its moderators.
#pragma once

#include <metapool/inference/adjusted_predictions.hpp>
#include <metapool/inference/location_scale.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// The between-study variance at new values of the scale moderators, one entry a row. Scale: that of the effects squared.
template <class Real = double>
struct scale_predictions_result {
  using real_type = Real;
  scale_link link = scale_link::log;
  double level = 0.95;
  std::vector<Real> linear{};     ///< z'alpha: log tau2 or tau2, as the link has it
  std::vector<Real> linear_se{};
  std::vector<Real> tau2{};
  std::vector<Real> tau2_lower{};
  std::vector<Real> tau2_upper{};  ///< infinity where its logarithm is too large for the number type
  std::vector<std::optional<Real>> df{};  ///< empty for the normal
};

namespace detail {

template <class Real>
Real tau2_of(const char* function, const location_scale_fit<Real>& fit, const vector_of<Real>& z, Eigen::Index row) {
  using std::exp;
  const Real linear = z.dot(fit.alpha);
  const Real tau2 = fit.link == scale_link::log ? Real(exp(linear)) : linear;
  if (!(tau2 >= 0) || !is_finite(tau2)) {
    throw_input_error(function, "row " + std::to_string(row + 1) + " of the scale moderators gives a between-study variance of " + to_short_text(tau2) +
                                    ": it is outside the values for which the model holds");
  }
  return tau2;
}

}  // namespace detail

/// Mean effects at new values of the location moderators with confidence and prediction intervals, the between-study variance of a new study being that of
/// its scale moderators; metafor's predict with newmods and newscale.
///
/// location: infer_location of the same fit, whose covariance, degrees of freedom and level are taken; rows, scale_rows: one a prediction, columns as in the two
/// designs, the intercept's of each left out if wanted. The uncertainty of the scale coefficients is not in the prediction interval, which is too short with
/// few studies. Scale: that of the effects. Beyond the range of the moderators observed it extrapolates without a word.
/// Throws input_error if rows or columns do not match, a value is not finite, or the identity link gives a negative variance at a row (which metafor takes for 0).
/// Viechtbauer & Lopez-Lopez (2022) Res Synth Methods 13:697, doi:10.1002/jrsm.1562.
template <class Real>
adjusted_predictions_result<Real> adjusted_predictions(const location_scale_fit<Real>& fit, const regression_inference<Real>& location, const matrix_of<Real>& rows,
                                                       const matrix_of<Real>& scale_rows) {
  constexpr const char* function = "adjusted_predictions";
  if (location.names != fit.location.names) detail::throw_input_error(function, "the inference is not of the location coefficients of this fit");
  if (rows.rows() != scale_rows.rows()) {
    detail::throw_input_error(function, std::to_string(rows.rows()) + " rows of location moderators and " + std::to_string(scale_rows.rows()) + " of scale moderators; each prediction needs both");
  }
  const detail::new_rows<Real> at(function, fit.location, rows), scale_at(function, fit.scale, scale_rows);
  adjusted_predictions_result<Real> r;
  r.measure = fit.data.measure;
  r.method = location.method;
  r.level = location.level;
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    const std::optional<Real> tau2 = detail::tau2_of(function, fit, scale_at.row(i), i);
    detail::add_prediction(r, location, fit.coefficients, at.row(i), tau2);
  }
  return r;
}

/// The between-study variance at new values of the scale moderators, with intervals: z'alpha -+ critical value x standard error, brought back from the
/// link (of the identity link the lower end is at least 0). metafor's predict with newscale alone.
///
/// scale: infer_scale of the same fit. Throws as above. Wald intervals of variances need many studies.
template <class Real>
scale_predictions_result<Real> predicted_tau2(const location_scale_fit<Real>& fit, const regression_inference<Real>& scale, const matrix_of<Real>& scale_rows) {
  using std::exp, std::sqrt;
  constexpr const char* function = "predicted_tau2";
  if (scale.names != fit.scale.names) detail::throw_input_error(function, "the inference is not of the scale coefficients of this fit");
  const detail::new_rows<Real> at(function, fit.scale, scale_rows);
  const bool logs = fit.link == scale_link::log;
  scale_predictions_result<Real> r;
  r.link = fit.link;
  r.level = scale.level;
  for (Eigen::Index i = 0; i < scale_rows.rows(); ++i) {
    const vector_of<Real> z = at.row(i);
    r.tau2.push_back(detail::tau2_of(function, fit, z, i));
    const vector_of<Real> vz = scale.covariance * z;
    const Real variance = z.dot(vz), linear = z.dot(fit.alpha), se = variance > 0 ? Real(sqrt(variance)) : Real(0);
    const std::optional<Real> df = scale.df_of(z);
    const Real half = detail::critical_value<Real>(r.level, df) * se;
    const Real lower = linear - half, upper = linear + half;
    r.linear.push_back(linear);
    r.linear_se.push_back(se);
    r.tau2_lower.push_back(logs ? Real(exp(lower)) : lower > 0 ? lower : Real(0));
    r.tau2_upper.push_back(logs ? Real(exp(upper)) : upper);
    r.df.push_back(df);
  }
  return r;
}

}  // namespace metapool
