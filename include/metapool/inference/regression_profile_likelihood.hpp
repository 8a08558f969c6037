// SPDX-License-Identifier: BSL-1.0
// Coefficients of a regression by their profile likelihood.
#pragma once

#include <metapool/inference/profile_likelihood.hpp>
#include <metapool/inference/regression_inference.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/model/design_problem.hpp>
#include <metapool/model/meta_regression.hpp>
#include <metapool/model/regression_basis.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// The likelihood ratio statistic of one coefficient against the maximum of the full likelihood: of effects e - s x around the columns of
/// `others`, e the residuals at the maximum, s the shift of the coefficient from its estimate and x its column less what the others explain. Differences of likelihoods are taken
/// term by term: sum log1p((t - tau2) w) + Q(t) - Q.
template <class Real>
class shifted_likelihood {
 public:
  struct point {
    Real statistic{};
    Real slope{};  ///< of the statistic in s, tau2 following (it is where the likelihood is flat in tau2)
    Real tau2{};
  };

  /// w, q: weights and residual sum at the maximum, where the between-study variance is tau2. others: may have no columns.
  shifted_likelihood(std::vector<Real> e, std::vector<Real> x, std::span<const Real> v, matrix_of<Real> others, Real tau2, Real q)
      : e_(std::move(e)), x_(std::move(x)), v_(v), others_(std::move(others)), tau2_(std::move(tau2)), q_(std::move(q)) {}

  point at(const Real& s) const {
    std::vector<Real> y(e_.size());
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = e_[i] - s * x_[i];
    std::vector<Real> residuals;
    point best;
    if (others_.cols() == 0) {
      const fixed_mean_likelihood<Real> likelihood(y, v_, Real(0));
      maxima_search<fixed_mean_likelihood<Real>> search(likelihood);
      bool any = false;
      search.run([&](const Real& t) {
        Real q = 0;
        for (std::size_t i = 0; i < y.size(); ++i) q += y[i] * y[i] / (v_[i] + t);
        const Real statistic = difference(t, q);
        if (!any || statistic < best.statistic) {
          best.statistic = statistic;
          best.tau2 = t;
        }
        any = true;
      });
      converged = converged && any && search.state.converged;
      residuals = std::move(y);
    } else {
      const design_problem<Real> problem(std::span<const Real>(y), v_, others_);
      const tau2_estimate<Real> t = maximise_likelihood(problem, likelihood_kind::full);
      converged = converged && t.convergence.converged;
      best.tau2 = t.tau2;
      best.statistic = difference(t.tau2, Real(problem.at(t.tau2).q));
      regression_fit<Real> fit;
      problem.solve(t.tau2, fit);
      residuals = std::move(fit.residuals);
    }
    for (std::size_t i = 0; i < residuals.size(); ++i) best.slope -= 2 * x_[i] * (residuals[i] / (v_[i] + best.tau2));
    return best;
  }

  /// The signed root of the statistic at s. Where the statistic is near its rounding it is the integral of its slope, by Gauss's three points.
  Real root(const Real& s) const {
    using std::sqrt;
    Real statistic = at(s).statistic;
    if (statistic < Real(1e-4)) {
      const Real half = s / 2, off = half * sqrt(Real(Real(3) / 5));
      statistic = s * ((5 * at(half - off).slope + 8 * at(half).slope + 5 * at(half + off).slope) / 18);
    }
    const Real r = statistic > 0 ? Real(sqrt(statistic)) : Real(0);
    return s < 0 ? Real(-r) : r;
  }

  mutable bool converged = true;

 private:
  Real difference(const Real& t, const Real& q) const {
    using std::log1p;
    Real logs = 0;
    for (const Real& v : v_) logs += log1p(Real((t - tau2_) / (v + tau2_)));
    return logs + (q - q_);
  }

  std::vector<Real> e_, x_;
  std::span<const Real> v_;
  matrix_of<Real> others_;
  Real tau2_, q_;
};

/// What the likelihood of a regression knows of one coefficient at another tau2: its estimate, its variance and how much less likely it is.
template <class Real>
struct coefficients_at {
  Real depth{};
  vector_of<Real> coefficients{};
  matrix_of<Real> covariance{};
};

}  // namespace detail

/// Coefficients of a regression by their profile likelihood: all values whose likelihood, with the other coefficients and the tau2 that are best for each, is
/// at most chi-squared(1) / 2 below the maximum. Not symmetric about the estimate.
///
/// The model is fitted by maximum likelihood inside; of the fit only effects and design are used. se and covariance are the classical ones at the maximum; statistic
/// is the signed root of the likelihood ratio of the coefficient against 0, to be judged by the normal distribution, so that p > 1 - level if and only if
/// 0 is in the interval (unless the set has several parts). moderators is the likelihood ratio of all moderators, against chi-squared; test_coefficients and contrasts of
/// the result are Wald's. With an intercept alone it is the mean's interval. Where the likelihood is highest at tau2 = 0 the set follows that boundary.
/// The ends are finite at every level: with the coefficient the best tau2 grows, and the logarithms of the variances with it. If the likelihood has several maxima
/// they are the outermost ends, and a note says so.
/// Too short with few studies (docs/coverage.md). 12 significant digits, less what the condition of X takes; about 20 fits a coefficient.
/// Throws input_error for corrections (made for a single mean) or a level outside (0, 1); not_estimable if k = p; convergence_error if a search fails.
/// Hardy & Thompson (1996) Stat Med 15:619, for a mean; Venzon & Moolgavkar (1988) Appl Stat 37:87.
template <class Real>
regression_inference<Real> infer(const regression_fit<Real>& fit, const profile_likelihood& method) {
  using std::sqrt;
  constexpr const char* function = "profile_likelihood";
  detail::check_regression(function, fit, method.level, true);
  detail::check_regression_df(function, fit);
  if (method.correction != profile_correction::none) detail::throw_input_error(function, "its corrections are for a single mean; in a regression use profile_correction::none");
  const regression_fit<Real> ml = meta_regression(fit.data, fit.design, maximum_likelihood{});
  const std::span<const Real> v(ml.data.v);
  const auto p = static_cast<Eigen::Index>(ml.p());
  const Real tau2 = *ml.tau2, z = detail::normal_critical<Real>(method.level), c = z * z;
  const detail::design_problem<Real> problem(std::span<const Real>(ml.data.y), v, ml.design.x);
  const Real q = problem.at(tau2).q;
  const detail::regression_basis<Real> basis(ml);
  const matrix_of<Real> spread = basis.a() * matrix_of<Real>(basis.inverse() * basis.c().transpose());  // X (X'WX)^-1

  // the local maxima that lie in the sets hold the parts of these; a search from the outermost point known finds the outermost end
  std::vector<detail::coefficients_at<Real>> known;
  for (const Real& t : ml.tau2_maxima) {
    if (t == tau2) continue;
    const Real depth = 2 * (problem.log_likelihood(tau2, likelihood_kind::full) - problem.log_likelihood(t, likelihood_kind::full));
    if (!(depth < c)) continue;
    regression_fit<Real> there;
    problem.solve(t, there);
    known.push_back({depth, there.coefficients, there.covariance});
  }

  regression_inference<Real> r = detail::start_regression(ml, method.level, "Profile likelihood");
  convergence<Real> state;
  state.converged = ml.convergence.converged;
  for (Eigen::Index j = 0; j < p; ++j) {
    matrix_of<Real> others(ml.design.x.rows(), p - 1);
    for (Eigen::Index m = 0; m < p - 1; ++m) others.col(m) = ml.design.x.col(m < j ? m : m + 1);
    std::vector<Real> x(ml.k());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = spread(static_cast<Eigen::Index>(i), j) / ml.covariance(j, j);
    const detail::shifted_likelihood<Real> likelihood(ml.residuals, std::move(x), v, std::move(others), tau2, q);
    const Real estimate = ml.coefficients(j), se = sqrt(Real(ml.covariance(j, j)));
    const auto end = [&](int side) {
      const Real sign = side < 0 ? Real(-1) : Real(1);
      Real reached = z * se;
      for (const auto& other : known) {
        const Real u = sign * (other.coefficients(j) - estimate) + sqrt(Real((c - other.depth) * other.covariance(j, j)));
        if (u > reached) reached = u;
      }
      return Real(detail::increasing_root<Real>(
          [&](const Real& s) {
            const auto at = likelihood.at(Real(sign * s));
            const Real root = at.statistic > 0 ? Real(sqrt(at.statistic)) : Real(0);
            return detail::value_and_slope<Real>{Real(root - z), root > 0 ? Real(sign * at.slope / (2 * root)) : Real(0)};
          },
          reached, se, state));
    };
    r.estimate.push_back(estimate);
    r.se.push_back(se);
    r.lower.push_back(estimate - end(-1));
    r.upper.push_back(estimate + end(1));
    r.statistic.push_back(-likelihood.root(Real(-estimate)));
    r.df.push_back(std::nullopt);
    r.p.push_back(detail::normal_two_sided_p<Real>(r.statistic.back()));
    state.converged = state.converged && likelihood.converged;
  }
  if (!state.converged) throw convergence_error("profile_likelihood: the search for an end of an interval did not converge");
  if (ml.tau2_maxima.size() > 1) {
    r.notes.push_back("the likelihood has " + std::to_string(ml.tau2_maxima.size()) + " local maxima in tau2; the ends are the outermost values that it allows");
  }
  const Eigen::Index first = ml.design.intercept ? 1 : 0;
  if (p > first) {
    const detail::shifted_likelihood<Real> without(ml.data.y, std::vector<Real>(ml.k(), Real(0)), v, matrix_of<Real>(ml.design.x.leftCols(first)), tau2, q);
    joint_test<Real> t;
    for (Eigen::Index j = first; j < p; ++j) t.columns.push_back(static_cast<std::size_t>(j));
    t.statistic = without.at(Real(0)).statistic;
    if (!(t.statistic > 0)) t.statistic = 0;
    t.df1 = static_cast<Real>(p - first);
    t.p = detail::chi_squared_upper_tail<Real>(t.statistic, t.df1);
    r.moderators = std::move(t);
  }
  return r;
}

}  // namespace metapool
