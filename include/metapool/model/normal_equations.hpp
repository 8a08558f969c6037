// SPDX-License-Identifier: BSL-1.0
// Weighted least squares in a basis of heavy studies, and traces of powers of P. See design_problem.hpp.
#pragma once

#include <metapool/model/weighted_basis.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// M = W_B + T'W_N T with its Cholesky factor, inverse and M^-1 T'W_N T. Matrices by rows; symmetric ones are filled whole.
template <class Real>
struct normal_equations {
  std::vector<Real> a1{};       ///< T'W_N T, p x p
  std::vector<Real> l{};        ///< Cholesky factor of M, its lower triangle
  std::vector<Real> inverse{};  ///< M^-1
  std::vector<Real> z{};        ///< row j: M^-1 times row j of a1
  std::vector<Real> w_b{};      ///< weights of the basis
  std::vector<Real> b{};        ///< M^-1 T'W_N d: the fit of the basis studies less their effects
  Real spread{};                ///< tr(W_B^-1 a1): the condition of M, scaled by W_B, is no larger than 1 + spread

  std::size_t p() const { return w_b.size(); }

  /// Gram matrix T' diag(w) T; work: scratch.
  static void gram(const weighted_basis<Real>& basis, const vector_of<Real>& w, std::vector<Real>& g, vector_of<Real>& work) {
    const matrix_of<Real>& t = basis.t();
    const std::size_t n = basis.p();
    g.resize(n * n);
    if (basis.products().cols() > 0) {
      work.noalias() = basis.products().transpose() * w;
      Eigen::Index pair = 0;
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j <= i; ++j) g[i * n + j] = g[j * n + i] = work(pair++);
      }
      return;
    }
    for (std::size_t i = 0; i < n; ++i) {
      work = w.cwiseProduct(t.col(static_cast<Eigen::Index>(i)));
      Eigen::Map<vector_of<Real>>(g.data() + i * n, t.cols()).head(static_cast<Eigen::Index>(i + 1)).noalias() =
          t.leftCols(static_cast<Eigen::Index>(i + 1)).transpose() * work;
      for (std::size_t j = 0; j < i; ++j) g[j * n + i] = g[i * n + j];
    }
  }

  /// Fills everything for weights w of the others and weight(i) of any study; wt: scratch.
  template <class Weight>
  void solve(const weighted_basis<Real>& basis, const vector_of<Real>& w, const Weight& weight, vector_of<Real>& wt) {
    const std::size_t n = basis.p();
    gram(basis, w, a1, wt);
    l = a1;
    w_b.resize(n);
    spread = 0;
    for (std::size_t j = 0; j < n; ++j) {
      w_b[j] = weight(basis.rows()[j]);
      l[j * n + j] += w_b[j];
      spread += a1[j * n + j] / w_b[j];
    }
    cholesky(l.data(), n);
    inverse.assign(n * n, Real(0));
    for (std::size_t j = 0; j < n; ++j) {
      inverse[j * n + j] = 1;
      cholesky_solve(l.data(), n, inverse.data() + j * n);
    }
    solve_rows(a1, z);
    wt = w.cwiseProduct(basis.d());
    b.resize(n);
    Eigen::Map<vector_of<Real>>(b.data(), basis.t().cols()).noalias() = basis.t().transpose() * wt;
    cholesky_solve(l.data(), n, b.data());
  }

  /// Residuals of the others, d - T b; those of the basis are -b.
  void residuals(const weighted_basis<Real>& basis, vector_of<Real>& r) const {
    r = basis.d();
    r.noalias() -= basis.t() * Eigen::Map<const vector_of<Real>>(b.data(), basis.t().cols());
  }

  /// Row j of the result is M^-1 times row j of x.
  void solve_rows(const std::vector<Real>& x, std::vector<Real>& result) const {
    result = x;
    for (std::size_t j = 0; j < p(); ++j) cholesky_solve(l.data(), p(), result.data() + j * p());
  }

  /// tr(M^-1 x), x symmetric
  Real inverse_trace(const std::vector<Real>& x) const {
    Real s = 0;
    for (std::size_t i = 0; i < x.size(); ++i) s += inverse[i] * x[i];
    return s;
  }

  /// Trace of the basis block of P, W_B M^-1 a1.
  Real basis_trace() const {
    Real s = 0;
    for (std::size_t j = 0; j < p(); ++j) s += w_b[j] * z[j * p() + j];
    return s;
  }

  /// tr(P S P S), S = diag(s), in its two parts. b2 and b3: Gram matrices with weights w^2 s and w^3 s^2; square: sum of (w s)^2 over the others.
  struct square_parts {
    Real others{}, rest{};
  };
  template <class Scale>
  square_parts square_trace(const weighted_basis<Real>& basis, const Real& square, const std::vector<Real>& b2, const std::vector<Real>& b3, const Scale& s) const {
    const std::size_t n = p();
    std::vector<Real> g;
    solve_rows(b2, g);  // the transpose of M^-1 b2
    square_parts total;
    total.others = square - 2 * inverse_trace(b3);
    for (std::size_t j = 0; j < n; ++j) {
      const Real s_j = s(basis.rows()[j]);
      Real cross = 0;  // (M^-1 b2 M^-1)_jj
      for (std::size_t i = 0; i < n; ++i) {
        total.others += g[i * n + j] * g[j * n + i];
        cross += g[i * n + j] * inverse[i * n + j];
        const Real block = w_b[j] * z[i * n + j];
        total.rest += s_j * s(basis.rows()[i]) * block * block;
      }
      total.rest += 2 * s_j * w_b[j] * w_b[j] * cross;
    }
    return total;
  }

  Real log_det() const {
    using std::log;
    Real s = 0;
    for (std::size_t j = 0; j < p(); ++j) s += 2 * log(Real(l[j * p() + j]));
    return s;
  }

  /// t'M^-1 t of every row of T: the leverages of the others divided by their weights. work: scratch.
  void quadratics(const weighted_basis<Real>& basis, vector_of<Real>& h, vector_of<Real>& work) const {
    h.setZero(basis.t().rows());
    for (std::size_t j = 0; j < p(); ++j) {
      work.noalias() = basis.t() * Eigen::Map<const vector_of<Real>>(inverse.data() + j * p(), basis.t().cols());
      h += work.cwiseProduct(basis.t().col(static_cast<Eigen::Index>(j)));
    }
  }
};

}  // namespace metapool::detail
