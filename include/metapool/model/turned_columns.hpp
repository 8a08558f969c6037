// SPDX-License-Identifier: BSL-1.0
// The columns of a regression with one of them last, where a profile of its coefficient wants it.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/model/glmm_regression_likelihood.hpp>

#include <cstddef>

namespace metapool::detail {

/// X with column j and the last one exchanged, made orthogonal: the coefficient of column j is that of the last orthogonal column over `scale`.
template <class Real>
struct turned_columns {
  orthogonal_columns<Real> columns;
  vector_of<Real> coefficients{};  ///< of the orthogonal columns, for the same predictor as b's
  Real scale{};

  turned_columns(const matrix_of<Real>& x, const vector_of<Real>& b, std::size_t j) : columns(turned(x, j)) {
    vector_of<Real> c = b;
    const Eigen::Index last = x.cols() - 1, chosen = static_cast<Eigen::Index>(j);
    c(last) = b(chosen);
    c(chosen) = chosen == last ? b(chosen) : b(last);
    coefficients = columns.r * c;
    scale = columns.r(last, last);
  }

 private:
  static matrix_of<Real> turned(matrix_of<Real> x, std::size_t j) {
    const auto p = static_cast<std::size_t>(x.cols());
    if (j >= p) throw_input_error("profile", "column " + to_text(j) + " of " + to_text(p) + " (counted from 0)");
    x.col(x.cols() - 1).swap(x.col(static_cast<Eigen::Index>(j)));
    return x;
  }
};

}  // namespace metapool::detail
