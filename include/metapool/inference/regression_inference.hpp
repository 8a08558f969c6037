// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/error.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/math/f_distribution.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/math/students_t.hpp>
#include <metapool/model/regression_fit.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// A test that several coefficients, or linear combinations of them, are zero together.
template <class Real = double>
struct joint_test {
  std::vector<std::size_t> columns{};  ///< the coefficients tested; empty for general combinations
  Real statistic{};                    ///< QM, chi-squared; F = scale QM / m if df2 is there
  Real df1{};                          ///< m, the number of combinations
  std::optional<Real> df2{};           ///< denominator degrees of freedom of F; empty for chi-squared
  Real p{};
  Real scale = 1;                      ///< what QM / m was multiplied by to make F (Kenward and Roger, Hotelling)
};

/// How a joint test's F is made of QM / m: multiplied by scale, against F(m, df2).
template <class Real>
struct joint_denominator {
  Real df2{};
  Real scale = 1;
};

/// The coefficients of a regression with intervals and tests. One entry a column of the design, in its order.
template <class Real = double>
struct regression_inference {
  using real_type = Real;
  measure_info measure{};
  std::string method{};                ///< "Wald z", "Hartung-Knapp, scale factor at least 1", ...
  std::vector<std::string> names{};
  std::vector<Real> estimate{};
  std::vector<Real> se{};
  std::vector<Real> lower{};
  std::vector<Real> upper{};
  std::vector<Real> statistic{};       ///< estimate / se
  std::vector<Real> p{};               ///< two-sided
  std::vector<std::optional<Real>> df{};  ///< of the t distribution; empty for the normal
  double level = 0.95;
  matrix_of<Real> covariance{};        ///< what the standard errors come from
  std::optional<joint_test<Real>> moderators{};  ///< all coefficients but the intercept; all where there is no intercept; empty if there are none, or if the method cannot test them (see notes)
  std::optional<Real> scale_factor{};  ///< Hartung and Knapp's, before any safeguard
  std::vector<std::string> notes{};    ///< which safeguard took effect, and the like

  std::optional<Real> common_df{};     ///< degrees of freedom of every combination, unless contrast_df is there; empty for the normal
  std::optional<Real> joint_df{};      ///< denominator degrees of freedom of joint tests; empty for chi-squared
  std::function<Real(const vector_of<Real>&)> contrast_df{};  ///< degrees of freedom of a combination, where they differ (Satterthwaite)
  std::function<joint_denominator<Real>(const matrix_of<Real>&)> contrast_joint{};  ///< the same for a joint test of combinations, one a row

  /// Degrees of freedom of the combination l'b.
  std::optional<Real> df_of(const vector_of<Real>& l) const { return contrast_df ? std::optional<Real>(contrast_df(l)) : common_df; }

  /// Denominator of the joint test of the combinations in the rows of l; empty for chi-squared. Throws not_estimable if the method has no such test.
  std::optional<joint_denominator<Real>> joint_of(const matrix_of<Real>& l) const {
    if (contrast_joint) return contrast_joint(l);
    if (joint_df) return joint_denominator<Real>{*joint_df, Real(1)};
    return std::nullopt;
  }
};

namespace detail {

/// Refuses a level outside (0, 1), an empty fit and a fit whose iteration did not converge.
template <class Real>
void check_regression(const char* function, const regression_fit<Real>& fit, double level, bool even_if_not_converged = false) {
  check_level(function, level);
  if (fit.data.y.empty()) throw_input_error(function, "the fit is empty; it must come from a regression");
  if (!fit.convergence.converged && !even_if_not_converged) {
    throw convergence_error(std::string(function) + ": the regression by " + fit.method + " did not converge (" + std::to_string(fit.convergence.iterations) +
                            " iterations); try another estimator");
  }
}

template <class Real>
void check_regression_df(const char* function, const regression_fit<Real>& fit) {
  if (fit.df < 1) throw_not_estimable(function, std::to_string(fit.k()) + " studies and as many coefficients leave no degrees of freedom; use wald_z");
}

template <class Real>
regression_inference<Real> start_regression(const regression_fit<Real>& fit, double level, const char* method) {
  regression_inference<Real> r;
  r.measure = fit.data.measure;
  r.method = method;
  r.names = fit.design.names;
  r.level = level;
  r.covariance = fit.covariance;
  return r;
}

/// x' V^-1 x for a covariance V of rank m, by its Cholesky factor. Throws input_error if V is singular.
template <class Real>
joint_test<Real> test_jointly(const char* function, const vector_of<Real>& x, const matrix_of<Real>& v, const std::optional<joint_denominator<Real>>& denominator) {
  const auto m = static_cast<std::size_t>(x.size());
  std::vector<Real> l(m * m);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < m; ++j) l[i * m + j] = v(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  }
  const bool regular = cholesky(l.data(), m);
  Real smallest = 1;  // how much of a variance is left after the combinations before it
  for (std::size_t i = 0; i < m && regular; ++i) {
    const Real left = l[i * m + i] * l[i * m + i] / v(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i));
    if (left < smallest) smallest = left;
  }
  if (!regular || !(smallest > 64 * std::numeric_limits<Real>::epsilon())) {
    throw_input_error(function, "the combinations tested depend on each other");
  }
  Real qm = 0;
  std::vector<Real> z(m);
  for (std::size_t i = 0; i < m; ++i) {
    z[i] = x(static_cast<Eigen::Index>(i));
    for (std::size_t j = 0; j < i; ++j) z[i] -= l[i * m + j] * z[j];
    z[i] /= l[i * m + i];
    qm += z[i] * z[i];
  }
  joint_test<Real> t;
  t.df1 = static_cast<Real>(m);
  t.statistic = qm;
  if (denominator) {
    t.df2 = denominator->df2;
    t.scale = denominator->scale;
    t.statistic = t.scale * (qm / t.df1);
  }
  t.p = denominator ? f_upper_tail<Real>(t.statistic, t.df1, denominator->df2) : chi_squared_upper_tail<Real>(t.statistic, t.df1);
  return t;
}

}  // namespace detail

/// Tests chosen coefficients together: QM = b' V^-1 b of them against chi-squared, or QM / m against F, as the method of `inference` has it.
/// columns: indices into the design. Throws input_error if there are none, one is out of range or stands twice; not_estimable if the method cannot test
/// them together.
template <class Real>
joint_test<Real> test_coefficients(const regression_inference<Real>& inference, const std::vector<std::size_t>& columns) {
  constexpr const char* function = "test_coefficients";
  const std::size_t p = inference.estimate.size(), m = columns.size();
  if (m == 0) detail::throw_input_error(function, "no coefficients");
  if (inference.covariance.rows() != static_cast<Eigen::Index>(inference.estimate.size())) detail::throw_not_estimable(function, "the fit has no covariance of its coefficients");
  vector_of<Real> x(static_cast<Eigen::Index>(m));
  matrix_of<Real> v(x.size(), x.size()), l = matrix_of<Real>::Zero(x.size(), static_cast<Eigen::Index>(p));
  for (std::size_t i = 0; i < m; ++i) {
    if (columns[i] >= p) detail::throw_input_error(function, "column " + std::to_string(columns[i]) + " of " + std::to_string(p) + " (counted from 0)");
    x(static_cast<Eigen::Index>(i)) = inference.estimate[columns[i]];
    l(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(columns[i])) = 1;
    for (std::size_t j = 0; j < m; ++j) {
      if (i != j && columns[i] == columns[j]) detail::throw_input_error(function, "column " + std::to_string(columns[i]) + " stands twice");
      v(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          inference.covariance(static_cast<Eigen::Index>(columns[i]), static_cast<Eigen::Index>(columns[j]));
    }
  }
  joint_test<Real> t = detail::test_jointly(function, x, v, inference.joint_of(l));
  t.columns = columns;
  return t;
}

namespace detail {

/// Standard errors, intervals and tests of the coefficients, and the test of all moderators, from covariance and degrees of freedom.
template <class Fit, class Real>
regression_inference<Real> finish_regression(const Fit& fit, regression_inference<Real> r) {
  using std::sqrt;
  const std::size_t p = fit.p();
  for (std::size_t j = 0; j < p; ++j) {
    const auto at = static_cast<Eigen::Index>(j);
    const std::optional<Real> df = r.contrast_df ? std::optional<Real>(r.contrast_df(vector_of<Real>(vector_of<Real>::Unit(static_cast<Eigen::Index>(p), at)))) : r.common_df;
    const Real critical = critical_value<Real>(r.level, df);
    r.estimate.push_back(fit.coefficients(at));
    r.se.push_back(sqrt(Real(r.covariance(at, at))));
    r.lower.push_back(r.estimate[j] - critical * r.se[j]);
    r.upper.push_back(r.estimate[j] + critical * r.se[j]);
    r.statistic.push_back(r.estimate[j] / r.se[j]);
    r.df.push_back(df);
    r.p.push_back(two_sided_p(r.statistic[j], df));
  }
  std::vector<std::size_t> columns;
  for (std::size_t j = fit.design.intercept ? 1 : 0; j < p; ++j) columns.push_back(j);
  if (columns.empty()) return r;
  try {
    r.moderators = test_coefficients(r, columns);
  } catch (const not_estimable& e) {
    r.notes.push_back(std::string("no test of all moderators: ") + e.what());
  } catch (const input_error&) {  // a covariance of lower rank, by few clusters
    r.notes.push_back("no test of all moderators: their covariance is singular");
  }
  return r;
}

}  // namespace detail
}  // namespace metapool
