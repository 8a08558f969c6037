// SPDX-License-Identifier: BSL-1.0
// How much the equations behind fragility bend within a box of tau2 and means.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace metapool::detail {

/// The most that x = 1 / (v + tau2) lies below its chord within the box, rounded up. Numbers: double, or a pack.
template <class Numbers>
struct fragility_chord {
  Numbers wide2{}, two{}, half{}, tau2_low{}, tau2_high{};

  explicit fragility_chord(const bounded_box& b) {
    fill(wide2, (b.high[0] - b.low[0]) * (b.high[0] - b.low[0]));
    fill(two, 2.0);
    fill(half, 0.5);
    fill(tau2_low, b.low[0]);
    fill(tau2_high, b.high[0]);
  }

  /// x_low, x_high: x at the lower and the upper tau2. (1/sqrt a - 1/sqrt z)^2 = (z - a)^2 / (a z (a + z + 2 sqrt(a z))), and the root is at least a z / r, r >= sqrt(a z)
  /// being Newton's step from the mean.
  void operator()(const Numbers& v, const Numbers& x_low, const Numbers& x_high, Numbers& out) const {
    const Numbers a = v + tau2_low, z = v + tau2_high, mean = half * (a + z), product = a * z;
    const Numbers r = half * (mean + product / mean);
    out = wide2 * x_low * x_high / (two * (mean + product / r));
  }
};

/// How far multiples of the equations may lie above what their values at the corners of a box say, for one pooled trial. In x they are A + B x + C x^2, and x^2 lies
/// a + z + x times as far below its chord as x, a and z being the ends of x. In the means they are quadratic. The sign says in which direction they bend: most choices need nothing.
template <class Numbers>
struct fragility_bends {
  Numbers middle{}, low_mean{}, high_mean{}, distance{}, square{}, likelihood{}, both{}, curved{}, low_constant{}, high_constant{}, x_square{}, zero{}, mean_h{}, q_bend{};

  fragility_bends(const fragility_equations& equations, const bounded_box& b, const fragility_terms& t) {
    const double h = (b.high[1] - b.low[1]) * (b.high[1] - b.low[1]) / 4, h_q = (b.high[2] - b.low[2]) * (b.high[2] - b.low[2]) / 4;
    fill(middle, equations.middle);
    fill(low_mean, b.low[1]);
    fill(high_mean, b.high[1]);
    fill(distance, t.distance);
    fill(square, t.square);
    fill(likelihood, t.likelihood);
    fill(both, t.likelihood + t.x_square);
    fill(x_square, t.x_square);
    fill(curved, t.square - t.mean2);
    fill(low_constant, -t.mean2 * b.low[1] * b.low[1] - t.likelihood);
    fill(high_constant, -t.mean2 * b.high[1] * b.high[1] - t.likelihood);
    fill(zero, 0.0);
    fill(mean_h, h);
    fill(q_bend, -t.q_square * h_q);
  }

  /// a + z + x for the x at which the bend in tau2 is largest.
  void ends(const Numbers& v, const Numbers& x_low, const Numbers& x_high, Numbers& out) const {
    const Numbers c = (middle - v) * likelihood;
    choose(out, c < zero, x_low, x_high);
    out = out + x_low + x_high;
  }

  /// The bend in tau2 at the lower and the upper mean, and what may be added between these, times the square of half their distance.
  void in_tau2(const Numbers& y, const Numbers& v, const Numbers& ends, Numbers& low, Numbers& high, Numbers& between) const {
    const Numbers c = middle - v, s = square + likelihood * ends;
    Numbers d = y - low_mean;
    low = -(c * ((s * d + distance) * d + low_constant) + both * d * d);
    d = y - high_mean;
    high = -(c * ((s * d + distance) * d + high_constant) + both * d * d);
    between = mean_h * (c * (curved + likelihood * ends) + both);
  }

  /// The bend in the mean at the tau2 at which x is this; scale: middle + tau2.
  void in_mean(const Numbers& scale, const Numbers& x, Numbers& out) const { out = -mean_h * x * (scale * (curved + likelihood * x) + x_square); }

  /// All that is to be added, but for the bend in the mean.
  void add(const Numbers& y, const Numbers& v, const Numbers& chord, const Numbers& x_low, const Numbers& x_high, Numbers& out) const {
    Numbers e{}, low{}, high{}, between{};
    ends(v, x_low, x_high, e);
    in_tau2(y, v, e, low, high, between);
    choose(out, low < high, high, low);
    choose(between, between > zero, between, zero);
    out = out + between;
    choose(out, out > zero, out, zero);
    out = out * chord;
    e = q_bend / v;
    choose(e, e > zero, e, zero);
    out = out + e;
  }
};

/// What one pooled trial adds at a corner with all bends, as a linear function of the multipliers that is right at those given: elsewhere it has the bends that add there.
inline bounded_parts bent_parts(const fragility_equations& equations, const bounded_box& b, const bounded_point& corner, const bounded_parts& multipliers, const fragility_choice& c,
                                double chord) {
  const double x_low = 1 / (c.v + b.low[0]), x_high = 1 / (c.v + b.high[0]), x = 1 / (c.v + corner[0]);
  const fragility_bends<double> all(equations, b, equations.terms(multipliers));
  double ends = 0, low = 0, high = 0, between = 0, mean = 0;
  all.ends(c.v, x_low, x_high, ends);
  all.in_tau2(c.y, c.v, ends, low, high, between);
  all.in_mean(equations.middle + corner[0], x, mean);
  const bool bends = (std::max)(low, high) + (std::max)(between, 0.0) > 0;
  bounded_parts parts = equations.at(c, corner, x);
  for (std::size_t j = 0; j < parts.size(); ++j) {
    bounded_parts one{};
    one[j] = 1;
    const fragility_bends<double> each(equations, b, equations.terms(one));
    double low_j = 0, high_j = 0, between_j = 0, mean_j = 0;
    each.in_tau2(c.y, c.v, ends, low_j, high_j, between_j);
    each.in_mean(equations.middle + corner[0], x, mean_j);
    if (bends) parts[j] += chord * ((low < high ? high_j : low_j) + (between > 0 ? between_j : 0.0));
    if (mean > 0) parts[j] += mean_j;
    if (all.q_bend > 0) parts[j] += each.q_bend / c.v;
  }
  return parts;
}

}  // namespace metapool::detail
