// SPDX-License-Identifier: BSL-1.0
// Eigenvalues and eigenvectors of small symmetric matrices, for every number type. Neither Boost nor Eigen.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Eigenvalues (in no order) and orthonormal eigenvectors of a symmetric matrix, one after another: vectors[j n + i] is entry i of vector j.
template <class Real>
struct symmetric_eigen_result {
  std::vector<Real> values{};
  std::vector<Real> vectors{};
};

/// Jacobi's cyclic rotations on a symmetric n x n matrix (column-major or row-major, which is the same). Each eigenvalue of a positive
/// definite matrix keeps its relative accuracy where that of the matrix scaled to unit diagonal is well conditioned, however far apart the
/// diagonal's entries are. 5 to 10 sweeps of 6 n^3 operations: for n up to some hundreds.
/// Demmel & Veselic (1992) SIAM J Matrix Anal Appl 13:1204.
template <class Real>
symmetric_eigen_result<Real> symmetric_eigen(std::vector<Real> a, std::size_t n) {
  using std::fabs, std::sqrt;
  symmetric_eigen_result<Real> r;
  r.vectors.assign(n * n, Real(0));
  for (std::size_t i = 0; i < n; ++i) r.vectors[i * n + i] = 1;
  const Real epsilon = std::numeric_limits<Real>::epsilon();
  for (int sweep = 0; sweep < 100; ++sweep) {
    bool rotated = false;
    for (std::size_t p = 0; p + 1 < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const Real off = a[p * n + q];
        if (off == Real(0) || fabs(off) <= epsilon * sqrt(fabs(a[p * n + p])) * sqrt(fabs(a[q * n + q]))) continue;
        rotated = true;
        const Real theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
        const Real size = fabs(theta);
        const Real magnitude = size * epsilon > 1 ? Real(1 / (2 * size)) : Real(1 / (size + sqrt(Real(theta * theta + 1))));
        const Real t = theta < 0 ? Real(-magnitude) : magnitude;
        const Real c = 1 / sqrt(Real(t * t + 1));
        const Real s = t * c;
        a[p * n + p] -= t * off;
        a[q * n + q] += t * off;
        a[p * n + q] = a[q * n + p] = 0;
        for (std::size_t i = 0; i < n; ++i) {
          if (i != p && i != q) {
            const Real x = a[i * n + p], y = a[i * n + q];
            a[i * n + p] = a[p * n + i] = c * x - s * y;
            a[i * n + q] = a[q * n + i] = s * x + c * y;
          }
          const Real x = r.vectors[p * n + i], y = r.vectors[q * n + i];
          r.vectors[p * n + i] = c * x - s * y;
          r.vectors[q * n + i] = s * x + c * y;
        }
      }
    }
    if (!rotated) break;
  }
  r.values.reserve(n);
  for (std::size_t i = 0; i < n; ++i) r.values.push_back(a[i * n + i]);
  return r;
}

}  // namespace metapool::detail
