// SPDX-License-Identifier: BSL-1.0
// Risks of two arms by maximum likelihood under a given difference or ratio, and the score test that uses their variance.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Risks of the treated and of the control arm.
template <class Real>
struct two_risks {
  Real treated{};
  Real control{};
};

/// Maximum likelihood risks with treated = phi control, phi > 0: the smaller root of N phi p^2 - b p + events = 0 for the control risk, with
/// b = phi (n1 + c) + n2 + a and b^2 - 4 N phi events = (phi (n1 + c) - (n2 + a))^2 + 4 phi (non-events of one arm times those of the other).
template <class Real>
two_risks<Real> risks_of_ratio(const two_by_two<Real>& t, const Real& phi) {
  using std::sqrt;
  const Real n1 = t.treated_total(), n2 = t.control_total(), events = t.a + t.c;
  const Real up = phi * (n1 + t.c), down = n2 + t.a;
  const Real root = sqrt(Real((up - down) * (up - down) + 4 * phi * t.b * t.d));
  const Real control = 2 * events / (up + down + root);
  return {(std::min)(Real(1), Real(phi * control)), (std::min)(Real(1), control)};
}

/// The control risk of risks_of_difference by cosines, from the cubic that the derivative is when multiplied out (Miettinen & Nurminen 1985,
/// appendix 1): half of the digits or more, which is where a search best starts.
template <class Real>
Real risk_from_cubic(const two_by_two<Real>& t, const Real& delta) {
  using std::acos, std::cos, std::sqrt;
  const Real n = t.total(), n2 = t.control_total(), events = t.a + t.c;
  const Real l2 = ((t.treated_total() + 2 * n2) * delta - n - events) / (3 * n);
  const Real l1 = ((n2 * delta - n - 2 * t.c) * delta + events) / (3 * n);
  const Real l0 = t.c * delta * (1 - delta) / n;
  const Real q = (l2 * l2 * l2 - 3 * l1 * l2 / 2) + l0 / 2, p2 = l2 * l2 - l1;
  if (!(p2 > 0)) return -l2;
  const Real p = q < 0 ? Real(-sqrt(p2)) : Real(sqrt(p2));
  const Real x = (std::max)(Real(-1), (std::min)(Real(1), Real(q / (p * p2))));
  return 2 * p * cos(Real((acos(Real(-1)) + acos(x)) / 3)) - l2;
}

/// Maximum likelihood risks with treated = control + delta, -1 < delta < 1: the root of the decreasing derivative of the log likelihood.
template <class Real>
two_risks<Real> risks_of_difference(const two_by_two<Real>& t, const Real& delta) {
  using std::fabs;
  if (delta < 0) {  // so that the control risk is the smaller one
    const two_risks<Real> r = risks_of_difference(two_by_two<Real>{t.c, t.d, t.a, t.b}, Real(-delta));
    return {r.control, r.treated};
  }
  const Real top = 1 - delta;  // the control risk lies in [0, top]
  const auto value = [&](const Real& p) -> std::pair<Real, Real> {
    const Real q1 = top - p, p1 = p + delta, q2 = 1 - p;
    const auto over = [](const Real& count, const Real& risk) { return count == 0 ? Real(0) : Real(count / fabs(risk)); };  // of a zero with either sign
    const Real a = over(t.a, p1), b = over(t.b, q1), c = over(t.c, p), d = over(t.d, q2);
    return {(a - b) + (c - d), -(over(a, p1) + over(b, q1) + over(c, p) + over(d, q2))};
  };
  if (t.c == 0 && !(value(Real(0)).first > 0)) return {delta, Real(0)};
  if (t.b == 0 && !(value(top).first < 0)) return {Real(1), top};
  const Real guess = risk_from_cubic(t, delta);
  convergence<Real> state;
  const Real p = newton_root<Real>(value, guess > 0 && guess < top ? guess : Real(top / 2), Real(0), top, state);
  return {(std::min)(Real(1), Real(p + delta)), p};
}

/// The score of a common effect over tables with weights n1 n2 / N, divided by its standard deviation under the effect. Falls as the effect grows.
template <class Real, bool ratio>
struct score_of_tables {
  std::vector<two_by_two<Real>> tables{};
  bool factor = true;

  /// Sums of w p1 and w p2.
  Real treated() const {
    Real sum = 0;
    for (const auto& t : tables) sum += t.a * (t.control_total() / t.total());
    return sum;
  }
  Real control() const {
    Real sum = 0;
    for (const auto& t : tables) sum += t.c * (t.treated_total() / t.total());
    return sum;
  }
  /// The estimate of the risk difference.
  Real difference() const {
    Real sum = 0, weight = 0;
    for (const auto& t : tables) {
      sum += difference_of_products(t.a, t.d, t.b, t.c) / t.total();
      weight += t.treated_total() * (t.control_total() / t.total());
    }
    return (std::max)(Real(-1), (std::min)(Real(1), Real(sum / weight)));
  }

  Real at(const Real& effect) const {
    using std::sqrt;
    Real sum = 0, variance = 0;
    for (const auto& t : tables) {
      const Real n1 = t.treated_total(), n2 = t.control_total(), n = t.total(), w = n1 * (n2 / n);
      two_risks<Real> r;
      Real v;
      if constexpr (ratio) {
        r = risks_of_ratio(t, effect);
        sum += effect == 1 ? Real(difference_of_products(t.a, t.d, t.b, t.c) / n) : Real(t.a * (n2 / n) - effect * t.c * (n1 / n));
        v = r.treated * (1 - r.treated) / n1 + effect * effect * r.control * (1 - r.control) / n2;
      } else {
        // at 1 and -1, where the variance is 0, without a difference: d - 1 = -(b / n1 + c / n2), d + 1 = a / n1 + d / n2
        if (effect == 1) {
          r = {Real(1), Real(0)};
          sum -= t.b * (n2 / n) + t.c * (n1 / n);
        } else if (effect == -1) {
          r = {Real(0), Real(1)};
          sum += t.a * (n2 / n) + t.d * (n1 / n);
        } else {
          r = risks_of_difference(t, effect);
          sum += difference_of_products(t.a, t.d, t.b, t.c) / n - w * effect;
        }
        v = r.treated * (1 - r.treated) / n1 + r.control * (1 - r.control) / n2;
      }
      variance += w * w * v * (factor ? Real(n / (n - 1)) : Real(1));
    }
    if (sum == 0) return Real(0);
    if (!(variance > 0)) return sum > 0 ? std::numeric_limits<Real>::infinity() : Real(-std::numeric_limits<Real>::infinity());
    return sum / sqrt(variance);
  }
};

}  // namespace metapool::detail
