// SPDX-License-Identifier: BSL-1.0
// A function between two places by its values at the Gauss points: the polynomial through them, and whether they are enough.
#pragma once

#include <metapool/math/gauss_points.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace metapool::detail {

constexpr std::size_t panel_points = 15;
template <class Real>
using panel_values = std::array<Real, panel_points>;

/// The points and weights of (-1, 1), and how values there become Legendre coefficients.
template <class Real>
struct legendre_table {
  panel_values<Real> x{}, w{};
  std::array<panel_values<Real>, panel_points> to{};  ///< coefficient k = sum of to[k][j] f(x[j])
  panel_values<Real> up{}, down{};                    ///< (2 k + 1) / (k + 1) and k / (k + 1)

  legendre_table() {
    std::size_t n = 0;
    for_gauss_points<Real>(Real(-1), Real(1), [&](const Real& at, const Real& weight) {
      x[n] = at;
      w[n++] = weight;
    });
    for (std::size_t k = 0; k < panel_points; ++k) {
      up[k] = Real(2 * static_cast<int>(k) + 1) / Real(static_cast<int>(k) + 1);
      down[k] = Real(static_cast<int>(k)) / Real(static_cast<int>(k) + 1);
    }
    for (std::size_t j = 0; j < panel_points; ++j) {
      Real before = 0, p = 1;
      for (std::size_t k = 0; k < panel_points; ++k) {
        to[k][j] = (Real(static_cast<int>(k)) + Real(Real(1) / 2)) * w[j] * p;
        const Real next = up[k] * x[j] * p - down[k] * before;
        before = p;
        p = next;
      }
    }
  }
};
template <class Real>
const legendre_table<Real>& legendre() {
  static const legendre_table<Real> table;
  return table;
}

template <class Real>
panel_values<Real> legendre_coefficients(const panel_values<Real>& f) {
  const legendre_table<Real>& table = legendre<Real>();
  panel_values<Real> c{};
  for (std::size_t k = 0; k < panel_points; ++k) {
    for (std::size_t j = 0; j < panel_points; ++j) c[k] += table.to[k][j] * f[j];
  }
  return c;
}

/// The sum of coefficients at t in [-1, 1] (Clenshaw).
template <class Real>
Real legendre_sum(const panel_values<Real>& c, const Real& t) {
  const legendre_table<Real>& table = legendre<Real>();
  Real b1 = 0, b2 = 0;
  for (std::size_t k = panel_points; k-- > 0;) {
    const Real b = c[k] + table.up[k] * t * b1 - (k + 1 < panel_points ? table.down[k + 1] : Real(0)) * b2;
    b2 = b1;
    b1 = b;
  }
  return b1;
}

/// Its derivative to t.
template <class Real>
Real legendre_slope(const panel_values<Real>& c, const Real& t) {
  const legendre_table<Real>& table = legendre<Real>();
  Real before = 0, p = 1, d_before = 0, d = 0, sum = 0;
  for (std::size_t k = 0; k < panel_points; ++k) {
    sum += c[k] * d;
    const Real next = table.up[k] * t * p - table.down[k] * before;
    const Real d_next = table.up[k] * (p + t * d) - table.down[k] * d_before;
    before = p;
    p = next;
    d_before = d;
    d = d_next;
  }
  return sum;
}

/// What is probably missing if the polynomial through these values of log f stands for it on the panel, judged against `top`, log of the highest value that matters, and to be
/// compared with `tolerance`: the last coefficients of log f, less the farther f is below the top; and those of f over 3000, so that its integral by the points, whose error
/// falls twice as fast, is right. What rounding leaves is not counted. Infinite if f is 0 at some of the points and not at all.
template <class Real>
Real unresolved(const panel_values<Real>& log_f, const Real& top, const Real& tolerance) {
  using std::abs, std::exp;
  const legendre_table<Real>& table = legendre<Real>();
  Real highest = log_f[0];
  for (const Real& f : log_f) highest = f > highest ? f : highest;
  if (!(highest > -std::numeric_limits<Real>::infinity())) return Real(0);
  for (const Real& f : log_f) {
    if (!(f > -std::numeric_limits<Real>::infinity())) return std::numeric_limits<Real>::infinity();  // no polynomial goes there
  }
  const Real share = exp(Real(highest < top ? highest - top : Real(0)));
  Real a = 0, b = 0, c = 0, d = 0;
  for (std::size_t j = 0; j < panel_points; ++j) {
    const Real f = exp(Real(log_f[j] - highest));
    a += table.to[panel_points - 1][j] * log_f[j];
    b += table.to[panel_points - 2][j] * log_f[j];
    c += table.to[panel_points - 1][j] * f;
    d += table.to[panel_points - 2][j] * f;
  }
  const Real allowed = tolerance + 50 * std::numeric_limits<Real>::epsilon() * abs(highest);  // no more than rounding leaves
  const Real missing = abs(a) + abs(b), of_f = (abs(c) + abs(d)) / 3000;
  return (missing > of_f ? missing : of_f) * share * tolerance / allowed;
}

/// Whether that is within the tolerance.
template <class Real>
bool resolved(const panel_values<Real>& log_f, const Real& top, const Real& tolerance) {
  return unresolved(log_f, top, tolerance) <= tolerance;
}

}  // namespace metapool::detail
