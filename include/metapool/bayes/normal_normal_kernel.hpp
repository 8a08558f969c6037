// SPDX-License-Identifier: BSL-1.0
// The normal-normal model given tau: the likelihood with the mean integrated out, and the mean's conditional distribution.
#pragma once

#include <metapool/bayes/scale_mixture.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// What is known at one tau. The mean's conditional posterior is normal, or with a t prior a mixture of normals with these moments.
template <class Real>
struct given_tau {
  Real log_likelihood{};  ///< log of the density of y with the mean integrated over its prior (density 1 if that is flat)
  Real slope{};           ///< its derivative with respect to tau
  Real mean{};
  Real variance{};
};

/// A part of the mean's conditional distribution given tau.
template <class Real>
struct mean_part {
  Real weight{};
  Real mean{};
  Real variance{};
};

template <class Real>
class normal_normal_kernel {
 public:
  /// prior: mean and sd of the mean's normal prior; empty: flat. df > 0: mean and scale of a t prior with so many degrees of freedom.
  normal_normal_kernel(std::vector<Real> y, std::vector<Real> v, const std::optional<std::pair<Real, Real>>& prior, const Real& df = Real(0))
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
    if (prior && df > 0) {
      prior_mean_ = prior->first - reference_;
      scale_ = prior->second;
      df_ = df;
      const Real distance = farthest();
      parts_ = t_as_normals<Real>(df, Real(distance / scale_));
    } else if (prior) {
      precision_ = 1 / (prior->second * prior->second);
      prior_mean_ = prior->first - reference_;
      constant_ = log(precision_) / 2;
    }
    constant_ -= log_2pi_ * static_cast<Real>(prior && !(df > 0) ? y_.size() : y_.size() - 1) / 2;
  }

  std::size_t size() const { return y_.size(); }
  const std::vector<Real>& v() const { return v_; }
  Real y(std::size_t i) const { return y_[i] + reference_; }
  bool has_prior() const { return precision_ > 0 || !parts_.empty(); }
  /// Whether the conditional distribution is a mixture.
  bool mixed() const { return !parts_.empty(); }

  given_tau<Real> at(const Real& tau) const {
    if (parts_.empty()) return at_normal(tau);
    given_tau<Real> g;
    mix(tau, g, nullptr);
    return g;
  }

  /// The parts of the mean's conditional distribution.
  std::vector<mean_part<Real>> mean_parts(const Real& tau, const given_tau<Real>& g) const {
    if (parts_.empty()) return {{Real(1), g.mean, g.variance}};
    std::vector<mean_part<Real>> parts;
    given_tau<Real> same;
    mix(tau, same, &parts);
    return parts;
  }

  /// Where the mean's conditional density is highest, and the log of that height.
  std::pair<Real, Real> mean_peak(const given_tau<Real>& g, const Real& tau) const {
    using std::log;
    if (parts_.empty()) return {g.mean, Real(-(log(g.variance) + log_2pi_) / 2)};
    return peak_with_t(tau, g.log_likelihood);
  }

  /// Mean and variance of a study's own effect given tau and the mean's conditional distribution (or a part of it).
  template <class Given>
  std::pair<Real, Real> study(std::size_t i, const Real& tau, const Given& g) const {
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
  given_tau<Real> at_normal(const Real& tau) const {
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

  /// With a t prior: the flat prior's likelihood, times the sum over the prior's normal parts of the density of the weighted mean.
  void mix(const Real& tau, given_tau<Real>& g, std::vector<mean_part<Real>>* parts) const {
    using std::exp, std::log;
    const given_tau<Real> flat = at_normal(tau);
    Real sum = 0, square = 0, moment = 0;
    const Real centre = flat.mean - reference_;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real w = 1 / (v_[i] + tau * tau);
      sum += w;
      square += w * w;
      moment += w * w * (y_[i] - centre);
    }
    // as tau grows: d centre / d tau and d (1 / sum) / d tau
    const Real drift = -2 * tau * moment / sum, growth = 2 * tau * square / sum / sum;
    const Real d = centre - prior_mean_, d2 = d * d;
    std::vector<Real> height(parts_.size());
    Real top = -(std::numeric_limits<Real>::max)();
    for (std::size_t l = 0; l < parts_.size(); ++l) {
      const Real total = parts_[l].variance * scale_ * scale_ + flat.variance;
      height[l] = log(Real(parts_[l].weight)) - (log(total) + d2 / total) / 2;
      top = height[l] > top ? height[l] : top;
    }
    Real mass = 0, slope = 0, mean = 0, second = 0;
    for (std::size_t l = 0; l < parts_.size(); ++l) {
      const Real share = exp(Real(height[l] - top)), width = parts_[l].variance * scale_ * scale_, total = width + flat.variance;
      const Real pull = flat.variance / total;  // the weight of the prior's mean
      const Real at = centre - pull * d, variance = width * pull;
      mass += share;
      slope += share * ((d2 / total - 1) / total * growth / 2 - d / total * drift);
      mean += share * at;
      second += share * (variance + (at - centre) * (at - centre));
      if (parts) parts->push_back({share, Real(at + reference_), variance});
    }
    mean /= mass;
    g.log_likelihood = flat.log_likelihood + log(mass) + top - log_2pi_ / 2;
    g.slope = flat.slope + slope / mass;
    g.mean = mean + reference_;
    g.variance = second / mass - (mean - centre) * (mean - centre);
    if (parts) {
      for (auto& part : *parts) part.weight /= mass;
    }
  }

  /// The highest point of t prior times normal likelihood: with r = mean - prior's mean its stationary points solve
  /// (df + 1) r + w (r - d) (df s^2 + r^2) = 0, all of them between 0 and d, up to three, parted by the cubic's own stationary points.
  std::pair<Real, Real> peak_with_t(const Real& tau, const Real& log_mixed) const {
    using std::log, std::sqrt;
    const given_tau<Real> flat = at_normal(tau);
    const Real d = flat.mean - reference_ - prior_mean_, w = 1 / flat.variance, s2 = df_ * scale_ * scale_;
    const auto cubic = [&](const Real& r) { return Real((df_ + 1) * r + w * (r - d) * (s2 + r * r)); };
    std::vector<Real> ends{Real(0)};
    const Real root = d * d - 3 * (s2 + (df_ + 1) / w);
    if (root > 0) {
      const Real one = (d - sqrt(root)) / 3, two = (d + sqrt(root)) / 3;
      ends.push_back(d > 0 ? one : two);
      ends.push_back(d > 0 ? two : one);
    }
    ends.push_back(d);
    const auto height = [&](const Real& r) { return Real(log_t_density(Real(r / scale_), df_) - log(scale_) - w * (r - d) * (r - d) / 2); };
    Real best = d, top = height(d);
    for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
      Real a = ends[i], b = ends[i + 1];
      const bool below = cubic(a) < 0;
      if (below == (cubic(b) < 0)) continue;
      for (int n = 0; n < 2 * std::numeric_limits<Real>::digits; ++n) {
        const Real middle = a + (b - a) / 2;
        if (middle == a || middle == b) break;
        ((cubic(middle) < 0) == below ? a : b) = middle;
      }
      if (height(a) > top) {
        top = height(a);
        best = a;
      }
    }
    // prior density times likelihood, relative to their integral
    return {Real(best + prior_mean_ + reference_), Real(top + flat.log_likelihood + (log(w) - log_2pi_) / 2 - log_mixed)};
  }

  Real farthest() const {
    using std::abs, std::sqrt;
    Real largest = 0;
    for (std::size_t i = 0; i < y_.size(); ++i) {
      const Real size = abs(Real(y_[i] - prior_mean_)) + sqrt(v_[i]);
      largest = size > largest ? size : largest;
    }
    return largest;
  }

  static Real log_of_2pi() {
    using std::atan, std::log;
    return log(Real(8 * atan(Real(1))));
  }
  static Real smallest_product() {
    using std::sqrt;
    return sqrt(sqrt((std::numeric_limits<Real>::min)()));
  }

  std::vector<Real> y_, v_;
  Real log_2pi_{}, reference_{}, least_{}, precision_{}, prior_mean_{}, constant_{}, scale_{}, df_{};
  std::vector<scale_part<Real>> parts_{};
};

}  // namespace metapool::detail
