// SPDX-License-Identifier: BSL-1.0
// Effects around any design, as between-study variance estimators see them (tau2/problem.hpp), in O(k p^2) an evaluation.
#pragma once

#include <metapool/model/weighted_basis.hpp>
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

/// The problem of a regression on the columns of X, which must have full rank and k >= p rows (check_design). y and v are looked at, not copied.
///
/// Sums of powers of P = W - W X (X'WX)^-1 X'W lose all digits in that form when some weights dwarf the others. Here p studies B of
/// large weight are chosen so that X = [I; T] X_B with sqrt(w_n / w_b) |T_nb| <= 2. With M = W_B + T'W_N T and d = y_N - T y_B, the fit of B
/// departs from y_B by b = M^-1 T'W_N d, the residuals are d - T b and -b, and the blocks of P are W_N - W_N T M^-1 T'W_N,
/// -W_N T M^-1 W_B and W_B M^-1 (T'W_N T), in none of which more than a factor of about 4 p cancels. As weights even out with growing tau2 the
/// basis is chosen anew where that factor is exceeded. With p = 1 and X = 1 these are the sums of kernel.hpp.
/// An object is not for two threads at once: it keeps its basis and the last evaluation. (The method of Peters & Wilkinson 1970 Comput J
/// 13:309, for weighted rows.)
template <class Real>
class design_problem {
 public:
  using real_type = Real;

  design_problem(std::span<const Real> y, std::span<const Real> v, const matrix_of<Real>& x)
      : y_(y), v_(v), p_(static_cast<std::size_t>(x.cols())), basis_(y, x), w_(y.size()), w2_(y.size()), w3_(y.size()), r_(y.size()), work_(p_) {
    basis_.choose([&](std::size_t i) { return 1 / v_[i]; });
  }

  std::size_t k() const { return y_.size(); }
  std::size_t p() const { return p_; }
  std::span<const Real> y() const { return y_; }
  std::span<const Real> v() const { return v_; }

  design_sums<Real> at(const Real& tau2) const {
    if (last_ && last_->first == tau2) return last_->second;
    for (std::size_t i = 0; i < k(); ++i) {
      const Real w = 1 / (v_[i] + tau2);
      w_[i] = w;
      w2_[i] = w * w;
      w3_[i] = w * w * w;
    }
    design_sums<Real> s;
    if (!evaluate(s)) {
      basis_.choose([&](std::size_t i) { return w_[i]; });
      s = design_sums<Real>{};
      evaluate(s);
    }
    last_ = std::pair<Real, design_sums<Real>>(tau2, s);
    return s;
  }

  input_range<Real> range() const {
    input_range<Real> r{v_[0], v_[0], Real(0)};
    for (const Real& x : v_) {
      if (x < r.v_min) r.v_min = x;
      if (x > r.v_max) r.v_max = x;
    }
    r.sum_of_squares = moments([](std::size_t) { return Real(1); }).q;
    return r;
  }

  template <class Weight>
  moment_sums<Real> moments(const Weight& a) const {
    const weighted_basis<Real> basis = basis_for(a);
    const normal_equations<Real> n = equations(basis, a);
    moment_sums<Real> s;
    residuals(basis, n, r_);
    for (std::size_t i = 0; i < k(); ++i) {
      const Real part = a(i) * n.complement(basis, i, Real(a(i)));
      s.q += a(i) * r_[i] * r_[i];
      s.trace_p += part;
      s.trace_pv += part * v_[i];
    }
    return s;
  }

  template <class Weight>
  Real variance_of(const Weight& a, const Real& tau2) const {
    const weighted_basis<Real> basis = basis_for(a);
    const normal_equations<Real> n = equations(basis, a);
    std::vector<Real> c2(k()), c3(k()), s(k());
    for (std::size_t i = 0; i < k(); ++i) {
      s[i] = v_[i] + tau2;
      const Real x = a(i) * s[i];
      c2[i] = a(i) * x;
      c3[i] = a(i) * x * x;
    }
    const std::vector<Real> b2 = basis.gram(c2), b3 = basis.gram(c3);
    Real square = 0;
    for (const std::size_t i : basis.others()) square += (a(i) * s[i]) * (a(i) * s[i]);
    return 2 * n.square_trace(basis, square, b2, b3, [&](std::size_t i) { return s[i]; });
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
    const weighted_basis<Real> basis = basis_for(weight);
    const normal_equations<Real> n = equations(basis, weight);
    fit.residuals.resize(k());
    residuals(basis, n, fit.residuals);
    basis.coefficients(n, fit.coefficients, fit.covariance);
    fit.fitted.resize(k());
    fit.leverages.resize(k());
    fit.residual_se.resize(k());
    for (std::size_t i = 0; i < k(); ++i) {
      fit.fitted[i] = y_[i] - fit.residuals[i];
      const Real w = weight(i);
      const Real complement = n.complement(basis, i, w);
      fit.leverages[i] = n.leverage(basis, i, w);
      fit.residual_se[i] = complement > 0 ? Real(sqrt(Real((v_[i] + tau2) * complement))) : Real(0);
    }
  }

 private:
  /// False if the basis does not suit the weights.
  bool evaluate(design_sums<Real>& s) const {
    normal_equations<Real>& n = equations_;
    basis_.gram3(w_.data(), w2_.data(), w3_.data(), n.a1, a2_, a3_);
    Real w_n = 0, w2_n = 0;
    for (const std::size_t i : basis_.others()) {
      w_n += w_[i];
      w2_n += w2_[i];
    }
    const auto weight = [&](std::size_t i) { return w_[i]; };
    n.factor(basis_, weight);
    basis_.right_hand_side(w_.data(), n.b);
    n.solve_b();
    const Real trace_n = w_n - n.inverse_trace(a2_);
    const auto one = [](std::size_t) { return Real(1); };
    Real square_n = 0;
    s.pp_trace = n.square_trace(basis_, w2_n, a2_, a3_, one, &square_n);
    const Real p16 = static_cast<Real>(16 * p_ + 1);
    s.p_trace = trace_n + n.basis_trace();
    s.w = w_n;
    s.sum_w2 = w2_n;
    for (const std::size_t i : basis_.rows()) {
      s.w += w_[i];
      s.sum_w2 += w2_[i];
    }
    s.log_det = n.log_det() - basis_.log_det_unweighted();
    residuals(basis_, n, r_);
    for (std::size_t i = 0; i < k(); ++i) {
      const Real u = w_[i] * r_[i];
      s.q += u * r_[i];
      s.a2 += u * u;
      r_[i] = u;
    }
    // y'PPPy = u'Pu: the weighted residual sum of squares of u = Py
    s.yppp = basis_.residual_square(w_.data(), r_, n, work_);
    const bool suits = trace_n * p16 >= w_n && square_n * p16 * p16 >= w2_n && n.spread <= p16 * static_cast<Real>(k());
    return suits;
  }

  template <class Weight>
  weighted_basis<Real> basis_for(const Weight& a) const {
    weighted_basis<Real> b = basis_;
    b.choose(a);
    return b;
  }

  template <class Weight>
  normal_equations<Real> equations(const weighted_basis<Real>& basis, const Weight& a) const {
    normal_equations<Real> n;
    std::vector<Real> weights(k());
    for (std::size_t i = 0; i < k(); ++i) weights[i] = a(i);
    n.a1 = basis.gram(weights);
    n.factor(basis, a);
    basis.right_hand_side(weights.data(), n.b);
    n.solve_b();
    return n;
  }

  void residuals(const weighted_basis<Real>& basis, const normal_equations<Real>& n, std::vector<Real>& r) const { basis.residuals(n.b, r); }

  std::span<const Real> y_, v_;
  std::size_t p_;
  mutable weighted_basis<Real> basis_;
  mutable std::vector<Real> w_, w2_, w3_, r_, work_;
  mutable std::vector<Real> a2_{}, a3_{};
  mutable normal_equations<Real> equations_{};
  mutable std::optional<std::pair<Real, design_sums<Real>>> last_{};
};

}  // namespace metapool::detail
