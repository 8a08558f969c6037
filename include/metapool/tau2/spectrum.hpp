// SPDX-License-Identifier: BSL-1.0
// Independent contrasts of k effects: with them the sums over a projection become sums of k - 1 terms.
#pragma once

#include <metapool/math/secular_equation.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace metapool::detail {

/// The k - 1 contrasts c_j of k effects that are independent at every between-study variance t, c_j having the variance m_j + t: the
/// eigenvalues m_j and eigenvectors (orthonormal rows, each summing to 0) of the variances v seen across the contrasts. With c = U y,
/// y'Py = sum c^2 / (m + t), y'PPy = sum c^2 / (m + t)^2, tr P = sum 1 / (m + t), and so on, P as in likelihood.hpp.
///
/// Between two neighbouring variances (n_g studies have d_g) lies one root of sum n_g / (d_g - m) = 0, with eigenvector 1 / (d_g - m); studies of
/// one variance d have Helmert contrasts of that variance. A root is kept as the distance from the nearest variance, so that eigenvectors
/// have full relative accuracy in each component, however many decades v covers. Time and memory O(k^2).
/// Golub (1973) SIAM Rev 15:318 (secular equation); Gu & Eisenstat (1994) SIAM J Matrix Anal Appl 15:1266 (accuracy of the vectors).
template <class Real>
class variance_spectrum {
 public:
  explicit variance_spectrum(std::span<const Real> v) : k_(v.size()) {
    std::vector<std::size_t> order(k_);
    for (std::size_t i = 0; i < k_; ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return v[a] < v[b] || (v[a] == v[b] && a < b); });
    std::vector<std::size_t> first;  // of each group of equal variances, in `order`
    for (std::size_t i = 0; i < k_; ++i) {
      if (i == 0 || v[order[i]] != v[order[i - 1]]) first.push_back(i);
    }
    first.push_back(k_);
    std::vector<secular_term<Real>> groups;
    for (std::size_t g = 0; g + 1 < first.size(); ++g) groups.push_back({v[order[first[g]]], static_cast<Real>(first[g + 1] - first[g])});
    rows_.reserve(k_ * k_);
    values_.reserve(k_);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      add_contrasts(v, order, first[g], first[g + 1]);
      if (g + 1 < groups.size()) add_root(groups, order, first, g);
    }
  }

  std::size_t k() const { return k_; }
  /// m_j, k - 1 of them, ascending.
  std::span<const Real> values() const { return values_; }
  /// The row of contrast j: k numbers.
  std::span<const Real> row(std::size_t j) const { return std::span<const Real>(rows_).subspan(j * k_, k_); }

 private:
  void add_contrasts(std::span<const Real> v, const std::vector<std::size_t>& order, std::size_t begin, std::size_t end) {
    using std::sqrt;
    for (std::size_t r = 1; begin + r < end; ++r) {
      const std::size_t at = rows_.size();
      rows_.resize(at + k_, Real(0));
      const Real n = static_cast<Real>(r);
      const Real scale = sqrt(Real(n / (n + 1)));
      for (std::size_t i = 0; i < r; ++i) rows_[at + order[begin + i]] = -scale / n;
      rows_[at + order[begin + r]] = scale;
      values_.push_back(v[order[begin]]);
    }
  }

  /// The root between the variances of groups g and g + 1.
  void add_root(const std::vector<secular_term<Real>>& groups, const std::vector<std::size_t>& order, const std::vector<std::size_t>& first, std::size_t g) {
    using std::sqrt;
    const secular_root<Real> root = secular_root_after(std::span<const secular_term<Real>>(groups), g);
    const Real pole = groups[root.pole].pole;
    values_.push_back(pole + root.distance);
    const std::size_t at = rows_.size();
    rows_.resize(at + k_, Real(0));
    Real largest = 0;  // scaled before squaring, so that nothing overflows
    for (std::size_t h = 0; h < groups.size(); ++h) {
      const Real x = 1 / ((groups[h].pole - pole) - root.distance);
      if (x > largest) largest = x;
      if (-x > largest) largest = -x;
      for (std::size_t i = first[h]; i < first[h + 1]; ++i) rows_[at + order[i]] = x;
    }
    Real square = 0;
    for (std::size_t i = 0; i < k_; ++i) {
      rows_[at + i] /= largest;
      square += rows_[at + i] * rows_[at + i];
    }
    const Real norm = sqrt(square);
    for (std::size_t i = 0; i < k_; ++i) rows_[at + i] /= norm;
  }

  std::size_t k_;
  std::vector<Real> rows_, values_;
};

}  // namespace metapool::detail
