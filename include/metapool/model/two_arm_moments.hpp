// SPDX-License-Identifier: BSL-1.0
// Powers of the derivatives in the predictors of two arms, and what they are in their level and effect.
#pragma once

#include <array>
#include <cstddef>

namespace metapool::detail {

/// [i][j], i + j <= 4: i derivatives or Hermite polynomials in one direction, j in the other.
template <class Real>
using two_arm_moments = std::array<std::array<Real, 5>, 5>;

/// The Hermite polynomials of probability up to the fourth.
template <class Real>
std::array<Real, 5> hermite_polynomials(const Real& z) {
  const Real zz = z * z;
  return {Real(1), z, zz - 1, z * (zz - 3), zz * (zz - 6) + 3};
}

/// (D1 + D2)^n from D1^i = p[i] and D2^j = q[j].
template <class Real>
std::array<Real, 5> powers_of_sum(const std::array<Real, 5>& p, const std::array<Real, 5>& q) {
  return {Real(1), p[1] + q[1], p[2] + 2 * p[1] * q[1] + q[2], p[3] + 3 * (p[2] * q[1] + p[1] * q[2]) + q[3],
          p[4] + 4 * (p[3] * q[1] + p[1] * q[3]) + 6 * p[2] * q[2] + q[4]};
}

/// x^n f[n].
template <class Real>
std::array<Real, 5> scaled_derivatives(const std::array<Real, 5>& f, const Real& x) {
  const Real square = x * x;
  return {Real(1), x * f[1], square * f[2], square * x * f[3], square * square * f[4]};
}

/// (D1 + D2)^i (a D1 - b D2)^j from the D1^p D2^q.
template <class Real>
two_arm_moments<Real> moments_from_arms(const two_arm_moments<Real>& d, const Real& share_a, const Real& share_b) {
  constexpr int choose[5][5] = {{1, 0, 0, 0, 0}, {1, 1, 0, 0, 0}, {1, 2, 1, 0, 0}, {1, 3, 3, 1, 0}, {1, 4, 6, 4, 1}};
  const std::array<Real, 5> ones{Real(1), Real(1), Real(1), Real(1), Real(1)}, a = scaled_derivatives(ones, share_a), b = scaled_derivatives(ones, Real(-share_b));
  two_arm_moments<Real> e{};
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::size_t j = 0; i + j < 5; ++j) {
      for (std::size_t p = 0; p <= i; ++p) {
        for (std::size_t q = 0; q <= j; ++q) e[i][j] += d[p + q][i - p + j - q] * Real(choose[i][p] * choose[j][q]) * a[q] * b[j - q];
      }
    }
  }
  return e;
}

}  // namespace metapool::detail
