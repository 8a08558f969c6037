// SPDX-License-Identifier: BSL-1.0
// A fitted regression in coordinates in which nothing cancels (design_problem.hpp): what covariances of its coefficients are made from.
#pragma once

#include <metapool/model/normal_equations.hpp>
#include <metapool/model/regression_fit.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace metapool::detail {

/// X C = A with p studies of large weight as unit rows of A, and M = A'WA, W = 1 / (v + tau2). A combination l'b of the coefficients is (C'l)'g of those of A.
template <class Real>
class regression_basis {
 public:
  explicit regression_basis(const regression_fit<Real>& fit) : v_(fit.data.v), basis_(std::span<const Real>(fit.data.y), fit.design.x) {
    const Real tau2 = fit.tau2.value_or(Real(0));
    const auto weight = [&](std::size_t i) { return Real(1 / (v_[i] + tau2)); };
    basis_.choose(weight);
    const auto k = static_cast<Eigen::Index>(v_.size()), p = static_cast<Eigen::Index>(basis_.p());
    vector_of<Real> others(k - p), work;
    w_.resize(k);
    for (Eigen::Index i = 0; i < k; ++i) w_(i) = weight(static_cast<std::size_t>(i));
    for (Eigen::Index n = 0; n < k - p; ++n) others(n) = w_(study(n));
    equations_.solve(basis_, others, weight, work);
    a_ = matrix_of<Real>::Zero(k, p);
    for (Eigen::Index n = 0; n < k - p; ++n) a_.row(study(n)) = basis_.t().row(n);
    for (Eigen::Index j = 0; j < p; ++j) a_(static_cast<Eigen::Index>(basis_.rows()[static_cast<std::size_t>(j)]), j) = 1;
    inverse_ = Eigen::Map<const matrix_of<Real>>(equations_.inverse.data(), p, p);
  }

  const matrix_of<Real>& a() const { return a_; }              ///< k x p
  const matrix_of<Real>& c() const { return basis_.c(); }      ///< p x p
  const matrix_of<Real>& inverse() const { return inverse_; }  ///< M^-1
  const vector_of<Real>& w() const { return w_; }

  /// D = WA - A M^-1 A'W^2 A, the residuals of the weighted rows: from differences of weights, which are those of variances, so that they
  /// are exactly 0 if all variances are equal.
  matrix_of<Real> residual_rows() const {
    const Eigen::Index k = a_.rows(), p = a_.cols();
    matrix_of<Real> gap = matrix_of<Real>::Zero(k, p);  // A_ij (w_i - w_j), j the study of the basis
    for (Eigen::Index j = 0; j < p; ++j) {
      const auto b = static_cast<Eigen::Index>(basis_.rows()[static_cast<std::size_t>(j)]);
      for (Eigen::Index i = 0; i < k; ++i) {
        if (i != b) gap(i, j) = a_(i, j) * (w_(i) * ((v_[static_cast<std::size_t>(b)] - v_[static_cast<std::size_t>(i)]) * w_(b)));
      }
    }
    const matrix_of<Real> weighted = w_.asDiagonal() * gap;
    const matrix_of<Real> sum = a_.transpose() * weighted;
    return gap - a_ * matrix_of<Real>(inverse_ * sum);
  }

 private:
  Eigen::Index study(Eigen::Index n) const { return static_cast<Eigen::Index>(basis_.others()[static_cast<std::size_t>(n)]); }

  std::span<const Real> v_;
  weighted_basis<Real> basis_;
  normal_equations<Real> equations_{};
  matrix_of<Real> a_{}, inverse_{};
  vector_of<Real> w_{};
};

}  // namespace metapool::detail
