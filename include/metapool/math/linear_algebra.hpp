// SPDX-License-Identifier: BSL-1.0
// The decompositions of small dense matrices, written out: for p up to some dozens they take less time to run and far less to compile
// than a library's, and work in every number type. Matrices are Eigen's.
#pragma once

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool {

/// Matrices and column vectors of any size, by columns.
template <class Real>
using matrix_of = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
template <class Real>
using vector_of = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

namespace detail {

/// Rank of a matrix and what its dependent columns are combinations of.
struct rank_report {
  std::size_t rank = 0;
  std::vector<std::size_t> dependent{};                 ///< columns beyond the rank
  std::vector<std::vector<std::size_t>> combination{};  ///< for each of them the columns of which it is a combination (none: it is zero)
};

/// Householder QR with column pivoting of a matrix whose columns are first scaled to length 1. A column counts as dependent if its part
/// beyond the columns before it is shorter than 8 max(k, p) eps: two columns that differ by one part in 10^8 are still told apart in double.
template <class Real>
rank_report column_rank(const matrix_of<Real>& x) {
  using std::fabs, std::sqrt;
  const Eigen::Index k = x.rows(), p = x.cols();
  matrix_of<Real> a = x;
  std::vector<Eigen::Index> order(static_cast<std::size_t>(p));
  for (Eigen::Index j = 0; j < p; ++j) {
    order[static_cast<std::size_t>(j)] = j;
    const Real largest = k > 0 ? Real(a.col(j).cwiseAbs().maxCoeff()) : Real(0);
    if (!(largest > 0)) continue;
    a.col(j) /= largest;  // so that no square overflows
    a.col(j) /= Real(sqrt(Real(a.col(j).squaredNorm())));
  }
  const Real limit = 8 * static_cast<Real>(k > p ? k : p) * std::numeric_limits<Real>::epsilon();
  const Eigen::Index steps = k < p ? k : p;
  Eigen::Index rank = 0;
  for (; rank < steps; ++rank) {
    Eigen::Index best = rank;
    Real best_length = -1;
    for (Eigen::Index j = rank; j < p; ++j) {
      const Real length = a.col(j).tail(k - rank).squaredNorm();
      if (length > best_length * (1 + 64 * std::numeric_limits<Real>::epsilon())) {  // of equals the first
        best_length = length;
        best = j;
      }
    }
    const Real length = sqrt(best_length);
    if (!(length > limit)) break;
    if (best != rank) {
      a.col(rank).swap(a.col(best));
      std::swap(order[static_cast<std::size_t>(rank)], order[static_cast<std::size_t>(best)]);
    }
    // reflect the rest of the column onto its first element
    const Real alpha = a(rank, rank) > 0 ? Real(-length) : length;
    const Real head = a(rank, rank) - alpha;
    const Real scale = 1 / (alpha * head);  // -2 / (u'u)
    for (Eigen::Index j = rank + 1; j < p; ++j) {
      const Real dot = scale * (head * a(rank, j) + a.col(rank).tail(k - rank - 1).dot(a.col(j).tail(k - rank - 1)));
      a(rank, j) += dot * head;
      a.col(j).tail(k - rank - 1) += dot * a.col(rank).tail(k - rank - 1);
    }
    a(rank, rank) = alpha;
  }
  rank_report report;
  report.rank = static_cast<std::size_t>(rank);
  for (Eigen::Index j = rank; j < p; ++j) {
    report.dependent.push_back(static_cast<std::size_t>(order[static_cast<std::size_t>(j)]));
    std::vector<std::size_t> parts;
    vector_of<Real> c(rank);
    for (Eigen::Index i = rank; i-- > 0;) {
      Real s = a(i, j);
      for (Eigen::Index l = i + 1; l < rank; ++l) s -= a(i, l) * c(l);
      c(i) = s / a(i, i);
      if (fabs(c(i)) > sqrt(std::numeric_limits<Real>::epsilon())) parts.push_back(static_cast<std::size_t>(order[static_cast<std::size_t>(i)]));
    }
    report.combination.push_back(std::move(parts));
  }
  return report;
}

/// Cholesky factor of a symmetric positive definite matrix of order p, row by row in `a` (only its lower triangle is read and written). False if a
/// pivot is not positive. Scaling rows and columns alike changes the result by no more than rounding, so that graded matrices keep their digits.
template <class Real>
bool cholesky(Real* a, std::size_t p) {
  using std::sqrt;
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      Real s = a[i * p + j];
      for (std::size_t l = 0; l < j; ++l) s -= a[i * p + l] * a[j * p + l];
      if (i == j) {
        if (!(s > 0)) return false;
        a[i * p + i] = sqrt(s);
      } else {
        a[i * p + j] = s / a[j * p + j];
      }
    }
  }
  return true;
}

/// x := (L L')^-1 x for one right-hand side.
template <class Real>
void cholesky_solve(const Real* l, std::size_t p, Real* x) {
  for (std::size_t i = 0; i < p; ++i) {
    for (std::size_t j = 0; j < i; ++j) x[i] -= l[i * p + j] * x[j];
    x[i] /= l[i * p + i];
  }
  for (std::size_t i = p; i-- > 0;) {
    for (std::size_t j = i + 1; j < p; ++j) x[i] -= l[j * p + i] * x[j];
    x[i] /= l[i * p + i];
  }
}

}  // namespace detail
}  // namespace metapool
