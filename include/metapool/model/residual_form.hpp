// SPDX-License-Identifier: BSL-1.0
// What is left of a quadratic form of studies' estimates when columns explain what they can.
#pragma once

#include <metapool/math/linear_algebra.hpp>

#include <cstddef>
#include <vector>

namespace metapool::detail {

template <class Real>
matrix_of<Real> column_of_ones(std::size_t k) {
  return matrix_of<Real>::Constant(static_cast<Eigen::Index>(k), 1, Real(1));
}

/// Chosen rows of a matrix.
template <class Real>
matrix_of<Real> rows_at(const matrix_of<Real>& x, const std::vector<std::size_t>& chosen) {
  matrix_of<Real> rows(static_cast<Eigen::Index>(chosen.size()), x.cols());
  for (std::size_t i = 0; i < chosen.size(); ++i) rows.row(static_cast<Eigen::Index>(i)) = x.row(static_cast<Eigen::Index>(chosen[i]));
  return rows;
}

/// sum of w u v.
template <class Real>
auto weighted_product(const std::vector<Real>& w) {
  return [&w](const std::vector<Real>& u, const std::vector<Real>& v) {
    Real sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) sum += w[i] * u[i] * v[i];
    return sum;
  };
}

/// The smallest value of form(e, e), e = y - X b, over b; form(u, v) is bilinear, symmetric and not negative. A column that the columns before it
/// explain is left out. 0 if there are no more rows than columns that count.
template <class Real, class Form>
Real residual_form(std::vector<Real> y, const matrix_of<Real>& x, const Form& form) {
  std::vector<std::vector<Real>> kept;  // columns made orthogonal in the form
  std::vector<Real> lengths;
  const auto clear = [&](std::vector<Real>& u) {
    for (std::size_t c = 0; c < kept.size(); ++c) {
      const Real share = form(u, kept[c]) / lengths[c];
      for (std::size_t i = 0; i < u.size(); ++i) u[i] -= share * kept[c][i];
    }
  };
  for (Eigen::Index j = 0; j < x.cols() && kept.size() < y.size(); ++j) {
    std::vector<Real> u(x.col(j).data(), x.col(j).data() + x.rows());
    const Real before = form(u, u);
    clear(u);
    clear(u);
    const Real after = form(u, u);
    if (!(after > Real(1e-20) * before)) continue;
    kept.push_back(std::move(u));
    lengths.push_back(after);
  }
  if (kept.size() >= y.size()) return Real(0);
  clear(y);
  clear(y);
  const Real q = form(y, y);
  return q > 0 ? q : Real(0);
}

}  // namespace metapool::detail
