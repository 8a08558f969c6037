// SPDX-License-Identifier: BSL-1.0
// A basis of p studies of large weight for the column space of a design, and the normal equations in it. See design_problem.hpp.
#pragma once

#include <metapool/math/linear_algebra.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace metapool::detail {

template <class Real>
struct normal_equations;

/// The rows of X C = A, where C is such that p rows of A, the basis, are the unit vectors; row n of A is T_n, the combination of the
/// basis rows that row n of X is.
template <class Real>
class weighted_basis {
 public:
  weighted_basis(std::span<const Real> y, const matrix_of<Real>& x)
      : y_(y), k_(y.size()), p_(static_cast<std::size_t>(x.cols())), x_(k_ * p_), constant_(p_, Real(0)) {
    using std::fabs;
    for (std::size_t i = 0; i < k_; ++i) {
      for (std::size_t j = 0; j < p_; ++j) x_[i * p_ + j] = x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }
    scale_.assign(p_, Real(0));
    bool sums_are_equal = true;
    Real first_sum = 0;
    std::vector<bool> is_constant(p_, true);
    for (std::size_t i = 0; i < k_; ++i) {
      Real sum = 0;
      for (std::size_t j = 0; j < p_; ++j) {
        const Real& value = x_[i * p_ + j];
        sum += value;
        if (fabs(value) > scale_[j]) scale_[j] = fabs(value);
        if (value != x_[j]) is_constant[j] = false;
      }
      if (i == 0) first_sum = sum;
      if (sum != first_sum) sums_are_equal = false;
    }
    for (std::size_t j = 0; j < p_ && first_column_ == p_; ++j) {
      if (is_constant[j]) {
        first_column_ = j;
        constant_[j] = 1 / x_[j];
      }
    }
    if (first_column_ == p_ && sums_are_equal && first_sum != 0) {
      for (Real& c : constant_) c = 1 / first_sum;
      holds_constants_ = true;
    } else {
      holds_constants_ = first_column_ != p_;
    }
  }

  std::size_t p() const { return p_; }
  const std::vector<std::size_t>& rows() const { return rows_; }      ///< the basis
  const std::vector<std::size_t>& others() const { return others_; }  ///< all other studies, ascending
  /// The place of study i in the basis; p if it is not there.
  std::size_t place(std::size_t i) const { return place_[i]; }
  const Real* row(std::size_t i) const { return a_.data() + i * p_; }

  /// Chooses the basis for weights a(i) >= 0: Gauss-Jordan elimination with the heaviest pivots, then exchanges until
  /// sqrt(a_n / a_b) |T_nb| <= 2 for all n and b.
  template <class Weight>
  void choose(const Weight& a) {
    using std::fabs, std::sqrt;
    root_.resize(k_);
    for (std::size_t i = 0; i < k_; ++i) root_[i] = sqrt(Real(a(i)));
    a_ = x_;
    c_.assign(p_ * p_, Real(0));
    for (std::size_t j = 0; j < p_; ++j) c_[j * p_ + j] = 1;
    place_.assign(k_, p_);
    rows_.assign(p_, k_);  // of each column of A
    for (std::size_t step = 0; step < p_; ++step) {
      std::size_t row = k_, column = p_;
      Real best = -1;
      // a column of ones first: the others become differences of the moderators from a study's, which are exact
      const bool only_first = step == 0 && first_column_ != p_;
      for (std::size_t i = 0; i < k_; ++i) {
        if (place_[i] != p_) continue;
        for (std::size_t j = only_first ? first_column_ : 0; j < (only_first ? first_column_ + 1 : p_); ++j) {
          if (rows_[j] != k_) continue;
          const Real size = root_[i] * (fabs(a_[i * p_ + j]) / scale_[j]);
          if (size > best) {
            best = size;
            row = i;
            column = j;
          }
        }
      }
      pivot(row, column);
    }
    for (std::size_t exchanges = 0; exchanges < 50 * p_; ++exchanges) {
      std::size_t row = k_, column = p_;
      Real best = 2;
      for (std::size_t i = 0; i < k_; ++i) {
        if (place_[i] != p_) continue;
        for (std::size_t j = 0; j < p_; ++j) {
          const Real size = root_[i] * fabs(a_[i * p_ + j]);
          if (size > best * root_[rows_[j]]) {
            best = size / root_[rows_[j]];
            row = i;
            column = j;
          }
        }
      }
      if (row == k_) break;
      place_[rows_[column]] = p_;
      pivot(row, column);
    }
    finish();
  }

  /// Gram matrix of the rows of T with one weight a study (p x p, symmetric).
  std::vector<Real> gram(const std::vector<Real>& weights) const {
    std::vector<Real> g(p_ * p_, Real(0));
    for (const std::size_t n : others_) {
      const Real* const t = row(n);
      for (std::size_t a = 0; a < p_; ++a) {
        const Real x = weights[n] * t[a];
        for (std::size_t b = 0; b <= a; ++b) g[a * p_ + b] += x * t[b];
      }
    }
    mirror(g);
    return g;
  }

  /// Three of them at once.
  void gram3(const Real* w1, const Real* w2, const Real* w3, std::vector<Real>& g1, std::vector<Real>& g2, std::vector<Real>& g3) const {
    g1.assign(p_ * p_, Real(0));
    g2.assign(p_ * p_, Real(0));
    g3.assign(p_ * p_, Real(0));
    for (const std::size_t n : others_) {
      const Real* const t = row(n);
      for (std::size_t a = 0; a < p_; ++a) {
        for (std::size_t b = 0; b <= a; ++b) {
          const Real z = t[a] * t[b];
          g1[a * p_ + b] += w1[n] * z;
          g2[a * p_ + b] += w2[n] * z;
          g3[a * p_ + b] += w3[n] * z;
        }
      }
    }
    mirror(g1);
    mirror(g2);
    mirror(g3);
  }

  /// T'W_N d, d = y_N - T y_B.
  void right_hand_side(const Real* w, std::vector<Real>& g) const {
    g.assign(p_, Real(0));
    for (const std::size_t n : others_) {
      const Real u = w[n] * d_[n];
      const Real* const t = row(n);
      for (std::size_t j = 0; j < p_; ++j) g[j] += u * t[j];
    }
  }

  /// Residuals from b = fit of the basis - its effects: d - T b, and -b for the basis.
  void residuals(const std::vector<Real>& b, std::vector<Real>& r) const {
    for (const std::size_t n : others_) {
      Real x = d_[n];
      const Real* const t = row(n);
      for (std::size_t j = 0; j < p_; ++j) x -= t[j] * b[j];
      r[n] = x;
    }
    for (std::size_t j = 0; j < p_; ++j) r[rows_[j]] = -b[j];
  }

  /// u'Pu for any u: the weighted residual sum of squares of its regression on X. `work`: p numbers.
  Real residual_square(const Real* w, const std::vector<Real>& u, const normal_equations<Real>& n, std::vector<Real>& work) const;

  /// Coefficients and their covariance from solved normal equations.
  void coefficients(const normal_equations<Real>& n, vector_of<Real>& beta, matrix_of<Real>& covariance) const;

  /// log det of I + T'T.
  Real log_det_unweighted() const { return log_det_unweighted_; }

 private:
  void pivot(std::size_t row, std::size_t column) {
    const Real head = a_[row * p_ + column];
    factors_.resize(p_);
    for (std::size_t j = 0; j < p_; ++j) factors_[j] = a_[row * p_ + j];
    for (std::size_t i = 0; i < k_ + p_; ++i) {
      Real* const r = i < k_ ? a_.data() + i * p_ : c_.data() + (i - k_) * p_;
      if (r[column] == 0) continue;
      r[column] /= head;
      const Real x = r[column];
      for (std::size_t j = 0; j < p_; ++j) {
        if (j != column) r[j] -= factors_[j] * x;
      }
    }
    for (std::size_t j = 0; j < p_; ++j) a_[row * p_ + j] = j == column ? Real(1) : Real(0);
    rows_[column] = row;
    place_[row] = column;
  }

  void finish() {
    using std::log;
    others_.clear();
    for (std::size_t i = 0; i < k_; ++i) {
      if (place_[i] == p_) others_.push_back(i);
    }
    // where constants are in the column space, one is taken off the effects, and nothing of its size can cancel
    origin_ = holds_constants_ ? y_[rows_[0]] : Real(0);
    d_.resize(k_);
    for (const std::size_t n : others_) {
      Real x = y_[n] - origin_;
      for (std::size_t j = 0; j < p_; ++j) x -= row(n)[j] * (y_[rows_[j]] - origin_);
      d_[n] = x;
    }
    std::vector<Real> g = gram(std::vector<Real>(k_, Real(1)));
    for (std::size_t j = 0; j < p_; ++j) g[j * p_ + j] += 1;
    cholesky(g.data(), p_);
    log_det_unweighted_ = 0;
    for (std::size_t j = 0; j < p_; ++j) log_det_unweighted_ += 2 * log(Real(g[j * p_ + j]));
  }

  void mirror(std::vector<Real>& g) const {
    for (std::size_t a = 0; a < p_; ++a) {
      for (std::size_t b = 0; b < a; ++b) g[b * p_ + a] = g[a * p_ + b];
    }
  }

  std::span<const Real> y_;
  std::size_t k_, p_;
  std::vector<Real> x_;         // by rows
  std::vector<Real> constant_;  // X constant_ = 1, if holds_constants_
  std::vector<Real> scale_{};
  std::size_t first_column_ = p_;
  bool holds_constants_ = false;
  std::vector<Real> a_{}, c_{}, d_{}, root_{}, factors_{};
  std::vector<std::size_t> rows_{}, others_{}, place_{};
  Real origin_{}, log_det_unweighted_{};
};

/// M = W_B + T'W_N T and what follows from it. a1 = T'W_N T is filled first.
template <class Real>
struct normal_equations {
  std::vector<Real> a1{};  ///< p x p
  std::vector<Real> l{};   ///< Cholesky factor of M, its lower triangle
  std::vector<Real> w_b{}; ///< weights of the basis
  std::vector<Real> b{};   ///< the right-hand side T'W_N d, then b = M^-1 T'W_N d
  Real spread{};           ///< tr(W_B^-1 a1): M is W_B times something of condition no larger than 1 + spread
  std::vector<Real> z{}, g{}, inverse{}, work{};

  template <class Weight>
  void factor(const weighted_basis<Real>& basis, const Weight& weight) {
    const std::size_t p = basis.p();
    l = a1;
    w_b.resize(p);
    spread = 0;
    for (std::size_t j = 0; j < p; ++j) {
      w_b[j] = weight(basis.rows()[j]);
      l[j * p + j] += w_b[j];
      spread += a1[j * p + j] / w_b[j];
    }
    cholesky(l.data(), p);
    solve_all(a1, z);
    std::vector<Real>& unit = work;
    unit.assign(p * p, Real(0));
    for (std::size_t j = 0; j < p; ++j) unit[j * p + j] = 1;
    solve_all(unit, inverse);
  }

  void solve_b() { cholesky_solve(l.data(), w_b.size(), b.data()); }

  /// Rows of `x` (symmetric, p x p) are solved for: row j of the result is M^-1 times row j of x.
  void solve_all(const std::vector<Real>& x, std::vector<Real>& result) const {
    result = x;
    for (std::size_t j = 0; j < w_b.size(); ++j) cholesky_solve(l.data(), w_b.size(), result.data() + j * w_b.size());
  }

  /// tr(M^-1 x)
  Real inverse_trace(const std::vector<Real>& x) const {
    Real s = 0;
    for (std::size_t i = 0; i < x.size(); ++i) s += inverse[i] * x[i];
    return s;
  }

  /// tr of the basis block of P, W_B M^-1 a1.
  Real basis_trace() const {
    const std::size_t p = w_b.size();
    Real s = 0;
    for (std::size_t j = 0; j < p; ++j) s += w_b[j] * z[j * p + j];
    return s;
  }

  /// tr(P S P S), S = diag(s): square = sum over the others of (w s)^2, b2 and b3 the Gram matrices with w^2 s and w^3 s^2. others_only: the part
  /// of the studies outside the basis.
  template <class Scale>
  Real square_trace(const weighted_basis<Real>& basis, const Real& square, const std::vector<Real>& b2, const std::vector<Real>& b3, const Scale& s,
                    Real* others_only = nullptr) {
    const std::size_t p = w_b.size();
    solve_all(b2, g);  // row j: M^-1 b2 e_j, so that g = (M^-1 b2)'
    Real total = square - 2 * inverse_trace(b3);
    for (std::size_t i = 0; i < p; ++i) {
      for (std::size_t j = 0; j < p; ++j) total += g[i * p + j] * g[j * p + i];
    }
    if (others_only) *others_only = total;
    for (std::size_t j = 0; j < p; ++j) {
      const Real s_j = s(basis.rows()[j]);
      Real cross = 0;  // (M^-1 b2 M^-1)_jj
      for (std::size_t i = 0; i < p; ++i) cross += g[i * p + j] * inverse[i * p + j];
      total += 2 * s_j * w_b[j] * w_b[j] * cross;
      for (std::size_t i = 0; i < p; ++i) {
        const Real block = w_b[j] * z[i * p + j];
        total += s_j * s(basis.rows()[i]) * block * block;
      }
    }
    return total;
  }

  Real log_det() const {
    using std::log;
    const std::size_t p = w_b.size();
    Real s = 0;
    for (std::size_t j = 0; j < p; ++j) s += 2 * log(Real(l[j * p + j]));
    return s;
  }

  /// Leverage of study i with weight w.
  Real leverage(const weighted_basis<Real>& basis, std::size_t i, const Real& w) const {
    const std::size_t p = w_b.size();
    if (basis.place(i) != p) return w * inverse[basis.place(i) * p + basis.place(i)];
    const Real* const t = basis.row(i);
    Real h = 0;
    for (std::size_t a = 0; a < p; ++a) {
      for (std::size_t c = 0; c < p; ++c) h += t[a] * inverse[a * p + c] * t[c];
    }
    return w * h;
  }

  /// 1 - leverage, without its cancellation.
  Real complement(const weighted_basis<Real>& basis, std::size_t i, const Real& w) const {
    const std::size_t p = w_b.size();
    if (basis.place(i) != p) return z[basis.place(i) * p + basis.place(i)];
    return 1 - leverage(basis, i, w);
  }
};

template <class Real>
Real weighted_basis<Real>::residual_square(const Real* w, const std::vector<Real>& u, const normal_equations<Real>& n, std::vector<Real>& work) const {
  work.assign(p_, Real(0));
  const auto offset = [&](std::size_t i) {
    Real e = u[i];
    const Real* const t = row(i);
    for (std::size_t j = 0; j < p_; ++j) e -= t[j] * u[rows_[j]];
    return e;
  };
  for (const std::size_t i : others_) {
    const Real x = w[i] * offset(i);
    const Real* const t = row(i);
    for (std::size_t j = 0; j < p_; ++j) work[j] += x * t[j];
  }
  cholesky_solve(n.l.data(), p_, work.data());
  Real s = 0;
  for (const std::size_t i : others_) {
    Real e = offset(i);
    const Real* const t = row(i);
    for (std::size_t j = 0; j < p_; ++j) e -= t[j] * work[j];
    s += w[i] * e * e;
  }
  for (std::size_t j = 0; j < p_; ++j) s += w[rows_[j]] * work[j] * work[j];
  return s;
}

template <class Real>
void weighted_basis<Real>::coefficients(const normal_equations<Real>& n, vector_of<Real>& beta, matrix_of<Real>& covariance) const {
  const auto index = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
  beta.resize(index(p_));
  std::vector<Real> f(p_);
  for (std::size_t j = 0; j < p_; ++j) f[j] = (y_[rows_[j]] - origin_) + n.b[j];
  for (std::size_t i = 0; i < p_; ++i) {
    Real s = 0;
    for (std::size_t j = 0; j < p_; ++j) s += c_[i * p_ + j] * f[j];
    beta(index(i)) = s;
  }
  // one step of refinement: C is the inverse of the basis rows of X
  std::vector<Real> rest(p_);
  for (std::size_t j = 0; j < p_; ++j) {
    rest[j] = f[j];
    for (std::size_t i = 0; i < p_; ++i) rest[j] -= x_[rows_[j] * p_ + i] * beta(index(i));
  }
  for (std::size_t i = 0; i < p_; ++i) {
    Real s = 0;
    for (std::size_t j = 0; j < p_; ++j) s += c_[i * p_ + j] * rest[j];
    beta(index(i)) += s;
    if (holds_constants_) beta(index(i)) += origin_ * constant_[i];
  }
  // C M^-1 C' = (L^-1 C')'(L^-1 C')
  std::vector<Real> h = c_;  // row i: column i of C', solved forward
  for (std::size_t i = 0; i < p_; ++i) {
    Real* const x = h.data() + i * p_;
    for (std::size_t a = 0; a < p_; ++a) {
      for (std::size_t c = 0; c < a; ++c) x[a] -= n.l[a * p_ + c] * x[c];
      x[a] /= n.l[a * p_ + a];
    }
  }
  covariance.resize(index(p_), index(p_));
  for (std::size_t i = 0; i < p_; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      Real s = 0;
      for (std::size_t a = 0; a < p_; ++a) s += h[i * p_ + a] * h[j * p_ + a];
      covariance(index(i), index(j)) = s;
      covariance(index(j), index(i)) = s;
    }
  }
}

}  // namespace metapool::detail
