// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/design_problem.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/model/regression_fit.hpp>
#include <metapool/tau2/reml.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// A between-study variance estimator that works around any design: a value with a static `name` whose member estimate() takes a problem
/// (detail::tau2_problem) with k() > p(). All estimators of the library are; a user's own may be.
template <class T, class Real = double>
concept design_tau2_estimator = requires(const T& t, const detail::design_problem<Real>& problem) {
  { t.estimate(problem) } -> std::convertible_to<tau2_estimate<Real>>;
  { T::name } -> std::convertible_to<std::string_view>;
};

namespace detail {

/// The design with one row a pooled study: as it is if its rows are as many as the pooled effects, else, if they are as many as the
/// studies offered, the rows of those that are pooled. Throws input_error otherwise.
template <class Real>
design<Real> rows_of_pooled(const char* function, const effects<Real>& data, design<Real> d, std::vector<std::string>& notes) {
  const std::size_t k = data.size(), offered = data.audit.size();
  if (d.rows() == k) return d;
  if (d.rows() != offered || data.trial.size() != k) {
    std::string message = "the design has " + std::to_string(d.rows()) + " rows; it must have one for each of the " + std::to_string(k) + " pooled effects";
    if (offered != k) message.append(" or one for each of the ").append(std::to_string(offered)).append(" studies offered");
    throw_input_error(function, message);
  }
  matrix_of<Real> rows(static_cast<Eigen::Index>(k), d.x.cols());
  for (std::size_t i = 0; i < k; ++i) rows.row(static_cast<Eigen::Index>(i)) = d.x.row(static_cast<Eigen::Index>(data.trial[i]));
  d.x = std::move(rows);
  notes.push_back("the rows of " + std::to_string(offered - k) + " studies that are not pooled were left out of the design");
  return d;
}

/// Everything that follows from a tau2: coefficients, covariance, fitted values, residuals, leverages. Throws input_error if they leave the range of Real.
template <class Real>
void fill_regression(const char* function, regression_fit<Real>& fit, const design_problem<Real>& problem, const Real& tau2) {
  using std::sqrt;
  const auto common = problem.at(Real(0));
  fit.q = common.q;
  fit.df = problem.k() - problem.p();
  if (fit.df > 0) fit.typical_variance = static_cast<Real>(fit.df) / common.trace_p();
  fit.q_without_moderators = pool_at(problem.y(), problem.v(), Real(0)).q;
  problem.solve(tau2, fit);
  bool finite = is_finite(fit.q);
  for (const Real& x : fit.coefficients) finite = finite && is_finite(x);
  for (Eigen::Index j = 0; j < fit.covariance.cols(); ++j) finite = finite && is_finite(fit.covariance(j, j)) && fit.covariance(j, j) > 0;
  if (!finite) {
    throw_input_error(function, "the effects, variances or moderators are too large, too small or too far apart for this number type; change their units");
  }
}

}  // namespace detail

/// Meta-regression with random effects: y = X b + u + e, u with variance tau2, e with the known variances v; b by inverse variance, w = 1 / (v + tau2).
///
/// moderators: a design (design_of and the builders) with one row for each pooled effect, or one for each study that was offered to
/// effect_sizes, of which the rows of those not pooled are left out. estimator: reml{} (default) or any other of the library.
/// Scale: that of the effects. With as many coefficients as studies tau2 stays empty and a note says so. If the estimator did not converge, the fit says
/// so in convergence, and inference on it throws.
/// Throws input_error if rows do not match, a moderator is not finite, y or v out of their domain or p > k; rank_error naming the
/// columns that depend on others; not_estimable if every study was left out.
/// O(k p^2) an evaluation by Gram matrices in a basis of p studies of large weight (design_problem.hpp), which lose no digits where some weights dwarf
/// the others. 12 significant digits in tau2 and fitted values; coefficients lose what the condition of X takes.
/// Berkey, Hoaglin, Mosteller & Colditz (1995) Stat Med 14:395, doi:10.1002/sim.4780140406; van Houwelingen, Arends & Stijnen (2002) Stat Med 21:589,
/// doi:10.1002/sim.1040.
template <class Real, class Estimator = reml>
  requires design_tau2_estimator<Estimator, Real>
regression_fit<Real> meta_regression(effects<Real> data, design<Real> moderators, const Estimator& estimator = {}) {
  constexpr const char* function = "meta_regression";
  detail::check_effects(function, data);
  regression_fit<Real> fit;
  fit.model = model::random_effects;
  fit.method = std::string(Estimator::name);
  fit.design = detail::rows_of_pooled(function, data, std::move(moderators), fit.notes);
  detail::check_design(function, fit.design, data.labels);
  fit.data = std::move(data);
  const std::span<const Real> y(fit.data.y), v(fit.data.v);
  const detail::design_problem<Real> problem(y, v, fit.design.x);
  if (problem.k() == problem.p()) {
    detail::fill_regression(function, fit, problem, Real(0));
    fit.notes.push_back("as many coefficients as studies: the between-study variance cannot be estimated, and the standard errors are those of a common effect");
    return fit;
  }
  detail::check_tau2_input(Estimator::name, y, v);
  tau2_estimate<Real> t = estimator.estimate(problem);
  if (!(t.tau2 >= 0) || !detail::is_finite(t.tau2)) {
    detail::throw_input_error(function, "the estimator " + fit.method + " returned tau2 = " + detail::to_text(t.tau2) + ", which must be finite and not negative");
  }
  detail::fill_regression(function, fit, problem, t.tau2);
  fit.tau2 = t.tau2;
  fit.se_tau2 = t.se;
  fit.convergence = t.convergence;
  fit.tau2_maxima = std::move(t.maxima);
  if (fit.design.intercept && problem.p() > 1) {
    if constexpr (tau2_estimator<Estimator, Real>) {
      fit.tau2_without_moderators = estimator(y, v).tau2;
    } else {
      fit.tau2_without_moderators = estimator.estimate(detail::mean_problem<Real>(y, v)).tau2;
    }
  }
  if (fit.tau2_maxima.size() > 1) fit.notes.push_back("the likelihood has " + std::to_string(fit.tau2_maxima.size()) + " local maxima in tau2; the highest was taken");
  return fit;
}

/// Regression with a common effect: as meta_regression with tau2 = 0, which is not estimated and stays empty. Presumes that the moderators explain
/// all heterogeneity; fit.q tests that.
template <class Real>
regression_fit<Real> common_effect_regression(effects<Real> data, design<Real> moderators) {
  constexpr const char* function = "common_effect_regression";
  detail::check_effects(function, data);
  regression_fit<Real> fit;
  fit.model = model::common_effect;
  fit.method = "inverse variance";
  fit.design = detail::rows_of_pooled(function, data, std::move(moderators), fit.notes);
  detail::check_design(function, fit.design, data.labels);
  fit.data = std::move(data);
  const detail::design_problem<Real> problem(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), fit.design.x);
  detail::fill_regression(function, fit, problem, Real(0));
  return fit;
}

}  // namespace metapool
