// SPDX-License-Identifier: BSL-1.0
// The largest value that a probability takes as the risk of the control arm runs through a range.
#pragma once

#include <metapool/math/constants.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// The maximum over lower <= p <= upper of f(p), a probability of a set of outcomes of two arms whose risks are linear in p. If it is found to be above
/// `enough`, or not above it, the search ends with any value that is so too. relative above 0: a number above the maximum by no more than that share of it, with less work.
/// Runs on the angle x with p = lower + (upper - lower) sin^2(x / 2), in which the information on p of all patients together is at most scale^2.
/// Curvature bounds the search: in the unit of scale^2 a probability's second derivative is at least about minus itself (for normal outcomes
/// P''(x) = integral of (z^2 - 1) phi over the set, so P'' >= -P, and >= -(1 - P)(1 - 2 log(1 - P)) near 1). Five times that is allowed for. This factor is
/// not proven: the maximum, and the coverage of intervals that rest on it, are certain only as far as it holds. In 30000 random pairs of arms of 2 to 41 patients,
/// effects and monotone sets the curvature never exceeded a quarter of what is allowed where the maximum is 0.01 to 0.9, and 0.95 of it down to 1e-6; 1500 maxima
/// of any size agreed with a grid of 500. From a grid with a cell a standard error, every cell that could hold the maximum is halved until a parabola gives it to the last digits.
template <class Real, class F>
Real nuisance_maximum(F f, const Real& lower, const Real& upper, const Real& scale, const Real& enough, const Real& relative = Real(0)) {
  using std::ceil, std::log, std::sin;
  const Real width = upper - lower;
  if (!(width > 0)) return f(lower);
  const auto at = [&](const Real& x) {
    const Real s = sin(Real(x / 2));
    return f((std::min)(upper, Real(lower + width * (s * s))));
  };
  const std::size_t cells = (std::max)(std::size_t(8), static_cast<std::size_t>(Real(ceil(Real(pi<Real>() * scale)))));
  const int levels = std::numeric_limits<Real>::digits / 5 + 2;
  struct cell {
    std::size_t index;
    Real at_left, at_right;
  };
  std::vector<cell> alive, next;
  alive.reserve(cells);
  Real h = pi<Real>() / static_cast<Real>(cells), best = at(Real(0));
  Real left = best;
  for (std::size_t i = 0; i < cells; ++i) {
    const Real right = i + 1 == cells ? f(upper) : at(Real(h * static_cast<Real>(i + 1)));
    if (right > best) best = right;
    if (best > enough) return best;
    alive.push_back({i, left, right});
    left = right;
  }
  for (int level = 0;; ++level) {
    if (!(best < 1)) return best;
    const Real rest = 1 - best, most = rest < Real(0.1) ? (std::min)(best, Real(rest * (1 - 2 * log(rest)))) : best;
    const Real slack = Real(5) / 8 * most * (h * scale) * (h * scale);
    if (slack <= relative * best) return (std::min)(Real(1), Real(best + slack));
    const Real needed = (std::max)(enough < 1 ? enough : Real(0), Real(best * (1 + 4 * std::numeric_limits<Real>::epsilon())));
    next.clear();
    for (const cell& c : alive) {
      if ((std::max)(c.at_left, c.at_right) + slack > needed) next.push_back(c);
    }
    alive.swap(next);
    if (alive.empty()) return best;
    const bool last = level == levels || alive.size() > 16 * cells;
    next.clear();
    for (const cell& c : alive) {
      const Real middle = at(Real(h * (static_cast<Real>(c.index) + Real(1) / 2)));
      if (middle > best) best = middle;
      if (last) {
        const Real bend = (c.at_left - middle) + (c.at_right - middle), tilt = (c.at_right - c.at_left) / 2;
        if (bend < 0 && tilt <= -bend && tilt >= bend) best = (std::max)(best, Real(middle - tilt * tilt / (2 * bend)));
      }
      if (best > enough) return best;
      next.push_back({2 * c.index, c.at_left, middle});
      next.push_back({2 * c.index + 1, middle, c.at_right});
    }
    if (last) return best;
    alive.swap(next);
    h /= 2;
  }
}

}  // namespace metapool::detail
