// SPDX-License-Identifier: BSL-1.0
// One root in each of several data sets side by side.
#pragma once

#include <array>
#include <cstddef>
#include <limits>

namespace metapool::detail {

/// So many data sets are treated at once. Loops over them have no branch that depends on the data, so that compilers turn them into vector
/// instructions; a data set's numbers depend neither on its lane nor on its neighbours.
inline constexpr std::size_t lanes = 8;

template <class T>
using lane_array = std::array<T, lanes>;

/// Newton's method for several bracketed roots at once: f(t, value, slope) fills the values, positive left of the root, and the slopes.
/// A step that would leave the bracket is a bisection. Stops where a step is below 1e-8 of origin + t: convergence is quadratic on the
/// scale of origin + t, so that what is left is rounding. found[l] says whether that happened within 30 evaluations.
template <class Real, class F>
void newton_in_lanes(const F& f, const Real (&origin)[lanes], Real (&lower)[lanes], Real (&upper)[lanes], Real (&t)[lanes], const bool (&wanted)[lanes],
                     bool (&found)[lanes]) {
  const Real small = std::numeric_limits<Real>::digits > 60 ? Real(1e-10) : std::numeric_limits<Real>::digits > 30 ? Real(1e-8) : Real(1e-4);
  Real live[lanes];
  for (std::size_t l = 0; l < lanes; ++l) live[l] = wanted[l] ? Real(1) : Real(0);
  for (int evaluation = 0; evaluation < 30; ++evaluation) {
    Real value[lanes], slope[lanes];
    f(t, value, slope);
    Real left = 0;
    for (std::size_t l = 0; l < lanes; ++l) {
      const bool positive = value[l] > 0;
      lower[l] = positive ? t[l] : lower[l];
      upper[l] = positive ? upper[l] : t[l];
      const Real newton = t[l] - value[l] / slope[l];
      const Real middle = lower[l] + (upper[l] - lower[l]) / 2;
      const bool inside = (newton >= lower[l]) & (newton <= upper[l]);
      const Real next = inside ? newton : middle;
      const Real step = next > t[l] ? next - t[l] : t[l] - next;
      const bool close = step <= small * (origin[l] + next);
      t[l] = live[l] > 0 ? next : t[l];
      live[l] = close ? Real(0) : live[l];
    }
    for (std::size_t l = 0; l < lanes; ++l) left += live[l];
    if (!(left > 0)) break;
  }
  for (std::size_t l = 0; l < lanes; ++l) found[l] = wanted[l] && !(live[l] > 0);
}

}  // namespace metapool::detail
