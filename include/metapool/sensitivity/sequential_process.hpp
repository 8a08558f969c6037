// SPDX-License-Identifier: BSL-1.0
// A Brownian motion that is looked at a few times and stopped outside given ranges: the distribution of where it is while it goes on.
#pragma once

#include <metapool/math/gauss_points.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// A range of z in which the process goes on.
template <class Real>
struct kept_range {
  Real lower{};
  Real upper{};
};

/// The score S(t) = z sqrt(t) has mean drift t and variance t, so that drift is the mean of z at full information t = 1. Armitage, McPherson and Rowe's
/// recursion: the density of S among the paths not yet stopped, on Gauss-Legendre points in panels no wider than 3 standard deviations of the smaller
/// of the steps before and after; points beyond the range where the normal density is below epsilon are left out.
/// Armitage, McPherson & Rowe (1969) J R Stat Soc A 132:235, doi:10.2307/2343787; Jennison & Turnbull (2000) Group Sequential Methods, chapter 19.
template <class Real>
class sequential_process {
 public:
  explicit sequential_process(const Real& drift) : drift_(drift) {}

  /// P(not stopped before, z at time t above z).
  Real above(const Real& t, const Real& z) const {
    return sum(t, z, Real(0), Real(1), [](const Real& x) { return normal_upper_tail<Real>(x); });
  }
  /// P(not stopped before, z at time t below z).
  Real below(const Real& t, const Real& z) const {
    return sum(t, z, Real(1), Real(0), [](const Real& x) { return normal_upper_tail<Real>(Real(-x)); });
  }
  /// Density of z at time t among the paths not stopped before.
  Real density(const Real& t, const Real& z) const {
    using std::sqrt;
    return sum(t, z, Real(0), Real(0), [](const Real& x) { return phi(x); }) * sqrt(Real(t / (t - time_)));
  }

  /// Goes on to time t, where only the paths with z in one of `kept` (ascending) are not stopped; `next` is the time of the next look.
  void advance(const Real& t, std::initializer_list<kept_range<Real>> kept, const Real& next) {
    using std::ceil, std::sqrt;
    const Real root = sqrt(t), step = sqrt(Real(t - time_)), centre = drift_ * root;
    const Real width = Real(3) * (std::min)(step, Real(sqrt(Real(next - t))));
    std::vector<Real> at, mass;
    for (const kept_range<Real>& k : kept) {
      const Real a = root * (std::max)(k.lower, Real(centre - reach())), b = root * (std::min)(k.upper, Real(centre + reach()));
      if (!(a < b)) continue;
      const std::size_t panels = static_cast<std::size_t>(ceil(Real((b - a) / width)));
      for (std::size_t i = 0; i < panels; ++i) {
        const Real from = a + (b - a) * (Real(i) / Real(panels)), to = a + (b - a) * (Real(i + 1) / Real(panels));
        for_gauss_points<Real>(from, to, [&](const Real& s, const Real& weight) {
          at.push_back(s);
          mass.push_back(weight * density(t, Real(s / root)) / root);
        });
      }
    }
    up_to_.assign(1, Real(0));
    for (const Real& m : mass) up_to_.push_back(Real(up_to_.back() + m));
    at_ = std::move(at);
    mass_ = std::move(mass);
    time_ = t;
  }

  const Real& time() const { return time_; }
  /// How many standard deviations from its mean a normal variable has any weight in this number type.
  static Real reach() {
    using std::log, std::sqrt;
    return 1 + sqrt(Real(-2 * log(std::numeric_limits<Real>::epsilon())));
  }

 private:
  static Real phi(const Real& x) {
    using std::exp, std::sqrt;
    static const Real scale = 1 / sqrt(Real(2 * pi<Real>()));
    return scale * exp(Real(-x * x / 2));
  }

  /// Sum over the points of mass f((z sqrt(t) - s - drift step^2) / step); far below z it is f = far_below, far above far_above.
  template <class F>
  Real sum(const Real& t, const Real& z, const Real& far_below, const Real& far_above, F f) const {
    using std::sqrt;
    if (!(time_ > 0)) return f(Real(z - drift_ * sqrt(t)));
    const Real variance = t - time_, step = sqrt(variance), target = z * sqrt(t) - drift_ * variance;
    const Real wide = step * reach() * Real(1.3);  // so that what is left out is small beside the least that is ever spent
    const auto from = std::lower_bound(at_.begin(), at_.end(), Real(target - wide)), to = std::upper_bound(from, at_.end(), Real(target + wide));
    const std::size_t first = static_cast<std::size_t>(from - at_.begin()), last = static_cast<std::size_t>(to - at_.begin());
    Real total = far_below * up_to_[first] + far_above * (up_to_.back() - up_to_[last]);
    for (std::size_t i = first; i < last; ++i) total += mass_[i] * f(Real((target - at_[i]) / step));
    return total;
  }

  Real drift_;
  Real time_{};
  std::vector<Real> at_{};    ///< ascending
  std::vector<Real> mass_{};  ///< density times weight
  std::vector<Real> up_to_{};  ///< sum of the masses of the points before each, and of all
};

}  // namespace metapool::detail
