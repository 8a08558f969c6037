// SPDX-License-Identifier: BSL-1.0
// The likelihood of the location-scale model with its derivatives.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/linear_algebra.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace metapool {

/// How the between-study variance of a study follows from its scale moderators z: exp(z'alpha) or z'alpha, which must not be negative.
enum class scale_link { log, identity };

namespace detail {

/// The log-likelihood at scale coefficients alpha, maximised over the location coefficients, and what belongs to it.
template <class Real>
struct location_scale_point {
  bool valid = false;              ///< all variances >= 0 and everything finite
  Real log_likelihood{};           ///< constants as in tau2/likelihood.hpp
  vector_of<Real> tau2{};          ///< k
  vector_of<Real> beta{};          ///< p
  matrix_of<Real> beta_covariance{};
  vector_of<Real> gradient{};      ///< q
  matrix_of<Real> observed{};      ///< q x q, minus the second derivatives
  matrix_of<Real> expected{};      ///< q x q, their expectation
};

/// y = X beta + N(0, v + tau2(z)). With P = W - W X (X'WX)^-1 X'W, W = 1 / (v + tau2), u = Py, the derivative in tau2_i is (u_i^2 - P_ii) / 2
/// (restricted) or (u_i^2 - w_i) / 2, the second one P_ij^2 / 2 - u_i P_ij u_j (or w_i^2 / 2 on the diagonal for the first term).
template <class Real>
class location_scale_likelihood {
 public:
  location_scale_likelihood(std::span<const Real> y, std::span<const Real> v, const matrix_of<Real>& x, const matrix_of<Real>& z, scale_link link, likelihood_kind kind)
      : y_(y), v_(v), x_(x), z_(z), link_(link), kind_(kind) {
    std::vector<Real> l;
    log_det_x_ = gram(vector_of<Real>::Constant(x.rows(), Real(1)), l);
  }

  Eigen::Index k() const { return x_.rows(); }
  Eigen::Index q() const { return z_.cols(); }

  vector_of<Real> tau2_at(const vector_of<Real>& alpha) const {
    using std::exp;
    vector_of<Real> t = z_.lazyProduct(alpha);
    if (link_ == scale_link::log) {
      for (Eigen::Index i = 0; i < k(); ++i) t(i) = exp(t(i));
    }
    return t;
  }

  /// barrier: mu >= 0, adds mu sum log tau2 for the identity link, which keeps a search off the boundary.
  location_scale_point<Real> at(const vector_of<Real>& alpha, const Real& barrier = Real(0)) const {
    using std::isfinite, std::log;
    const Eigen::Index n = k(), p = x_.cols();
    location_scale_point<Real> s;
    s.tau2 = tau2_at(alpha);
    vector_of<Real> w(n);
    Real logs = 0, penalty = 0;
    for (Eigen::Index i = 0; i < n; ++i) {
      if (!(s.tau2(i) >= 0) || !isfinite(s.tau2(i)) || (barrier > 0 && !(s.tau2(i) > 0))) return s;
      const Real variance = v_[static_cast<std::size_t>(i)] + s.tau2(i);
      w(i) = 1 / variance;
      logs += log(variance);
      if (barrier > 0) penalty += barrier * log(s.tau2(i));
    }
    std::vector<Real> l;
    const Real log_det = gram(w, l);
    if (!isfinite(log_det)) return s;
    // B = W X L'^-1, so that P = W - B B'
    matrix_of<Real> b(n, p);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < p; ++j) {
        Real value = x_(i, j);
        for (Eigen::Index m = 0; m < j; ++m) value -= l[static_cast<std::size_t>(j * p + m)] * b(i, m) / w(i);
        b(i, j) = value / l[static_cast<std::size_t>(j * p + j)] * w(i);
      }
    }
    std::vector<Real> right(static_cast<std::size_t>(p), Real(0));
    for (Eigen::Index j = 0; j < p; ++j) {
      for (Eigen::Index i = 0; i < n; ++i) right[static_cast<std::size_t>(j)] += x_(i, j) * w(i) * y_[static_cast<std::size_t>(i)];
    }
    cholesky_solve(l.data(), static_cast<std::size_t>(p), right.data());
    s.beta = Eigen::Map<const vector_of<Real>>(right.data(), p);
    vector_of<Real> u = -x_.lazyProduct(s.beta);
    Real quadratic = 0;
    for (Eigen::Index i = 0; i < n; ++i) {
      const Real r = y_[static_cast<std::size_t>(i)] + u(i);
      u(i) = w(i) * r;
      quadratic += u(i) * r;
    }
    const Real log_two_pi = log(Real(Real(2) * pi<Real>()));
    const bool restricted = kind_ == likelihood_kind::restricted;
    s.log_likelihood = restricted ? Real(-(static_cast<Real>(n - p) * log_two_pi + logs + (log_det - log_det_x_) + quadratic) / 2)
                                  : Real(-(static_cast<Real>(n) * log_two_pi + logs + quadratic) / 2);
    s.log_likelihood += penalty;
    s.beta_covariance = inverse(l, p);
    derivatives(s, w, u, b, barrier);
    s.valid = isfinite(s.log_likelihood);
    return s;
  }

  /// Inverse of L L' with L row by row.
  static matrix_of<Real> inverse(const std::vector<Real>& l, Eigen::Index p) {
    matrix_of<Real> r(p, p);
    for (Eigen::Index j = 0; j < p; ++j) {
      std::vector<Real> e(static_cast<std::size_t>(p), Real(0));
      e[static_cast<std::size_t>(j)] = 1;
      cholesky_solve(l.data(), static_cast<std::size_t>(p), e.data());
      for (Eigen::Index i = 0; i < p; ++i) r(i, j) = e[static_cast<std::size_t>(i)];
    }
    return r;
  }

 private:
  void derivatives(location_scale_point<Real>& s, const vector_of<Real>& w, const vector_of<Real>& u, const matrix_of<Real>& b, const Real& barrier) const {
    const Eigen::Index n = k();
    const bool restricted = kind_ == likelihood_kind::restricted;
    matrix_of<Real> d = z_;  // derivatives of tau2 in alpha
    vector_of<Real> score(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Real p_ii = w(i) - b.row(i).squaredNorm();
      score(i) = (u(i) * u(i) - (restricted ? p_ii : w(i))) / 2;
      if (link_ == scale_link::log) d.row(i) *= s.tau2(i);
    }
    // expected_ij = P_ij^2 / 2 (w_i^2 / 2), observed = u_i P_ij u_j - that; products with d taken row by row
    matrix_of<Real> e_d = matrix_of<Real>::Zero(n, q()), o_d = matrix_of<Real>::Zero(n, q());
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) {
        const Real p_ij = (i == j ? w(i) : Real(0)) - b.row(i).dot(b.row(j));
        const Real half = restricted ? Real(p_ij * p_ij / 2) : i == j ? Real(w(i) * w(i) / 2) : Real(0);
        e_d.row(i) += half * d.row(j);
        o_d.row(i) += (u(i) * p_ij * u(j) - half) * d.row(j);
      }
    }
    s.gradient = d.transpose().lazyProduct(score);
    s.expected = d.transpose().lazyProduct(e_d);
    s.observed = d.transpose().lazyProduct(o_d);
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto z = z_.row(i).transpose();
      if (link_ == scale_link::log) s.observed -= (score(i) * s.tau2(i)) * z.lazyProduct(z.transpose());
      if (barrier > 0) {
        const Real m = barrier / s.tau2(i);
        s.gradient += m * z;
        s.observed += (m / s.tau2(i)) * z.lazyProduct(z.transpose());
        s.expected += (m / s.tau2(i)) * z.lazyProduct(z.transpose());
      }
    }
  }

  /// Cholesky factor of X'WX row by row in l; log of the determinant, or NaN.
  Real gram(const vector_of<Real>& w, std::vector<Real>& l) const {
    using std::log;
    const auto p = static_cast<std::size_t>(x_.cols());
    l.assign(p * p, Real(0));
    for (Eigen::Index i = 0; i < x_.rows(); ++i) {
      for (std::size_t a = 0; a < p; ++a) {
        for (std::size_t c = 0; c <= a; ++c) l[a * p + c] += w(i) * x_(i, static_cast<Eigen::Index>(a)) * x_(i, static_cast<Eigen::Index>(c));
      }
    }
    if (!cholesky(l.data(), p)) return std::numeric_limits<Real>::quiet_NaN();
    Real sum = 0;
    for (std::size_t a = 0; a < p; ++a) sum += 2 * log(l[a * p + a]);
    return sum;
  }

  std::span<const Real> y_, v_;
  const matrix_of<Real>& x_;
  const matrix_of<Real>& z_;
  scale_link link_;
  likelihood_kind kind_;
  Real log_det_x_{};
};

}  // namespace detail
}  // namespace metapool
