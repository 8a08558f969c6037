// SPDX-License-Identifier: BSL-1.0
// Where on the line of log(tau) a density has its mass, before anything is integrated. Neither Boost nor Eigen.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// tau as a function of x on the whole line: exp(x), or upper / (1 + exp(-x)) where the support ends.
template <class Real>
struct tau_line {
  Real upper = std::numeric_limits<Real>::infinity();

  bool bounded() const { return upper < std::numeric_limits<Real>::infinity(); }
  Real tau(const Real& x) const {
    using std::exp;
    return bounded() ? Real(upper / (1 + exp(Real(-x)))) : Real(exp(x));
  }
  Real x(const Real& tau) const {
    using std::log;
    return bounded() ? Real(log(Real(tau / (upper - tau)))) : Real(log(tau));
  }
  /// log of d tau / d x.
  Real log_jacobian(const Real& x) const {
    using std::exp, std::log, std::log1p;
    if (!bounded()) return x;
    const Real size = x < 0 ? Real(-x) : x;
    return log(upper) - size - 2 * log1p(Real(exp(Real(-size))));
  }
  /// Beyond it tau^2 would not be a number of this type.
  static Real limit() {
    using std::log;
    return (std::min)(Real(Real(0.45) * log((std::numeric_limits<Real>::max)())), Real(700));
  }
};

/// Ends and peak of a function f(x) on the line: outside [left, right] it is below its peak by `depth` and more.
template <class Real>
struct tau_window {
  Real left{}, peak{}, right{};
  Real height{};  ///< f(peak)
};

/// A scan in steps of 1/2 from log(low) - 12 to log(high) + 12 and, in steps of 1, as far as f is not yet negligible; a golden-section search
/// from each of its peaks; then the ends, never beyond +-limit. For f whose peaks are wider than 1/2 or, if narrower, single (posterior densities of many studies).
template <class Real, class F>
tau_window<Real> find_tau_window(const F& f, const Real& low, const Real& high, const Real& depth, const Real& limit = tau_line<Real>::limit()) {
  struct point {
    Real x, f;
  };
  std::vector<point> scan;
  const auto clamp = [&](const Real& x) { return (std::clamp)(x, Real(-limit), limit); };
  for (Real x = clamp(Real(low - 12)); x <= clamp(Real(high + 12)); x += Real(0.5)) scan.push_back({x, f(x)});
  const auto best = [&] {
    return *std::max_element(scan.begin(), scan.end(), [](const point& a, const point& b) { return a.f < b.f; });
  };
  Real top = best().f;
  while (scan.front().x > -limit && scan.front().f > top - depth) {
    const Real x = clamp(Real(scan.front().x - 1));
    scan.insert(scan.begin(), {x, f(x)});
    top = (std::max)(top, scan.front().f);
  }
  while (scan.back().x < limit && scan.back().f > top - depth) {
    const Real x = clamp(Real(scan.back().x + 1));
    scan.push_back({x, f(x)});
    top = (std::max)(top, scan.back().f);
  }

  std::vector<point> peaks;
  for (std::size_t i = 0; i < scan.size(); ++i) {
    if ((i > 0 && scan[i - 1].f > scan[i].f) || (i + 1 < scan.size() && scan[i + 1].f >= scan[i].f)) continue;
    Real a = scan[i > 0 ? i - 1 : 0].x, b = scan[i + 1 < scan.size() ? i + 1 : i].x;
    const Real golden = Real(0.381966011250105);
    point found = scan[i], c{Real(a + golden * (b - a)), Real(0)}, d{Real(b - golden * (b - a)), Real(0)};
    c.f = f(c.x);
    d.f = f(d.x);
    for (int n = 0; n < 60 && b - a > Real(1e-7); ++n) {
      if (c.f > d.f) {
        b = d.x;
        d = c;
        c.x = a + golden * (b - a);
        c.f = f(c.x);
      } else {
        a = c.x;
        c = d;
        d.x = b - golden * (b - a);
        d.f = f(d.x);
      }
      // from the first steps on, so that flat peaks, whose place does not matter, cost little
      const Real gap = c.f > d.f ? Real(c.f - d.f) : Real(d.f - c.f);
      if (n >= 6 && gap < Real(1e-3)) break;
    }
    for (const point& p : {c, d}) {
      if (p.f > found.f) found = p;
    }
    peaks.push_back(found);
  }
  const point peak = *std::max_element(peaks.begin(), peaks.end(), [](const point& a, const point& b) { return a.f < b.f; });
  const Real floor = peak.f - depth;
  Real first = peak.x, last = peak.x;
  for (const point& p : peaks) {
    if (p.f > floor) {
      first = (std::min)(first, p.x);
      last = (std::max)(last, p.x);
    }
  }
  // outward by doubled steps until f is below the floor, then back by bisection to within a tenth of the way
  const auto end = [&](const Real& from, int side) {
    Real inside = from, step = Real(1) / 4096;
    for (;;) {
      const Real x = clamp(side < 0 ? Real(from - step) : Real(from + step));
      if (!(f(x) > floor)) {
        Real outside = x;
        for (int n = 0; n < 5; ++n) {
          const Real middle = inside + (outside - inside) / 2;
          (f(middle) > floor ? inside : outside) = middle;
        }
        return outside;
      }
      inside = x;
      if (x == limit || x == -limit) return x;
      step *= 2;
    }
  };
  return {end(first, -1), peak.x, end(last, 1), peak.f};
}

}  // namespace metapool::detail
