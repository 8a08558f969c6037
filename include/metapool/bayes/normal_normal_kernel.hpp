// SPDX-License-Identifier: BSL-1.0
// The normal-normal model given tau: the likelihood with the mean integrated out, and the mean's conditional distribution. Neither Boost nor Eigen.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// What is known at one tau. The mean's conditional posterior is normal.
template <class Real>
struct given_tau {
  Real log_likelihood{};  ///< log of the density of y with the mean integrated over its prior (density 1 if that is flat)
  Real slope{};           ///< its derivative with respect to tau
  Real mean{};
  Real variance{};
};

template <class Real>
class normal_normal_kernel {
 public:
  /// prior: mean and sd of the mean's normal prior; empty: flat.
  normal_normal_kernel(std::vector<Real> y, std::vector<Real> v, const std::optional<std::pair<Real, Real>>& prior)
      : y_(std::move(y)), v_(std::move(v)), log_2pi_(log_of_2pi()) {
    using std::log;
    // effects relative to the most precise study, so that a large common value does not cost digits
    std::size_t first = 0;
    for (std::size_t i = 1; i < v_.size(); ++i) {
      if (v_[i] < v_[first]) first = i;
    }
    least_ = v_[first];
    reference_ = y_[first];
    for (Real& y_i : y_) y_i -= reference_;
    if (prior) {
      precision_ = 1 / (prior->second * prior->second);
      prior_mean_ = prior->first - reference_;
      constant_ = log(precision_) / 2;
    }
    constant_ -= log_2pi_ * static_cast<Real>(prior ? y_.size() : y_.size() - 1) / 2;
  }

  std::size_t size() const { return y_.size(); }
  const std::vector<Real>& v() const { return v_; }
  Real y(std::size_t i) const { return y_[i] + reference_; }
  bool has_prior() const { return precision_ > 0; }

  given_tau<Real> at(const Real& tau) const {
    using std::log;
    const Real tau2 = tau * tau;
    Real sum = precision_, first = precision_ * prior_mean_, squares = 0, logs = 0, product = 1;
    const Real small = smallest_product(), base = least_ + tau2;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real w = 1 / (v_[i] + tau2);
      sum += w;
      first += w * y_[i];
      squares += w * w;
      product *= w * base;  // at most 1: logarithms of products instead of products of logarithms
      if (product < small) {
        logs += log(product);
        product = 1;
      }
    }
    const Real mean = first / sum;
    Real q = precision_ * (prior_mean_ - mean) * (prior_mean_ - mean), q2 = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real w = 1 / (v_[i] + tau2);
      const Real z = w * (y_[i] - mean);
      q += z * (y_[i] - mean);
      q2 += z * z;
    }
    const Real plain = log(product) + logs - static_cast<Real>(y_.size()) * log(base);
    return {constant_ + (plain - log(sum) - q) / 2, tau * (q2 + squares / sum - sum + precision_), mean + reference_, 1 / sum};
  }

  /// Mean and variance of a study's own effect given tau and the mean's conditional distribution.
  std::pair<Real, Real> study(std::size_t i, const Real& tau, const given_tau<Real>& g) const {
    const Real tau2 = tau * tau;
    const Real shrink = v_[i] / (v_[i] + tau2);  // the weight of the mean
    const Real mean = y(i) + shrink * (g.mean - y(i));
    return {mean, tau2 * shrink + shrink * shrink * g.variance};
  }

  /// log of the density of y at this mean and tau.
  Real log_likelihood(const Real& mean, const Real& tau) const {
    using std::log;
    Real sum = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real total = v_[i] + tau * tau;
      const Real d = y_[i] - (mean - reference_);
      sum += log(total) + d * d / total + log_2pi_;
    }
    return -sum / 2;
  }

  /// Sizes between which tau changes what the data say: the smallest standard error, and the largest of standard errors and distances.
  std::pair<Real, Real> scales() const {
    using std::abs, std::sqrt;
    Real largest = least_;
    for (const Real& v : v_) largest = v > largest ? v : largest;
    largest = sqrt(largest);
    for (const Real& y : y_) largest = abs(y) > largest ? Real(abs(y)) : largest;
    return {sqrt(least_), largest};
  }

 private:
  static Real log_of_2pi() {
    using std::atan, std::log;
    return log(Real(8 * atan(Real(1))));
  }
  static Real smallest_product() {
    using std::sqrt;
    return sqrt(sqrt((std::numeric_limits<Real>::min)()));
  }

  std::vector<Real> y_, v_;
  Real log_2pi_{}, reference_{}, least_{}, precision_{}, prior_mean_{}, constant_{};
};

}  // namespace metapool::detail
