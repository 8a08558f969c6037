// SPDX-License-Identifier: BSL-1.0
// What a between-study variance estimator needs to know of effects and design, so that each estimator is written once, for a mean and for a
// regression on moderators.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/secular_equation.hpp>
#include <metapool/tau2/kernel.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace metapool {

/// Whose likelihood in tau2: of k - p contrasts that do not depend on the coefficients, or of all k effects at their best coefficients.
enum class likelihood_kind { restricted, full };

namespace detail {

/// A quadratic form of the residuals, y'P_a y with P_a = A - A X (X'A X)^-1 X'A and A = diag(a), and what it expects:
/// E y'P_a y = trace_pv + tau2 trace_p.
template <class Real>
struct moment_sums {
  Real q{};         ///< y'P_a y, the sum of a (y - fitted)^2
  Real trace_pv{};  ///< tr(P_a V)
  Real trace_p{};   ///< tr P_a
};

/// Effects y with known variances v and an unknown between-study variance around p coefficients.
///
/// k() > p() studies, p() coefficients; y(), v(): spans of k.
/// at(tau2): the sums at weights w = 1 / (v + tau2): q = y'Py, a2 = y'PPy, yppp = y'PPPy, w = sum w, and w2(), trace_p(), trace_pp() = tr P^2.
/// range(): smallest and largest v, and the residual sum of squares of unweighted least squares.
/// moments(a): moment_sums with weights a(i); variance_of(a, tau2): 2 tr(P_a S P_a S), S = V + tau2 I, the variance of y'P_a y under normality.
/// log_likelihood(tau2, kind): with its constants.
/// A problem may have more: q_spectrum(a, tau2), the k - p weights r_j of the distribution of y'P_a y = sum of r_j chi2_1 at tau2, the eigenvalues
/// of S^1/2 P_a S^1/2 other than its p zeros (problem_with_spectrum).
template <class P>
concept tau2_problem = requires(const P& p, const typename P::real_type& t) {
  { p.k() } -> std::convertible_to<std::size_t>;
  { p.p() } -> std::convertible_to<std::size_t>;
  { p.y() } -> std::convertible_to<std::span<const typename P::real_type>>;
  { p.v() } -> std::convertible_to<std::span<const typename P::real_type>>;
  { p.at(t).q } -> std::convertible_to<typename P::real_type>;
  { p.at(t).trace_pp() } -> std::convertible_to<typename P::real_type>;
  { p.range().sum_of_squares } -> std::convertible_to<typename P::real_type>;
  { p.log_likelihood(t, likelihood_kind::full) } -> std::convertible_to<typename P::real_type>;
};

/// A problem that knows the exact distribution of its quadratic forms.
template <class P>
concept problem_with_spectrum = tau2_problem<P> && requires(const P& p, const typename P::real_type& t, typename P::real_type (*a)(std::size_t)) {
  { p.q_spectrum(a, t).front() } -> std::convertible_to<typename P::real_type>;
};

/// The problem of one mean, X = 1. No allocation; no sum cancels, also where one weight is all but the whole.
template <class Real>
class mean_problem {
 public:
  using real_type = Real;
  mean_problem(std::span<const Real> y, std::span<const Real> v) : y_(y), v_(v) {}

  std::size_t k() const { return y_.size(); }
  static constexpr std::size_t p() { return 1; }
  std::span<const Real> y() const { return y_; }
  std::span<const Real> v() const { return v_; }

  pooled_sums<Real> at(const Real& tau2) const { return pool_at(y_, v_, tau2); }
  input_range<Real> range() const { return range_of(y_, v_); }

  template <class Weight>
  moment_sums<Real> moments(const Weight& a) const {
    const heaviest top = find_heaviest(a);
    moment_sums<Real> s;
    Real offset = 0;
    for (std::size_t i = 0; i < k(); ++i) {
      if (i != top.index) offset += a(i) * (y_[i] - y_[top.index]);
    }
    const Real centre = offset / top.sum;
    for (std::size_t i = 0; i < k(); ++i) {
      const Real r = (y_[i] - y_[top.index]) - centre;
      s.q += a(i) * r * r;
      const Real part = a(i) * top.others(i, Real(a(i)));
      s.trace_p += part;
      s.trace_pv += part * v_[i];
    }
    return s;
  }

  template <class Weight>
  Real variance_of(const Weight& a, const Real& tau2) const {
    // P has a (1 - a / sum) on its diagonal and -a_i a_j / sum beside it
    const heaviest top = find_heaviest(a);
    Real diagonal = 0, rest = 0, rest2 = 0, b_top = 0;
    for (std::size_t i = 0; i < k(); ++i) {
      const Real s = v_[i] + tau2;
      const Real part = a(i) * top.others(i, Real(a(i))) * s;
      diagonal += part * part;
      const Real b = a(i) * (a(i) / top.sum) * s;
      if (i == top.index) {
        b_top = b;
      } else {
        rest += b;
        rest2 += b * b;
      }
    }
    return 2 * (diagonal + 2 * b_top * rest + (rest * rest - rest2));
  }

  template <class Weight>
  std::vector<Real> q_spectrum(const Weight& a, const Real& tau2) const {
    std::vector<secular_term<Real>> terms;
    terms.reserve(k());
    for (std::size_t i = 0; i < k(); ++i) terms.push_back({Real(a(i) * (v_[i] + tau2)), Real(a(i))});
    return secular_roots(std::move(terms));
  }

  Real log_likelihood(const Real& tau2, likelihood_kind kind) const {
    using std::log;
    const pooled_sums<Real> s = at(tau2);
    Real sum = 0;
    for (const Real& x : v_) sum += log(Real(x + tau2));
    const Real log_two_pi = log(Real(Real(2) * pi<Real>()));
    const Real n = static_cast<Real>(k());
    if (kind == likelihood_kind::full) return -(n * log_two_pi + sum + s.q) / 2;
    return (log(n) - (n - 1) * log_two_pi - sum - log(s.w) - s.q) / 2;
  }

 private:
  struct heaviest {
    std::size_t index = 0;
    Real sum{};
    Real rest{};  // the sum without the heaviest
    /// 1 - a / sum
    Real others(std::size_t i, const Real& a) const { return i == index ? Real(rest / sum) : Real(1 - a / sum); }
  };

  template <class Weight>
  heaviest find_heaviest(const Weight& a) const {
    heaviest top;
    for (std::size_t i = 1; i < k(); ++i) {
      if (a(i) > a(top.index)) top.index = i;
    }
    for (std::size_t i = 0; i < k(); ++i) {
      if (i != top.index) top.rest += a(i);
    }
    top.sum = top.rest + a(top.index);
    return top;
  }

  std::span<const Real> y_, v_;
};

}  // namespace detail
}  // namespace metapool
