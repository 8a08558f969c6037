// SPDX-License-Identifier: BSL-1.0
// Linear edges of a function's domain or of its smoothness, and the directions along those that a search keeps to.
#pragma once

#include <metapool/math/linear_algebra.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// An edge row'x = offset. On crossing it upwards the function's slope along row falls by `drop`; infinite: a wall, above which there is no function.
template <class Real>
struct linear_edge {
  std::vector<Real> row{};
  Real offset{};
  Real drop = std::numeric_limits<Real>::infinity();
};

enum class edge_side { below, on, above };

/// What stays where it is: held parameters and edges that are kept to. Directions z are orthonormal and leave these edges where they are.
template <class Real>
struct kept_edges {
  std::vector<std::size_t> kept{};
  std::vector<vector_of<Real>> u{};  ///< orthonormal, in the free parameters; then the directions that are left
  matrix_of<Real> r{};               ///< rows of the kept edges in the u
  std::vector<std::size_t> free{};

  kept_edges(const std::vector<linear_edge<Real>>& edges, const std::vector<edge_side>& sides, const std::vector<bool>& held) {
    using std::sqrt;
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (!held[i]) free.push_back(i);
    }
    const auto n = static_cast<Eigen::Index>(free.size());
    r = matrix_of<Real>::Zero(n, n);
    const auto take = [&](vector_of<Real> x, bool edge) {
      const Real before = sqrt(Real(x.squaredNorm()));
      const auto j = static_cast<Eigen::Index>(u.size());
      for (int twice = 0; twice < 2; ++twice) {
        for (Eigen::Index i = 0; i < j; ++i) {
          const Real share = u[static_cast<std::size_t>(i)].dot(x);
          x -= share * u[static_cast<std::size_t>(i)];
          if (edge) r(i, j) += share;
        }
      }
      const Real after = sqrt(Real(x.squaredNorm()));
      if (!(after > Real(1e-10) * before)) {
        r.col(j).setZero();  // it is the next one's
        return false;
      }
      if (edge) r(j, j) = after;
      u.push_back(vector_of<Real>(x / after));
      return true;
    };
    for (std::size_t e = 0; e < edges.size(); ++e) {
      if (sides[e] != edge_side::on || u.size() == free.size()) continue;
      vector_of<Real> row(n);
      for (Eigen::Index i = 0; i < n; ++i) row(i) = edges[e].row[free[static_cast<std::size_t>(i)]];
      if (take(row, true)) kept.push_back(e);
    }
    for (Eigen::Index i = 0; i < n && u.size() < free.size(); ++i) take(vector_of<Real>::Unit(n, i), false);
  }
  std::size_t directions() const { return u.size() - kept.size(); }
  const vector_of<Real>& z(std::size_t j) const { return u[kept.size() + j]; }

  /// Multipliers of the kept edges: the gradient is the sum of them times the rows, where it vanishes in the directions that are left.
  std::vector<Real> multipliers(const vector_of<Real>& gradient) const {
    const auto m = static_cast<Eigen::Index>(kept.size());
    std::vector<Real> l(kept.size());
    for (Eigen::Index i = m; i-- > 0;) {
      Real s = u[static_cast<std::size_t>(i)].dot(gradient);
      for (Eigen::Index j = i + 1; j < m; ++j) s -= r(i, j) * l[static_cast<std::size_t>(j)];
      l[static_cast<std::size_t>(i)] = s / r(i, i);
    }
    return l;
  }
};

}  // namespace metapool::detail
