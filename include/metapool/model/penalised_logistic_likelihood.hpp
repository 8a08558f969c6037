// SPDX-License-Identifier: BSL-1.0
// The likelihood of a common log odds ratio with a level for each study and Jeffreys' prior, and its maximum.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/logistic.hpp>
#include <metapool/math/second_order.hpp>
#include <metapool/model/glmm_fit.hpp>
#include <metapool/model/penalised_logistic_levels.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Where a search is: the parameters, the likelihood there, and what Newton's method needs. The matrix of minus the second derivatives is
/// an arrow (diagonal over the levels, cross, corner) plus v v' / 2.
template <class Real>
struct penalised_logistic_point {
  Real theta{};
  std::vector<Real> levels{};
  Real value{};        ///< without the constants
  Real information{};  ///< of theta, the levels being unknown: 1 / its variance
  Real slope{};        ///< in theta
  std::vector<Real> slopes{}, diagonal{}, cross{}, v{};
  Real corner{}, v_theta{};
};

/// log odds are level + theta / 2 and level - theta / 2. With weights w = n p q of the arms the determinant of the information is the product over
/// studies of (w1 + w2), times the sum over studies of w1 w2 / (w1 + w2).
template <class Real>
struct penalised_logistic_profile {
  std::vector<two_by_two<Real>> tables{};
  Real constant{};
  penalised_logistic_point<Real> start{};

  using number = second_order<Real>;
  using point = penalised_logistic_point<Real>;

  /// Fills everything else of a point from its theta and levels.
  void evaluate(point& at) const {
    using std::exp, std::log;
    const std::size_t k = tables.size();
    const Real half = Real(1) / 2;
    std::vector<number> shares(k);
    at.value = at.slope = at.corner = at.v_theta = Real(0);
    at.slopes.assign(k, Real(0));
    at.diagonal = at.cross = at.v = at.slopes;
    Real largest = -std::numeric_limits<Real>::infinity();
    const auto add = [&](std::size_t i, const number& f) {
      at.slopes[i] += f.first[0];
      at.slope += f.first[1];
      at.diagonal[i] -= f.second[0];
      at.cross[i] -= f.second[1];
      at.corner -= f.second[2];
    };
    for (std::size_t i = 0; i < k; ++i) {
      const auto& t = tables[i];
      const auto a = penalised_arm_at<Real>(t.a, t.treated_total(), Real(at.levels[i] + at.theta / 2), half);
      const auto b = penalised_arm_at<Real>(t.c, t.control_total(), Real(at.levels[i] - at.theta / 2), Real(-half));
      const number ratio = a.log_weight - b.log_weight;
      const Real pa = logistic(ratio.value), pb = logistic(Real(-ratio.value));
      const number sum = b.log_weight + ratio.through(log_one_plus_exp(ratio.value), pa, Real(pa * pb));
      const number f = a.likelihood + b.likelihood + sum * half;
      at.value += f.value;
      add(i, f);
      shares[i] = a.log_weight + b.log_weight - sum;
      if (shares[i].value > largest) largest = shares[i].value;
    }
    Real total = 0;
    for (const auto& s : shares) total += exp(Real(s.value - largest));
    at.value += (largest + log(total)) / 2;
    at.information = exp(largest) * total;
    for (std::size_t i = 0; i < k; ++i) {
      const number& s = shares[i];
      const Real weight = exp(Real(s.value - largest)) / total;
      number f;
      f.first = {weight * s.first[0], weight * s.first[1]};
      f.second = {weight * (s.second[0] + s.first[0] * s.first[0]), weight * (s.second[1] + s.first[0] * s.first[1]),
                  weight * (s.second[2] + s.first[1] * s.first[1])};
      at.v[i] = f.first[0];
      at.v_theta += f.first[1];
      add(i, f * half);
    }
  }

  /// Newton's step, or, with damping, one with the levels' diagonal made positive and larger; false if the matrix is not positive definite. (The arrow may have one negative
  /// eigenvalue that v v' / 2 makes up for: then 1 + v' arrow^-1 v / 2 is negative.)
  static bool step_of(const point& at, bool held, const Real& damping, std::vector<Real>& move, Real& move_theta) {
    using std::fabs;
    const std::size_t k = at.levels.size();
    int negative = 0;
    std::vector<Real> d(k);
    Real corner = at.corner + damping * fabs(at.corner);
    for (std::size_t i = 0; i < k; ++i) {
      d[i] = damping > 0 ? Real((1 + damping) * fabs(at.diagonal[i])) : at.diagonal[i];
      if (d[i] == 0) return false;
      negative += d[i] < 0 ? 1 : 0;
      corner -= at.cross[i] * at.cross[i] / d[i];
    }
    if (!held) {
      if (corner == 0) return false;
      negative += corner < 0 ? 1 : 0;
    }
    if (negative > 1) return false;
    const auto solve = [&](const std::vector<Real>& right, const Real& right_theta, std::vector<Real>& x, Real& x_theta) {
      x_theta = Real(0);
      if (!held) {
        x_theta = right_theta;
        for (std::size_t i = 0; i < k; ++i) x_theta -= at.cross[i] * right[i] / d[i];
        x_theta /= corner;
      }
      x.resize(k);
      for (std::size_t i = 0; i < k; ++i) x[i] = (right[i] - at.cross[i] * x_theta) / d[i];
    };
    std::vector<Real> u;
    Real u_theta{};
    solve(at.slopes, at.slope, move, move_theta);
    solve(at.v, at.v_theta, u, u_theta);
    Real along = held ? Real(0) : Real(at.v_theta * move_theta), norm = held ? Real(0) : Real(at.v_theta * u_theta);
    for (std::size_t i = 0; i < k; ++i) {
      along += at.v[i] * move[i];
      norm += at.v[i] * u[i];
    }
    if ((negative == 0) != (2 + norm > 0)) return false;
    const Real share = along / (2 + norm);
    for (std::size_t i = 0; i < k; ++i) move[i] -= share * u[i];
    move_theta -= share * u_theta;
    return true;
  }

  /// The highest point. Starts from no effect and from the crude one.
  point maximum(convergence<Real>& state) const {
    using std::log;
    const Real half = Real(1) / 2;
    std::vector<Real> levels;
    two_by_two<Real> sum;
    for (const auto& t : tables) {
      levels.push_back(log(Real((t.a + t.c + half) / (t.b + t.d + half))));
      sum = {sum.a + t.a, sum.b + t.b, sum.c + t.c, sum.d + t.d};
    }
    point best = climb(Real(0), levels, false, state);
    higher(best, log(Real((sum.a + half) / (sum.b + half) * ((sum.d + half) / (sum.c + half)))), levels, false, state);
    return best;
  }

  /// The highest point of a given theta. Far from the estimate a study's level may have two maxima, one near what either arm wants: starts from the
  /// estimate's levels, from those that leave either arm's log odds as they were, from the best of these study by study, and from answers with one
  /// study's level exchanged (of alike trials with all events in one arm, one has a level of its own: the determinant's sum needs one of them only).
  point maximum_at(const Real& theta, convergence<Real>& state) const {
    using std::fabs;
    const Real shift = (theta - start.theta) / 2;
    std::vector<Real> up = start.levels, down = up, mixed = up;
    for (std::size_t i = 0; i < up.size(); ++i) {
      up[i] += shift;
      down[i] -= shift;
      Real highest = penalised_level_at(tables[i], theta, mixed[i]).own;
      for (const Real& level : {up[i], down[i]}) {
        const Real value = penalised_level_at(tables[i], theta, level).own;
        if (value > highest) {
          highest = value;
          mixed[i] = level;
        }
      }
    }
    point best = climb(theta, mixed, true, state);
    for (const std::vector<Real>* levels :
         {&start.levels, static_cast<const std::vector<Real>*>(&up), static_cast<const std::vector<Real>*>(&down)})
      higher(best, theta, *levels, true, state);
    std::size_t moved = 0;
    for (std::size_t i = 0; i < mixed.size(); ++i) moved += mixed[i] != start.levels[i] ? 1 : 0;
    if (moved < 2) return best;
    const penalised_level_moves<Real> moves{start.levels, up, down, Real(fabs(shift) / 2)};
    const std::vector<Real> thetas(mixed.size(), theta);
    higher(best, theta, one_level_exchanged(tables, thetas, mixed, moves), true, state);
    for (int i = 0; i < 8; ++i) {
      const Real before = best.value;
      higher(best, theta, one_level_exchanged(tables, thetas, best.levels, moves), true, state);
      if (best.value == before) break;
    }
    return best;
  }

  /// Climbs from another start and keeps the higher point; of two that are level, one that has converged.
  void higher(point& best, const Real& theta, const std::vector<Real>& levels, bool held, convergence<Real>& state) const {
    using std::fabs;
    convergence<Real> own;
    point other = climb(theta, levels, held, own);
    const Real margin = 64 * std::numeric_limits<Real>::epsilon() * (1 + fabs(best.value));
    if (other.value > best.value + margin || (own.converged && !state.converged && other.value > best.value - margin)) {
      best = std::move(other);
      state.converged = own.converged;
      state.residual = own.residual;
    }
    state.iterations += own.iterations;
  }

  /// Newton's method from a start, theta staying where it is if it is held.
  point climb(const Real& theta, const std::vector<Real>& levels, bool held, convergence<Real>& state) const {
    using std::fabs, std::isfinite, std::pow, std::sqrt;
    const std::size_t k = tables.size();
    const Real epsilon = std::numeric_limits<Real>::epsilon();
    point at;
    at.theta = theta;
    at.levels = levels;
    evaluate(at);
    Real damping = 0, last_gain = std::numeric_limits<Real>::infinity();
    std::vector<Real> move;
    Real move_theta{};
    state.converged = false;
    for (int i = 0; i < 300; ++i) {
      ++state.iterations;
      while (!step_of(at, held, damping, move, move_theta) && damping < Real(1e6))
        damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 64);
      if (!(damping < Real(1e6))) break;
      Real gain = held ? Real(0) : Real(move_theta * at.slope), longest = fabs(move_theta);
      for (std::size_t j = 0; j < k; ++j) {
        gain += move[j] * at.slopes[j];
        longest = (std::max)(longest, Real(fabs(move[j])));
      }
      const bool tiny = gain <= 64 * epsilon * (1 + fabs(at.value));  // the value can no longer tell a rise
      if (tiny && damping == 0 && (gain <= pow(epsilon, Real(1.6)) || gain >= last_gain / 4)) {
        state.converged = true;
        break;
      }
      const Real share_of_step = longest > 3 ? Real(3 / longest) : Real(1);
      point next;
      next.theta = held ? theta : Real(at.theta + share_of_step * move_theta);
      next.levels = at.levels;
      for (std::size_t j = 0; j < k; ++j) {
        next.levels[j] += share_of_step * move[j];
        if (tiny && damping > 0 && at.diagonal[j] < 0)
          next.levels[j] += Real(1) / 2;  // on a saddle: a symmetric table between its two maxima
      }
      evaluate(next);
      if (isfinite(next.value) && (next.value >= at.value + share_of_step * gain / 10000 || tiny)) {
        at = std::move(next);
        last_gain = tiny ? gain : std::numeric_limits<Real>::infinity();
        damping = damping > Real(1) / 64 && !tiny ? Real(damping / 8) : Real(0);
      } else {
        damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 4);
      }
    }
    Real residual = held ? Real(0) : Real(fabs(at.slope) / sqrt(fabs(at.corner)));
    for (std::size_t j = 0; j < k; ++j) residual = (std::max)(residual, Real(fabs(at.slopes[j]) / sqrt(fabs(at.diagonal[j]))));
    state.residual = residual;
    return at;
  }

  likelihood_profile_point<Real> operator()(const Real& theta) const {
    convergence<Real> state;
    const point at = maximum_at(theta, state);
    return {at.value + constant, at.slope, Real(0), state.converged, false};
  }

  /// Pearson's chi-squared of the arms, and the mean over arms of V'(m) (y - m) / V(m), V(m) the binomial variance.
  std::pair<Real, Real> pearson(const point& at) const {
    Real sum = 0, skew = 0;
    const auto add = [&](const Real& events, const Real& total, const Real& eta) {
      const Real p = logistic(eta), q = logistic(Real(-eta)), excess = events * q - (total - events) * p, variance = total * p * q;
      sum += excess * excess / variance;
      skew += (q - p) * excess / variance;
    };
    for (std::size_t i = 0; i < tables.size(); ++i) {
      add(tables[i].a, tables[i].treated_total(), Real(at.levels[i] + at.theta / 2));
      add(tables[i].c, tables[i].control_total(), Real(at.levels[i] - at.theta / 2));
    }
    return {sum, skew / static_cast<Real>(2 * tables.size())};
  }
};

}  // namespace metapool::detail
