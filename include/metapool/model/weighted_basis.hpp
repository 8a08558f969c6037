// SPDX-License-Identifier: BSL-1.0
// A basis of p studies of large weight for the column space of a design. See design_problem.hpp for what it is good for.
#pragma once

#include <metapool/math/linear_algebra.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace metapool::detail {

/// X C = A, where p rows of A, the basis, are the unit vectors; the other rows are T: row n is the combination of basis rows that row n of X is.
template <class Real>
class weighted_basis {
 public:
  weighted_basis(std::span<const Real> y, const matrix_of<Real>& x)
      : y_(y), k_(y.size()), p_(static_cast<std::size_t>(x.cols())), x_(x), constant_(vector_of<Real>::Zero(x.cols())), inverse_scale_(p_), first_column_(p_) {
    for (std::size_t j = 0; j < p_; ++j) {
      const auto column = x_.col(index(j));
      inverse_scale_[j] = 1 / column.cwiseAbs().maxCoeff();
      if (first_column_ == p_ && column.minCoeff() == column.maxCoeff()) {
        first_column_ = j;
        constant_(index(j)) = 1 / column(0);
        holds_constants_ = true;
      }
    }
    if (!holds_constants_) find_equal_row_sums();
  }

  std::size_t p() const { return p_; }
  const std::vector<std::size_t>& rows() const { return rows_; }      ///< the basis
  const std::vector<std::size_t>& others() const { return others_; }  ///< all other studies, ascending: the rows of T
  const matrix_of<Real>& t() const { return t_; }                     ///< (k - p) x p
  /// Products T_ni T_nj, one column a pair, i = 0, j = 0; 1, 0; 1, 1; 2, 0; ...: with them a Gram matrix is one product. Empty for more than 16
  /// columns, where they would take much room.
  const matrix_of<Real>& products() const { return products_; }
  const matrix_of<Real>& c() const { return c_; }                     ///< p x p: X C = A
  const vector_of<Real>& d() const { return d_; }                     ///< y of the others - T times y of the basis
  /// log det of I + T'T
  Real log_det_unweighted() const { return log_det_unweighted_; }

  /// Chooses the basis for weights a(i) >= 0: Gauss-Jordan elimination with the heaviest pivots, then exchanges until
  /// sqrt(a_n / a_b) |T_nb| <= 4 for all n and b.
  template <class Weight>
  void choose(const Weight& a) {
    using std::sqrt;
    constexpr Eigen::Index none = -1;
    vector_of<Real> root(index(k_));
    for (std::size_t i = 0; i < k_; ++i) root(index(i)) = sqrt(Real(a(i)));
    a_ = x_;
    c_ = matrix_of<Real>::Identity(index(p_), index(p_));
    rows_.assign(p_, k_);  // of each column of A
    for (std::size_t step = 0; step < p_; ++step) {
      Eigen::Index column = none;
      Real best = -1;
      for (std::size_t j = 0; j < p_; ++j) {
        // a column of constants first: the others become differences of the moderators from a study's, which are exact
        if (rows_[j] != k_ || (step == 0 && first_column_ != p_ && j != first_column_)) continue;
        const Real largest = root.cwiseProduct(a_.col(index(j)).cwiseAbs()).maxCoeff() * inverse_scale_[j];  // rows in the basis are zero
        if (largest > best) {
          best = largest;
          column = index(j);
        }
      }
      pivot(heaviest(root, column), column);
    }
    for (std::size_t exchanges = 0; exchanges < 50 * p_; ++exchanges) {
      Eigen::Index column = none;
      Real best = 4;
      for (std::size_t j = 0; j < p_; ++j) {
        const Real largest = root.cwiseProduct(a_.col(index(j)).cwiseAbs()).maxCoeff() / root(index(rows_[j]));
        if (largest > best) {
          best = largest;
          column = index(j);
        }
      }
      if (column == none) break;
      pivot(heaviest(root, column), column);
    }
    finish();
  }

  /// The coefficients whose fit of the basis rows departs from y by b: C (y_B + b).
  vector_of<Real> coefficients(const std::vector<Real>& b) const {
    vector_of<Real> beta = vector_of<Real>::Zero(index(p_)), rest(index(p_));
    for (std::size_t j = 0; j < p_; ++j) rest(index(j)) = (y_[rows_[j]] - origin_) + b[j];
    for (int refinement = 0; refinement < 2; ++refinement) {  // C is the inverse of the basis rows of X
      const vector_of<Real> step = c_ * rest;
      beta += step;
      for (std::size_t j = 0; j < p_; ++j) rest(index(j)) -= x_.row(index(rows_[j])).dot(step);
    }
    return beta + origin_ * constant_;
  }

  /// C M^-1 C' for the Cholesky factor l of M, as (L^-1 C')'(L^-1 C').
  matrix_of<Real> covariance(const std::vector<Real>& l) const {
    matrix_of<Real> h = c_.transpose();  // solved forward, column by column
    matrix_of<Real> result(index(p_), index(p_));
    for (Eigen::Index i = 0; i < h.cols(); ++i) {
      Real* const x = h.data() + i * h.rows();
      for (std::size_t a = 0; a < p_; ++a) {
        for (std::size_t c = 0; c < a; ++c) x[a] -= l[a * p_ + c] * x[c];
        x[a] /= l[a * p_ + a];
      }
      for (Eigen::Index j = 0; j <= i; ++j) {
        result(i, j) = h.col(i).dot(h.col(j));
        result(j, i) = result(i, j);
      }
    }
    return result;
  }

 private:
  static Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

  /// Dummies of every level add up to one in each row.
  void find_equal_row_sums() {
    const Real first = x_.row(0).sum();
    for (Eigen::Index i = 0; i < x_.rows(); ++i) {
      if (x_.row(i).sum() != first || first == 0) return;
    }
    constant_.setConstant(1 / first);
    holds_constants_ = true;
  }

  Eigen::Index heaviest(const vector_of<Real>& root, Eigen::Index column) const {
    Eigen::Index row = 0;
    root.cwiseProduct(a_.col(column).cwiseAbs()).maxCoeff(&row);
    return row;
  }

  void pivot(Eigen::Index row, Eigen::Index column) {
    const vector_of<Real> head = a_.row(row).transpose();
    for (matrix_of<Real>* const m : {&a_, &c_}) {
      m->col(column) /= head(column);
      for (Eigen::Index j = 0; j < m->cols(); ++j) {
        if (j != column && head(j) != 0) m->col(j) -= head(j) * m->col(column);
      }
    }
    a_.row(row).setZero();
    a_(row, column) = 1;
    rows_[static_cast<std::size_t>(column)] = static_cast<std::size_t>(row);
  }

  void finish() {
    using std::log;
    std::vector<bool> in_basis(k_, false);
    for (const std::size_t i : rows_) in_basis[i] = true;
    others_.clear();
    for (std::size_t i = 0; i < k_; ++i) {
      if (!in_basis[i]) others_.push_back(i);
    }
    // where constants are in the column space, one is taken off the effects, and nothing of its size can cancel
    origin_ = holds_constants_ ? y_[rows_[0]] : Real(0);
    t_.resize(index(others_.size()), index(p_));
    d_.resize(t_.rows());
    for (std::size_t n = 0; n < others_.size(); ++n) d_(index(n)) = y_[others_[n]] - origin_;
    for (std::size_t j = 0; j < p_; ++j) {
      for (std::size_t n = 0; n < others_.size(); ++n) t_(index(n), index(j)) = a_(index(others_[n]), index(j));
      d_ -= t_.col(index(j)) * (y_[rows_[j]] - origin_);
    }
    products_.resize(t_.rows(), p_ <= 16 ? index(p_ * (p_ + 1) / 2) : 0);
    for (Eigen::Index pair = 0, i = 0, j = 0; pair < products_.cols(); ++pair) {
      products_.col(pair) = t_.col(i).cwiseProduct(t_.col(j));
      if (j++ == i) {
        ++i;
        j = 0;
      }
    }
    std::vector<Real> g(p_ * p_, Real(0));
    for (std::size_t i = 0; i < p_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) g[i * p_ + j] = t_.col(index(i)).dot(t_.col(index(j)));
      g[i * p_ + i] += 1;
    }
    cholesky(g.data(), p_);
    log_det_unweighted_ = 0;
    for (std::size_t j = 0; j < p_; ++j) log_det_unweighted_ += 2 * log(Real(g[j * p_ + j]));
  }

  std::span<const Real> y_;
  std::size_t k_, p_;
  matrix_of<Real> x_;
  vector_of<Real> constant_;  // X constant_ = 1 if the column space holds the constants, else 0
  std::vector<Real> inverse_scale_;
  std::size_t first_column_;
  bool holds_constants_ = false;
  matrix_of<Real> a_{}, c_{}, t_{}, products_{};
  std::vector<std::size_t> rows_{}, others_{};
  vector_of<Real> d_{};
  Real origin_{}, log_det_unweighted_{};
};

}  // namespace metapool::detail
