// SPDX-License-Identifier: BSL-1.0
// What a p-value counts in a combination over all confidence levels, and the law of that under the true effect.
#pragma once

#include <cmath>
#include <cstdint>

namespace metapool {

/// How much each confidence level counts in tian_combination: with p the one-sided p-value of an effect in one trial, the trial's one-sided intervals of the levels above
/// 1 - p hold it, and their count is a score g(p) that rises with p. Levels are weighted the same in all trials. The three are those that R's exactmeta prints.
enum class tian_levels : std::uint8_t {
  uniform,   ///< g = p: all levels alike; "constant" in exactmeta
  arcsine,   ///< g = asin(p / 1.01): low levels, of the short intervals, up to 7 times as much as high ones; "inverse-variance", which exactmeta recommends
  logarithm  ///< g = -log(1 - p / 1.01): up to 101 times as much, so that what one trial finds likely is hardly outvoted by others; "fisher"
};

namespace detail {

/// A complex number's parts.
template <class Real>
struct wave {
  Real re{1}, im{0};
  wave times(const wave& o) const { return {Real(re * o.re - im * o.im), Real(re * o.im + im * o.re)}; }
};

/// The score V = g(U) of a p-value U that is uniform on [0, 1], for the two that are not U itself: between 0 and reach(), with P(V <= v) = 1.01 sin(v) or 1.01 (1 - exp(-v)).
template <class Real>
class level_score {
 public:
  explicit level_score(tian_levels levels) : levels_(levels), reach_(value(Real(1))) {}

  Real value(const Real& p) const {
    using std::asin, std::log1p;
    if (levels_ == tian_levels::uniform) return p;
    return arcsine() ? Real(asin(Real(p / shrunk()))) : Real(-log1p(Real(-p / shrunk())));
  }
  const Real& reach() const { return reach_; }
  Real cdf(const Real& v) const {
    using std::expm1, std::sin;
    if (!(v > 0)) return Real(0);
    if (!(v < reach_)) return Real(1);
    return arcsine() ? Real(shrunk() * sin(v)) : Real(-shrunk() * expm1(Real(-v)));
  }
  Real density(const Real& v) const {
    using std::cos, std::exp;
    return shrunk() * (arcsine() ? Real(cos(v)) : Real(exp(Real(-v))));
  }
  /// E exp(i t V).
  wave<Real> transform(const Real& t) const {
    using std::cos, std::sin;
    if (arcsine()) {
      const wave<Real> up = turns(Real(t + 1)), down = turns(Real(t - 1));
      return {Real(shrunk() / 2 * (up.re + down.re)), Real(shrunk() / 2 * (up.im + down.im))};
    }
    const Real rest = shrunk() - 1, over = 1 + t * t;
    return wave<Real>{Real(shrunk() - rest * cos(Real(t * reach_))), Real(-rest * sin(Real(t * reach_)))}.times({Real(1 / over), Real(t / over)});
  }
  /// E exp(a V) of the logarithmic score, a <= 1.
  Real growth(const Real& a) const {
    using std::expm1;
    const Real b = 1 - a;
    return b > 0 ? Real(-shrunk() * expm1(Real(-b * reach_)) / b) : Real(shrunk() * reach_);
  }
  bool arcsine() const { return levels_ == tian_levels::arcsine; }
  bool uniform() const { return levels_ == tian_levels::uniform; }
  /// |E exp(i t V)| is at most this / t: twice the highest density, as it falls.
  static Real decay() { return 2 * shrunk(); }

 private:
  /// A p-value of 1 would have an infinite slope; all of them are divided by that, here and in exactmeta, the null distribution's too.
  static Real shrunk() { return Real(101) / 100; }
  /// The integral of exp(i x v) over the scores.
  wave<Real> turns(const Real& x) const {
    using std::sin;
    if (x == 0) return {reach_, Real(0)};
    const Real half = sin(Real(x * reach_ / 2));
    return {Real(sin(Real(x * reach_)) / x), Real(2 * half * half / x)};
  }

  tian_levels levels_;
  Real reach_;
};

}  // namespace detail

}  // namespace metapool
