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

namespace detail {

/// New values of the moderators of a design, one row a prediction; the intercept's column may be left out. Throws input_error if columns do not match.
template <class Real>
class new_rows {
 public:
  new_rows(const char* function, const design<Real>& d, const matrix_of<Real>& rows) : function_(function), design_(d), rows_(rows) {
    const auto p = static_cast<Eigen::Index>(d.columns());
    add_intercept_ = d.intercept && rows.cols() == p - 1;
    if (rows.cols() != p && !add_intercept_) {
      throw_input_error(function, "the new rows have " + std::to_string(rows.cols()) + " columns; the design has " + std::to_string(p) +
                                      (d.intercept ? ", of which the first, the intercept, may be left out" : ""));
    }
  }

  /// Row i with its intercept. Throws input_error on a value that is not finite.
  vector_of<Real> row(Eigen::Index i) const {
    vector_of<Real> x(static_cast<Eigen::Index>(design_.columns()));
    if (add_intercept_) x(0) = 1;
    if (rows_.cols() > 0) x.tail(rows_.cols()) = rows_.row(i).transpose();  // a matrix without columns has no memory
    for (Eigen::Index j = 0; j < x.size(); ++j) {
      if (!is_finite(x(j))) {
        throw_input_error(function_, "row " + std::to_string(i + 1) + ": " + design_.names[static_cast<std::size_t>(j)] + " is not a finite number");
      }
    }
    return x;
  }

 private:
  const char* function_;
  const design<Real>& design_;
  const matrix_of<Real>& rows_;
  bool add_intercept_ = false;
};

/// Appends the mean effect x'b with its intervals.
template <class Real>
void add_prediction(adjusted_predictions_result<Real>& r, const regression_inference<Real>& inference, const vector_of<Real>& coefficients, const vector_of<Real>& x,
                    const std::optional<Real>& tau2) {
  using std::sqrt;
  const vector_of<Real> vx = inference.covariance * x;
  const Real estimate = x.dot(coefficients), variance = x.dot(vx);
  const std::optional<Real> df = inference.df_of(x);
  const Real critical = critical_value<Real>(r.level, df);
  const Real se = variance > 0 ? Real(sqrt(variance)) : Real(0);
  r.estimate.push_back(estimate);
  r.se.push_back(se);
  r.lower.push_back(estimate - critical * se);
  r.upper.push_back(estimate + critical * se);
  r.df.push_back(df);
  if (!tau2) return;
  const Real wide = sqrt(Real(*tau2 + variance));
  r.prediction_se.push_back(wide);
  r.prediction_lower.push_back(estimate - critical * wide);
  r.prediction_upper.push_back(estimate + critical * wide);
}

}  // namespace detail

/// Mean effects at new values of the moderators with confidence and prediction intervals, by the method of `inference` (of the same fit);
/// both take its degrees of freedom, as metafor's predict does.
///
/// rows: one a prediction; p columns as in the design, or p - 1 without the intercept's if the design has one.
/// Scale: that of the effects. Beyond the range of the moderators observed it extrapolates without a word.
/// Throws input_error if columns do not match or a value is not finite.
template <class Real>
adjusted_predictions_result<Real> adjusted_predictions(const regression_fit<Real>& fit, const regression_inference<Real>& inference, const matrix_of<Real>& rows) {
  constexpr const char* function = "adjusted_predictions";
  if (inference.estimate.size() != fit.p()) detail::throw_input_error(function, "the inference is of another fit: its coefficients are not as many");
  const detail::new_rows<Real> at(function, fit.design, rows);
  adjusted_predictions_result<Real> r;
  r.measure = fit.data.measure;
  r.method = inference.method;
  r.level = inference.level;
  for (Eigen::Index i = 0; i < rows.rows(); ++i) detail::add_prediction(r, inference, fit.coefficients, at.row(i), fit.tau2);
  return r;
}

}  // namespace metapool
