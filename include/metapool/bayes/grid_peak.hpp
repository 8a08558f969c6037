// SPDX-License-Identifier: BSL-1.0
// The highest point of a joint posterior on panels.
#pragma once

#include <metapool/bayes/joint_grid.hpp>
#include <metapool/bayes/legendre_panel.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace metapool::detail {

/// Mean (as the kernel has it) and tau at which their joint density is highest; tau is 0 if it falls from there. 7 digits.
template <class Real, class Kernel>
std::pair<Real, Real> joint_peak(const joint_grid<Real, Kernel>& grid) {
  using std::abs;
  const auto& means = grid.mean_panels();
  const auto& taus = grid.tau_panels();
  const posterior_line<Real>& mean_line = grid.line_of_mean();
  const posterior_line<Real>& tau_line = grid.line_of_tau();
  const auto x_of = [&](std::size_t n, std::size_t i) { return Real(taus[n].from + (taus[n].to - taus[n].from) * (legendre<Real>().x[i] + 1) / 2); };
  struct place {
    std::size_t m{}, n{}, i{}, j{};
    Real height = -std::numeric_limits<Real>::infinity();
  };
  place best, lowest;  // of all, and of the smallest tau
  for (std::size_t m = 0; m < means.size(); ++m) {
    for (std::size_t n = 0; n < taus.size(); ++n) {
      if (grid.at(m, n).nothing) continue;
      for (std::size_t i = 0; i < panel_points; ++i) {
        const Real slope = tau_line.log_slope(x_of(n, i));
        for (std::size_t j = 0; j < panel_points; ++j) {
          const Real height = grid.at(m, n).f[i][j] - slope - mean_line.log_slope(means[m].z[j]);
          if (height > best.height) best = {m, n, i, j, height};
          if (n == 0 && i == 0 && height > lowest.height) lowest = {m, n, i, j, height};
        }
      }
    }
  }
  const bool at_zero = !(lowest.height < best.height - Real(1e-7));
  if (at_zero) best = lowest;
  const bool at_end = tau_line.bounded() && best.n + 1 == taus.size() && best.i + 1 == panel_points;
  // gradient of the log density by the panel's polynomial in both
  std::size_t m = best.m, n = best.n;
  Real z = means[m].z[best.j], x = x_of(n, best.i);
  const auto gradient = [&](const Real& s, const Real& t) {
    const auto& b = grid.at(m, n);
    const Real of_z = (2 * s - means[m].from - means[m].to) / (means[m].to - means[m].from), of_x = (2 * t - taus[n].from - taus[n].to) / (taus[n].to - taus[n].from);
    panel_values<Real> at_z, slope_z;
    for (std::size_t i = 0; i < panel_points; ++i) {
      const panel_values<Real> c = legendre_coefficients(b.f[i]);
      at_z[i] = legendre_sum(c, of_z);
      slope_z[i] = legendre_slope(c, of_z);
    }
    return std::pair<Real, Real>(legendre_sum(legendre_coefficients(slope_z), of_x) * 2 / (means[m].to - means[m].from) - mean_line.log_slope_rate(s),
                                 legendre_slope(legendre_coefficients(at_z), of_x) * 2 / (taus[n].to - taus[n].from) - tau_line.log_slope_rate(t));
  };
  const bool fixed = at_zero || at_end;  // tau is
  for (int step = 0; step < 40; ++step) {
    const std::pair<Real, Real> g = gradient(z, x);
    const Real h = Real(1e-4), width_z = means[m].to - means[m].from, width_x = taus[n].to - taus[n].from;
    const std::pair<Real, Real> dz = gradient(Real(z + h * width_z), x), dx = gradient(z, Real(x + h * width_x));
    const Real zz = (dz.first - g.first) / (h * width_z), xx = (dx.second - g.second) / (h * width_x), zx = (dx.first - g.first) / (h * width_x);
    const Real determinant = zz * xx - zx * zx;
    Real move_z, move_x = 0;
    if (fixed || !(zz < 0 && determinant > 0)) {
      move_z = zz < 0 ? Real(-g.first / zz) : (g.first > 0 ? width_z : Real(-width_z)) / 30;
      if (!fixed) move_x = xx < 0 ? Real(-g.second / xx) : (g.second > 0 ? width_x : Real(-width_x)) / 30;
    } else {
      move_z = (-g.first * xx + g.second * zx) / determinant;
      move_x = (-g.second * zz + g.first * zx) / determinant;
    }
    move_z = abs(move_z) > width_z / 4 ? (move_z > 0 ? width_z : Real(-width_z)) / 4 : move_z;
    move_x = abs(move_x) > width_x / 4 ? (move_x > 0 ? width_x : Real(-width_x)) / 4 : move_x;
    z += move_z;
    x += move_x;
    while (z > means[m].to && m + 1 < means.size()) ++m;
    while (z < means[m].from && m > 0) --m;
    while (x > taus[n].to && n + 1 < taus.size()) ++n;
    while (x < taus[n].from && n > 0) --n;
    if (abs(move_z) + abs(move_x) < Real(1e-10)) break;
  }
  return {mean_line.x(z), at_zero ? Real(0) : at_end ? tau_line.upper() : tau_line.x(x)};
}

}  // namespace metapool::detail
