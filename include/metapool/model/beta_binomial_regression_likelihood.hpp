// SPDX-License-Identifier: BSL-1.0
// The beta-binomial likelihood of arms whose means are regressions, and its maximum.
#pragma once

#include <metapool/math/edged_newton.hpp>
#include <metapool/model/beta_binomial_likelihood.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Parameters: coefficients, then one correlation or one for each of two groups of arms. The mean of an arm, on its scale, is its row times the coefficients. On the
/// logarithmic scale a mean of 1 is a wall, which is met only in arms of nothing but events: elsewhere the likelihood falls to 0 there.
template <class Real>
class beta_binomial_regression_likelihood {
 public:
  beta_binomial_regression_likelihood(mean_scale scale, std::size_t coefficients, std::size_t correlations) : scale_(scale), coefficients_(coefficients), pairs_(correlations, false) {}

  void add(const Real& events, const Real& total, const vector_of<Real>& row, std::size_t group) {
    if (!(total > 0)) return;
    const std::size_t g = (std::min)(group, pairs_.size() - 1);
    pairs_[g] = pairs_[g] || tells_of_correlation(total, false);
    largest_ = (std::max)(largest_, total);
    arm a{beta_binomial_kernel<Real>(events, total), row, coefficients_ + g, none};
    if (scale_ == mean_scale::log && events == total) {
      linear_edge<Real> wall;
      wall.row.assign(row.data(), row.data() + row.size());
      wall.row.resize(size(), Real(0));
      a.edge = edges_.size();
      edges_.push_back(std::move(wall));
    }
    arms_.push_back(std::move(a));
  }

  std::size_t coefficients() const { return coefficients_; }
  std::size_t size() const { return coefficients_ + pairs_.size(); }
  bool has_pairs(std::size_t group) const { return pairs_[group]; }
  /// Whether the likelihood of some arm of the group depends on the correlation where a search ended.
  bool is_told(std::size_t group, const edged_maximum<Real>& m) const {
    return std::any_of(arms_.begin(), arms_.end(), [&](const arm& a) { return a.correlation == coefficients_ + group && tells_of_correlation(a.kernel.total(), is_on_wall(a, m)); });
  }
  std::size_t groups() const { return pairs_.size(); }
  const Real& largest_total() const { return largest_; }
  const std::vector<linear_edge<Real>>& edges() const { return edges_; }
  std::vector<newton_bound<Real>> bounds() const {
    std::vector<newton_bound<Real>> b(coefficients_);
    for (const bool told : pairs_) b.push_back(correlation_bound<Real>(!told));
    return b;
  }

  curvature<Real, any_number> operator()(const std::vector<Real>& x, const std::vector<edge_side>& sides) const {
    using number = second_order<Real>;
    const std::size_t n = size();
    curvature<Real, any_number> sum;
    sum.gradient.assign(n, Real(0));
    sum.hessian.assign(n * n, Real(0));
    for (const arm& a : arms_) {
      Real eta = predictor(a, x);
      const bool on = a.edge != none && sides[a.edge] == edge_side::on;
      if (a.edge != none) eta = on ? Real(0) : (std::min)(Real(0), eta);
      const auto means = mean_numbers(scale_, eta);
      number f = a.kernel(means[0], means[1], number{x[a.correlation], {Real(0), Real(1)}, {}});
      if (on) {  // the probability of nothing but events is 1 then, whatever the correlation
        f.value = f.first[1] = f.second[2] = Real(0);
      }
      sum.value += f.value;
      for (std::size_t j = 0; j < coefficients_; ++j) {
        const Real z = a.row(static_cast<Eigen::Index>(j));
        sum.gradient[j] += f.first[0] * z;
        for (std::size_t l = 0; l < coefficients_; ++l) sum.hessian[j * n + l] += f.second[0] * z * a.row(static_cast<Eigen::Index>(l));
        sum.hessian[j * n + a.correlation] += f.second[1] * z;
        sum.hessian[a.correlation * n + j] += f.second[1] * z;
      }
      sum.gradient[a.correlation] += f.first[1];
      sum.hessian[a.correlation * n + a.correlation] += f.second[2];
    }
    for (std::size_t r = coefficients_; r < n; ++r) {
      if (sum.gradient[r] == 0 && sum.hessian[r * n + r] == 0) sum.hessian[r * n + r] = -1;  // nothing tells of it: it stays
    }
    return sum;
  }

  /// Moves x, as little as it takes, to where every mean is below 1. False if the parameters that are held do not let it.
  bool make_feasible(std::vector<Real>& x, const std::vector<bool>& held) const {
    if (scale_ == mean_scale::logit) return true;
    std::vector<newton_bound<Real>> bounds(coefficients_);
    for (std::size_t j = 0; j < coefficients_; ++j) bounds[j].held = held[j];
    for (const double margin : {0.05, 1e-3, 1e-6, 1e-9}) {
      if (highest_mean(x) < 0) return true;
      const auto excess = [&](const std::vector<Real>& at) {
        curvature<Real, any_number> sum;
        sum.gradient.assign(coefficients_, Real(0));
        sum.hessian.assign(coefficients_ * coefficients_, Real(0));
        for (const arm& a : arms_) {
          const Real above = predictor(a, at) + 2 * Real(margin);
          if (!(above > 0)) continue;
          sum.value -= above * above / 2;
          for (std::size_t j = 0; j < coefficients_; ++j) {
            sum.gradient[j] -= above * a.row(static_cast<Eigen::Index>(j));
            for (std::size_t l = 0; l < coefficients_; ++l) sum.hessian[j * coefficients_ + l] -= a.row(static_cast<Eigen::Index>(j)) * a.row(static_cast<Eigen::Index>(l));
          }
        }
        return sum;
      };
      const auto m = bounded_newton<Real, any_number>(excess, std::vector<Real>(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(coefficients_)), bounds);
      std::copy(m.x.begin(), m.x.end(), x.begin());
    }
    return highest_mean(x) < 0;
  }

  /// The farthest that an arm's predictor is from 0.
  Real farthest(const std::vector<Real>& x) const {
    using std::fabs;
    Real far = 0;
    for (const arm& a : arms_) far = (std::max)(far, Real(fabs(predictor(a, x))));
    return far;
  }

  /// The highest point from a start, coefficients that are held staying where they are; correlations too if `all_correlations`.
  edged_maximum<Real> climb(const std::vector<Real>& start, const std::vector<bool>& held, bool all_correlations) const {
    auto b = bounds();
    for (std::size_t j = 0; j < b.size(); ++j) b[j].held = b[j].held || (j < coefficients_ ? bool(held[j]) : all_correlations);
    if (!edges_.empty()) return edged_newton<Real>(*this, start, b, edges_);
    using std::fabs, std::sqrt;
    edged_maximum<Real> m;
    static_cast<newton_maximum<Real, any_number>&>(m) = bounded_newton<Real, any_number>([&](const std::vector<Real>& x) { return (*this)(x, {}); }, start, b);
    m.convergence.residual = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (is_free(m.x[i], m.at.gradient[i], b[i])) m.convergence.residual = (std::max)(m.convergence.residual, Real(fabs(m.at.gradient[i]) / (std::max)(Real(1), Real(sqrt(fabs(m.at.hessian[i * size() + i]))))));
    }
    return m;
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  struct arm {
    beta_binomial_kernel<Real> kernel;
    vector_of<Real> row;
    std::size_t correlation, edge;
  };
  static Real predictor(const arm& a, const std::vector<Real>& x) {
    Real eta = 0;
    for (Eigen::Index j = 0; j < a.row.size(); ++j) eta += a.row(j) * x[static_cast<std::size_t>(j)];
    return eta;
  }
  /// Whether the arm's mean is 1, but for rounding: of walls that follow from others a search does not say that it is on them.
  static bool is_on_wall(const arm& a, const edged_maximum<Real>& m) {
    using std::fabs;
    if (a.edge == none) return false;
    if (m.sides[a.edge] == edge_side::on) return true;
    Real size = 1;
    for (Eigen::Index j = 0; j < a.row.size(); ++j) size += fabs(a.row(j) * m.x[static_cast<std::size_t>(j)]);
    return predictor(a, m.x) >= -64 * std::numeric_limits<Real>::epsilon() * size;
  }
  Real highest_mean(const std::vector<Real>& x) const {
    Real highest = -std::numeric_limits<Real>::infinity();
    for (const arm& a : arms_) highest = (std::max)(highest, predictor(a, x));
    return highest;
  }

  mean_scale scale_;
  std::size_t coefficients_;
  std::vector<bool> pairs_;
  Real largest_{};
  std::vector<arm> arms_{};
  std::vector<linear_edge<Real>> edges_{};
};

/// The best without correlation, and the best of all.
template <class Real>
struct beta_binomial_maxima {
  edged_maximum<Real> binomial{};
  edged_maximum<Real> best{};
};

/// Searches along a grid of correlations from 0 to 1, each from the answer of the one before, and from every maximum on it; with two correlations also from pairs of unequal ones.
template <class Real>
beta_binomial_maxima<Real> beta_binomial_search(const beta_binomial_regression_likelihood<Real>& likelihood, std::vector<Real> start, const std::vector<bool>& held) {
  const std::size_t c = likelihood.coefficients(), groups = likelihood.groups();
  const auto with = [&](std::vector<Real> x, const Real& first, const Real& second) {
    for (std::size_t g = 0; g < groups; ++g) x[c + g] = likelihood.has_pairs(g) ? (g == 0 ? first : second) : Real(0);
    return x;
  };
  beta_binomial_maxima<Real> r;
  std::size_t iterations = 0;
  start = with(start, Real(0), Real(0));
  r.binomial = likelihood.climb(start, held, true);
  r.best = r.binomial;
  bool any = false;
  for (std::size_t g = 0; g < groups; ++g) any = any || likelihood.has_pairs(g);
  if (!any) return r;
  std::vector<Real> at = r.binomial.x;
  std::vector<std::pair<Real, std::vector<Real>>> path;
  const auto height = [&](const Real& rho) {
    const auto m = rho == 0 ? r.binomial : likelihood.climb(with(at, rho, rho), held, true);
    iterations += m.convergence.iterations;
    if (m.at.value > -std::numeric_limits<Real>::infinity()) at = m.x;
    path.emplace_back(rho, m.x);
    return m.at.value;
  };
  bool first = true;
  const auto from = [&](const std::vector<Real>& x) {
    auto m = likelihood.climb(x, held, false);
    iterations += m.convergence.iterations;
    if (first || m.at.value > r.best.at.value || (m.at.value == r.best.at.value && m.convergence.converged && !r.best.convergence.converged)) r.best = std::move(m);
    first = false;
  };
  for (const Real& rho : likely_correlations<Real>(height, likelihood.largest_total())) {
    for (const auto& step : path) {
      if (step.first == rho) from(step.second);
    }
  }
  if (groups == 2) {
    const auto best = r.best.x;
    const Real common = best[c];
    for (const auto& pair : {std::array<Real, 2>{Real(0), common}, {common, Real(0)}, {Real(0.02), Real(0.3)}, {Real(0.3), Real(0.02)}, {Real(0), Real(0.1)}, {Real(0.1), Real(0)}}) from(with(best, pair[0], pair[1]));
  }
  r.best.convergence.iterations = iterations;
  r.best.convergence.converged = r.best.convergence.converged && r.binomial.convergence.converged;
  return r;
}

}  // namespace metapool::detail
