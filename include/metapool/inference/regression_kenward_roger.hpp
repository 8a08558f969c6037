// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/kenward_roger.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/model/design_problem.hpp>
#include <metapool/model/regression_basis.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Kenward and Roger's F of combinations L with variance S (by degrees) and U = L S (X'W^2X) S L', S standing for either covariance: A1 = tr(U V^-1)^2 / I and
/// A2 = tr((U V^-1)^2) / I, V = L S L', give df2 and scale by two moments of F (their section 4). Where U is a multiple of V, always so with one combination,
/// the moments' formula is df2 = 2 m / A2 and scale = 1, also below the degrees of freedom at which F has these moments.
template <class Real>
joint_denominator<Real> kenward_roger_denominator(const char* function, const matrix_of<Real>& v, const matrix_of<Real>& u, const Real& information) {
  using std::fabs;
  const auto m = static_cast<std::size_t>(v.rows());
  const Real q = static_cast<Real>(m);
  std::vector<Real> l(m * m);
  matrix_of<Real> x = u;
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < m; ++j) l[i * m + j] = v(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
  }
  if (!cholesky(l.data(), m)) throw_input_error(function, "the combinations tested depend on each other");
  for (std::size_t j = 0; j < m; ++j) cholesky_solve(l.data(), m, x.data() + j * m);  // V^-1 U, column by column
  const matrix_of<Real> square = x * x;
  const Real a1 = (x.trace() / information) * x.trace(), a2 = square.trace() / information;
  const Real part = a2 / q;
  if (m == 1 || fabs(Real(a1 - q * a2)) <= 64 * q * std::numeric_limits<Real>::epsilon() * a1) return {Real(2 / part), Real(1)};
  const Real b = (a1 + 6 * a2) / (2 * q);
  const Real g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2);
  const Real divisor = 3 * q + 2 * (1 - g);
  const Real c1 = g / divisor, c2 = (q - g) / divisor, c3 = (q + 2 - g) / divisor;
  // m rho - 1 = excess / (v1^2 v2), the excess written without the terms that cancel
  const Real v1 = 1 - c2 * b, v2 = 1 - c3 * b;
  const Real excess = (a1 + 2 * a2) / (2 * q) + part * part * (1 + c1 * b) - 2 * part * c1 * b - c2 * (c2 + 2 * c3) * b * b + c2 * c2 * c3 * b * b * b;
  joint_denominator<Real> r;
  r.df2 = 4 + (q + 2) * (v1 * v1 * v2 / excess);
  r.scale = (r.df2 / (r.df2 - 2)) * (1 - part);
  if (!(part < 1) || !(excess > 0) || !(r.df2 > 2) || !is_finite(r.df2)) {
    throw_not_estimable(function, "too little information about tau2 for Kenward and Roger's F of " + std::to_string(m) + " combinations; test them one by one");
  }
  return r;
}

}  // namespace detail

/// Coefficients of a regression by Kenward and Roger: their covariance allowing for the estimation of tau2, and t and F with degrees of freedom that need not
/// be whole. With w = 1 / (v + tau2), W = diag(w), S = (X'WX)^-1, P = W - W X S X'W and I = tr P^2 / 2 (or the observed information, see kr_information):
/// covariance = S + (2 / I) S (X'WPWX) S; df of l'b = 2 I (l'Vl / l'V (X'W^2X) V l)^2 with V the corrected covariance (kr_degrees::corrected, the default, so
/// that an intercept alone is the mean's interval) or V = S (kr_degrees::classical: as Kenward & Roger 1997 and R's pbkrtest); joint tests are scale times
/// QM / m against F(m, df2). If the F does not exist, as little is known of tau2, `moderators` stays empty and a note says so.
///
/// For fits with random effects, derived for REML. With tau2 = 0 very conservative: an interval can be wider than any number can hold, which its note says.
/// Standard errors are never below the classical ones. 12 significant digits in standard errors and df, less what the condition of X takes.
/// Throws input_error for fits without between-study variance or a level outside (0, 1); not_estimable if k = p, or if the observed information is
/// not positive; convergence_error on a fit that did not converge. Kenward & Roger (1997) Biometrics 53:983, doi:10.2307/2533558.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const kenward_roger& method) {
  constexpr const char* function = "kenward_roger";
  detail::check_regression(function, fit, method.level);
  detail::check_regression_df(function, fit);
  if (!fit.tau2) detail::throw_input_error(function, "needs a regression with random effects, and this one is by " + fit.method);
  const detail::design_problem<Real> problem(std::span<const Real>(fit.data.y), std::span<const Real>(fit.data.v), fit.design.x);
  const auto sums = problem.at(*fit.tau2);
  Real information = sums.trace_pp() / 2;
  if (method.information == kr_information::observed) information = sums.yppp - information;
  if (!(information > 0)) {
    detail::throw_not_estimable(function, "the observed information about tau2, " + detail::to_short_text(information) + ", is not positive; use kr_information::expected");
  }
  const detail::regression_basis<Real> basis(fit);
  const vector_of<Real> root = basis.w().cwiseSqrt();
  const matrix_of<Real> to_coefficients = basis.inverse() * basis.c().transpose();                        // M^-1 C'
  const matrix_of<Real> spread = root.asDiagonal() * matrix_of<Real>(basis.residual_rows() * to_coefficients);
  const matrix_of<Real> addition = spread.transpose() * spread;
  regression_inference<Real> r = detail::start_regression(fit, method.level, method.information == kr_information::expected ? "Kenward-Roger" : "Kenward-Roger, observed information");
  if (method.degrees == kr_degrees::classical) r.method += ", degrees of freedom by the classical variance";
  r.covariance += (2 / information) * addition;
  const matrix_of<Real> v = method.degrees == kr_degrees::corrected ? r.covariance : fit.covariance;
  // rows of W X V; with V = S these are those of W A M^-1 C'
  matrix_of<Real> rows = basis.a() * to_coefficients;
  if (method.degrees == kr_degrees::corrected) {
    // V = S + (2 / I) S X'WPWX S: X V = A (M^-1 + (2 / I) M^-1 (D'WD) M^-1) C'
    const matrix_of<Real> d = root.asDiagonal() * basis.residual_rows();
    const matrix_of<Real> inner = d.transpose() * d;
    rows += (2 / information) * (basis.a() * matrix_of<Real>(basis.inverse() * matrix_of<Real>(inner * to_coefficients)));
  }
  rows = basis.w().asDiagonal() * rows;
  const auto denominator = [v, rows, information](const matrix_of<Real>& l) {
    const matrix_of<Real> wide = rows * l.transpose();
    const matrix_of<Real> u = wide.transpose() * wide;
    const matrix_of<Real> half = l * v;
    return detail::kenward_roger_denominator<Real>("kenward_roger", matrix_of<Real>(half * l.transpose()), u, information);
  };
  r.contrast_joint = denominator;
  r.contrast_df = [denominator](const vector_of<Real>& l) { return denominator(matrix_of<Real>(l.transpose())).df2; };
  r = detail::finish_regression(fit, std::move(r));
  for (std::size_t j = 0; j < fit.p(); ++j) {
    if (!detail::is_finite(r.lower[j]) || !detail::is_finite(r.upper[j])) {
      r.notes.push_back(r.names[j] + ": with " + detail::to_short_text(*r.df[j]) + " degrees of freedom the interval is wider than any number can hold");
    }
  }
  return r;
}

}  // namespace metapool
