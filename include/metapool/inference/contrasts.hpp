// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/regression_inference.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// Linear combinations of coefficients with intervals and tests, one entry a row of L; and the test of all together.
template <class Real = double>
struct contrast_inference {
  std::string method{};
  double level = 0.95;
  std::vector<std::string> names{};
  std::vector<Real> estimate{};           ///< l'b
  std::vector<Real> se{};
  std::vector<Real> lower{};
  std::vector<Real> upper{};
  std::vector<Real> statistic{};          ///< (l'b - null value) / se
  std::vector<std::optional<Real>> df{};  ///< empty for the normal
  std::vector<Real> p{};                  ///< two-sided
  joint_test<Real> joint{};               ///< that every combination equals its null value
};

/// Contrasts L b of the coefficients by the method of `inference`, each against its null value (0 where none is given), and all together.
///
/// combinations: m x p, one row a contrast, one column a coefficient of the design (the intercept included); names: m or none ("contrast 1", ...).
/// Throws input_error if sizes do not match, an entry is not finite, a row is zero, or rows depend on each other; not_estimable
/// if the method cannot test them together.
template <class Real>
contrast_inference<Real> contrasts(const regression_inference<Real>& inference, const matrix_of<Real>& combinations, std::vector<std::string> names = {},
                                   const std::vector<Real>& null_values = {}) {
  using std::sqrt;
  constexpr const char* function = "contrasts";
  const auto m = static_cast<std::size_t>(combinations.rows());
  const auto p = static_cast<Eigen::Index>(inference.estimate.size());
  if (m == 0) detail::throw_input_error(function, "no contrasts");
  if (combinations.cols() != p) {
    detail::throw_input_error(function, "the contrasts have " + std::to_string(combinations.cols()) + " columns for " + std::to_string(p) + " coefficients");
  }
  if (!names.empty() && names.size() != m) detail::throw_input_error(function, std::to_string(names.size()) + " names for " + std::to_string(m) + " contrasts");
  if (!null_values.empty() && null_values.size() != m) {
    detail::throw_input_error(function, std::to_string(null_values.size()) + " null values for " + std::to_string(m) + " contrasts");
  }
  if (inference.covariance.rows() != static_cast<Eigen::Index>(inference.estimate.size())) detail::throw_not_estimable(function, "the fit has no covariance of its coefficients");
  contrast_inference<Real> r;
  r.method = inference.method;
  r.level = inference.level;
  const Eigen::Map<const vector_of<Real>> b(inference.estimate.data(), p);
  vector_of<Real> distance(static_cast<Eigen::Index>(m));
  for (std::size_t i = 0; i < m; ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    const vector_of<Real> l = combinations.row(at).transpose();
    for (Eigen::Index j = 0; j < p; ++j) {
      if (!detail::is_finite(l(j))) detail::throw_input_error(function, "contrast " + std::to_string(i + 1) + " has an entry that is not a finite number");
    }
    const vector_of<Real> vl = inference.covariance * l;
    const Real variance = l.dot(vl);
    if (!(variance > 0)) detail::throw_input_error(function, "contrast " + std::to_string(i + 1) + " has variance " + detail::to_text(variance) + "; are all its entries zero?");
    const std::optional<Real> df = inference.df_of(l);
    const Real critical = detail::critical_value<Real>(r.level, df);
    r.names.push_back(names.empty() ? "contrast " + std::to_string(i + 1) : std::move(names[i]));
    r.estimate.push_back(l.dot(b));
    r.se.push_back(sqrt(variance));
    r.lower.push_back(r.estimate[i] - critical * r.se[i]);
    r.upper.push_back(r.estimate[i] + critical * r.se[i]);
    distance(at) = r.estimate[i] - (null_values.empty() ? Real(0) : null_values[i]);
    r.statistic.push_back(distance(at) / r.se[i]);
    r.df.push_back(df);
    r.p.push_back(detail::two_sided_p(r.statistic[i], df));
  }
  const matrix_of<Real> half = combinations * inference.covariance;
  r.joint = detail::test_jointly<Real>(function, distance, matrix_of<Real>(half * combinations.transpose()), inference.joint_of(combinations));
  return r;
}

}  // namespace metapool
