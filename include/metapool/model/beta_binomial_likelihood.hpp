// SPDX-License-Identifier: BSL-1.0
// Beta-binomial likelihoods of groups of arms in a group's mean and correlation, and their maxima.
#pragma once

#include <metapool/math/bounded_newton.hpp>
#include <metapool/model/beta_binomial_kernel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Scale of a group's mean: x = log(mu / (1 - mu)), or x = log(mu) <= 0.
enum class mean_scale { logit, log };

/// A mean and what it lacks to 1 as functions of x, the first variable.
template <class Real>
std::array<second_order<Real>, 2> mean_numbers(mean_scale scale, const Real& x) {
  using std::exp, std::expm1;
  using number = second_order<Real>;
  if (scale == mean_scale::logit) {
    const Real e = exp(x > 0 ? Real(-x) : x), larger = 1 / (1 + e), smaller = e / (1 + e);
    const Real p = x > 0 ? larger : smaller, q = x > 0 ? smaller : larger, v = larger * smaller;
    return {number{p, {v, Real(0)}, {v * (q - p), Real(0), Real(0)}}, number{q, {-v, Real(0)}, {v * (p - q), Real(0), Real(0)}}};
  }
  const Real p = exp(x);
  return {number{p, {p, Real(0)}, {p, Real(0), Real(0)}}, number{-expm1(x), {-p, Real(0)}, {-p, Real(0), Real(0)}}};
}

/// Whether an arm tells anything of the correlation of its patients: it has two, and its mean is not 0 or 1, where all are alike whatever the correlation.
template <class Real>
bool tells_of_correlation(const Real& total, bool all_alike) {
  return total >= 2 && !all_alike;
}

/// The arms of one group (all treated ones, say), which share a mean.
template <class Real>
class beta_binomial_group {
 public:
  void add(const Real& events, const Real& total) {
    if (total > 0) arms_.emplace_back(events, total);
  }
  bool lowest() const {
    return every([](const auto& a) { return a.lowest(); });
  }
  bool highest() const {
    return every([](const auto& a) { return a.highest(); });
  }
  /// Whether the data can tell anything of the correlation: some arm has two patients.
  bool has_pairs() const {
    return !every([](const auto& a) { return !tells_of_correlation(a.total(), false); });
  }
  Real largest_total() const {
    Real n = 0;
    for (const auto& a : arms_) n = (std::max)(n, a.total());
    return n;
  }

  /// Log-likelihood with derivatives in (x, rho).
  curvature<Real, 2> operator()(mean_scale scale, const Real& x, const Real& rho) const {
    using number = second_order<Real>;
    const auto [mu, nu] = mean_numbers(scale, x);
    const number r{rho, {Real(0), Real(1)}, {}};
    number sum;
    for (const auto& arm : arms_) sum += arm(mu, nu, r);
    return {sum.value, sum.first, {sum.second[0], sum.second[1], sum.second[1], sum.second[2]}};
  }

  /// The logit of the mean share of events, each arm weighted by total / (1 + (total - 1) rho): near the best mean for rho.
  Real rough_logit(const Real& rho) const {
    using std::log;
    Real events = 0, others = 0;
    for (const auto& a : arms_) {
      const Real w = 1 / (1 + (a.total() - 1) * rho);
      events += w * a.events();
      others += w * (a.total() - a.events());
    }
    return log(Real(events / others));
  }

 private:
  template <class Predicate>
  bool every(Predicate predicate) const {
    for (const auto& a : arms_) {
      if (!predicate(a)) return false;
    }
    return true;
  }
  std::vector<beta_binomial_kernel<Real>> arms_{};
};

/// Bounds of a correlation: both ends are attained.
template <class Real>
newton_bound<Real> correlation_bound(bool held) {
  newton_bound<Real> b;
  b.lower = 0;
  b.upper = 1;
  b.reach = Real(1) / 20;
  b.growth = 2;
  b.held = held;
  return b;
}

/// The largest derivative over the free parameters, each over the root of its own second derivative.
template <class Real, std::size_t P>
Real scaled_residual(const newton_maximum<Real, P>& m, const std::array<newton_bound<Real>, P>& bounds) {
  using std::fabs, std::sqrt;
  Real largest = 0;
  for (std::size_t i = 0; i < P; ++i) {
    if (is_free(m.x[i], m.at.gradient[i], bounds[i])) largest = (std::max)(largest, Real(fabs(m.at.gradient[i]) / sqrt(fabs(m.at.hessian[i * P + i]))));
  }
  return largest;
}

/// Correlations at which `height` is not below its neighbours on a grid from 0 over 1 / (4 n) to 1: where searches start.
template <class Real, class Height>
std::vector<Real> likely_correlations(const Height& height, const Real& n) {
  std::vector<Real> rho{Real(0)}, values;
  for (Real r = 1 / (4 * n); r < Real(0.9); r *= 3) rho.push_back(r);
  rho.push_back(Real(0.9));
  rho.push_back(Real(0.99));
  rho.push_back(Real(1));
  for (const Real& r : rho) {
    const Real v = height(r);
    values.push_back(v > -std::numeric_limits<Real>::infinity() ? v
                                                                : Real(-std::numeric_limits<Real>::infinity()));  // not a number: not there
  }
  std::vector<Real> starts;
  for (std::size_t i = 0; i < rho.size(); ++i) {
    if (!(values[i] > -std::numeric_limits<Real>::infinity())) continue;
    if (i > 0 && values[i - 1] > values[i]) continue;
    if (i + 1 < rho.size() && values[i + 1] >= values[i]) continue;
    starts.push_back(rho[i]);
  }
  return starts;
}

/// Pairs of correlations from which a profile is climbed besides the estimate's: equal ones and, if each group has its own, unequal ones too, which may lead to another summit.
template <class = void>
std::vector<std::array<double, 2>> starting_correlations(bool unequal) {
  std::vector<std::array<double, 2>> pairs{{0, 0}, {0.02, 0.02}, {0.3, 0.3}};
  if (unequal) pairs.insert(pairs.end(), {{0, 0.3}, {0.3, 0}});
  return pairs;
}

/// The highest of the maxima found from several starts.
template <class Real, std::size_t P, class F>
newton_maximum<Real, P> highest_maximum(const F& f, const std::vector<std::array<Real, P>>& starts,
                                        const std::array<newton_bound<Real>, P>& bounds) {
  newton_maximum<Real, P> best;
  std::size_t iterations = 0;
  bool first = true;
  for (const auto& start : starts) {
    const auto m = bounded_newton<Real, P>(f, start, bounds);
    iterations += m.convergence.iterations;
    if (first || m.at.value > best.at.value || (m.at.value == best.at.value && m.convergence.converged)) best = m;
    first = false;
  }
  best.convergence.iterations = iterations;
  best.convergence.residual = scaled_residual(best, bounds);
  return best;
}

/// Mean (on the logit scale) and correlation of one group. Precondition: neither lowest nor highest.
template <class Real>
newton_maximum<Real, 2> group_maximum(const beta_binomial_group<Real>& group, std::array<newton_bound<Real>, 2>& bounds) {
  bounds = {newton_bound<Real>{}, correlation_bound<Real>(!group.has_pairs())};
  std::vector<std::array<Real, 2>> starts;
  if (bounds[1].held) {
    starts.push_back({group.rough_logit(Real(0)), Real(0)});
  } else {
    const auto height = [&](const Real& rho) { return group(mean_scale::logit, group.rough_logit(rho), rho).value; };
    for (const Real& rho : likely_correlations<Real>(height, group.largest_total())) starts.push_back({group.rough_logit(rho), rho});
  }
  return highest_maximum<Real, 2>([&](const std::array<Real, 2>& x) { return group(mean_scale::logit, x[0], x[1]); }, starts, bounds);
}

/// Means of two groups and the correlation that they share. Precondition: neither group is lowest or highest.
template <class Real>
newton_maximum<Real, 3> two_groups_maximum(const beta_binomial_group<Real>& a, const beta_binomial_group<Real>& b,
                                           std::array<newton_bound<Real>, 3>& bounds) {
  bounds = {newton_bound<Real>{}, newton_bound<Real>{}, correlation_bound<Real>(!a.has_pairs() && !b.has_pairs())};
  const auto f = [&](const std::array<Real, 3>& x) {
    const auto p = a(mean_scale::logit, x[0], x[2]), q = b(mean_scale::logit, x[1], x[2]);
    curvature<Real, 3> r;
    r.value = p.value + q.value;
    r.gradient = {p.gradient[0], q.gradient[0], p.gradient[1] + q.gradient[1]};
    r.hessian = {
        p.hessian[0], Real(0), p.hessian[1], Real(0), q.hessian[0], q.hessian[1], p.hessian[1], q.hessian[1], p.hessian[3] + q.hessian[3]};
    return r;
  };
  std::vector<std::array<Real, 3>> starts;
  const auto start = [&](const Real& rho) { return std::array<Real, 3>{a.rough_logit(rho), b.rough_logit(rho), rho}; };
  if (bounds[2].held) {
    starts.push_back(start(Real(0)));
  } else {
    const auto height = [&](const Real& rho) { return f(start(rho)).value; };
    for (const Real& rho : likely_correlations<Real>(height, (std::max)(a.largest_total(), b.largest_total())))
      starts.push_back(start(rho));
  }
  return highest_maximum<Real, 3>(f, starts, bounds);
}

}  // namespace metapool::detail
