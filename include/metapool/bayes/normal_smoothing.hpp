// SPDX-License-Identifier: BSL-1.0
// The integral of a log-concave function times a normal density. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/gauss_hermite.hpp>
#include <metapool/math/gauss_points.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Where a function varies on the scale of `grain` (and, wherever its curvature is larger, on that scale), outside only as a straight line does.
template <class Real>
struct smoothing_range {
  Real from{}, to{};
  Real grain{};
  bool kink_at_zero = false;
};

/// log of the integral over x of exp(f(x)) N(x; m, tau^2) for a tau so small that f is nearly a parabola over it: 16 Gauss-Hermite points around m; tau = 0 gives f(m).
template <class Real, class F>
Real narrowly_smoothed(const F& f, const Real& tau, const Real& m) {
  using std::exp, std::log, std::sqrt;
  if (!(tau > 0)) return f(m);
  static const hermite_rule<Real> rule = gauss_hermite<Real>(16);
  const Real root = tau * sqrt(Real(2)), floor = -std::numeric_limits<Real>::infinity();
  std::array<Real, 16> values;
  Real top = floor, sum = 0;
  for (std::size_t j = 0; j < values.size(); ++j) {
    values[j] = f(Real(m + root * rule.nodes[j])) - rule.nodes[j] * rule.nodes[j];
    top = values[j] > top ? values[j] : top;
  }
  if (!(top > floor)) return floor;
  for (std::size_t j = 0; j < values.size(); ++j) sum += rule.weights[j] * exp(Real(values[j] - top));
  return top + log(sum) - log(pi<Real>()) / 2;
}

/// log of the integral over x of exp(f(x)) N(x; m, tau^2), f concave, tau > 0, for many m. The points x are laid once: 15 Gauss points on panels as wide as the normal density, f's
/// curvature and its grain allow. Their terms rise to one peak and fall; from it they are added until they are below e^-30 of it. 10 digits and more.
template <class Real>
class normal_smoothing {
 public:
  /// For m between `low` and `high`; `peak`: about where f is highest, or ceases to rise. f(x) and f.curvature(x).
  template <class F>
  normal_smoothing(const F& f, const Real& tau, const Real& low, const Real& high, const Real& peak, const smoothing_range<Real>& range) {
    const Real reach = Real(8) * tau;
    lay(f, tau, (std::min)(low, peak) - reach, (std::max)(high, peak) + reach, range);
  }
  /// The same for an f that is 0 outside [from, to].
  template <class F>
  normal_smoothing(const F& f, const Real& tau, const smoothing_range<Real>& range) {
    lay(f, tau, range.from, range.to, range);
  }
  std::size_t size() const { return x_.size(); }

  Real operator()(const Real& m) const {
    using std::exp, std::log;
    const Real depth = 30;
    const auto exponent = [&](std::size_t j) {
      const Real z = (x_[j] - m) * inverse_;
      return Real(f_[j] - z * z / 2);
    };
    // the exponents are concave in x: their highest is found by bisection of the differences
    std::size_t a = 0, b = x_.size() - 1;
    while (b - a > 1) {
      const std::size_t c = (a + b) / 2;
      (exponent(c) > exponent(c - 1) ? a : b) = c;
    }
    const std::size_t peak = exponent(b) > exponent(a) ? b : a;
    const Real height = exponent(peak);
    Real sum = 0;
    for (std::size_t j = peak; j < x_.size(); ++j) {
      const Real e = exponent(j) - height;
      if (e < -depth) break;
      sum += w_[j] * exp(e);
    }
    for (std::size_t j = peak; j-- > 0;) {
      const Real e = exponent(j) - height;
      if (e < -depth) break;
      sum += w_[j] * exp(e);
    }
    return height + log(sum);
  }

 private:
  template <class F>
  void lay(const F& f, const Real& tau, Real from, const Real& to, const smoothing_range<Real>& range) {
    using std::sqrt;
    inverse_ = 1 / tau;
    const Real density = inverse_ / sqrt(Real(2 * pi<Real>()));
    const Real precision = inverse_ * inverse_;
    const auto width = [&](const Real& curvature) { return Real(Real(5.5) / sqrt(Real(precision + (curvature > 0 ? curvature : Real(0))))); };
    const Real whole = to - from;
    for (std::size_t panels = 0; from < to; ++panels) {
      const Real least = whole * (panels < 20000 ? Real(1e-12) : Real(1e-3));  // so that it ends
      Real step = width(f.curvature(from));
      const Real outside = from < range.from ? Real(range.from - from) : from >= range.to ? Real(from - range.to) : Real(0);
      step = (std::min)(step, (std::max)(range.grain, Real(outside / 2)));
      for (int i = 0; i < 4; ++i) {
        const Real narrower = (std::min)(width(f.curvature(Real(from + step))), width(f.curvature(Real(from + step / 2))));
        const bool enough = !(narrower < Real(0.8) * step);
        step = (std::min)(step, narrower);
        if (enough) break;
      }
      if (from < range.from && from + step > range.from) step = range.from - from;
      step = (std::max)(step, least);
      Real end = from + step;
      if (range.kink_at_zero && from < 0 && end > 0) end = 0;
      if (!(end < to)) end = to;
      for_gauss_points<Real>(from, end, [&](const Real& x, const Real& w) {
        x_.push_back(x);
        f_.push_back(f(x));
        w_.push_back(w * density);
      });
      from = end;
    }
  }

  Real inverse_{};
  std::vector<Real> x_{}, f_{}, w_{};
};

}  // namespace metapool::detail
