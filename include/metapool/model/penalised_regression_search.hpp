// SPDX-License-Identifier: BSL-1.0
// The highest point of a penalised regression.
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/model/penalised_regression_likelihood.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Newton's method from a start, coefficients that are held staying where they are.
template <class Real>
penalised_regression_point<Real> climb(const penalised_regression<Real>& likelihood, vector_of<Real> b, std::vector<Real> levels, const std::vector<bool>& held, convergence<Real>& state) {
  using std::fabs, std::isfinite, std::pow, std::sqrt;
  const Real epsilon = std::numeric_limits<Real>::epsilon();
  penalised_regression_point<Real> at;
  at.b = std::move(b);
  at.levels = std::move(levels);
  likelihood.evaluate(at);
  Real damping = 0, last_gain = std::numeric_limits<Real>::infinity();
  std::vector<Real> move;
  vector_of<Real> move_b;
  state.converged = false;
  for (int i = 0; i < 300 && isfinite(at.value); ++i) {
    ++state.iterations;
    while (!penalised_regression<Real>::step_of(at, held, damping, move, move_b) && damping < Real(1e6)) damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 64);
    if (!(damping < Real(1e6))) break;
    Real gain = move_b.dot(at.slope), longest = 0;
    for (std::size_t j = 0; j < move.size(); ++j) {
      const Real half_theta = likelihood.theta(j, move_b) / 2;
      gain += move[j] * at.slopes[j];
      longest = (std::max)(longest, (std::max)(Real(fabs(move[j] + half_theta)), Real(fabs(move[j] - half_theta))));  // of an arm's log odds
    }
    const bool tiny = gain <= 64 * epsilon * (1 + fabs(at.value));  // the value can no longer tell a rise
    if (tiny && damping == 0 && (gain <= pow(epsilon, Real(1.6)) || gain >= last_gain / 4)) {
      state.converged = true;
      break;
    }
    const Real share = longest > 3 ? Real(3 / longest) : Real(1);
    penalised_regression_point<Real> next;
    next.b = at.b + share * move_b;
    next.levels = at.levels;
    for (std::size_t j = 0; j < move.size(); ++j) {
      next.levels[j] += share * move[j];
      if (tiny && damping > 0 && at.diagonal[j] < 0) next.levels[j] += Real(1) / 2;  // on a saddle: a symmetric table between its two maxima
    }
    likelihood.evaluate(next);
    if (isfinite(next.value) && (next.value >= at.value + share * gain / 10000 || tiny)) {
      at = std::move(next);
      last_gain = tiny ? gain : std::numeric_limits<Real>::infinity();
      damping = damping > Real(1) / 64 && !tiny ? Real(damping / 8) : Real(0);
    } else {
      damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 4);
    }
  }
  Real residual = 0;
  for (Eigen::Index j = 0; j < at.b.size(); ++j) {
    if (!held[static_cast<std::size_t>(j)]) residual = (std::max)(residual, Real(fabs(at.slope(j)) / sqrt(fabs(at.corner(j, j)))));
  }
  for (std::size_t j = 0; j < at.levels.size(); ++j) residual = (std::max)(residual, Real(fabs(at.slopes[j]) / sqrt(fabs(at.diagonal[j]))));
  state.residual = residual;
  return at;
}

/// Climbs from several starts (coefficients and levels) and keeps the highest point; of two that are level, one that has converged.
template <class Real>
penalised_regression_point<Real> highest_of(const penalised_regression<Real>& likelihood, const std::vector<std::pair<vector_of<Real>, std::vector<Real>>>& starts, const std::vector<bool>& held,
                                            convergence<Real>& state) {
  using std::fabs;
  penalised_regression_point<Real> best;
  bool first = true;
  for (const auto& start : starts) {
    convergence<Real> own;
    auto other = climb(likelihood, start.first, start.second, held, own);
    const Real margin = 64 * std::numeric_limits<Real>::epsilon() * (1 + fabs(best.value));
    const std::size_t iterations = state.iterations + own.iterations;
    if (first || other.value > best.value + margin || (own.converged && !state.converged && other.value > best.value - margin)) {
      best = std::move(other);
      state = own;
      first = false;
    }
    state.iterations = iterations;
  }
  return best;
}

/// The highest point from a known one whose levels suit the log odds ratios `before`, with coefficients b of which some are held. Far from the estimate a study's level may have two maxima, one near what either
/// arm wants: starts from the known levels, from those that leave either arm's log odds as they were, from the best of these study by study, and from that with one
/// study's level exchanged.
template <class Real>
penalised_regression_point<Real> highest_from(const penalised_regression<Real>& likelihood, const vector_of<Real>& b, const std::vector<Real>& levels, const std::vector<Real>& before, const std::vector<bool>& held,
                                              convergence<Real>& state) {
  using std::fabs;
  std::vector<Real> up = levels, down = levels, mixed = levels, theta(levels.size());
  std::size_t moved = 0;
  Real farthest = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    theta[i] = likelihood.theta(i, b);
    const Real shift = (theta[i] - before[i]) / 2;
    farthest = (std::max)(farthest, Real(fabs(shift)));
    up[i] += shift;
    down[i] -= shift;
    const auto& table = likelihood.tables()[i];
    Real highest = penalised_level_at(table, theta[i], mixed[i]).own;
    for (const Real& level : {up[i], down[i]}) {
      const Real value = penalised_level_at(table, theta[i], level).own;
      if (!(value > highest)) continue;
      highest = value;
      mixed[i] = level;
    }
    moved += mixed[i] != levels[i] ? 1 : 0;
  }
  std::vector<std::pair<vector_of<Real>, std::vector<Real>>> starts{{b, mixed}, {b, levels}, {b, up}, {b, down}};
  if (moved > 1) {
    const penalised_level_moves<Real> moves{levels, up, down, Real(farthest / 2)};
    starts.emplace_back(b, one_level_exchanged(likelihood.tables(), theta, mixed, moves));
  }
  return highest_of<Real>(likelihood, starts, held, state);
}

}  // namespace metapool::detail
