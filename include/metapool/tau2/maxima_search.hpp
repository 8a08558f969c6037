// SPDX-License-Identifier: BSL-1.0
// All maxima of a likelihood in tau2, found with proof and not by luck.
#pragma once

#include <metapool/math/roots.hpp>
#include <metapool/tau2/estimate.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The score in tau2, twice: a(tau2) - g(tau2) with a = y'PPy and g = tr P (restricted) or sum w (full).
///
/// With M = L'VL for orthonormal contrasts L of the design (k - p columns, L'X = 0), whose eigenvalues m_j lie in [v_min, v_max], P(tau2) = L (M + tau2 I)^-1 L'. So a, g and
/// their derivatives are sums of positive multiples of powers of 1 / (m_j + tau2): they fall, and their logarithms are convex. This gives
/// proofs on a whole interval [t1, t2] from its ends: no root if a(t1) < g(t2) or a(t2) > g(t1); at most one, a maximum, if the
/// logarithmic slope of a at t2 still exceeds that of g at t1 (then a/g falls); at most one, a minimum, the other way round.
/// None either if one side is the larger at both ends and its logarithm's tangents there meet above the chord of the other's.
/// Beyond v_max - 2 v_min a/g always falls. Intervals narrower than one part in 10^7 of v_min + tau2 are not divided further: there a change of
/// sign is taken for one root, without proof. The same holds for objectives whose two sides are other sums of that kind.
template <class Real>
struct score_point {
  Real t{};
  Real a{}, g{};        ///< the two terms
  Real da{}, dg{};      ///< minus their derivatives, both >= 0
  Real value() const { return a - g; }
};

/// All maxima on [0, inf) of an objective whose score is a - g, both falling with convex logarithms.
template <class Objective>
class maxima_search {
 public:
  using Real = typename Objective::Real;
  explicit maxima_search(const Objective& objective) : objective_(objective), range_(objective.range()) {}

  /// Calls found(tau2) for every local maximum on [0, inf), ascending.
  template <class Found>
  void run(Found found) {
    const score_point<Real> first = at(objective_.lower_bound());
    if (!(first.value() > 0)) found(first.t);
    const Real top = objective_.upper_bound();
    if (!(top > first.t)) return;
    const Real tail = objective_.tail();
    if (!(tail > first.t && tail < top)) {
      const score_point<Real> end = at(top);
      if (tail > first.t) {
        search(first, end, 0, found);
      } else {
        polish_if_falling(first, end, found);
      }
      return;
    }
    const score_point<Real> middle = at(tail);
    search(first, middle, 0, found);
    if (middle.value() > 0) polish_if_falling(middle, at(top), found);
  }

  metapool::convergence<Real> state{};

 private:
  score_point<Real> at(const Real& t) {
    ++state.iterations;
    return objective_.score(t);
  }

  /// Whether a and g cannot meet between two points at which the same one of them is the larger: the logarithm of the larger lies above both its tangents,
  /// that of the smaller below its chord, and the difference of these is least where the tangents meet.
  static bool kept_apart(const score_point<Real>& left, const score_point<Real>& right) {
    using std::log;
    const bool above = left.value() > 0;
    if (above != (right.value() > 0)) return false;
    const Real u1 = above ? left.a : left.g, u2 = above ? right.a : right.g, l1 = above ? left.g : left.a, l2 = above ? right.g : right.a;
    if (!(u1 > 0 && u2 > 0 && l1 > 0 && l2 > 0)) return false;
    const Real slope1 = -(above ? left.da / left.a : left.dg / left.g), slope2 = -(above ? right.da / right.a : right.dg / right.g);
    const Real width = right.t - left.t, fall = log(Real(u2 / u1));  // of the larger
    if (!(slope2 > slope1)) return false;
    const Real x = (fall - slope2 * width) / (slope1 - slope2);  // from the left to where the tangents meet
    if (!(x >= 0 && x <= width)) return false;
    const Real chord = log(Real(l2 / l1)) * (x / width);
    // rounding of the logarithms and slopes must not make the difference
    return log(Real(u1 / l1)) + slope1 * x - chord > Real(1e-3) * (1 - slope1 * x);
  }

  template <class Found>
  void polish_if_falling(const score_point<Real>& left, const score_point<Real>& right, Found& found) {
    if (!(left.value() > 0 && right.value() <= 0)) return;
    // Newton on 1 - g/a, which has the score's root and sign and is a straight line if all variances are equal
    const auto ratio_of = [](const score_point<Real>& p) {
      const Real ratio = p.g / p.a;
      return std::pair<Real, Real>(1 - ratio, (p.dg - ratio * p.da) / p.a);
    };
    const std::pair<Real, Real> a = ratio_of(left), b = ratio_of(right);
    Real guess = inverse_cubic(left.t, right.t, a.first, b.first, a.second, b.second);
    if (!(guess > left.t && guess < right.t)) guess = left.t - a.first / a.second;
    metapool::convergence<Real> c;
    const Real root = newton_root([&](const Real& t) { return ratio_of(at(t)); }, guess > left.t && guess < right.t ? guess : Real((left.t + right.t) / 2), left.t, right.t, c);
    if (!c.converged) state.converged = false;
    found(root);
  }

  template <class Found>
  void search(const score_point<Real>& left, const score_point<Real>& right, int depth, Found& found) {
    using std::sqrt;
    if (left.a < right.g || right.a > left.g) return;                       // no root between
    const bool falls = right.da * left.g > left.dg * right.a;               // slope of log a at the right > slope of log g at the left
    const bool rises = left.da * right.g < right.dg * left.a;
    const Real x1 = range_.v_min + left.t;
    const Real x2 = range_.v_min + right.t;
    if (rises && !falls) return;                                            // at most a minimum
    if (falls || depth >= 60 || !(x2 - x1 > x1 * objective_.narrowest())) {
      polish_if_falling(left, right, found);
      return;
    }
    if (kept_apart(left, right)) return;
    const score_point<Real> middle = at(Real(sqrt(x1) * sqrt(x2)) - range_.v_min);
    search(left, middle, depth + 1, found);
    search(middle, right, depth + 1, found);
  }

  const Objective& objective_;
  input_range<Real> range_;
};

/// The tau2 >= 0 at which an objective is largest; all local maxima are in the result if there are several.
template <class Objective>
tau2_estimate<typename Objective::Real> maximise(const Objective& objective) {
  using Real = typename Objective::Real;
  tau2_estimate<Real> result;
  maxima_search<Objective> search(objective);
  std::size_t count = 0;
  Real best{};
  search.run([&](const Real& t) {
    if (count == 0) {
      result.tau2 = t;
    } else {
      if (count == 1) {
        result.maxima.push_back(result.tau2);
        best = objective.value(result.tau2);
      }
      result.maxima.push_back(t);
      const Real here = objective.value(t);
      if (here > best) {
        best = here;
        result.tau2 = t;
      }
    }
    ++count;
  });
  result.convergence = search.state;
  if (count == 0) result.convergence.converged = false;
  result.convergence.residual = result.tau2 > 0 ? objective.score(result.tau2).value() : Real(0);
  return result;
}

}  // namespace metapool::detail
