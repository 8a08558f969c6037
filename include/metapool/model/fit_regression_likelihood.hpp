// SPDX-License-Identifier: BSL-1.0
// A regression from the maximum of its likelihood.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/model/glmm_regression_fit.hpp>
#include <metapool/model/glmm_regression_likelihood.hpp>
#include <metapool/model/normal_levels.hpp>
#include <metapool/model/pooled_design.hpp>
#include <metapool/model/residual_form.hpp>
#include <metapool/model/turned_columns.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Fills the numbers of a regression (not its tests of heterogeneity) from the likelihood of one mean effect. constant: what the likelihood leaves out.
/// Throws not_estimable if the likelihood has no maximum.
template <class Real, class Base>
void fit_regression_likelihood(const char* function, glmm_regression_fit<Real>& fit, const Base& base, const orthogonal_columns<Real>& columns, const Real& constant) {
  using std::sqrt;
  const std::size_t p = fit.p();
  const auto n = static_cast<Eigen::Index>(p);
  const bool several = fit.k > p;
  regression_likelihood<Real, Base> likelihood(base, columns.q);
  auto bounds = search_bounds<Real>(likelihood);
  bounds[p].held = !several;
  auto maxima = search_maxima<Real>(likelihood, likelihood.start(), bounds);
  const std::size_t left = fit.design.intercept ? 1 : 0;
  bool converged = true;
  if (p > left) {
    const matrix_of<Real> rows = left == 1 ? column_of_ones<Real>(fit.design.rows()) : matrix_of<Real>(columns.q.rows(), 0);
    regression_likelihood<Real, Base> without(base, rows);
    auto own = search_bounds<Real>(without);
    own[left].held = !several;
    const auto best_without = search_maxima<Real>(without, without.start(), own).best;
    converged = best_without.convergence.converged;
    fit.log_likelihood_without_moderators = best_without.at.value + constant;
    fit.tau2_without_moderators = best_without.x[left];
    if (!(maxima.best.at.value >= best_without.at.value)) {  // another summit, which the search from the common effect has missed
      std::vector<Real> start(best_without.x.begin(), best_without.x.begin() + static_cast<std::ptrdiff_t>(left));
      start.resize(p, Real(0));  // in orthogonal columns the intercept alone is the first coefficient alone
      start.insert(start.end(), best_without.x.begin() + static_cast<std::ptrdiff_t>(left), best_without.x.end());
      const auto other = polished<Real>(likelihood, start, bounds);
      if (other.at.value > maxima.best.at.value) maxima.best = other;
    }
  }
  const auto& best = maxima.best;
  if (best.x[p] >= largest_tau2<Real>()) {
    throw_not_estimable(function, "the likelihood rises with tau2 for ever (the studies' effects lie at infinity on both sides)");
  }
  const auto coefficients = [&](const std::vector<Real>& x) { return vector_of<Real>(columns.solve(Eigen::Map<const vector_of<Real>>(x.data(), n))); };
  fit.coefficients = coefficients(best.x);
  fit.tau2 = best.x[p];
  if constexpr (Base::size >= 4) take_levels(function, fit, best.x, bounds, p);
  fit.log_likelihood = best.at.value + constant;
  fit.common_coefficients = coefficients(maxima.boundary.x);
  fit.common_log_likelihood = maxima.boundary.at.value + constant;
  fit.convergence = best.convergence;
  fit.convergence.converged = fit.convergence.converged && converged;
  std::vector<std::size_t> free;
  const auto covariance = [&](const newton_maximum<Real, any_number>& at, bool with_tau2, std::optional<Real>* se_tau2) {
    auto held = bounds;
    held[p].held = !with_tau2;
    matrix_of<Real> all;
    if (!free_covariance<Real, any_number>(at, held, free, all)) throw_not_estimable(function, "the likelihood is flat at its maximum");
    if (se_tau2 != nullptr && with_tau2) *se_tau2 = sqrt(all(n, n));
    const matrix_of<Real> half = columns.solve(matrix_of<Real>(all.topLeftCorner(n, n)));
    return columns.solve(matrix_of<Real>(half.transpose()));
  };
  fit.common_covariance = covariance(maxima.boundary, false, nullptr);
  fit.covariance = covariance(best, several && best.x[p] > 0, &fit.se_tau2);
  if (!several) fit.notes.push_back("as many coefficients as informative studies: tau2 is taken to be 0");
  if (several && !(best.x[p] > 0)) fit.notes.push_back("the likelihood is highest at tau2 = 0: standard errors are those of the common effect");

  fit.profile = [base, x = fit.design.x, b = fit.coefficients, at = best.x, constant, several, p](std::size_t j, const Real& value) {
    const turned_columns<Real> own(x, b, j);
    std::vector<Real> begin(own.coefficients.data(), own.coefficients.data() + p);
    begin.insert(begin.end(), at.begin() + static_cast<std::ptrdiff_t>(p), at.end());
    const regression_likelihood<Real, Base> turned_likelihood(base, own.columns.q);
    auto point = profile_point<Real>(turned_likelihood, begin, search_bounds<Real>(turned_likelihood), p - 1, Real(value * own.scale), several, constant);
    point.slope *= own.scale;
    return point;
  };
}

}  // namespace metapool::detail
