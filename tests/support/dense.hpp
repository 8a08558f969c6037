// SPDX-License-Identifier: BSL-1.0
// Dense matrix algebra written out: an independent way to the likelihood, its score and its traces.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace metapool_test {

template <class Real>
using matrix = std::vector<std::vector<Real>>;

template <class Real>
matrix<Real> product(const matrix<Real>& a, const matrix<Real>& b) {
  matrix<Real> c(a.size(), std::vector<Real>(b[0].size(), Real(0)));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b[0].size(); ++j) {
      for (std::size_t l = 0; l < b.size(); ++l) c[i][j] += a[i][l] * b[l][j];
    }
  }
  return c;
}

/// P = W - W 1 1' W / (1' W 1), W the inverse of diag(v + tau2).
template <class Real>
matrix<Real> projection(const std::vector<Real>& v, const Real& tau2) {
  const std::size_t k = v.size();
  Real sum = 0;
  for (const Real& x : v) sum += 1 / (x + tau2);
  matrix<Real> p(k, std::vector<Real>(k, Real(0)));
  for (std::size_t i = 0; i < k; ++i) {
    p[i][i] = 1 / (v[i] + tau2);
    for (std::size_t j = 0; j < k; ++j) p[i][j] -= 1 / (v[i] + tau2) / (v[j] + tau2) / sum;
  }
  return p;
}

template <class Real>
Real trace(const matrix<Real>& a) {
  Real t = 0;
  for (std::size_t i = 0; i < a.size(); ++i) t += a[i][i];
  return t;
}

template <class Real>
Real quadratic_form(const std::vector<Real>& y, const matrix<Real>& a) {
  Real q = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = 0; j < y.size(); ++j) q += y[i] * a[i][j] * y[j];
  }
  return q;
}

/// Restricted log-likelihood as the plain log-density of k - 1 orthonormal (Helmert) contrasts, whose covariance matrix is
/// L (diag(v) + tau2 I) L', by Gaussian elimination. Equal to the usual restricted form with log det(X'X) = log k.
template <class Real>
Real contrast_log_likelihood(const std::vector<Real>& y, const std::vector<Real>& v, const Real& tau2) {
  using std::log, std::sqrt, std::acos;
  const std::size_t k = y.size();
  matrix<Real> l(k - 1, std::vector<Real>(k, Real(0)));
  for (std::size_t r = 0; r + 1 < k; ++r) {
    const Real n = static_cast<Real>(r + 1);
    for (std::size_t j = 0; j <= r; ++j) l[r][j] = 1 / sqrt(Real(n * (n + 1)));
    l[r][r + 1] = -n / sqrt(Real(n * (n + 1)));
  }
  matrix<Real> m(k - 1, std::vector<Real>(k, Real(0)));  // covariance, and the contrasts as last column
  for (std::size_t r = 0; r + 1 < k; ++r) {
    for (std::size_t c = 0; c + 1 < k; ++c) {
      for (std::size_t j = 0; j < k; ++j) m[r][c] += l[r][j] * (v[j] + tau2) * l[c][j];
    }
    for (std::size_t j = 0; j < k; ++j) m[r][k - 1] += l[r][j] * y[j];
  }
  Real log_det = 0, q = 0;
  for (std::size_t r = 0; r + 1 < k; ++r) {  // positive definite: no pivoting; z' M^-1 z as the sum of squared innovations
    log_det += log(m[r][r]);
    q += m[r][k - 1] * m[r][k - 1] / m[r][r];
    for (std::size_t i = r + 1; i + 1 < k; ++i) {
      const Real f = m[i][r] / m[r][r];
      for (std::size_t c = r; c < k; ++c) m[i][c] -= f * m[r][c];
    }
  }
  return -(static_cast<Real>(k - 1) * log(Real(2 * acos(Real(-1)))) + log_det + q) / 2;
}

}  // namespace metapool_test
