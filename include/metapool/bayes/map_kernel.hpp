// SPDX-License-Identifier: BSL-1.0
// Historical arms with normal random effects on the logit, the binomial likelihood as it is: everything given tau.
#pragma once

#include <metapool/bayes/binomial_of_logit.hpp>
#include <metapool/bayes/panel_density.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/logistic.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Value and two derivatives of a logarithm.
template <class Real>
struct log_and_slopes {
  Real value{}, first{}, second{};
};

/// Sum of exp(g(x)) over equal steps from the peak outward until terms are negligible, times the step; g concave with this curvature at the peak.
/// Steps of 0.8 sd, exact to exp(-2 pi^2 / 0.8^2) = 4e-14 for a normal g, and at most 0.4: binomial and logistic functions of the logit are analytic and
/// bounded for |Im x| < pi / 2, so that the sum is exact to exp(-pi^2 / 0.4) = 2e-11. each(x, weight) is called at every point, weight relative to the peak and with the step in it.
template <class Real, class G, class Each>
Real sum_from_peak(const G& g, const Real& peak, const Real& height, const Real& curvature, const Each& each) {
  using std::exp, std::sqrt;
  Real step = Real(0.8) / sqrt(curvature);
  if (!(step < Real(0.4))) step = Real(0.4);
  const Real negligible = Real(1e-14);
  Real sum = step;
  each(peak, step);
  for (const int side : {-1, 1}) {
    for (int j = 1; j < 100000; ++j) {
      const Real x = peak + static_cast<Real>(side * j) * step;
      const Real weight = exp(Real(g(x) - height)) * step;
      sum += weight;
      each(x, weight);
      if (!(weight > negligible * step)) break;
    }
  }
  return sum;
}

/// The peak of a concave function from its slope and curvature: Newton's method in a bracket, to a thousandth of the peak's sd.
template <class Real, class F>
Real concave_peak(const F& slope_and_curvature, Real x, const Real& reach) {
  using std::abs, std::sqrt;
  Real left = x, right = x, far = reach;
  bool has_left = false, has_right = false;
  for (int i = 0; i < 200; ++i) {
    const std::pair<Real, Real> at = slope_and_curvature(x);
    if (at.first > 0) {
      left = x;
      has_left = true;
    } else if (at.first < 0) {
      right = x;
      has_right = true;
    } else {
      return x;
    }
    Real step = at.first / at.second;
    if (abs(step) * sqrt(at.second) < Real(1e-3)) return x + step;
    if (!(has_left && has_right) && !(abs(step) <= far)) {
      step = at.first > 0 ? far : Real(-far);
      far *= 2;
    }
    Real next = x + step;
    if (has_left && has_right && !(next > left && next < right)) next = left + (right - left) / 2;
    x = next;
  }
  return x;
}

template <class Real>
class map_kernel {
 public:
  map_kernel(std::vector<binomial_of_logit<Real>> arms, const Real& mean, const Real& sd) : arms_(std::move(arms)), mean_(mean), sd_(sd) {
    centre_ = mean;
    const auto f = [&](const Real& b) {
      const log_and_slopes<Real> at = log_given(b, Real(0));
      return std::pair<Real, Real>(at.first, Real(-at.second));
    };
    centre_ = concave_peak<Real>(f, mean, Real(1));
  }

  /// log of the integral over theta of exp(arm(theta)) N(theta; b, tau^2), with derivatives to b: those of the mean of arm'(theta), which is exact as tau
  /// goes to 0 where (theta - b) / tau^2 is not.
  log_and_slopes<Real> arm(const binomial_of_logit<Real>& a, const Real& b, const Real& tau, bool slopes) const {
    using std::log, std::log1p;
    // near tau = 0 the mean of exp(arm) is exp(arm(b)) (1 + tau^2 (arm'^2 + arm'') / 2 + ...), the next term below 1e-17
    const Real slope = a.slope(b), information = a.information(b), tau2 = tau * tau;
    if (tau2 * (slope * slope + information) < Real(1e-8)) return {Real(a(b) + log1p(Real(tau2 * (slope * slope - information) / 2))), slope, Real(-information)};
    const Real precision = 1 / (tau * tau);
    const Real peak = concave_peak<Real>([&](const Real& x) {
      const Real rate = logistic(x);
      return std::pair<Real, Real>(a.events() - a.total() * rate - (x - b) * precision, a.total() * rate * (1 - rate) + precision);
    }, b, tau);
    const auto g = [&](const Real& x) { return Real(a(x) - (x - b) * (x - b) * precision / 2); };
    Real first = 0, square = 0, second = 0;
    const Real height = g(peak);
    const Real sum = sum_from_peak<Real>(g, peak, height, Real(a.information(peak) + precision), [&](const Real& x, const Real& weight) {
      if (!slopes) return;
      const Real rate = logistic(x), s = a.events() - a.total() * rate;
      first += weight * s;
      square += weight * s * s;
      second -= weight * a.total() * rate * (1 - rate);
    });
    first /= sum;
    return {Real(height + log(Real(sum / tau)) - log(Real(2 * pi<Real>())) / 2), first, Real(second / sum + square / sum - first * first)};
  }

  /// log of prior of the pooled logit b times the likelihood of all arms, given tau.
  log_and_slopes<Real> log_given(const Real& b, const Real& tau, bool slopes = true) const {
    using std::log;
    const Real z = (b - mean_) / sd_;
    log_and_slopes<Real> sum{Real(-z * z / 2 - log(sd_) - log(Real(2 * pi<Real>())) / 2), Real(-z / sd_), Real(-1 / (sd_ * sd_))};
    for (const auto& a : arms_) {
      const log_and_slopes<Real> one = arm(a, b, tau, slopes);
      sum.value += one.value;
      sum.first += one.first;
      sum.second += one.second;
    }
    return sum;
  }

  /// What is known of the pooled logit given tau.
  struct given {
    Real log_integral{};  ///< of prior times likelihood
    Real peak{}, sd{};
    std::vector<Real> at{}, weight{};  ///< points with weights that add up to 1
  };
  given at(const Real& tau) const {
    using std::log, std::sqrt;
    given g;
    g.peak = concave_peak<Real>([&](const Real& b) {
      const log_and_slopes<Real> at = log_given(b, tau);
      return std::pair<Real, Real>(at.first, Real(-at.second));
    }, centre_, Real(1));
    const log_and_slopes<Real> top = log_given(g.peak, tau);
    g.sd = 1 / sqrt(Real(-top.second));
    const Real sum = sum_from_peak<Real>([&](const Real& b) { return log_given(b, tau, false).value; }, g.peak, top.value, Real(-top.second), [&](const Real& b, const Real& weight) {
      g.at.push_back(b);
      g.weight.push_back(weight);
    });
    for (Real& w : g.weight) w /= sum;
    g.log_integral = top.value + log(sum);
    return g;
  }

  /// Where the pooled logit is if tau is 0.
  Real centre() const { return centre_; }
  /// Sizes between which tau matters: the standard error of all arms together and, at most, a logit's range.
  std::pair<Real, Real> scales() const {
    using std::sqrt;
    return {Real(1 / sqrt(Real(-log_given(centre_, Real(0)).second))), Real(2)};
  }

 private:
  std::vector<binomial_of_logit<Real>> arms_;
  Real mean_{}, sd_{}, centre_{};
};

}  // namespace metapool::detail
