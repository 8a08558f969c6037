// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/regression_inference.hpp>
#include <metapool/inference/result.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace metapool {

/// What a regression says at new values of the moderators, one entry a row. Scale: that of measure; natural(i) brings it back.
template <class Real = double>
struct adjusted_predictions_result {
  using real_type = Real;
  measure_info measure{};
  std::string method{};
  double level = 0.95;
  std::vector<Real> estimate{};     ///< the mean effect of studies with these moderators
  std::vector<Real> se{};
  std::vector<Real> lower{};
  std::vector<Real> upper{};
  std::vector<Real> prediction_se{};     ///< sqrt(tau2 + se^2); without a between-study variance these three are empty
  std::vector<Real> prediction_lower{};  ///< where the true effect of a new study lies
  std::vector<Real> prediction_upper{};
  std::vector<std::optional<Real>> df{};  ///< empty for the normal
  natural_interval<Real> natural(std::size_t i) const {
    return {to_natural(measure.scale, estimate[i]), to_natural(measure.scale, lower[i]), to_natural(measure.scale, upper[i]), measure};
  }
};

/// Mean effects at new values of the moderators with confidence and prediction intervals, by the method of `inference` (of the same fit);
/// both take its degrees of freedom, as metafor's predict does.
///
/// rows: one a prediction; p columns as in the design, or p - 1 without the intercept's if the design has one.
/// Scale: that of the effects. Beyond the range of the moderators observed it extrapolates without a word.
/// Throws input_error if columns do not match or a value is not finite.
template <class Real>
adjusted_predictions_result<Real> adjusted_predictions(const regression_fit<Real>& fit, const regression_inference<Real>& inference, const matrix_of<Real>& rows) {
  using std::sqrt;
  constexpr const char* function = "adjusted_predictions";
  const auto p = static_cast<Eigen::Index>(fit.p());
  const bool add_intercept = fit.design.intercept && rows.cols() == p - 1;
  if (inference.estimate.size() != fit.p()) detail::throw_input_error(function, "the inference is of another fit: its coefficients are not as many");
  if (rows.cols() != p && !add_intercept) {
    detail::throw_input_error(function, "the new rows have " + std::to_string(rows.cols()) + " columns; the design has " + std::to_string(p) +
                                            (fit.design.intercept ? ", of which the first, the intercept, may be left out" : ""));
  }
  adjusted_predictions_result<Real> r;
  r.measure = fit.data.measure;
  r.method = inference.method;
  r.level = inference.level;
  vector_of<Real> x(p);
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    if (add_intercept) x(0) = 1;
    x.tail(rows.cols()) = rows.row(i).transpose();
    for (Eigen::Index j = 0; j < p; ++j) {
      if (!detail::is_finite(x(j))) {
        detail::throw_input_error(function, "row " + std::to_string(i + 1) + ": " + fit.design.names[static_cast<std::size_t>(j)] + " is not a finite number");
      }
    }
    const vector_of<Real> vx = inference.covariance * x;
    const Real estimate = x.dot(fit.coefficients), variance = x.dot(vx);
    const std::optional<Real> df = inference.df_of(x);
    const Real critical = detail::critical_value<Real>(r.level, df);
    const Real se = variance > 0 ? Real(sqrt(variance)) : Real(0);
    r.estimate.push_back(estimate);
    r.se.push_back(se);
    r.lower.push_back(estimate - critical * se);
    r.upper.push_back(estimate + critical * se);
    r.df.push_back(df);
    if (!fit.tau2) continue;
    const Real wide = sqrt(Real(*fit.tau2 + variance));
    r.prediction_se.push_back(wide);
    r.prediction_lower.push_back(estimate - critical * wide);
    r.prediction_upper.push_back(estimate + critical * wide);
  }
  return r;
}

}  // namespace metapool
