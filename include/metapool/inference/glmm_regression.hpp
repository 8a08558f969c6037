// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/glmm_inference.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/math/normal_or_t.hpp>
#include <metapool/model/glmm_regression_fit.hpp>
#include <metapool/model/glmm_regression_likelihood.hpp>
#include <metapool/model/likelihood_regression_fit.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// What the methods below take: a glmm_regression_fit, or a likelihood_regression_fit and what derives from it.
template <class Fit>
concept regression_with_profile = requires(const Fit& fit, const typename Fit::real_type& value) {
  fit.profile(std::size_t{}, value).log_likelihood;
  fit.coefficients;
  fit.log_likelihood_without_moderators;
};

namespace detail {

template <class Fit>
auto dispersion_of(const Fit& fit) -> typename Fit::real_type {
  if constexpr (requires { fit.dispersion; }) {
    return fit.dispersion;
  } else {
    return 1;
  }
}

template <class Fit>
auto start_glmm_regression(const char* function, const Fit& fit, double level, bool even_if_not_converged, const char* method) {
  using Real = typename Fit::real_type;
  check_level(function, level);
  if (!fit.profile) throw_input_error(function, "the fit is empty; it must come from a likelihood regression");
  if (!fit.convergence.converged && !even_if_not_converged) {
    std::string message(function);
    message += ": the fit did not converge";
    throw convergence_error(message);
  }
  regression_inference<Real> r;
  r.measure = fit.measure;
  r.method = method;
  r.names = fit.design.names;
  r.level = level;
  r.covariance = fit.covariance;
  return r;
}

/// One coefficient as methods for one mean see it, in units of what the column moves the linear predictor by (root mean square) beyond what the other columns can.
template <class Real>
struct coefficient_fit {
  using real_type = Real;
  measure_info measure{};
  Real estimate{};
  Real se{};
  Real log_likelihood{};
  Real dispersion{1};
  Real highest = std::numeric_limits<Real>::infinity();
  estimate_state state = estimate_state::finite;
  metapool::convergence<Real> convergence{};
  std::function<likelihood_profile_point<Real>(const Real&)> profile{};
};

template <class Real>
Real unit_of_column(const matrix_of<Real>& x, Eigen::Index j) {
  matrix_of<Real> turned = x;
  turned.col(x.cols() - 1).swap(turned.col(j));
  return orthogonal_columns<Real>(turned).r(x.cols() - 1, x.cols() - 1);
}

}  // namespace detail

/// Coefficients of a likelihood regression by Wald's method and the normal distribution; QM, the test of all moderators, against chi-squared.
/// metafor's rma.glmm with test = "z". Too short with few studies or few events.
/// Throws input_error if level is not in (0, 1); convergence_error on a fit that did not converge; not_estimable if the fit is at a boundary.
template <regression_with_profile Fit>
auto infer(const Fit& fit, const glmm_wald_z& method) -> regression_inference<typename Fit::real_type> {
  detail::check_finite_estimate("glmm_wald_z", fit);
  return detail::finish_regression(fit, detail::start_glmm_regression("glmm_wald_z", fit, method.level, method.even_if_not_converged, "Wald z"));
}

/// The same by t with k - p degrees of freedom, k the informative studies; QM / m against F(m, k - p). metafor's test = "t". not_estimable if k = p.
template <regression_with_profile Fit>
auto infer(const Fit& fit, const glmm_wald_t& method) -> regression_inference<typename Fit::real_type> {
  using Real = typename Fit::real_type;
  detail::check_finite_estimate("glmm_wald_t", fit);
  auto r = detail::start_glmm_regression("glmm_wald_t", fit, method.level, method.even_if_not_converged, "Wald t");
  if (fit.df == 0) detail::throw_not_estimable("glmm_wald_t", "as many coefficients as informative studies leave no degrees of freedom");
  r.common_df = static_cast<Real>(fit.df);
  r.joint_df = r.common_df;
  return detail::finish_regression(fit, std::move(r));
}

/// Coefficients of a likelihood regression by the profile likelihood: as glmm_profile_likelihood of one mean, coefficient by coefficient. moderators is the
/// likelihood ratio of all moderators against chi-squared; test_coefficients and contrasts of the result are Wald's.
/// statistic is the signed root of the likelihood ratio of a coefficient against 0. An end is taken as infinite, and notes say so, if the linear predictor would have to move by more than 100
/// (root mean square, beyond what the other coefficients can undo), or tau reaches 20. 9 significant digits; some 20 fits a coefficient.
template <regression_with_profile Fit>
auto infer(const Fit& fit, const glmm_profile_likelihood& method) -> regression_inference<typename Fit::real_type> {
  using Real = typename Fit::real_type;
  using std::sqrt;
  const estimate_state state = detail::state_of(fit);
  auto r = detail::start_glmm_regression("glmm_profile_likelihood", fit, method.level, method.even_if_not_converged, "Profile likelihood");
  for (std::size_t j = 0; j < fit.p(); ++j) {
    const auto at = static_cast<Eigen::Index>(j);
    const Real unit = detail::unit_of_column(fit.design.x, at);
    detail::coefficient_fit<Real> one;
    one.measure = fit.measure;
    one.estimate = fit.coefficients(at) * unit;
    if (state == estimate_state::finite) one.se = sqrt(Real(fit.covariance(at, at))) * unit;
    one.log_likelihood = fit.log_likelihood;
    one.dispersion = detail::dispersion_of(fit);
    one.state = state;
    one.convergence = fit.convergence;
    one.profile = [&fit, j, unit](const Real& value) {
      auto point = fit.profile(j, Real(value / unit));
      point.slope /= unit;
      return point;
    };
    const mean_inference<Real> m = method(one);
    r.estimate.push_back(fit.coefficients(at));
    r.se.push_back(one.se / unit);
    r.lower.push_back(m.lower / unit);
    r.upper.push_back(m.upper / unit);
    r.statistic.push_back(m.statistic);
    r.df.push_back(std::nullopt);
    r.p.push_back(m.p);
    if (m.state != interval_state::regular) r.notes.push_back("the interval of '" + fit.design.names[j] + "' is open: the likelihood does not fall far enough");
  }
  if (fit.log_likelihood_without_moderators) {
    joint_test<Real> t;
    for (std::size_t j = fit.design.intercept ? 1 : 0; j < fit.p(); ++j) t.columns.push_back(j);
    t.statistic = 2 * (fit.log_likelihood - *fit.log_likelihood_without_moderators) / detail::dispersion_of(fit);
    if (!(t.statistic > 0)) t.statistic = 0;
    t.df1 = static_cast<Real>(t.columns.size());
    t.p = detail::chi_squared_upper_tail<Real>(t.statistic, t.df1);
    r.moderators = std::move(t);
  }
  return r;
}

/// Wald z.
template <regression_with_profile Fit>
auto infer(const Fit& fit) -> regression_inference<typename Fit::real_type> {
  return infer(fit, glmm_wald_z{});
}

/// Wald and likelihood ratio tests of residual heterogeneity (metafor's QE.Wld and QE.LRT with k - p degrees of freedom), and the likelihood ratio test of tau2 = 0
/// against its boundary mixture. Neither of the first two is reliable with sparse tables.
template <class Real>
glmm_heterogeneity<Real> heterogeneity(const glmm_regression_fit<Real>& fit) {
  return detail::heterogeneity_of(fit);
}

}  // namespace metapool
