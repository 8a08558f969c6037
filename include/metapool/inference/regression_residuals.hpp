// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/leave_one_out.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/model/design_problem.hpp>
#include <metapool/model/meta_regression.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace metapool {

/// Residuals of the studies of a regression, one entry each, in the order of data. Scale: that of the effects; z has none. An entry is empty where
/// a study alone tells a coefficient: its residual is 0 by construction, and without it the coefficient cannot be estimated.
template <class Real = double>
struct regression_residuals_result {
  std::vector<std::optional<Real>> residual{};  ///< y - fitted
  std::vector<std::optional<Real>> se{};        ///< of the residual under the model
  std::vector<std::optional<Real>> z{};         ///< residual / se: about standard normal if the model holds
};

namespace detail {

/// The design without study i.
template <class Real>
matrix_of<Real> rows_without(const matrix_of<Real>& x, std::size_t i) {
  const Eigen::Index at = static_cast<Eigen::Index>(i), below = x.rows() - at - 1;
  matrix_of<Real> rest(x.rows() - 1, x.cols());
  if (at > 0) rest.topRows(at) = x.topRows(at);
  if (below > 0) rest.bottomRows(below) = x.bottomRows(below);
  return rest;
}

template <class Real>
bool has_full_rank(const matrix_of<Real>& x) {
  return x.rows() >= x.cols() && column_rank(x).rank == static_cast<std::size_t>(x.cols());
}

template <class Real>
void add_residual(regression_residuals_result<Real>& r, const Real& residual, const Real& se) {
  r.residual.push_back(residual);
  r.se.push_back(se);
  r.z.push_back(residual / se);
}

template <class Real>
void add_no_residual(regression_residuals_result<Real>& r) {
  r.residual.emplace_back();
  r.se.emplace_back();
  r.z.emplace_back();
}

}  // namespace detail

/// (Internally) standardised residuals of a regression: y - fitted over its standard error, the root of (v + tau2)(1 - h), h the leverage. tau2 is taken as
/// known. metafor's rstandard. Throws convergence_error on a fit that did not converge. 12 significant digits, less what the condition of X takes.
/// Viechtbauer & Cheung (2010) Res Synth Methods 1:112, doi:10.1002/jrsm.11.
template <class Real>
regression_residuals_result<Real> standardized_residuals(const regression_fit<Real>& fit) {
  detail::check_regression("standardized_residuals", fit, 0.95);
  regression_residuals_result<Real> r;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    if (fit.residual_se[i] > 0 && detail::has_full_rank(detail::rows_without(fit.design.x, i))) {
      detail::add_residual(r, fit.residuals[i], fit.residual_se[i]);
    } else {
      detail::add_no_residual(r);
    }
  }
  return r;
}

/// Externally standardised (deleted, studentised) residuals of a regression: each study's distance from what the regression on all others says of it, over the
/// root of v + tau2 + x'Vx with tau2 and the covariance V from the others. metafor's rstudent.
///
/// estimator: of tau2, that of the fit, which is fitted anew k times. For fits with random effects; for a common effect leave it out. Computed as r / (1 - h) and
/// sqrt((v + tau2) / (1 - h)) from the regression on all studies at the others' tau2, which is the same and loses no digits.
/// Throws not_estimable unless two studies more than coefficients are there (one more with a common effect); convergence_error if an estimator does not converge
/// without a study. Accuracy: that of the estimator. Viechtbauer & Cheung (2010) Res Synth Methods 1:112, doi:10.1002/jrsm.11.
template <class Real, class Estimator>
  requires design_tau2_estimator<Estimator, Real>
regression_residuals_result<Real> deleted_residuals(const regression_fit<Real>& fit, const Estimator& estimator) {
  using std::sqrt;
  constexpr const char* function = "deleted_residuals";
  detail::check_regression(function, fit, 0.95);
  const std::size_t k = fit.k();
  if (fit.df < 2) detail::throw_not_estimable(function, std::to_string(k) + " studies and " + std::to_string(fit.p()) + " coefficients: without a study tau2 could not be estimated");
  const detail::design_problem<Real> whole(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), fit.design.x);
  regression_residuals_result<Real> r;
  detail::all_but_one<Real> others(fit.data);
  for (std::size_t i = 0; i < k; ++i) {
    const matrix_of<Real> x = detail::rows_without(fit.design.x, i);
    if (!detail::has_full_rank(x)) {
      detail::add_no_residual(r);
      continue;
    }
    others.leave_out(i);
    const tau2_estimate<Real> t = others.checked(function, Estimator::name, estimator.estimate(detail::design_problem<Real>(others.y(), others.v(), x)));
    regression_fit<Real> at;
    whole.solve(t.tau2, at);
    const Real rest = at.one_less_leverages[i];
    detail::add_residual(r, Real(at.residuals[i] / rest), Real(sqrt(Real((fit.data.v[i] + t.tau2) / rest))));
  }
  return r;
}

/// The same for a regression with a common effect. Throws input_error for other fits.
template <class Real>
regression_residuals_result<Real> deleted_residuals(const regression_fit<Real>& fit) {
  using std::sqrt;
  constexpr const char* function = "deleted_residuals";
  detail::check_regression(function, fit, 0.95);
  if (fit.model != model::common_effect) detail::throw_input_error(function, "without an estimator of tau2 it needs a regression with a common effect, and this one is by " + fit.method);
  if (fit.df < 1) detail::throw_not_estimable(function, "as many coefficients as studies: none can be left out");
  regression_residuals_result<Real> r;
  for (std::size_t i = 0; i < fit.k(); ++i) {
    const Real rest = fit.one_less_leverages[i];
    if (rest > 0 && detail::has_full_rank(detail::rows_without(fit.design.x, i))) {
      detail::add_residual(r, Real(fit.residuals[i] / rest), Real(sqrt(Real(fit.data.v[i] / rest))));
    } else {
      detail::add_no_residual(r);
    }
  }
  return r;
}

}  // namespace metapool
