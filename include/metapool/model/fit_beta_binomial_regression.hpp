// SPDX-License-Identifier: BSL-1.0
// A beta-binomial regression from the maximum of its likelihood.
#pragma once

#include <metapool/model/beta_binomial_regression_fit.hpp>
#include <metapool/model/beta_binomial_regression_likelihood.hpp>
#include <metapool/model/glmm_search.hpp>
#include <metapool/model/pooled_design.hpp>
#include <metapool/model/turned_columns.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The arms of a regression. The row of an arm is the baseline's of its study and, in the treated group (0), the effect's; in one group the effect's alone.
template <class Real>
struct beta_binomial_rows {
  struct arm {
    Real events{}, total{};
    std::size_t study{}, group{};
  };
  mean_scale scale = mean_scale::logit;
  std::size_t correlations = 1;
  std::size_t studies = 0;
  std::vector<arm> arms{};

  vector_of<Real> row(const arm& a, const matrix_of<Real>& baseline, const matrix_of<Real>& effect) const {
    const auto i = static_cast<Eigen::Index>(a.study);
    vector_of<Real> r = vector_of<Real>::Zero(baseline.cols() + effect.cols());
    if (baseline.cols() > 0) r.head(baseline.cols()) = baseline.row(i).transpose();  // Eigen forms no row of a matrix without columns
    if (a.group == 0 && effect.cols() > 0) r.tail(effect.cols()) = effect.row(i).transpose();
    return r;
  }
  beta_binomial_regression_likelihood<Real> likelihood(const matrix_of<Real>& baseline, const matrix_of<Real>& effect) const {
    beta_binomial_regression_likelihood<Real> l(scale, static_cast<std::size_t>(baseline.cols() + effect.cols()), correlations);
    for (const arm& a : arms) l.add(a.events, a.total, row(a, baseline, effect), a.group);
    return l;
  }
};

/// An intercept and those columns of a design that do not depend on it and each other.
template <class Real>
design<Real> with_ones(const design<Real>& d) {
  using std::sqrt;
  design<Real> b = intercept_only<Real>(d.rows());
  std::vector<vector_of<Real>> span{vector_of<Real>(b.x.col(0) / sqrt(Real(b.x.col(0).squaredNorm())))};
  for (Eigen::Index j = 0; j < d.x.cols(); ++j) {
    vector_of<Real> u = d.x.col(j);
    const Real before = sqrt(Real(u.squaredNorm()));
    for (int twice = 0; twice < 2; ++twice) {
      for (const auto& s : span) u -= s.dot(u) * s;
    }
    const Real after = sqrt(Real(u.squaredNorm()));
    if (!(after > Real(1e-9) * before)) continue;
    span.push_back(vector_of<Real>(u / after));
    b.x.conservativeResize(Eigen::NoChange, b.x.cols() + 1);
    b.x.col(b.x.cols() - 1) = d.x.col(j);
    b.names.push_back(d.names[static_cast<std::size_t>(j)]);
    b.terms.push_back({b.columns() - 1});
    b.term_names.push_back(b.names.back());
  }
  return b;
}

/// Fills a fit that has its design and baseline.
template <class Real>
void fit_beta_binomial_regression(const char* function, beta_binomial_regression_fit<Real>& fit, const beta_binomial_rows<Real>& rows) {
  using std::exp, std::log, std::log1p, std::sqrt;
  const std::size_t p = fit.p(), q = fit.baseline.columns(), left = fit.design.intercept ? 1 : 0;
  const auto np = static_cast<Eigen::Index>(p), nq = static_cast<Eigen::Index>(q);
  fit.df = fit.k - p;
  const orthogonal_columns<Real> columns(fit.design.x), base(fit.baseline.x);
  matrix_of<Real> all(static_cast<Eigen::Index>(rows.arms.size()), nq + np);
  std::vector<likelihood_side> sides;
  Real events = Real(1) / 2, total = 1;
  if (std::all_of(rows.arms.begin(), rows.arms.end(), [](const auto& a) { return a.events == a.total; })) throw_not_estimable(function, "all arms have nothing but events");
  for (std::size_t i = 0; i < rows.arms.size(); ++i) {
    const auto& a = rows.arms[i];
    all.row(static_cast<Eigen::Index>(i)) = rows.row(a, base.q, columns.q).transpose();
    const bool full = a.events == a.total && rows.scale == mean_scale::logit;  // on the logarithmic scale a mean of 1 is attained
    sides.push_back(!(a.events > 0) ? likelihood_side::falls : full ? likelihood_side::rises : likelihood_side::inside);
    events += a.events;
    total += a.total;
  }
  check_separation<Real>(function, {{&fit.baseline, &base, 0}, {&fit.design, &columns, nq}}, all, sides);

  const auto likelihood = rows.likelihood(base.q, columns.q);
  const Real mean = events / total;
  std::vector<Real> start(likelihood.size(), Real(0));
  if (q + p > 0) start[0] = rows.scale == mean_scale::logit ? Real(log(mean) - log1p(Real(-mean))) : log(mean);
  std::vector<bool> held(q + p, false);
  if (!likelihood.make_feasible(start, held)) throw_not_estimable(function, "no coefficients keep the mean of every arm below 1");
  auto maxima = beta_binomial_search(likelihood, start, held);
  bool converged = true;
  if (p > left) {
    auto fewer = held;
    std::fill(fewer.begin() + static_cast<std::ptrdiff_t>(q + left), fewer.end(), true);
    std::vector<Real> from(likelihood.size(), Real(0));
    from[0] = start[0];
    if (q == 0 && left == 0) from[0] = 0;
    if (likelihood.make_feasible(from, fewer)) {
      const auto without = beta_binomial_search(likelihood, from, fewer).best;
      converged = without.convergence.converged;
      fit.log_likelihood_without_moderators = without.at.value;
      if (without.at.value > maxima.best.at.value) maxima.best = likelihood.climb(without.x, held, false);
    } else {
      fit.notes.push_back("without moderators there is no likelihood: every mean would be 1");
    }
  }
  const auto& best = maxima.best;
  fit.convergence = best.convergence;
  fit.convergence.converged = fit.convergence.converged && converged;
  fit.log_likelihood = best.at.value;
  fit.binomial_log_likelihood = maxima.binomial.at.value;
  fit.coefficients = columns.solve(Eigen::Map<const vector_of<Real>>(best.x.data() + q, np));
  fit.binomial_coefficients = columns.solve(Eigen::Map<const vector_of<Real>>(maxima.binomial.x.data() + q, np));
  fit.baseline_coefficients = base.solve(Eigen::Map<const vector_of<Real>>(best.x.data(), nq));
  const auto bounds = likelihood.bounds();
  std::vector<std::size_t> free;
  matrix_of<Real> inverse;
  const bool on_wall = best.flat || std::any_of(best.sides.begin(), best.sides.end(), [](edge_side s) { return s == edge_side::on; });
  if (on_wall || !free_covariance<Real, any_number>(best, bounds, free, inverse)) {
    fit.state = estimate_state::at_boundary;
    fit.notes.push_back(on_wall ? "the likelihood is highest where the mean risk of arms is 1: no standard errors" : "the likelihood is flat at its maximum: no standard errors");
    free.clear();
  } else {
    const auto turned = [](const orthogonal_columns<Real>& c, const matrix_of<Real>& block) { return c.solve(matrix_of<Real>(c.solve(block).transpose())); };
    fit.baseline_covariance = turned(base, matrix_of<Real>(inverse.topLeftCorner(nq, nq)));
    fit.covariance = turned(columns, matrix_of<Real>(inverse.block(nq, nq, np, np)));
  }
  for (std::size_t g = 0; g < 2; ++g) {
    const std::size_t own = (std::min)(g, rows.correlations - 1), at = q + p + own;
    if (!likelihood.is_told(own, best) || (q == 0 && g == 1)) continue;
    (g == 0 ? fit.correlation_treated : fit.correlation_control) = best.x[at];
    if (g == own) ++fit.correlations;
    const auto found = std::find(free.begin(), free.end(), at);
    if (found == free.end()) continue;
    const auto i = static_cast<Eigen::Index>(found - free.begin());
    (g == 0 ? fit.se_correlation_treated : fit.se_correlation_control) = Real(sqrt(inverse(i, i)));
  }
  if (fit.correlations == 0) fit.notes.push_back("no correlation can be told from these arms: the model is the binomial one");

  fit.profile = [rows, base_q = base.q, x = fit.design.x, b = fit.coefficients, at = best.x, p, q](std::size_t j, const Real& value) -> likelihood_profile_point<Real> {
    const turned_columns<Real> own(x, b, j);
    const auto turned = rows.likelihood(base_q, own.columns.q);
    std::vector<Real> begin = at;
    for (std::size_t c = 0; c < p; ++c) begin[q + c] = own.coefficients(static_cast<Eigen::Index>(c));
    begin[q + p - 1] = value * own.scale;
    std::vector<bool> last(q + p, false);
    last[q + p - 1] = true;
    if (!turned.make_feasible(begin, last)) return {-std::numeric_limits<Real>::infinity(), Real(0), Real(0), true, false};
    edged_maximum<Real> highest;
    bool first = true;
    const auto climb_from = [&](const std::vector<Real>& point) {
      auto m = turned.climb(point, last, false);
      if (first || m.at.value > highest.at.value || (m.at.value == highest.at.value && m.convergence.converged && !highest.convergence.converged)) highest = std::move(m);
      first = false;
    };
    climb_from(begin);
    const bool unequal = rows.correlations == 2 && turned.has_pairs(0) && turned.has_pairs(1);
    for (const std::array<double, 2>& rho : starting_correlations(unequal)) {
      auto point = begin;
      bool any = false;
      for (std::size_t g = 0; g < rows.correlations; ++g) {
        if (!turned.has_pairs(g)) continue;
        point[q + p + g] = Real(rho[g]);
        any = true;
      }
      if (any) climb_from(point);
    }
    const bool far = turned.farthest(highest.x) > 50;
    return {highest.at.value, highest.at.gradient[q + p - 1] * own.scale, Real(0), highest.convergence.converged, far};
  };
}

}  // namespace metapool::detail
