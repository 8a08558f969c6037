// SPDX-License-Identifier: BSL-1.0
// Least squares of a distribution with a shape and a scale to reported quantiles.
#pragma once

#include <metapool/conversion/quantile_fit.hpp>
#include <metapool/math/convergence.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Least squares of q on s h_i(shape) for a given shape: the best s, what is left, and h' by the shape's logarithm for the slope.
template <class Real>
struct scale_family_step {
  Real scale{}, rest{}, slope{};
};

/// `h(shape, i)`: the quantile at p_i with scale 1; `slope_of_h` its derivative by log(shape).
template <class Real, class H, class Slope>
scale_family_step<Real> profile_scale(const reported_quantiles<Real>& x, const Real& shape, const H& h, const Slope& slope_of_h) {
  Real hh = 0, hq = 0, largest = 0;
  std::vector<Real> values;
  for (std::size_t i = 0; i < x.q.size(); ++i) values.push_back(h(shape, i));
  for (const Real& v : values) largest = (std::max)(largest, v);
  for (Real& v : values) v /= largest;  // no overflow in the squares
  for (std::size_t i = 0; i < x.q.size(); ++i) {
    hh += values[i] * values[i];
    hq += values[i] * x.q[i];
  }
  scale_family_step<Real> r;
  const Real s = hq / hh;
  for (std::size_t i = 0; i < x.q.size(); ++i) {
    const Real distance = x.q[i] - s * values[i];
    r.rest += distance * distance;
    r.slope -= 2 * s * distance * slope_of_h(shape, i) / largest;
  }
  r.scale = s / largest;
  return r;
}

/// The shape with the least rest: a scan over `decades` around 1, then the slope's root beside the best point.
template <class Real, class H, class Slope>
std::pair<Real, scale_family_step<Real>> best_shape(const reported_quantiles<Real>& x, const Real& from, const Real& to, const H& h, const Slope& slope_of_h,
                                                    convergence<Real>& state) {
  using std::exp, std::isfinite, std::log;
  const auto at = [&](const Real& u) {
    ++state.iterations;
    return profile_scale(x, Real(exp(u)), h, slope_of_h);
  };
  constexpr int steps = 120;
  const Real width = (log(to) - log(from)) / steps;
  Real best = log(from), least = std::numeric_limits<Real>::infinity();
  for (int i = 0; i <= steps; ++i) {
    const Real u = log(from) + Real(i) * width;
    const auto step = at(u);
    if (isfinite(step.rest) && step.rest < least) {
      least = step.rest;
      best = u;
    }
  }
  // a root of the slope lies in [best - width, best + width]: bisection with secant steps on the slope
  Real low = best - width, high = best + width;
  Real f_low = at(low).slope, f_high = at(high).slope;
  if (!(f_low < 0 && f_high > 0)) state.converged = false;  // the least value lies at an end of the scan: no minimum
  for (int i = 0; state.converged && i < 400 && high - low > 4 * std::numeric_limits<Real>::epsilon() * (1 + (best < 0 ? Real(-best) : best)); ++i) {
    Real middle = i % 3 == 2 ? Real((low + high) / 2) : Real(low - f_low * (high - low) / (f_high - f_low));
    if (!(middle > low && middle < high)) middle = (low + high) / 2;
    if (!(middle > low && middle < high)) break;
    const Real f = at(middle).slope;
    best = middle;
    if (f == 0) break;
    if (f < 0) {
      low = middle;
      f_low = f;
    } else {
      high = middle;
      f_high = f;
    }
  }
  const auto step = at(best);
  state.residual = step.slope;
  return {Real(exp(best)), step};
}

}  // namespace metapool::detail
