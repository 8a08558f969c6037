// SPDX-License-Identifier: BSL-1.0
// The maximum of a function of a few parameters that is smooth but for linear edges: walls, and kinks along planes.
#pragma once

#include <metapool/math/kept_edges.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/math/newton_maximum.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Where a search ended.
template <class Real>
struct edged_maximum : newton_maximum<Real, any_number> {
  std::vector<edge_side> sides{};  ///< of each edge
  bool flat = false;               ///< the second derivatives along the edges it lies on are not negative definite
};

/// A local maximum (the maximum, if f is concave) of f(x, sides) -> curvature, whose derivatives hold on the sides given of the first edges (on an edge: those from
/// below). bounds are walls too, and say how far a step may go. Newton's method along the edges that x lies on; a step ends at the first edge that it meets, to which the
/// search then keeps until the gradient is found to press away from it or, at a kink, through it (active sets). x must not be above a wall.
/// Steps that do not raise the function are shortened: it may be all but linear up to a bend. residual: the largest derivative along the edges, over the root of the second one if that is above 1. 500 evaluations at most.
/// Gill, Murray & Wright (1981) Practical Optimization, chapter 5.
template <class Real, class F>
edged_maximum<Real> edged_newton(const F& f, std::vector<Real> x, const std::vector<newton_bound<Real>>& bounds, std::vector<linear_edge<Real>> edges) {
  using std::fabs, std::isfinite, std::sqrt;
  const Real epsilon = std::numeric_limits<Real>::epsilon(), infinity = std::numeric_limits<Real>::infinity();
  const std::size_t all = x.size(), given = edges.size();
  edged_maximum<Real> result;
  std::vector<bool> held(all);
  for (std::size_t i = 0; i < all; ++i) {
    held[i] = bounds[i].held;
    for (const int side : {-1, 1}) {
      const Real bound = side < 0 ? Real(-bounds[i].lower) : bounds[i].upper;
      if (held[i] || !(bound < infinity)) continue;
      linear_edge<Real> wall;
      wall.row.assign(all, Real(0));
      wall.row[i] = Real(side);
      wall.offset = bound;
      edges.push_back(std::move(wall));
    }
  }
  const auto height = [&](std::size_t e, const std::vector<Real>& at) {
    Real sum = -edges[e].offset;
    for (std::size_t i = 0; i < all; ++i) sum += edges[e].row[i] * at[i];
    return sum;
  };
  auto& sides = result.sides;
  sides.resize(edges.size());
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const Real h = height(e, x);
    Real size = 1 + fabs(edges[e].offset);  // coordinates of all but 0 are the rounding of what they come from
    bool moves = false;
    for (std::size_t i = 0; i < all; ++i) {
      size += fabs(edges[e].row[i] * x[i]);
      moves = moves || (!held[i] && edges[e].row[i] != 0);
    }
    sides[e] = fabs(h) <= 64 * epsilon * size ? (moves ? edge_side::on : edge_side::below) : h < 0 ? edge_side::below : edge_side::above;
  }
  const auto exact = [&](std::vector<Real>& at, const std::vector<edge_side>& of) {  // bounds are met to the last bit
    for (std::size_t i = 0; i < all; ++i) {
      if (!held[i]) at[i] = (std::min)(bounds[i].upper, (std::max)(bounds[i].lower, at[i]));
    }
    for (std::size_t e = given; e < edges.size(); ++e) {
      if (of[e] != edge_side::on) continue;
      for (std::size_t i = 0; i < all; ++i) {
        if (edges[e].row[i] != 0) at[i] = edges[e].row[i] > 0 ? bounds[i].upper : bounds[i].lower;
      }
    }
  };
  std::size_t& count = result.convergence.iterations;
  const auto evaluate = [&](const std::vector<Real>& at, const std::vector<edge_side>& of) {
    ++count;
    return f(at, of);
  };
  result.convergence.converged = false;
  auto at = evaluate(x, sides);
  Real damping = 0, last_gain = infinity, radius = 1;  // radius: the part of the reach that steps may have
  const auto restart = [&] {
    damping = 0;
    last_gain = infinity;
    radius = 1;
  };
  while (count < 500 && isfinite(at.value)) {
    const kept_edges<Real> kept(edges, sides, held);
    const std::size_t n = kept.directions(), m = kept.free.size();
    vector_of<Real> gradient(static_cast<Eigen::Index>(m));
    for (std::size_t i = 0; i < m; ++i) gradient(static_cast<Eigen::Index>(i)) = at.gradient[kept.free[i]];
    std::vector<Real> h(n * n), a(n * n), slope(n), step(n);
    result.convergence.residual = 0;
    for (std::size_t i = 0; i < n; ++i) {
      slope[i] = kept.z(i).dot(gradient);
      Real terms = 0;
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t k = 0; k < m; ++k) {
          for (std::size_t l = 0; l < m; ++l) {
            const Real term = kept.z(i)(static_cast<Eigen::Index>(k)) * at.hessian[kept.free[k] * all + kept.free[l]] * kept.z(j)(static_cast<Eigen::Index>(l));
            h[i * n + j] -= term;
            if (i == j) terms += fabs(term);
          }
        }
      }
      if (fabs(h[i * n + i]) <= 16 * epsilon * terms) h[i * n + i] = Real(0);  // rounding of none: no measure of a step
      const Real own = fabs(h[i * n + i]);
      result.convergence.residual = (std::max)(result.convergence.residual, Real(fabs(slope[i]) / (own > 1 ? Real(sqrt(own)) : Real(1))));
    }
    const auto factor = [&] {
      a = h;
      for (std::size_t i = 0; i < n; ++i) {
        const Real own = fabs(h[i * n + i]);
        a[i * n + i] += damping * (own > 0 ? own : Real(1));
      }
      return cholesky(a.data(), n);
    };
    while (!factor() && damping < Real(1e9)) damping = damping > 0 ? Real(4 * damping) : Real(Real(1) / 64);
    if (!(damping < Real(1e9))) break;
    step = slope;
    cholesky_solve(a.data(), n, step.data());
    Real gain = 0;
    for (std::size_t i = 0; i < n; ++i) gain += step[i] * slope[i];
    const Real size = 1 + fabs(at.value);
    const bool tiny = gain <= 16 * epsilon * size;
    if (tiny && (gain <= epsilon * epsilon * size || gain >= last_gain / 4 || (damping > 0 && result.convergence.residual <= 4096 * epsilon * size))) {
      // no way up along the edges: is there one off them?
      result.flat = damping > 0;
      const auto l = kept.multipliers(gradient);
      std::size_t worst = l.size();
      Real most = Real(1e-10) * (1 + gradient.cwiseAbs().sum());
      for (std::size_t j = 0; j < l.size(); ++j) {
        const Real excess = (std::max)(Real(-l[j]), Real(l[j] - edges[kept.kept[j]].drop));
        if (!(excess > most)) continue;
        worst = j;
        if (count > 100) break;  // by then the first one (Bland's rule), so that nothing is repeated for ever
        most = excess;
      }
      if (worst == l.size()) {
        result.convergence.converged = true;
        break;
      }
      sides[kept.kept[worst]] = l[worst] < 0 ? edge_side::below : edge_side::above;
      at = evaluate(x, sides);
      restart();
      continue;
    }
    vector_of<Real> direction = vector_of<Real>::Zero(static_cast<Eigen::Index>(m));
    for (std::size_t i = 0; i < n; ++i) direction += step[i] * kept.z(i);
    std::vector<Real> move(all, Real(0));
    Real share = 1;
    for (std::size_t i = 0; i < m; ++i) {
      const std::size_t p = kept.free[i];
      move[p] = direction(static_cast<Eigen::Index>(i));
      const Real longest = (bounds[p].reach + bounds[p].growth * fabs(x[p])) * radius;
      if (fabs(move[p]) * share > longest) share = longest / fabs(move[p]);
    }
    std::size_t met = edges.size();
    for (std::size_t e = 0; e < edges.size(); ++e) {
      if (sides[e] == edge_side::on) continue;
      Real along = 0, length = 0;
      for (std::size_t i = 0; i < all; ++i) {
        along += edges[e].row[i] * move[i];
        length += fabs(edges[e].row[i] * move[i]);
      }
      if (sides[e] == edge_side::above) along = -along;
      if (!(along > 64 * epsilon * length)) continue;
      const Real distance = (std::max)(Real(0), Real(sides[e] == edge_side::above ? height(e, x) : Real(-height(e, x))));
      if (distance >= share * along) continue;
      share = distance / along;
      met = e;
    }
    std::vector<Real> next = x;
    for (std::size_t i = 0; i < all; ++i) next[i] += share * move[i];
    auto sides_next = sides;
    if (met < edges.size()) sides_next[met] = edge_side::on;
    exact(next, sides_next);
    const auto there = evaluate(next, sides_next);
    const auto slopes_tell_rise = [&] {
      if (damping > 0 || share < 1) return false;
      for (std::size_t i = 0; i < m; ++i) gradient(static_cast<Eigen::Index>(i)) = there.gradient[kept.free[i]];
      for (std::size_t i = 0; i < n; ++i) slope[i] = kept.z(i).dot(gradient);
      return slopes_tell(a, n, slope, gain, at.value, there.value);
    };
    if (isfinite(there.value) && (there.value >= at.value + share * gain / 10000 || (share * gain <= 16 * epsilon * size && there.value >= at.value - 16 * epsilon * size) || slopes_tell_rise())) {
      last_gain = tiny && met == edges.size() ? gain : infinity;
      damping = damping > Real(1) / 64 ? Real(damping / 8) : Real(0);
      radius = (std::min)(Real(1), Real(4 * radius));
      x = next;
      at = there;
      sides = sides_next;
    } else {
      Real used = 0;  // of the reach
      for (const std::size_t p : kept.free) used = (std::max)(used, Real(fabs(next[p] - x[p]) / (bounds[p].reach + bounds[p].growth * fabs(x[p]))));
      radius = used / 4;
      if (!(radius > epsilon * epsilon)) break;
    }
  }
  result.x = x;
  result.at = at;
  sides.resize(given);
  return result;
}

}  // namespace metapool::detail
