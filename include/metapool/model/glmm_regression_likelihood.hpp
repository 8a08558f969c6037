// SPDX-License-Identifier: BSL-1.0
// The likelihood of studies whose mean effects are a regression on moderators.
#pragma once

#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/glmm_search.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace metapool::detail {

/// X = Q R with Q'Q = k I and R upper triangular: moderators of any size and location become alike, and a column of ones stays what it is.
template <class Real>
struct orthogonal_columns {
  matrix_of<Real> q{}, r{};

  explicit orthogonal_columns(const matrix_of<Real>& x) : q(x), r(matrix_of<Real>::Zero(x.cols(), x.cols())) {
    using std::sqrt;
    const Real k = static_cast<Real>(x.rows());
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      for (int twice = 0; twice < 2; ++twice) {
        for (Eigen::Index c = 0; c < j; ++c) {
          const Real share = q.col(c).dot(q.col(j)) / k;
          q.col(j) -= share * q.col(c);
          r(c, j) += share;
        }
      }
      r(j, j) = sqrt(Real(q.col(j).squaredNorm() / k));
      q.col(j) /= r(j, j);
    }
  }
  /// R^-1 m.
  matrix_of<Real> solve(matrix_of<Real> m) const {
    for (Eigen::Index i = r.rows(); i-- > 0;) {
      for (Eigen::Index j = i + 1; j < r.rows(); ++j) m.row(i) -= r(i, j) * m.row(j);
      m.row(i) /= r(i, i);
    }
    return m;
  }
};

/// A likelihood of one mean effect (its first parameter; tau2 is the second), with study i's mean being row i of `rows` times coefficients. Parameters: the
/// coefficients, then the base's from tau2 on.
template <class Real, class Base>
class regression_likelihood {
 public:
  static constexpr std::size_t size = any_number;
  regression_likelihood(Base base, matrix_of<Real> rows) : base_(std::move(base)), rows_(std::move(rows)) {}

  std::size_t tau2_index() const { return static_cast<std::size_t>(rows_.cols()); }

  curvature<Real, any_number> operator()(const std::vector<Real>& x) {
    const std::size_t p = tau2_index(), all = p + Base::size - 1;
    curvature<Real, any_number> sum;
    sum.gradient.assign(all, Real(0));
    sum.hessian.assign(all * all, Real(0));
    for (std::size_t i = 0; i < base_.studies(); ++i) {
      const auto a = base_.study(i, of_study(i, x));
      const auto row = [&](std::size_t j) { return rows_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)); };  // there may be no columns
      sum.value += a.value;
      for (std::size_t j = 0; j < p; ++j) {
        const Real z = row(j);
        sum.gradient[j] += a.gradient[0] * z;
        for (std::size_t l = 0; l < p; ++l) sum.hessian[j * all + l] += a.hessian[0] * z * row(l);
        for (std::size_t q = 1; q < Base::size; ++q) {
          const Real mixed = a.hessian[q] * z;
          sum.hessian[j * all + p + q - 1] += mixed;
          sum.hessian[(p + q - 1) * all + j] += mixed;
        }
      }
      for (std::size_t q = 1; q < Base::size; ++q) {
        sum.gradient[p + q - 1] += a.gradient[q];
        for (std::size_t r = 1; r < Base::size; ++r) sum.hessian[(p + q - 1) * all + p + r - 1] += a.hessian[q * Base::size + r];
      }
    }
    return sum;
  }
  bool refine(const std::vector<Real>& x, bool& changed) {
    bool exact = true;
    for (std::size_t i = 0; i < base_.studies(); ++i) exact = base_.refine_study(i, of_study(i, x), changed) && exact;
    return exact;
  }
  std::vector<newton_bound<Real>> bounds() const {
    const auto of_base = base_.bounds();
    std::vector<newton_bound<Real>> b(tau2_index());
    b.insert(b.end(), of_base.begin() + 1, of_base.end());
    return b;
  }
  std::vector<Real> start() const {
    const auto of_base = base_.start();
    std::vector<Real> x(tau2_index(), Real(0));
    if (!x.empty()) x[0] = of_base[0];
    x.insert(x.end(), of_base.begin() + 1, of_base.end());
    return x;
  }
  /// Those of the base in what is beyond the coefficients.
  std::vector<std::vector<std::vector<Real>>> starts_inside(const std::vector<Real>& x) const
    requires requires(const Base& b, const std::array<Real, Base::size>& at) { b.starts_inside(at); }
  {
    const auto p = static_cast<std::ptrdiff_t>(tau2_index());
    std::array<Real, Base::size> at{};
    for (std::size_t q = 1; q < Base::size; ++q) at[q] = x[tau2_index() + q - 1];
    std::vector<std::vector<std::vector<Real>>> groups;
    for (const auto& of_base : base_.starts_inside(at)) {
      auto& group = groups.emplace_back();
      for (const auto& trial : of_base) {
        std::vector<Real> all(x.begin(), x.begin() + p);
        all.insert(all.end(), trial.begin() + 1, trial.end());
        group.push_back(std::move(all));
      }
    }
    return groups;
  }

  std::vector<Real> end_of_ridge(std::vector<Real> x, const std::vector<Real>& gradient) const
    requires requires(const Base& b, const std::array<Real, Base::size>& at) { b.end_of_ridge(at, at); }
  {
    std::array<Real, Base::size> at{}, slope{};
    for (std::size_t q = 1; q < Base::size; ++q) {
      at[q] = x[tau2_index() + q - 1];
      slope[q] = gradient[tau2_index() + q - 1];
    }
    const auto end = base_.end_of_ridge(at, slope);
    for (std::size_t q = 1; q < Base::size; ++q) x[tau2_index() + q - 1] = end[q];
    return x;
  }

 private:
  std::array<Real, Base::size> of_study(std::size_t i, const std::vector<Real>& x) const {
    const std::size_t p = tau2_index();
    std::array<Real, Base::size> own{};
    for (std::size_t j = 0; j < p; ++j) own[0] += rows_(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) * x[j];
    for (std::size_t q = 1; q < Base::size; ++q) own[q] = x[p + q - 1];
    return own;
  }

  Base base_;
  matrix_of<Real> rows_;
};

}  // namespace metapool::detail
