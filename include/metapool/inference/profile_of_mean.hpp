// SPDX-License-Identifier: BSL-1.0
// The profile likelihood of the mean in the normal-normal model, with the ends of its level sets.
#pragma once

#include <metapool/inference/fixed_mean_likelihood.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/increasing_root.hpp>
#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/likelihood.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace metapool::detail {

/// The likelihood ratio statistic of the mean and of pairs (mean, tau2) against the maximum, and the ends of {mean: statistic <= c}.
///
/// Means are shifts from the maximum likelihood estimate. For a fixed tau2 the statistic is a parabola in the shift, so that the set's
/// upper end is the largest value over tau2 of its right branch, U(tau2) = shift of the vertex + sqrt((c - its depth) / sum w). The end is
/// climbed to by Newton's method in tau2, and then proved: all local maxima in tau2 at that mean are found, and none may be more
/// likely than c allows. Whatever lies beyond such a mean would be a part of the set of its own, and hold a local maximum of the likelihood of both
/// parameters; those are known, and the climb starts beyond those that belong to the set. If the proof fails the end is found by a
/// bracketed search on the statistic itself, with the global maximum in tau2 at each mean.
template <class Real>
class profile_of_mean {
 public:
  /// Sums at one tau2; those with e are signed by the side.
  struct sums {
    Real t{};
    Real vertex{};                 ///< the shift at which this tau2 is most likely
    Real depth{};                  ///< statistic there
    Real w{}, w2{}, w3{};
    Real w2e{}, w2ee{}, w3e{}, w3ee{};
    Real statistic(const Real& shift) const { return depth + (shift - vertex) * (shift - vertex) * w; }
    /// sum w^2 r^2, sum w^3 r^2, sum w^2 r with r = e - shift
    Real a(const Real& x) const { return w2ee - x * (2 * w2e - x * w2); }
    Real b(const Real& x) const { return w3ee - x * (2 * w3e - x * w3); }
    Real c(const Real& x) const { return w2e - x * w2; }
  };

  profile_of_mean(std::span<const Real> y, std::span<const Real> v) : v_(v), e_(y.size()), w_(y.size()) {
    const tau2_estimate<Real> ml = maximum_likelihood{}(y, v);
    converged = ml.convergence.converged;
    tau2 = ml.tau2;
    maxima = ml.maxima;
    const std::size_t top = most_precise(v);
    Real sum = 0, offset = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      w_[i] = 1 / (v[i] + tau2);
      e_[i] = y[i] - y[top];
      sum += w_[i];
      offset += w_[i] * e_[i];
    }
    const Real centre = offset / sum;
    for (Real& e : e_) e -= centre;
    estimate = y[top] + centre;
    at_maximum = at(tau2, 1);
  }

  bool converged = true;
  Real tau2{};
  Real estimate{};
  std::vector<Real> maxima{};  ///< local maxima in tau2, if there are several
  sums at_maximum{};
  std::size_t k() const { return v_.size(); }

  /// With d = t - tau2, w the weights at tau2 and o those at t, the statistic at (shift, t) is
  /// sum(log1p(d w) - d w o e^2) + 2 shift d sum w o e + shift^2 sum o: differences of likelihoods that are already taken, so that small
  /// ones keep their digits.
  sums at(const Real& t, int side) const {
    using std::log, std::log1p, std::fabs;
    sums s;
    s.t = t;
    const Real d = t - tau2;
    const bool small = !(fabs(d) * w_[0] > Real(0.01));  // any study's will do: it chooses between two right ways
    Real logs = 0, product = 1, cross = 0, square = 0;
    const Real* const weight = w_.data();
    const Real* const residual = e_.data();
    const Real* const v = v_.data();
    for (std::size_t i = 0; i < v_.size(); ++i) {
      const Real o = 1 / (v[i] + t);
      const Real e = residual[i];
      const Real dw = d * weight[i];
      if (small) {
        logs += log1p(dw);
      } else {
        product *= 1 + dw;
        if (product > Real(1e15) || product < Real(1e-15)) {
          logs += log(product);
          product = 1;
        }
      }
      const Real oe = o * e;
      const Real ooe = o * oe;
      const Real woe = weight[i] * oe;
      cross += woe;
      square += woe * e;
      const Real oo = o * o;
      s.w += o;
      s.w2 += oo;
      s.w3 += oo * o;
      s.w2e += ooe;
      s.w2ee += oe * oe;
      s.w3e += o * ooe;
      s.w3ee += oe * ooe;
    }
    if (!small) logs += log(product);
    if (side < 0) {
      cross = -cross;
      s.w2e = -s.w2e;
      s.w3e = -s.w3e;
    }
    s.vertex = -d * cross / s.w;
    s.depth = (logs - d * square) - s.vertex * s.vertex * s.w;
    return s;
  }

  /// The most likely tau2 at a mean, with its sums: the global maximum. The statistic is result.statistic(shift).
  sums best_at(const Real& shift, int side) const {
    const Real signed_shift = side < 0 ? Real(-shift) : shift;
    const fixed_mean_likelihood<Real> likelihood(e_, v_, signed_shift);
    maxima_search<fixed_mean_likelihood<Real>> search(likelihood);
    sums best;
    bool any = false;
    search.run([&](const Real& t) {
      const sums s = at(t, side);
      if (!any || s.statistic(shift) < best.statistic(shift)) best = s;
      any = true;
    });
    return best;
  }

  /// The upper (side = 1) or lower (-1) end of {shift: statistic <= c}, c > 0, as a distance from the estimate.
  Real end(const Real& c, int side, metapool::convergence<Real>& state) const {
    using std::pow, std::sqrt;
    Real reached = climb(at_maximum_of(side), c, side);
    for (const Real& t : maxima) {
      if (t == tau2) continue;
      const sums s = at(t, side);
      if (!(s.depth <= c)) continue;
      const Real other = climb(s, c, side);
      if (other > reached) reached = other;
    }
    const sums proof = best_at(reached, side);
    const Real eps = std::numeric_limits<Real>::epsilon();
    if (proof.statistic(reached) >= c - pow(eps, Real(0.75)) * c - 8 * static_cast<Real>(k()) * eps) return reached;
    const Real root = sqrt(c);
    return increasing_root<Real>(
        [&](const Real& x) {
          const sums s = best_at(x, side);
          const Real statistic = s.statistic(x);
          const Real r = statistic > 0 ? Real(sqrt(statistic)) : Real(0);
          return value_and_slope<Real>{Real(r - root), r > 0 ? Real(s.w * (x - s.vertex) / r) : Real(0)};
        },
        reached, Real(1 / sqrt(at_maximum.w)), state);
  }

 private:
  sums at_maximum_of(int side) const {
    sums s = at_maximum;
    if (side < 0) {
      s.w2e = -s.w2e;
      s.w3e = -s.w3e;
    }
    return s;
  }

  static Real right_branch(const sums& s, const Real& c) {
    using std::sqrt;
    return s.vertex + sqrt(Real((c - s.depth) / s.w));
  }

  /// A local maximum of U over tau2, not below U at the start, which lies in the set.
  Real climb(const sums& start, const Real& c, int side) const {
    using std::exp, std::fabs, std::pow, std::sqrt;
    Real best = right_branch(start, c);
    const Real good = pow(std::numeric_limits<Real>::epsilon(), Real(0.25));
    const Real size = start.w / start.w2;  // v + tau2 of a typical study
    Real lower = 0, upper = 0;             // upper = 0: none known
    // with equal variances v + tau2 grows by exp(c / k); with unequal ones the likelihood's ridge is also aslant
    const Real curvature = start.w3ee - start.w2 / 2;
    const Real aslant = curvature > 0 ? Real(-start.w2e / curvature * (best - start.vertex)) : Real(0);
    Real t = start.t + size * (exp((std::min)(Real(c / static_cast<Real>(k())), Real(40))) - 1);
    if (fabs(aslant) < size) t += aslant;
    if (!(t > 0)) t = 0;
    bool last = false;
    for (int i = 0; i < 60; ++i) {
      const sums s = at(t, side);
      Real next;
      if (!(s.depth < c)) {  // outside the set, which holds the start
        if (last) break;
        (t > start.t ? upper : lower) = t;
        next = (t + start.t) / 2;
      } else {
        const Real u = right_branch(s, c);
        if (u > best) best = u;
        const Real a = s.a(u);
        const Real value = a - s.w;  // twice the score
        if (last || (t == 0 && !(value > 0))) break;
        if (value > 0) {
          lower = t;
        } else {
          upper = t;
        }
        // Newton on 1 - sum w / a, where u moves with t
        const Real moved = value / (2 * s.w * (u - s.vertex));
        const Real da = -2 * s.b(u) - 2 * s.c(u) * moved;
        const Real slope = (s.w2 * a + s.w * da) / (a * a);
        next = t - (value / a) / slope;
        const Real step = fabs(Real(next - t));
        const bool usable = slope < 0 && next > lower && (!(upper > 0) || next < upper);
        if (slope < 0 && next <= 0 && lower == 0) {
          next = 0;
        } else if (!usable) {
          next = upper > 0 ? Real(lower + (upper - lower) / 2) : Real(t + (t - start.t > size ? Real(t - start.t) : size));
        } else if (step <= good * (size + t)) {
          last = true;  // one step more squares the error, and U is flat there
        }
      }
      if (next == t) break;
      t = next;
    }
    return best;
  }

  std::span<const Real> v_;
  std::vector<Real> e_, w_;  ///< residuals and weights at the maximum
};

}  // namespace metapool::detail
