// SPDX-License-Identifier: BSL-1.0
// The estimators of DerSimonian and Laird and of Paule and Mandel for several data sets side by side, from the spectrum of their common variances.
#pragma once

#include <metapool/tau2/lane_root.hpp>

#include <cstddef>
#include <limits>
#include <span>

namespace metapool::detail {

/// DerSimonian and Laird: max(0, (Q - n) / tr P), n = k - 1 contrasts.
template <class Real>
void lane_moments(std::span<const Real> m, const Real* squares, lane_array<Real>& tau2, lane_array<bool>& known) {
  Real q[lanes] = {};
  Real c = 0;
  for (std::size_t j = 0; j < m.size(); ++j) {
    const Real w = 1 / m[j];
    c += w;
    for (std::size_t l = 0; l < lanes; ++l) q[l] += squares[j * lanes + l] * w;
  }
  const Real n = static_cast<Real>(m.size());
  for (std::size_t l = 0; l < lanes; ++l) {
    tau2[l] = q[l] > n ? (q[l] - n) / c : Real(0);
    known[l] = q[l] <= (std::numeric_limits<Real>::max)();
  }
}

/// Paule and Mandel: Q(tau2) = n; Newton's method on 1 - n/Q, which is concave, from 0.
template <class Real>
void lane_paule_mandel(std::span<const Real> m, const Real* squares, lane_array<Real>& tau2, lane_array<bool>& known) {
  const Real n = static_cast<Real>(m.size());
  const auto f = [&](const Real (&at)[lanes], Real (&value)[lanes], Real (&slope)[lanes]) {
    Real t[lanes], q[lanes] = {}, a[lanes] = {};
    for (std::size_t l = 0; l < lanes; ++l) t[l] = at[l];
    for (std::size_t j = 0; j < m.size(); ++j) {
      for (std::size_t l = 0; l < lanes; ++l) {
        const Real w = 1 / (m[j] + t[l]);
        const Real part = squares[j * lanes + l] * w;
        q[l] += part;
        a[l] += part * w;
      }
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      const Real ratio = n / q[l];
      value[l] = 1 - ratio;
      slope[l] = -ratio * (a[l] / q[l]);
    }
  };
  Real total[lanes] = {}, origin[lanes], lower[lanes] = {}, upper[lanes], start[lanes] = {}, value[lanes], slope[lanes];
  bool wanted[lanes], found[lanes];
  for (std::size_t j = 0; j < m.size(); ++j) {
    for (std::size_t l = 0; l < lanes; ++l) total[l] += squares[j * lanes + l];
  }
  f(start, value, slope);
  for (std::size_t l = 0; l < lanes; ++l) {
    origin[l] = m[0];
    upper[l] = total[l] / n * Real(1.000001);  // Q(t) <= total / t
    wanted[l] = value[l] > 0 && upper[l] <= (std::numeric_limits<Real>::max)();
    known[l] = total[l] == 0 || (value[l] <= 0 && total[l] <= (std::numeric_limits<Real>::max)());
    start[l] = wanted[l] ? -value[l] / slope[l] : Real(0);
    if (!(start[l] < upper[l])) start[l] = 0;
  }
  newton_in_lanes(f, origin, lower, upper, start, wanted, found);
  for (std::size_t l = 0; l < lanes; ++l) {
    tau2[l] = found[l] ? start[l] : Real(0);
    known[l] = known[l] || found[l];
  }
}

}  // namespace metapool::detail
