// SPDX-License-Identifier: BSL-1.0
// The likelihood of log odds ratios that are a regression on moderators, with a level for each study and Jeffreys' prior, and its derivatives.
#pragma once

#include <metapool/math/linear_algebra.hpp>
#include <metapool/math/symmetric_eigen.hpp>
#include <metapool/model/penalised_logistic_likelihood.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Where a search is. The matrix of minus the second derivatives is an arrow (diagonal over the levels; cross, one row a study; corner) plus W W' / 2, of rank p (p + 1) / 2.
template <class Real>
struct penalised_regression_point {
  vector_of<Real> b{};        ///< coefficients
  std::vector<Real> levels{};
  Real value{};               ///< without the constants; minus infinity where rounding leaves no information
  matrix_of<Real> inverse{};  ///< of the coefficients' information, the levels being unknown, without the penalty
  vector_of<Real> slope{};
  std::vector<Real> slopes{}, diagonal{};
  matrix_of<Real> cross{}, corner{}, w_levels{}, w_b{};
};

/// log odds are level + theta / 2 and level - theta / 2, theta = row of q times b. With weights w = n p q of the arms the determinant of the information is the product
/// over studies of (w1 + w2), times that of M = sum of h q q', h = w1 w2 / (w1 + w2). The derivative of log det M in log h is the leverage u'u of the study, u its
/// row of the orthonormal factor of sqrt(h) q, and the second one in log h_i and log h_j is [i = j] u_i'u_i - (u_i'u_j)^2.
template <class Real>
class penalised_regression {
 public:
  using number = second_order<Real>;
  using point = penalised_regression_point<Real>;

  penalised_regression(const std::vector<two_by_two<Real>>& tables, const matrix_of<Real>& q) : tables_(tables), q_(q) {}

  std::size_t studies() const { return tables_.size(); }
  Real theta(std::size_t i, const vector_of<Real>& b) const { return b.size() > 0 ? Real(q_.row(static_cast<Eigen::Index>(i)).dot(b)) : Real(0); }

  /// Fills everything else of a point from its coefficients and levels.
  void evaluate(point& at) const {
    using std::exp, std::log, std::sqrt;
    const auto k = static_cast<Eigen::Index>(tables_.size()), p = q_.cols(), rank = p * (p + 1) / 2;
    const Real half = Real(1) / 2;
    at.value = 0;
    at.slope = vector_of<Real>::Zero(p);
    at.slopes.assign(tables_.size(), Real(0));
    at.diagonal = at.slopes;
    at.cross = matrix_of<Real>::Zero(k, p);
    at.corner = matrix_of<Real>::Zero(p, p);
    at.w_levels = matrix_of<Real>::Zero(k, rank);
    at.w_b = matrix_of<Real>::Zero(p, rank);
    const auto add = [&](Eigen::Index i, const number& f) {
      const auto n = static_cast<std::size_t>(i);
      at.slopes[n] += f.first[0];
      at.diagonal[n] -= f.second[0];
      if (p == 0) return;
      const vector_of<Real> row = q_.row(i).transpose();
      at.slope += f.first[1] * row;
      at.cross.row(i) -= f.second[1] * row.transpose();
      at.corner -= f.second[2] * row * row.transpose();
    };
    std::vector<number> shares(tables_.size());
    Real largest = -std::numeric_limits<Real>::infinity();
    for (Eigen::Index i = 0; i < k; ++i) {
      const auto n = static_cast<std::size_t>(i);
      const auto& t = tables_[n];
      const Real half_theta = theta(n, at.b) / 2;
      const auto a = penalised_arm_at<Real>(t.a, t.treated_total(), Real(at.levels[n] + half_theta), half);
      const auto b = penalised_arm_at<Real>(t.c, t.control_total(), Real(at.levels[n] - half_theta), Real(-half));
      const number ratio = a.log_weight - b.log_weight;
      const Real pa = logistic(ratio.value), pb = logistic(Real(-ratio.value));
      const number sum = b.log_weight + ratio.through(log_one_plus_exp(ratio.value), pa, Real(pa * pb));
      const number f = a.likelihood + b.likelihood + sum * half;
      at.value += f.value;
      add(i, f);
      shares[n] = a.log_weight + b.log_weight - sum;
      if (shares[n].value > largest) largest = shares[n].value;
    }
    if (p == 0) {
      at.inverse.resize(0, 0);
      return;
    }
    matrix_of<Real> u(k, p), r = matrix_of<Real>::Zero(p, p);  // of sqrt(h) q over sqrt(largest h)
    for (Eigen::Index i = 0; i < k; ++i) u.row(i) = q_.row(i) * exp(Real((shares[static_cast<std::size_t>(i)].value - largest) / 2));
    Real log_det = largest * static_cast<Real>(p);
    for (Eigen::Index j = 0; j < p; ++j) {
      for (int twice = 0; twice < 2; ++twice) {
        for (Eigen::Index c = 0; c < j; ++c) {
          const Real share = u.col(c).dot(u.col(j));
          u.col(j) -= share * u.col(c);
          r(c, j) += share;
        }
      }
      r(j, j) = sqrt(Real(u.col(j).squaredNorm()));
      if (!(r(j, j) > 0)) {
        at.value = -std::numeric_limits<Real>::infinity();
        return;
      }
      u.col(j) /= r(j, j);
      log_det += 2 * log(r(j, j));
    }
    at.value += log_det / 2;
    matrix_of<Real> solved = matrix_of<Real>::Identity(p, p);
    for (Eigen::Index i = p; i-- > 0;) {
      for (Eigen::Index j = i + 1; j < p; ++j) solved.row(i) -= r(i, j) * solved.row(j);
      solved.row(i) /= r(i, i);
    }
    at.inverse = solved * solved.transpose() * exp(Real(-largest));
    const Real root = sqrt(Real(2));
    for (Eigen::Index i = 0; i < k; ++i) {
      const number& s = shares[static_cast<std::size_t>(i)];
      const Real leverage = u.row(i).squaredNorm();
      number f;
      f.first = {leverage * s.first[0], leverage * s.first[1]};
      f.second = {leverage * (s.second[0] + s.first[0] * s.first[0]), leverage * (s.second[1] + s.first[0] * s.first[1]), leverage * (s.second[2] + s.first[1] * s.first[1])};
      add(i, f * half);
      Eigen::Index c = 0;
      for (Eigen::Index a = 0; a < p; ++a) {
        for (Eigen::Index b = a; b < p; ++b, ++c) {
          const Real v = u(i, a) * u(i, b) * (a == b ? Real(1) : root);
          at.w_levels(i, c) = v * s.first[0];
          at.w_b.col(c) += v * s.first[1] * q_.row(i).transpose();
        }
      }
    }
  }

  /// Newton's step over the levels and the coefficients that are not held, or, with damping, one with a larger diagonal; false if the matrix is not positive definite. The system
  /// is bordered by y = W' step / 2; the levels are eliminated, and what is left has as many negative eigenvalues as there are y if the matrix is positive definite.
  static bool step_of(const point& at, const std::vector<bool>& held, const Real& damping, std::vector<Real>& move, vector_of<Real>& move_b) {
    using std::fabs, std::sqrt;
    const auto k = static_cast<Eigen::Index>(at.levels.size()), p = at.b.size(), rank = at.w_b.cols();
    std::vector<Eigen::Index> free;
    for (Eigen::Index j = 0; j < p; ++j) {
      if (!held[static_cast<std::size_t>(j)]) free.push_back(j);
    }
    const auto f = static_cast<Eigen::Index>(free.size()), m = f + rank;
    matrix_of<Real> s = matrix_of<Real>::Zero(m, m), border(k, m);
    vector_of<Real> right = vector_of<Real>::Zero(m);
    for (Eigen::Index i = 0; i < f; ++i) {
      const Eigen::Index p_i = free[static_cast<std::size_t>(i)];
      for (Eigen::Index j = 0; j < f; ++j) s(i, j) = at.corner(p_i, free[static_cast<std::size_t>(j)]);
      s(i, i) += damping * fabs(s(i, i));
      s.row(i).tail(rank) = at.w_b.row(p_i);
      s.col(i).tail(rank) = at.w_b.row(p_i).transpose();
      border.col(i) = at.cross.col(p_i);
      right(i) = at.slope(p_i);
    }
    for (Eigen::Index i = f; i < m; ++i) s(i, i) = -2;
    border.rightCols(rank) = at.w_levels;
    std::size_t negative = 0;
    std::vector<Real> d(at.levels.size());
    for (Eigen::Index i = 0; i < k; ++i) {
      const auto n = static_cast<std::size_t>(i);
      d[n] = damping > 0 ? Real((1 + damping) * fabs(at.diagonal[n])) : at.diagonal[n];
      if (d[n] == 0) return false;
      negative += d[n] < 0 ? 1 : 0;
      const vector_of<Real> row = border.row(i).transpose() / d[n];
      s -= row * border.row(i);
      right -= row * at.slopes[n];
    }
    vector_of<Real> scale(m), x = vector_of<Real>::Zero(m);
    std::vector<Real> a(static_cast<std::size_t>(m * m));
    for (Eigen::Index i = 0; i < m; ++i) {
      const Real own = fabs(s(i, i));
      scale(i) = own > 0 ? Real(1 / sqrt(own)) : Real(1);
    }
    for (Eigen::Index i = 0; i < m; ++i) {
      for (Eigen::Index j = 0; j < m; ++j) a[static_cast<std::size_t>(i * m + j)] = s(i, j) * scale(i) * scale(j);
    }
    const auto eigen = symmetric_eigen(std::move(a), static_cast<std::size_t>(m));
    for (std::size_t e = 0; e < eigen.values.size(); ++e) {
      if (eigen.values[e] == 0) return false;
      negative += eigen.values[e] < 0 ? 1 : 0;
      const Eigen::Map<const vector_of<Real>> v(eigen.vectors.data() + e * static_cast<std::size_t>(m), m);
      x += v * (v.dot(scale.cwiseProduct(right)) / eigen.values[e]);
    }
    if (negative != static_cast<std::size_t>(rank)) return false;
    x = x.cwiseProduct(scale);
    move_b = vector_of<Real>::Zero(p);
    for (Eigen::Index i = 0; i < f; ++i) move_b(free[static_cast<std::size_t>(i)]) = x(i);
    move.resize(at.levels.size());
    for (Eigen::Index i = 0; i < k; ++i) {
      const auto n = static_cast<std::size_t>(i);
      move[n] = (at.slopes[n] - (m > 0 ? Real(border.row(i).dot(x)) : Real(0))) / d[n];
    }
    return true;
  }

  const std::vector<two_by_two<Real>>& tables() const { return tables_; }

 private:
  std::vector<two_by_two<Real>> tables_;
  matrix_of<Real> q_;
};

}  // namespace metapool::detail
