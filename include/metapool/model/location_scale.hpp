// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/model/inverse_variance.hpp>
#include <metapool/model/location_scale_likelihood.hpp>
#include <metapool/model/meta_regression.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace metapool {

/// A location-scale model: effects regressed on location moderators, the between-study variance on scale moderators.
///
/// Scale: fitted means and coefficients as in regression_fit; alpha on the scale of log tau2 (link log) or of tau2 (link identity).
template <class Real = double>
struct location_scale_fit {
  using real_type = Real;
  std::string method{};               ///< "REML" or "ML"
  likelihood_kind kind = likelihood_kind::restricted;
  scale_link link = scale_link::log;
  effects<Real> data{};
  design<Real> location{};            ///< k rows, p columns
  design<Real> scale{};               ///< k rows, q columns
  vector_of<Real> coefficients{};     ///< p, of the location
  matrix_of<Real> covariance{};       ///< p x p, (X'WX)^-1 at the estimated variances
  vector_of<Real> alpha{};            ///< q, of the scale
  std::optional<matrix_of<Real>> alpha_covariance{};  ///< inverse of the observed information; empty at a boundary or without a maximum
  std::vector<Real> tau2{};           ///< k, the between-study variance of each study
  Real log_likelihood{};
  std::vector<Real> maxima{};         ///< log-likelihoods of the different local maxima that the starts led to, if more than one, descending
  metapool::convergence<Real> convergence{};
  std::vector<std::string> notes{};
  std::size_t k() const { return data.size(); }
};

/// Options of location_scale.
struct location_scale_options {
  likelihood_kind kind = likelihood_kind::restricted;  ///< REML, or full for ML
  scale_link link = scale_link::log;
};

namespace detail {

template <class Real>
struct scale_maximum {
  vector_of<Real> alpha{};
  location_scale_point<Real> point{};
  bool converged = false;
};

/// Sum of the squared gradient over the information, coefficient by coefficient: free of units.
template <class Real>
Real weighed_gradient(const location_scale_point<Real>& at, const matrix_of<Real>& information) {
  Real sum = 0;
  for (Eigen::Index j = 0; j < at.gradient.size(); ++j) {
    if (information(j, j) > 0) sum += at.gradient(j) * (at.gradient(j) / information(j, j));
  }
  return sum;
}

/// Newton's method on the observed information, or on the expected where that is not positive definite, each step halved until the
/// likelihood rises; converged if the predicted gain of a step is lost in rounding.
template <class Real>
scale_maximum<Real> climb(const location_scale_likelihood<Real>& f, vector_of<Real> alpha, const matrix_of<Real>& z, scale_link link, const Real& barrier, std::size_t& iterations) {
  using std::fabs;
  const auto q = static_cast<std::size_t>(f.q());
  scale_maximum<Real> best{alpha, f.at(alpha, barrier), false};
  const Real eps = std::numeric_limits<Real>::epsilon();
  for (int i = 0; i < 200 && best.point.valid; ++i) {
    ++iterations;
    vector_of<Real> step;
    bool found = false;
    for (int attempt = 0; attempt < 12 && !found; ++attempt) {
      matrix_of<Real> h = attempt == 0 ? best.point.observed : best.point.expected;
      Real ridge = 0;
      for (int r = 1; r < attempt; ++r) ridge = ridge > 0 ? Real(ridge * 100) : Real(eps * 100);
      std::vector<Real> l(q * q);
      for (std::size_t a = 0; a < q; ++a) {
        for (std::size_t b = 0; b < q; ++b) l[a * q + b] = h(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b)) * (a == b ? Real(1 + ridge) : Real(1));
        if (!(l[a * q + a] > 0)) l[a * q + a] = attempt > 1 ? Real(1) : l[a * q + a];
      }
      if (!cholesky(l.data(), q)) continue;
      step = best.point.gradient;
      cholesky_solve(l.data(), q, step.data());
      found = true;
    }
    if (!found) return best;
    Real gain = 0, longest = 0;
    for (Eigen::Index j = 0; j < f.q(); ++j) gain += step(j) * best.point.gradient(j);
    if (gain <= Real(1e3) * eps * (1 + fabs(best.point.log_likelihood))) {
      // the likelihood is down to its rounding: the last steps are judged by the gradient
      best.converged = true;
      const vector_of<Real> next = best.alpha + step;
      location_scale_point<Real> there = f.at(next, barrier);
      if (!there.valid || !(weighed_gradient(there, best.point.expected) < weighed_gradient(best.point, best.point.expected) / 4)) return best;
      best.alpha = next;
      best.point = std::move(there);
      continue;
    }
    if (link == scale_link::log) {
      const vector_of<Real> change = z.lazyProduct(step);
      for (Eigen::Index j = 0; j < change.size(); ++j) {
        if (fabs(change(j)) > longest) longest = fabs(change(j));
      }
    }
    Real factor = longest > 4 ? Real(4 / longest) : Real(1);
    bool moved = false;
    for (int halving = 0; halving < 60 && !moved; ++halving, factor /= 2) {
      vector_of<Real> next = best.alpha + factor * step;
      location_scale_point<Real> there = f.at(next, barrier);
      if (there.valid && there.log_likelihood > best.point.log_likelihood) {
        best.alpha = std::move(next);
        best.point = std::move(there);
        moved = true;
      }
    }
    if (!moved) return best;
  }
  return best;
}

/// Least squares of a target on the columns of z; z has full column rank.
template <class Real>
vector_of<Real> least_squares(const matrix_of<Real>& z, const vector_of<Real>& target) {
  const auto q = static_cast<std::size_t>(z.cols());
  std::vector<Real> l(q * q), right(q);
  for (std::size_t a = 0; a < q; ++a) {
    const auto column = z.col(static_cast<Eigen::Index>(a));
    for (std::size_t b = 0; b <= a; ++b) l[a * q + b] = column.dot(z.col(static_cast<Eigen::Index>(b)));
    right[a] = column.dot(target);
  }
  if (!cholesky(l.data(), q)) return vector_of<Real>::Zero(z.cols());
  cholesky_solve(l.data(), q, right.data());
  return Eigen::Map<const vector_of<Real>>(right.data(), z.cols());
}

}  // namespace detail

/// Location-scale model: y = X b + u + e, u with variance tau2 = exp(z'alpha) (or z'alpha) of each study, e with the known variances v.
///
/// location, scale: designs with one row for each pooled effect or, both, one for each study that was offered to effect_sizes. The scale design usually has an
/// intercept; without other columns the model is meta_regression with REML or ML.
/// Newton's method with analytic derivatives from several starts (tau2 that is constant, of three sizes with the log link and one with the identity link; that rises
/// or falls with each scale moderator; and, with the log link, by a regression of squared residuals); the highest maximum found is taken and different ones are listed. Where tau2 of some studies goes to 0 the log link has no maximum at finite alpha: convergence then says so, with a note. The
/// identity link is maximised over alpha with all tau2 >= 0, through a barrier; a note says if the maximum lies on that boundary, where alpha has no standard errors.
/// 8 significant digits. O(k^2 (p + q)) a step. Scale: that of the effects.
/// Throws input_error on rows that do not match, values that are not finite or too many columns, rank_error naming dependent columns of either design;
/// not_estimable with no degrees of freedom. Viechtbauer & Lopez-Lopez (2022) Res Synth Methods 13:697, doi:10.1002/jrsm.1562.
template <class Real>
location_scale_fit<Real> location_scale(effects<Real> data, design<Real> location, design<Real> scale, const location_scale_options& options = {}) {
  using std::fabs, std::log, std::sqrt;
  constexpr const char* function = "location_scale";
  detail::check_effects(function, data);
  location_scale_fit<Real> fit;
  fit.kind = options.kind;
  fit.link = options.link;
  fit.method = options.kind == likelihood_kind::restricted ? "REML" : "ML";
  fit.location = detail::rows_of_pooled(function, data, std::move(location), fit.notes);
  std::vector<std::string> same_note;
  fit.scale = detail::rows_of_pooled(function, data, std::move(scale), same_note);
  detail::check_design(function, fit.location, data.labels);
  detail::check_design(function, fit.scale, data.labels);
  fit.data = std::move(data);
  const std::span<const Real> y(fit.data.y), v(fit.data.v);
  const std::size_t k = fit.k(), p = fit.location.columns(), q = fit.scale.columns();
  if (k <= p || (k - p) < q) detail::throw_not_estimable(function, std::to_string(k) + " studies leave too few degrees of freedom for " + std::to_string(p) + " location and " + std::to_string(q) + " scale coefficients");
  detail::check_tau2_input(function, y, v);
  const matrix_of<Real>& z = fit.scale.x;
  const detail::location_scale_likelihood<Real> f(y, v, fit.location.x, z, options.link, options.kind);
  const detail::design_problem<Real> problem(y, v, fit.location.x);
  const auto sums = problem.at(Real(0));
  const Real typical = static_cast<Real>(k - p) / sums.trace_p();
  Real size = detail::maximise_likelihood(problem, options.kind).tau2;
  if (!(size > typical / 50)) size = typical / 50;

  std::vector<vector_of<Real>> starts;
  const auto rows = static_cast<Eigen::Index>(k);
  // constant variances; with the identity link one is enough, as the path along the barrier forgets the start
  for (const double factor : {1.0, 0.05, 20.0}) {
    const Real t = size * Real(factor);
    starts.push_back(detail::least_squares<Real>(z, vector_of<Real>::Constant(rows, options.link == scale_link::log ? Real(log(t)) : t)));
    if (options.link == scale_link::identity) break;
  }
  // variances that rise or fall with each moderator from nearly 0: the maxima of the identity link lie where some are 0
  for (Eigen::Index c = 0; c < z.cols(); ++c) {
    const Real low = z.col(c).minCoeff(), high = z.col(c).maxCoeff(), mean = z.col(c).sum() / static_cast<Real>(k);
    if (!(high > low)) continue;
    for (const bool rising : {true, false}) {
      vector_of<Real> target(rows);
      for (Eigen::Index i = 0; i < rows; ++i) {
        const Real part = rising ? Real((z(i, c) - low) / (mean - low)) : Real((high - z(i, c)) / (high - mean));
        const Real t = size * (Real(0.02) + Real(0.98) * part);
        target(i) = options.link == scale_link::log ? Real(log(t)) : t;
      }
      starts.push_back(detail::least_squares<Real>(z, target));
    }
  }
  if (options.link == scale_link::log) {
    regression_fit<Real> residual;
    problem.solve(size, residual);
    vector_of<Real> target(rows);
    for (std::size_t i = 0; i < k; ++i) {
      const Real excess = residual.residuals[i] * residual.residuals[i] - v[i];
      target(static_cast<Eigen::Index>(i)) = log(excess > size / 10 ? excess : Real(size / 10));
    }
    starts.push_back(detail::least_squares<Real>(z, target));
  }
  std::vector<detail::scale_maximum<Real>> found;
  for (std::size_t n = 0; n < starts.size(); ++n) {
    std::size_t steps = 0;
    vector_of<Real> alpha = starts[n];
    if (options.link == scale_link::identity) {
      if (!f.at(alpha, Real(1)).valid) continue;
      // the barrier is let down by and by; at last the search goes on without it. From the slanting starts it is low from the first, not to
      // lead them all to the middle
      for (Real mu = n == 0 ? Real(1) : Real(1e-3); mu > Real(1e-12); mu /= 10) alpha = detail::climb(f, alpha, z, options.link, mu, steps).alpha;
    }
    auto maximum = detail::climb(f, alpha, z, options.link, Real(0), steps);
    fit.convergence.iterations += steps;
    if (maximum.point.valid) found.push_back(std::move(maximum));
  }
  if (found.empty()) {
    detail::throw_input_error(function, options.link == scale_link::identity
                                            ? "no start with positive variances was found; the scale design of the identity link needs an intercept"
                                            : "the likelihood could not be computed at any start; change the units of effects or moderators");
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.point.log_likelihood > b.point.log_likelihood; });
  for (const auto& m : found) {
    if (m.converged && (fit.maxima.empty() || fit.maxima.back() - m.point.log_likelihood > Real(1e-6))) fit.maxima.push_back(m.point.log_likelihood);
  }
  if (fit.maxima.size() < 2) fit.maxima.clear();
  if (!fit.maxima.empty()) fit.notes.push_back("the starts led to " + std::to_string(fit.maxima.size()) + " local maxima; the highest was taken");
  auto& best = found.front();
  fit.alpha = best.alpha;
  fit.coefficients = best.point.beta;
  fit.covariance = best.point.beta_covariance;
  fit.tau2.assign(best.point.tau2.data(), best.point.tau2.data() + best.point.tau2.size());
  fit.log_likelihood = best.point.log_likelihood;
  fit.convergence.converged = best.converged;
  Real steepest = 0;
  for (Eigen::Index j = 0; j < best.point.gradient.size(); ++j) {
    if (fabs(best.point.gradient(j)) > steepest) steepest = fabs(best.point.gradient(j));
  }
  fit.convergence.residual = steepest;

  if (options.link == scale_link::identity) {
    Real least = fit.tau2.front();
    for (const Real& t : fit.tau2) least = t < least ? t : least;
    if (least <= Real(1e-6) * typical) {
      fit.convergence.converged = true;
      fit.notes.push_back("the maximum lies where the between-study variance of some studies is 0: the scale coefficients have no standard errors");
      return fit;
    }
  }
  std::vector<Real> l(q * q);
  for (std::size_t a = 0; a < q; ++a) {
    for (std::size_t b = 0; b < q; ++b) l[a * q + b] = best.point.observed(static_cast<Eigen::Index>(a), static_cast<Eigen::Index>(b));
  }
  bool has_maximum = detail::cholesky(l.data(), q);
  if (has_maximum) {
    matrix_of<Real> covariance = detail::location_scale_likelihood<Real>::inverse(l, static_cast<Eigen::Index>(q));
    if (options.link == scale_link::log) {
      // a log variance known to no better than a factor of e^200 is one that runs away
      for (Eigen::Index i = 0; i < rows; ++i) {
        const Real spread = z.row(i).dot(z.row(i).lazyProduct(covariance));
        if (!(spread < Real(40000))) has_maximum = false;
      }
    }
    if (has_maximum) fit.alpha_covariance = std::move(covariance);
  }
  if (!has_maximum) {
    fit.convergence.converged = false;
    fit.notes.push_back("the likelihood has no maximum at finite scale coefficients: it rises as the between-study variance of some studies goes to 0; use fewer scale moderators or the identity link");
  }
  return fit;
}

}  // namespace metapool
