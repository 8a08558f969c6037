// SPDX-License-Identifier: BSL-1.0
// Blaker's p-value and limits for the sum of treated events over 2x2 tables.
#pragma once

#include <metapool/exact/sum_of_tables.hpp>
#include <metapool/exact/tilted_sums.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/increasing_root.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace metapool::detail {

/// Sums of weights over the counts up to `left` and from `observed` on, their means' distance to `observed`, and the sum of all.
template <class Real>
struct two_tails {
  Real left{}, right{}, all{};
  Real left_mean{}, right_mean{}, mean{};
};

template <class Real>
two_tails<Real> two_tails_at(const reaching_sum<Real>& law, const Real& theta, const Real& left) {
  const tilted_sums<Real> x(law, theta);
  const std::size_t end = x.place(Real(left + 1)), from = x.place(law.observed);
  const range_sums<Real> low = x.over(0, end), middle = x.over(end, from), high = x.over(from, x.size());
  two_tails<Real> s;
  s.left = low.mass;
  s.right = high.mass;
  s.all = s.left + s.right + middle.mass;
  s.mean = (low.moment + high.moment + middle.moment) / s.all;
  s.left_mean = s.left > 0 ? Real(low.moment / s.left) : Real(0);
  s.right_mean = s.right > 0 ? Real(high.moment / s.right) : Real(0);
  return s;
}

/// The smaller tail of what was observed, with the largest tail of the other side that is not larger than it (but for `slack`, so that tails that are
/// equal by symmetry count as equal), at the weights given.
template <class Real>
Real blaker_p(const count_weights<Real>& x, const Real& observed, const Real& slack) {
  Real below = 0, from = 0, all = 0, y = x.first;
  for (const Real& w : x.weight) {
    if (y <= observed) below += w;
    if (y >= observed) from += w;
    all += w;
    y += 1;
  }
  const Real tail = (std::min)(below, from), allowed = tail * (1 + slack);
  Real other = 0;
  const auto add = [&](const Real& w) {
    if (!(other + w <= allowed)) return false;
    other += w;
    return true;
  };
  if (below < from) {
    for (std::size_t i = x.weight.size(); i-- > 0;) {
      if (!add(x.weight[i])) break;
    }
  } else {
    for (const Real& w : x.weight) {
      if (!add(w)) break;
    }
  }
  return (std::min)(Real(1), Real((tail + other) / all));
}

/// log of Blaker's lower limit of the odds ratio: the least value at which his p-value reaches 2 alpha (the ends of its set; the set itself can have holes).
/// central: log of the exact lower limit, where P(X >= x) = alpha. Precondition: observed > lowest.
///
/// With j the largest count for which P(X <= j) <= P(X >= x), his p-value is P(X >= x) + P(X <= j). It is at most 2 alpha at `central`; j grows with the
/// odds ratio, and where it becomes j + 1 both tails are equal and larger than alpha, so that the limit lies at that place or before it. Before it
/// 1 - P(j < X < x) is log-concave's complement in the log odds ratio: it falls and then rises, and crosses 2 alpha once at most.
template <class Real>
Real blaker_lower_limit(reaching_sum<Real> law, const Real& central, const Real& alpha, convergence<Real>& state) {
  using std::log;
  const Real infinity = std::numeric_limits<Real>::infinity();
  Real j = law.lowest - 1;
  {
    const count_weights<Real> x = weights_at(*law.sum, central);
    Real from = 0, below = 0, y = x.first + static_cast<Real>(x.weight.size());
    for (std::size_t i = x.weight.size(); i-- > 0;) {
      y -= 1;
      if (y < law.observed) break;
      from += x.weight[i];
    }
    y = x.first;
    if (y > law.lowest) j = y - 1;  // what was cut off is too small to count
    for (const Real& w : x.weight) {
      below += w;
      if (!(below <= from) || !(y < law.observed - 1)) break;
      j = y;
      y += 1;
    }
  }
  const auto even = [&](const Real& theta) -> value_and_slope<Real> {
    const auto s = two_tails_at(law, theta, Real(j + 1));
    if (!(s.right > 0)) return {-infinity, Real(1)};
    if (!(s.left > 0)) return {infinity, Real(1)};
    return {log(s.right / s.left), s.right_mean - s.left_mean};
  };
  const Real step = increasing_root<Real>(even, central, Real(Real(1) / 4), state);
  const auto excess = [&](const Real& theta) -> value_and_slope<Real> {
    if (!(theta > central)) return {-infinity, Real(1)};
    const auto s = two_tails_at(law, theta, j);
    const Real p = s.right + s.left;
    const Real slope = (s.right * (s.right_mean - s.mean) + s.left * (s.left_mean - s.mean)) / p;
    return {log(p / s.all / (2 * alpha)), slope};
  };
  if (!(excess(step).value > 0)) return step;
  return increasing_root<Real>(excess, step, Real(step - central), state);
}

}  // namespace metapool::detail
