// SPDX-License-Identifier: BSL-1.0
// Whether moderators tell studies without events from others so well that coefficients have no finite estimate.
#pragma once

#include <metapool/math/linear_algebra.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace metapool::detail {

/// How the likelihood of a count changes with its linear predictor: it is highest inside, or rises for ever downwards or upwards.
enum class likelihood_side { inside, falls, rises };

template <class Kernel>
likelihood_side side_of(const Kernel& kernel) {
  return kernel.lowest() ? likelihood_side::falls : kernel.highest() ? likelihood_side::rises : likelihood_side::inside;
}

/// x >= 0 with the least |B'x - target|, one row of B a variable: Lawson and Hanson's active sets. Rows must be of length 1. A row that depends on those that
/// are in (to 12 digits) cannot come in. Lawson & Hanson (1974) Solving Least Squares Problems.
template <class Real>
vector_of<Real> nonnegative_least_squares(const matrix_of<Real>& b, const vector_of<Real>& target) {
  using std::sqrt;
  const Eigen::Index n = b.rows();
  const Real tolerance = Real(1e-11) * (1 + target.cwiseAbs().sum());
  vector_of<Real> x = vector_of<Real>::Zero(n);
  std::vector<Eigen::Index> in;
  std::vector<bool> barred(static_cast<std::size_t>(n));
  for (int round = 0; round < 20 * (n + 1); ++round) {
    const vector_of<Real> residual = target - b.transpose() * x;
    const vector_of<Real> gain = b * residual;
    Eigen::Index best = -1;
    for (Eigen::Index i = 0; i < n; ++i) {
      if (x(i) == 0 && !barred[static_cast<std::size_t>(i)] && gain(i) > tolerance && (best < 0 || gain(i) > gain(best))) best = i;
    }
    if (best < 0) break;
    in.push_back(best);
    for (;;) {
      // least squares over the rows that are in, which are made orthonormal: normal equations would lose rows that are close to each other
      const auto m = static_cast<Eigen::Index>(in.size());
      matrix_of<Real> u(b.cols(), m), r = matrix_of<Real>::Zero(m, m);
      bool independent = m <= b.cols();
      for (Eigen::Index j = 0; j < m && independent; ++j) {
        u.col(j) = b.row(in[static_cast<std::size_t>(j)]).transpose();
        for (int twice = 0; twice < 2; ++twice) {
          for (Eigen::Index i = 0; i < j; ++i) {
            const Real share = u.col(i).dot(u.col(j));
            u.col(j) -= share * u.col(i);
            r(i, j) += share;
          }
        }
        r(j, j) = sqrt(Real(u.col(j).squaredNorm()));
        independent = r(j, j) > Real(1e-12);
        u.col(j) /= r(j, j);
      }
      if (!independent) {
        barred[static_cast<std::size_t>(in.back())] = true;
        x(in.back()) = 0;
        in.pop_back();
        break;
      }
      vector_of<Real> z = u.transpose() * target;
      for (Eigen::Index i = m; i-- > 0;) {
        for (Eigen::Index j = i + 1; j < m; ++j) z(i) -= r(i, j) * z(j);
        z(i) /= r(i, i);
      }
      Real share = 1;  // how far towards z all stay positive
      Eigen::Index first = m;
      for (Eigen::Index i = 0; i < m; ++i) {
        if (z(i) > 0) continue;
        const Real now = x(in[static_cast<std::size_t>(i)]), until = now / (now - z(i));
        if (first == m || until < share) {
          share = until;
          first = i;
        }
      }
      for (Eigen::Index i = 0; i < m; ++i) x(in[static_cast<std::size_t>(i)]) += share * (z(i) - x(in[static_cast<std::size_t>(i)]));
      if (first == m) break;
      x(in[static_cast<std::size_t>(first)]) = 0;
      in.erase(in.begin() + static_cast<std::ptrdiff_t>(first));
      if (in.empty()) break;
    }
  }
  return x;
}

/// A direction d in which no study's likelihood ever falls, so that there is no highest point: with eta = rows d, eta = 0 where the side is inside, eta <= 0 where it
/// falls and eta >= 0 where it rises, not all 0. Nothing if there is none. The columns of rows are independent and of like size.
///
/// By Stiemke's alternative: with B the signed rows (in the directions that are left by eta = 0) there is none if and only if B'y = 0 for some y > 0; the least |B'y|
/// over y >= 1 is 0 then, and is else itself such a direction, which is tried before it is believed: data that rounding does not let tell are not called separated.
/// Albert & Anderson (1984) Biometrika 71:1 (separation).
template <class Real>
std::optional<vector_of<Real>> separating_direction(const matrix_of<Real>& rows, const std::vector<likelihood_side>& sides) {
  using std::sqrt;
  const Eigen::Index p = rows.cols();
  if (p == 0) return std::nullopt;
  std::vector<vector_of<Real>> span;  // orthonormal: first what the inside rows fix, then the rest
  const auto clear = [&](vector_of<Real>& u) {
    for (int twice = 0; twice < 2; ++twice) {
      for (const auto& s : span) u -= s.dot(u) * s;
    }
  };
  const auto take = [&](vector_of<Real> u) {
    const Real before = sqrt(Real(u.squaredNorm()));
    clear(u);
    const Real after = sqrt(Real(u.squaredNorm()));
    if (after > Real(1e-9) * before) span.push_back(vector_of<Real>(u / after));
  };
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    if (sides[static_cast<std::size_t>(i)] == likelihood_side::inside) take(rows.row(i).transpose());
  }
  const std::size_t fixed = span.size();
  for (Eigen::Index j = 0; j < p; ++j) {
    if (span.size() < static_cast<std::size_t>(p)) take(vector_of<Real>(vector_of<Real>::Unit(p, j)));
  }
  const auto m = static_cast<Eigen::Index>(span.size() - fixed);
  if (m == 0) return std::nullopt;
  matrix_of<Real> left(p, m);
  for (Eigen::Index j = 0; j < m; ++j) left.col(j) = span[fixed + static_cast<std::size_t>(j)];
  std::vector<vector_of<Real>> signed_rows;
  for (Eigen::Index i = 0; i < rows.rows(); ++i) {
    const likelihood_side side = sides[static_cast<std::size_t>(i)];
    if (side == likelihood_side::inside) continue;
    vector_of<Real> u = left.transpose() * rows.row(i).transpose();
    const Real length = sqrt(Real(u.squaredNorm()));
    if (!(length > Real(1e-9) * sqrt(Real(rows.row(i).squaredNorm())))) continue;
    signed_rows.push_back(vector_of<Real>(u / (side == likelihood_side::rises ? length : Real(-length))));
  }
  matrix_of<Real> b(static_cast<Eigen::Index>(signed_rows.size()), m);
  for (std::size_t i = 0; i < signed_rows.size(); ++i) b.row(static_cast<Eigen::Index>(i)) = signed_rows[i].transpose();
  if (b.rows() == 0) return vector_of<Real>(left.col(0));
  const vector_of<Real> sum = b.transpose() * vector_of<Real>::Constant(b.rows(), Real(1));
  const vector_of<Real> x = nonnegative_least_squares<Real>(b, vector_of<Real>(-sum));
  const vector_of<Real> d = sum + b.transpose() * x;
  if (!(sqrt(Real(d.squaredNorm())) > Real(1e-9) * (static_cast<Real>(b.rows()) + x.sum()))) return std::nullopt;
  if (!((b * d).minCoeff() >= Real(-1e-9) * sqrt(Real(d.squaredNorm())))) return std::nullopt;
  return vector_of<Real>(left * d);
}

}  // namespace metapool::detail
