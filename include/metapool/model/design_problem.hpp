// SPDX-License-Identifier: BSL-1.0
// Effects around any design, as between-study variance estimators see them (tau2/problem.hpp), in O(k p^2) an evaluation.
#pragma once

#include <metapool/math/symmetric_eigen.hpp>
#include <metapool/model/normal_equations.hpp>
#include <metapool/model/regression_fit.hpp>
#include <metapool/tau2/problem.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The sums of a problem with p coefficients at one tau2.
template <class Real>
struct design_sums {
  Real q{};     ///< y'Py, sum of w r^2, r = y - fitted
  Real a2{};    ///< y'PPy = sum of w^2 r^2
  Real yppp{};  ///< y'PPPy
  Real w{};     ///< sum of w
  Real sum_w2{}, p_trace{}, pp_trace{};
  Real log_det{};  ///< log det X'WX - log det X'X
  Real w2() const { return sum_w2; }
  Real trace_p() const { return p_trace; }
  Real trace_pp() const { return pp_trace; }
};

/// The problem of a regression on the columns of X, which must have full rank and no more columns than rows (check_design). y and v are
/// looked at, not copied.
///
/// Sums of powers of P = W - W X (X'WX)^-1 X'W lose all digits in that form when some weights dwarf the others. Here p studies B of
/// large weight are chosen so that X = [I; T] X_B with sqrt(w_n / w_b) |T_nb| <= 4. With M = W_B + T'W_N T and d = y_N - T y_B, the fit of B
/// departs from y_B by b = M^-1 T'W_N d, the residuals are d - T b and -b, and the blocks of P are W_N - W_N T M^-1 T'W_N,
/// -W_N T M^-1 W_B and W_B M^-1 (T'W_N T), in none of which more than a factor of about 16 p cancels. As weights even out with growing tau2 the
/// basis is chosen anew where that is exceeded. With p = 1 and X = 1 these are the sums of kernel.hpp.
/// Not for two threads at once: an object keeps its basis and its last evaluation. After Peters & Wilkinson (1970) Comput J 13:309.
template <class Real>
class design_problem {
 public:
  using real_type = Real;

  design_problem(std::span<const Real> y, std::span<const Real> v, const matrix_of<Real>& x) : y_(y), v_(v), basis_(y, x) {
    basis_.choose([&](std::size_t i) { return Real(1 / v_[i]); });
  }

  std::size_t k() const { return y_.size(); }
  std::size_t p() const { return basis_.p(); }
  std::span<const Real> y() const { return y_; }
  std::span<const Real> v() const { return v_; }

  design_sums<Real> at(const Real& tau2) const {
    if (last_ && last_->first == tau2) return last_->second;
    if (tau2 == 0 && zero_) return *zero_;
    design_sums<Real> s;
    const auto weight = [&](std::size_t i) { return Real(1 / (v_[i] + tau2)); };
    if (!evaluate(weight, s)) {
      basis_.choose(weight);
      evaluate(weight, s);
    }
    last_ = std::pair<Real, design_sums<Real>>(tau2, s);
    if (tau2 == 0) zero_ = s;
    return s;
  }

  input_range<Real> range() const {
    input_range<Real> r{v_[0], v_[0], Real(0)};
    for (const Real& x : v_) {
      if (x < r.v_min) r.v_min = x;
      if (x > r.v_max) r.v_max = x;
    }
    const normal_equations<Real> n = equations([](std::size_t) { return Real(1); });
    n.residuals(basis_, r_);
    r.sum_of_squares = r_.squaredNorm();
    for (const Real& b : n.b) r.sum_of_squares += b * b;
    return r;
  }

  template <class Weight>
  moment_sums<Real> moments(const Weight& a) const {
    const normal_equations<Real> n = equations(a);
    moment_sums<Real> s;
    for_each(n, a, [&](std::size_t i, const Real& residual, const Real&, const Real& complement) {
      const Real part = a(i) * complement;
      s.q += a(i) * residual * residual;
      s.trace_p += part;
      s.trace_pv += part * v_[i];
    });
    return s;
  }

  template <class Weight>
  Real variance_of(const Weight& a, const Real& tau2) const {
    const normal_equations<Real> n = equations(a);
    const auto scale = [&](std::size_t i) { return Real(v_[i] + tau2); };
    w2_.resize(w_.size());
    w3_.resize(w_.size());
    Real square = 0;
    for (Eigen::Index m = 0; m < w_.size(); ++m) {
      const std::size_t i = basis_.others()[static_cast<std::size_t>(m)];
      const Real x = a(i) * scale(i);
      square += x * x;
      w2_(m) = a(i) * x;
      w3_(m) = a(i) * x * x;
    }
    normal_equations<Real>::gram(basis_, w2_, a2_, r_);
    normal_equations<Real>::gram(basis_, w3_, a3_, r_);
    const auto parts = n.square_trace(basis_, square, a2_, a3_, scale);
    return 2 * (parts.others + parts.rest);
  }

  /// In the k - p contrasts y_N - T y_B, in which nothing cancels: P_a = K (K'A^-1 K)^-1 K' with K' = [-T I], so that the weights are the eigenvalues of
  /// L^-1 (K'SK) L^-T with L L' = K'A^-1 K. O(k^3).
  template <class Weight>
  std::vector<Real> q_spectrum(const Weight& a, const Real& tau2) const {
    equations(a);  // a basis that suits the weights
    const matrix_of<Real>& t = basis_.t();
    const auto n = static_cast<std::size_t>(t.rows());
    std::vector<Real> l = contrast_matrix([&](std::size_t i) { return Real(1 / a(i)); }), s = contrast_matrix([&](std::size_t i) { return Real(v_[i] + tau2); });
    cholesky(l.data(), n);
    for (int side = 0; side < 2; ++side) {  // L^-1 of every row; S is symmetric, so that this is L^-1 S L^-T after the second turn
      for (std::size_t r = 0; r < n; ++r) {
        Real* const x = s.data() + r * n;
        for (std::size_t i = 0; i < n; ++i) {
          for (std::size_t j = 0; j < i; ++j) x[i] -= l[i * n + j] * x[j];
          x[i] /= l[i * n + i];
        }
      }
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) std::swap(s[i * n + j], s[j * n + i]);
      }
    }
    std::vector<Real> values = symmetric_eigen(std::move(s), n).values;
    for (Real& value : values) value = value > 0 ? value : Real(0);
    return values;
  }

  Real log_likelihood(const Real& tau2, likelihood_kind kind) const {
    using std::log;
    const design_sums<Real> s = at(tau2);
    Real sum = 0;
    for (const Real& x : v_) sum += log(Real(x + tau2));
    const Real log_two_pi = log(Real(Real(2) * pi<Real>()));
    if (kind == likelihood_kind::full) return -(static_cast<Real>(k()) * log_two_pi + sum + s.q) / 2;
    return -(static_cast<Real>(k() - p()) * log_two_pi + sum + s.log_det + s.q) / 2;
  }

  /// Coefficients, their covariance, fitted values, residuals, their standard errors and leverages at one tau2.
  void solve(const Real& tau2, regression_fit<Real>& fit) const {
    using std::sqrt;
    const auto weight = [&](std::size_t i) { return Real(1 / (v_[i] + tau2)); };
    const normal_equations<Real> n = equations(weight);
    fit.coefficients = basis_.coefficients(n.b);
    fit.covariance = basis_.covariance(n.l);
    fit.fitted.resize(k());
    fit.residuals.resize(k());
    fit.leverages.resize(k());
    fit.one_less_leverages.resize(k());
    fit.residual_se.resize(k());
    for_each(n, weight, [&](std::size_t i, const Real& residual, const Real& leverage, const Real& complement) {
      fit.residuals[i] = residual;
      fit.fitted[i] = y_[i] - residual;
      fit.leverages[i] = leverage;
      fit.one_less_leverages[i] = complement;
      fit.residual_se[i] = complement > 0 ? Real(sqrt(Real((v_[i] + tau2) * complement))) : Real(0);
    });
  }

 private:
  /// False if the basis does not suit the weights.
  template <class Weight>
  bool evaluate(const Weight& weight, design_sums<Real>& s) const {
    const std::vector<std::size_t>& others = basis_.others();
    w_.resize(static_cast<Eigen::Index>(others.size()));
    for (std::size_t m = 0; m < others.size(); ++m) w_(static_cast<Eigen::Index>(m)) = weight(others[m]);
    w2_ = w_.cwiseProduct(w_);
    w3_ = w2_.cwiseProduct(w_);
    normal_equations<Real>& n = equations_;
    n.solve(basis_, w_, weight, r_);
    normal_equations<Real>::gram(basis_, w2_, a2_, r_);
    normal_equations<Real>::gram(basis_, w3_, a3_, r_);
    s.w = w_.sum();
    s.sum_w2 = w2_.sum();
    const Real trace_others = s.w - n.inverse_trace(a2_);
    const auto squares = n.square_trace(basis_, s.sum_w2, a2_, a3_, [](std::size_t) { return Real(1); });
    const bool suits = keeps_digits(n) && trace_others * loss() >= s.w && squares.others * loss() * loss() >= s.sum_w2;
    s.p_trace = trace_others + n.basis_trace();
    s.pp_trace = squares.others + squares.rest;
    s.log_det = n.log_det() - basis_.log_det_unweighted();
    n.residuals(basis_, r_);
    const vector_of<Real>& r = r_;
    u_ = w_.cwiseProduct(r);
    s.q = u_.dot(r);
    s.a2 = u_.squaredNorm();
    // y'PPPy = u'Pu with u = Py, the weighted residual sum of squares of the regression of u, by the same steps as for y
    b_.resize(basis_.t().cols());
    for (std::size_t j = 0; j < p(); ++j) {
      const Real u = -n.w_b[j] * n.b[j];
      s.w += n.w_b[j];
      s.sum_w2 += n.w_b[j] * n.w_b[j];
      s.q += n.w_b[j] * n.b[j] * n.b[j];
      s.a2 += u * u;
      b_(static_cast<Eigen::Index>(j)) = u;
    }
    u_.noalias() -= basis_.t() * b_;
    r_ = w_.cwiseProduct(u_);
    b_.noalias() = basis_.t().transpose() * r_;
    cholesky_solve(n.l.data(), p(), b_.data());
    u_.noalias() -= basis_.t() * b_;
    s.yppp = w_.dot(u_.cwiseProduct(u_));
    for (std::size_t j = 0; j < p(); ++j) s.yppp += n.w_b[j] * b_(static_cast<Eigen::Index>(j)) * b_(static_cast<Eigen::Index>(j));
    return suits;
  }

  /// K' diag(x) K, K' = [-T I], by rows.
  template <class Diagonal>
  std::vector<Real> contrast_matrix(const Diagonal& x) const {
    const matrix_of<Real>& t = basis_.t();
    const auto n = static_cast<std::size_t>(t.rows());
    vector_of<Real> b(t.cols());
    for (std::size_t j = 0; j < p(); ++j) b(static_cast<Eigen::Index>(j)) = x(basis_.rows()[j]);
    const matrix_of<Real> scaled = t * b.asDiagonal();
    const matrix_of<Real> whole = scaled * t.transpose();
    std::vector<Real> m(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) m[i * n + j] = whole(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
      m[i * n + i] += x(basis_.others()[i]);
    }
    return m;
  }

  /// What the exchanges of the basis leave, with room: sums of squares of scaled rows of T are at most 16 p.
  Real loss() const { return static_cast<Real>(40 * p() + 1); }
  bool keeps_digits(const normal_equations<Real>& n) const { return n.spread <= loss() * static_cast<Real>(k()); }

  /// Normal equations for any weights; the basis is chosen anew if it does not suit them.
  template <class Weight>
  normal_equations<Real> equations(const Weight& a) const {
    normal_equations<Real> n;
    for (int attempt = 0; attempt < 2; ++attempt) {
      const std::vector<std::size_t>& others = basis_.others();
      w_.resize(static_cast<Eigen::Index>(others.size()));
      for (std::size_t m = 0; m < others.size(); ++m) w_(static_cast<Eigen::Index>(m)) = a(others[m]);
      n.solve(basis_, w_, a, r_);
      n.quadratics(basis_, u_, r_);
      const bool suits = u_.size() == 0 || !((1 - w_.cwiseProduct(u_).maxCoeff()) * loss() < 1);
      if (attempt == 1 || (suits && keeps_digits(n))) break;
      basis_.choose(a);
    }
    return n;
  }

  /// Calls f(study, residual, leverage, 1 - leverage without its cancellation) for every study.
  template <class Weight, class F>
  void for_each(const normal_equations<Real>& n, const Weight& weight, const F& f) const {
    n.quadratics(basis_, u_, r_);
    n.residuals(basis_, r_);
    for (std::size_t m = 0; m < basis_.others().size(); ++m) {
      const std::size_t i = basis_.others()[m];
      const Real leverage = weight(i) * u_(static_cast<Eigen::Index>(m));
      f(i, r_(static_cast<Eigen::Index>(m)), leverage, Real(1 - leverage));
    }
    for (std::size_t j = 0; j < p(); ++j) {
      const std::size_t at = j * p() + j;
      f(basis_.rows()[j], Real(-n.b[j]), Real(n.w_b[j] * n.inverse[at]), Real(n.z[at]));
    }
  }

  std::span<const Real> y_, v_;
  mutable weighted_basis<Real> basis_;
  mutable vector_of<Real> w_{}, w2_{}, w3_{}, r_{}, u_{}, b_{};
  mutable std::vector<Real> a2_{}, a3_{};
  mutable normal_equations<Real> equations_{};
  mutable std::optional<std::pair<Real, design_sums<Real>>> last_{};
  mutable std::optional<design_sums<Real>> zero_{};
};

}  // namespace metapool::detail
