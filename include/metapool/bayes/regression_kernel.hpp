// SPDX-License-Identifier: BSL-1.0
// Meta-regression given tau: the likelihood with the coefficients integrated out, and their conditional normal distribution.
#pragma once

#include <metapool/bayes/normal_normal_kernel.hpp>
#include <metapool/math/linear_algebra.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Coefficients have independent priors, flat or normal. Everything runs in an orthonormal basis of the design's columns, so that moderators far from 0
/// (years) cost no digits.
template <class Real>
class regression_kernel {
 public:
  /// x: k rows of p values, of full rank; priors: mean and sd, or empty for flat, one a coefficient.
  regression_kernel(std::vector<Real> y, std::vector<Real> v, std::vector<std::vector<Real>> x, const std::vector<std::optional<std::pair<Real, Real>>>& priors)
      : y_(std::move(y)), v_(std::move(v)), q_(std::move(x)), p_(priors.size()), r_(p_ * p_, Real(0)) {
    using std::atan, std::log, std::sqrt;
    const std::size_t k = y_.size();
    // Gram-Schmidt, twice
    for (std::size_t j = 0; j < p_; ++j) {
      for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t l = 0; l < j; ++l) {
          Real dot = 0;
          for (std::size_t i = 0; i < k; ++i) dot += q_[i][l] * q_[i][j];
          r_[l * p_ + j] += dot;
          for (std::size_t i = 0; i < k; ++i) q_[i][j] -= dot * q_[i][l];
        }
      }
      Real length = 0;
      for (std::size_t i = 0; i < k; ++i) length += q_[i][j] * q_[i][j];
      length = sqrt(length);
      r_[j * p_ + j] = length;
      for (std::size_t i = 0; i < k; ++i) q_[i][j] /= length;
      constant_ -= log(length);
    }
    // the prior in that basis: gamma = R beta, precision R^-T P R^-1
    precision_.assign(p_ * p_, Real(0));
    pull_.assign(p_, Real(0));
    std::size_t flat = 0;
    for (std::size_t j = 0; j < p_; ++j) {
      if (!priors[j]) {
        ++flat;
        continue;
      }
      std::vector<Real> row(p_, Real(0));  // row j of R^-1
      row[j] = 1;
      const std::vector<Real> u = to_basis(row);
      const Real w = 1 / (priors[j]->second * priors[j]->second);
      for (std::size_t a = 0; a < p_; ++a) {
        for (std::size_t b = 0; b < p_; ++b) precision_[a * p_ + b] += w * u[a] * u[b];
        pull_[a] += w * u[a] * priors[j]->first;
      }
      parts_.push_back({u, priors[j]->first, w});
      constant_ += log(w) / 2;
    }
    log_2pi_ = log(Real(8 * atan(Real(1))));
    constant_ -= log_2pi_ * static_cast<Real>(k - flat) / 2;
    middle_.assign(p_, Real(0));
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < p_; ++j) middle_[j] += q_[i][j] / static_cast<Real>(k);
    }
  }

  std::size_t size() const { return y_.size(); }
  std::size_t columns() const { return p_; }
  const std::vector<Real>& v() const { return v_; }
  Real y(std::size_t i) const { return y_[i]; }

  /// A combination of the coefficients as one of the basis.
  std::vector<Real> to_basis(std::vector<Real> c) const {
    for (std::size_t j = 0; j < p_; ++j) {  // solves R' u = c
      for (std::size_t l = 0; l < j; ++l) c[j] -= r_[l * p_ + j] * c[l];
      c[j] /= r_[j * p_ + j];
    }
    return c;
  }
  /// Row i of the design in the basis.
  const std::vector<Real>& row(std::size_t i) const { return q_[i]; }

  /// mean and variance: of the regression's value for the mean row of the design.
  given_tau<Real> at(const Real& tau) const {
    using std::log;
    const solution s = solve(tau);
    Real logs = 0, sum = 0, fit = 0, slope = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real w = 1 / (v_[i] + tau * tau);
      Real e = y_[i];
      for (std::size_t j = 0; j < p_; ++j) e -= q_[i][j] * s.gamma[j];
      logs += log(w);
      sum += w;
      fit += w * e * e;
      slope += w * w * (e * e + quadratic(s, q_[i]));
    }
    for (const part& p : parts_) {
      Real d = -p.mean;
      for (std::size_t j = 0; j < p_; ++j) d += p.u[j] * s.gamma[j];
      fit += p.weight * d * d;
    }
    given_tau<Real> g;
    g.log_likelihood = constant_ + (logs - s.log_determinant - fit) / 2;
    g.slope = tau * (slope - sum);
    const std::pair<Real, Real> m = combination(s, middle_);
    g.mean = m.first;
    g.variance = m.second;
    return g;
  }
  /// Mean and variance of a combination (in the basis) of the coefficients.
  std::pair<Real, Real> combination(const std::vector<Real>& u, const Real& tau) const { return combination(solve(tau), u); }

  /// Mean and variance of a study's own effect.
  std::pair<Real, Real> study(std::size_t i, const Real& tau, const given_tau<Real>&) const {
    const std::pair<Real, Real> m = combination(q_[i], tau);
    const Real tau2 = tau * tau, shrink = v_[i] / (v_[i] + tau2);
    return {Real(y_[i] + shrink * (m.first - y_[i])), Real(tau2 * shrink + shrink * shrink * m.second)};
  }
  /// The log of the height of the coefficients' joint density, but for a constant.
  std::pair<Real, Real> mean_peak(const given_tau<Real>& g, const Real& tau) const { return {g.mean, Real(solve(tau).log_determinant / 2)}; }

  std::pair<Real, Real> scales() const {
    using std::abs, std::sqrt;
    Real least = v_[0], largest = v_[0];
    for (const Real& v : v_) {
      least = v < least ? v : least;
      largest = v > largest ? v : largest;
    }
    largest = sqrt(largest);
    const solution s = solve(Real(0));
    for (std::size_t i = 0; i < y_.size(); ++i) {
      Real e = y_[i];
      for (std::size_t j = 0; j < p_; ++j) e -= q_[i][j] * s.gamma[j];
      largest = abs(e) > largest ? Real(abs(e)) : largest;
    }
    return {sqrt(least), largest};
  }

 private:
  struct part {
    std::vector<Real> u{};
    Real mean{}, weight{};
  };
  struct solution {
    std::vector<Real> factor{}, gamma{};
    Real log_determinant{};
  };
  solution solve(const Real& tau) const {
    using std::log;
    solution s;
    s.factor = precision_;
    s.gamma = pull_;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real w = 1 / (v_[i] + tau * tau);
      for (std::size_t a = 0; a < p_; ++a) {
        for (std::size_t b = 0; b <= a; ++b) s.factor[a * p_ + b] += w * q_[i][a] * q_[i][b];
        s.gamma[a] += w * q_[i][a] * y_[i];
      }
    }
    cholesky(s.factor.data(), p_);
    cholesky_solve(s.factor.data(), p_, s.gamma.data());
    for (std::size_t j = 0; j < p_; ++j) s.log_determinant += 2 * log(s.factor[j * p_ + j]);
    return s;
  }
  /// u' A^-1 u.
  Real quadratic(const solution& s, std::vector<Real> u) const {
    Real sum = 0;
    for (std::size_t j = 0; j < p_; ++j) {
      for (std::size_t l = 0; l < j; ++l) u[j] -= s.factor[j * p_ + l] * u[l];
      u[j] /= s.factor[j * p_ + j];
      sum += u[j] * u[j];
    }
    return sum;
  }
  std::pair<Real, Real> combination(const solution& s, const std::vector<Real>& u) const {
    Real mean = 0;
    for (std::size_t j = 0; j < p_; ++j) mean += u[j] * s.gamma[j];
    return {mean, quadratic(s, u)};
  }

  std::vector<Real> y_, v_;
  std::vector<std::vector<Real>> q_;
  std::size_t p_{};
  std::vector<Real> r_, precision_{}, pull_{}, middle_{};
  std::vector<part> parts_{};
  Real constant_{}, log_2pi_{};
};

}  // namespace metapool::detail
