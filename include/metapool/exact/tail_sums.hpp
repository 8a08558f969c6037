// SPDX-License-Identifier: BSL-1.0
// Tails of a count's distribution, summed from its mode outward, and the parameter at which a tail has a given probability.
//
// A law is a family of distributions of a whole number X with P(X = y) proportional to c(y) odds^y, log-concave in y:
// members lowest, highest (the support), observed (the value seen), ratio(odds, y) = P(X = y + 1) / P(X = y) and mode(odds).
#pragma once

#include <metapool/math/convergence.hpp>
#include <metapool/math/increasing_root.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace metapool::detail {

/// Calls up(y, w) for y = mode, mode + 1, ... and down(y, w) for y = mode - 1, mode - 2, ... with the weight w = P(X = y) / P(X = mode),
/// each until it returns false, the support ends or w underflows. A product of ratios has a relative error of some roundings
/// a step and needs no logarithm of a factorial, whose error would grow with the table.
template <class Real, class Law, class Up, class Down>
void walk_from_mode(const Law& law, const Real& odds, Up up, Down down) {
  const Real tiny = (std::numeric_limits<Real>::min)() / std::numeric_limits<Real>::epsilon();
  const Real start = law.mode(odds);
  Real w = 1;
  for (Real y = start; up(y, w) && y < law.highest; y += 1) {
    w *= law.ratio(odds, y);
    if (!(w > tiny)) break;
  }
  w = 1;
  for (Real y = start; y > law.lowest;) {
    y -= 1;
    w /= law.ratio(odds, y);
    if (!(w > tiny) || !down(y, w)) break;
  }
}

/// A term this small, as a share of the sum that it would join, ends the sum.
template <class Real>
Real negligible() {
  return std::numeric_limits<Real>::epsilon() * Real(1e-4);
}

/// Sums of weights (P(X = mode) = 1) below, at and above the observed value, with moments of the distance to it.
/// Every sum has its own relative accuracy, so that a small tail is as good as a large one.
template <class Real>
struct tail_sums {
  Real below{}, at{}, above{};
  Real below_distance{}, above_distance{};  ///< sums of weight * |y - observed|
  Real square{};                            ///< sum of weight * (y - observed)^2
  Real total() const { return (below + above) + at; }
};

template <class Real, class Law>
tail_sums<Real> sums_at(const Law& law, const Real& odds) {
  const Real x = law.observed;
  const Real small = negligible<Real>();
  tail_sums<Real> s;
  const auto add = [&](const Real& y, const Real& w) {
    if (y == x) {
      s.at = w;
      return;
    }
    const Real distance = y < x ? Real(x - y) : Real(y - x);
    const Real moment = w * distance;
    s.square += moment * distance;
    (y < x ? s.below : s.above) += w;
    (y < x ? s.below_distance : s.above_distance) += moment;
  };
  walk_from_mode(
      law, odds,
      [&](const Real& y, const Real& w) {
        add(y, w);
        return !(y > x) || w > small * s.above;
      },
      [&](const Real& y, const Real& w) {
        add(y, w);
        return !(y < x) || w > small * s.below;
      });
  return s;
}

/// log of the odds at which the upper tail P(X > observed) + share P(X = observed) equals `alpha`. Precondition: observed > lowest,
/// 0 < alpha < 1/2. rough, se: an estimate of the log odds and its standard error, to start from.
/// The search runs on -sqrt(-2 log(tail)), which is close to a normal quantile and so to linear in the log odds.
template <class Real, class Law>
Real lower_limit(const Law& law, const Real& share, const Real& alpha, const Real& rough, const Real& se, convergence<Real>& state) {
  using std::exp, std::log, std::sqrt;
  const Real target = sqrt(-2 * log(alpha));
  const auto equation = [&](const Real& theta) -> value_and_slope<Real> {
    const auto s = sums_at<Real>(law, exp(theta));
    const Real total = s.total();
    const Real tail = s.above + share * s.at;
    const Real root = sqrt(-2 * (std::min)(Real(0), Real(log(tail / total))));
    const Real slope = s.above_distance / tail - (s.above_distance - s.below_distance) / total;  // of log(tail / total)
    return {target - root, slope / root};
  };
  // The normal quantile of alpha to two decimals (a rational approximation in target): a start, not a result.
  const Real z = target - (Real(2.30753) + Real(0.27061) * target) / (1 + target * (Real(0.99229) + Real(0.04481) * target));
  return increasing_root<Real>(equation, Real(rough - z * se), se, state);
}

}  // namespace metapool::detail
