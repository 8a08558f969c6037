// SPDX-License-Identifier: BSL-1.0
// A normal random effect integrated out of a study's likelihood, with the derivatives in its mean and variance.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/gauss_hermite.hpp>
#include <metapool/math/newton_maximum.hpp>
#include <metapool/model/count_kernels.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The rules of quadrature, each finer than the one before: Gauss-Hermite with 5 to 75 nodes, then the trapezoidal rule with 100 intervals and more,
/// which converges exponentially for what is analytic, also where the random effect is so wide that the likelihood is a step.
template <class Real>
class quadrature_ladder {
 public:
  static constexpr std::size_t hermite_rules = 7;
  static constexpr std::size_t size = 16;

  const hermite_rule<Real>& hermite(std::size_t step) {
    constexpr std::array<std::size_t, hermite_rules> orders{5, 9, 15, 23, 35, 51, 75};
    if (rules_.empty()) rules_.resize(hermite_rules);
    if (rules_[step].nodes.empty()) {
      // in float the Hermite functions beyond order 40 underflow at their outer zeros
      const bool wide = std::numeric_limits<Real>::max_exponent > 200;
      rules_[step] = gauss_hermite<Real>(wide ? orders[step] : (std::min)(orders[step], std::size_t{35}));
    }
    return rules_[step];
  }
  /// Intervals of the trapezoidal rule of a step beyond the Hermite rules.
  static std::size_t intervals(std::size_t step) { return std::size_t{100} << (step - hermite_rules); }

 private:
  std::vector<hermite_rule<Real>> rules_{};
};

/// Two steps of the ladder agree if no number that they give differs by more than this part of its scale.
template <class Real>
Real quadrature_tolerance() {
  using std::pow;
  return pow(std::numeric_limits<Real>::epsilon(), Real(0.6));
}

/// f'/f, f''/f, f'''/f, f''''/f of f = exp(l) from the jet of l.
template <class Real>
std::array<Real, 5> likelihood_ratios(const jet<Real>& l) {
  const Real a = l[1] * l[1];
  return {Real(1), l[1], l[2] + a, l[3] + l[1] * (3 * l[2] + a), l[4] + 4 * l[1] * l[3] + 3 * l[2] * l[2] + a * (6 * l[2] + a)};
}

/// log F, F = integral of exp(l(theta)) over theta ~ normal(mean, variance), with its derivatives in (mean, variance).
///
/// F solves the heat equation, dF/dvariance = (1/2) d2F/dmean2, so that all derivatives follow from E_k = (d/dmean)^k F / F, k = 1 .. 4, which are means over
/// the posterior distribution of theta, at variance 0 (a boundary, not a singularity) as elsewhere. E_k is the mean of f^(k)/f, f = exp(l), or,
/// by parts, that of He_k(z) / variance^(k/2), z = (theta - mean) / sqrt(variance): the former cancels where a study tells more of its theta
/// than the variance does, the latter where it tells less; each study takes the one that keeps the digits.
template <class Real, class Kernel>
class normal_effect {
 public:
  explicit normal_effect(const Kernel& kernel) : kernel_(kernel) {}
  const Kernel& kernel() const { return kernel_; }

  curvature<Real, 2> operator()(const Real& mean, const Real& variance, quadrature_ladder<Real>& ladder) { return at(mean, variance, ladder, step_); }

  /// Climbs the ladder until a step agrees with the one below. `changed` is set if this study's step changed; false if the ladder ends before.
  bool refine(const Real& mean, const Real& variance, quadrature_ladder<Real>& ladder, bool& changed) {
    using std::fabs, std::sqrt;
    if (!(variance > 0)) return true;
    const Real tolerance = quadrature_tolerance<Real>();
    curvature<Real, 2> coarse = at(mean, variance, ladder, step_ - 1);
    for (;;) {
      const curvature<Real, 2> fine = at(mean, variance, ladder, step_);
      const Real scale = 1 + sqrt(fabs(fine.hessian[0])) + fabs(fine.gradient[1]);
      if (fabs(coarse.value - fine.value) <= tolerance * (1 + fabs(fine.value)) && fabs(coarse.gradient[0] - fine.gradient[0]) <= tolerance * scale &&
          fabs(coarse.gradient[1] - fine.gradient[1]) <= tolerance * scale * scale) {
        return true;
      }
      if (step_ + 1 >= ladder.size) return false;
      changed = true;
      coarse = fine;
      ++step_;
    }
  }

 private:
  static curvature<Real, 2> from_means(const Real& value, const std::array<Real, 5>& e) {
    curvature<Real, 2> r;
    r.value = value;
    r.gradient = {e[1], e[2] / 2};
    const Real mixed = (e[3] - e[1] * e[2]) / 2;
    r.hessian = {e[2] - e[1] * e[1], mixed, mixed, (e[4] - e[2] * e[2]) / 4};
    return r;
  }

  curvature<Real, 2> at(const Real& mean, const Real& variance, quadrature_ladder<Real>& ladder, std::size_t step) {
    using std::exp, std::fabs, std::log, std::sqrt;
    if (!(variance > 0)) {
      const jet<Real> l = kernel_(mean);
      return from_means(l[0], likelihood_ratios<Real>(l));
    }
    const Real tau = sqrt(variance);
    Real curve = 1;
    const Real mode = posterior_mode(mean, tau, curve);
    const Real width = 1 / sqrt(curve);
    const bool informative = curve > 2;
    nodes_.clear();
    if (step < ladder.hermite_rules) {
      const auto& rule = ladder.hermite(step);
      const Real stretch = width * sqrt(Real(2));
      for (std::size_t j = 0; j < rule.nodes.size(); ++j) nodes_.push_back({mode + stretch * rule.nodes[j], stretch * rule.weights[j]});
    } else {
      trapezoid(mean, tau, mode, width, ladder.intervals(step));
    }
    values_.clear();
    Real highest = -std::numeric_limits<Real>::infinity();
    for (const auto& [z, weight] : nodes_) {
      jet<Real> l;
      if (informative) {
        l[0] = kernel_.value(mean + tau * z);
      } else {
        l = kernel_(mean + tau * z);
      }
      l[0] -= z * z / 2;
      if (l[0] > highest) highest = l[0];
      values_.push_back(l);
    }
    std::array<Real, 5> e{};
    for (std::size_t j = 0; j < nodes_.size(); ++j) {
      const Real w = nodes_[j].second * exp(Real(values_[j][0] - highest));
      e[0] += w;
      if (informative) {
        const Real z = nodes_[j].first, zz = z * z;
        e[1] += w * z;
        e[2] += w * (zz - 1);
        e[3] += w * z * (zz - 3);
        e[4] += w * (zz * (zz - 6) + 3);
      } else {
        const auto r = likelihood_ratios<Real>(values_[j]);
        for (std::size_t k = 1; k < 5; ++k) e[k] += w * r[k];
      }
    }
    const Real value = highest + log(Real(e[0] / sqrt(Real(2 * pi<Real>()))));
    Real power = 1;
    for (std::size_t k = 1; k < 5; ++k) {
      if (informative) power *= tau;
      e[k] /= e[0] * power;
    }
    return from_means(value, e);
  }

  /// Where l(mean + tau z) - z^2 / 2 is highest, to a small part of its width; curve: minus its second derivative there. The function is
  /// concave, so that its slope brackets the mode.
  Real posterior_mode(const Real& mean, const Real& tau, Real& curve) {
    using std::fabs, std::sqrt;
    Real z = (last_theta_ - mean) / tau;
    if (!(fabs(z) < 10)) z = 0;
    Real left = -std::numeric_limits<Real>::infinity(), right = -left;
    for (int i = 0; i < 200; ++i) {
      const jet<Real> l = kernel_(mean + tau * z);
      const Real slope = tau * l[1] - z;
      curve = 1 - tau * tau * l[2];
      (slope > 0 ? left : right) = z;
      Real next = z + slope / curve;
      if (fabs(Real(next - z)) * sqrt(curve) < Real(1e-5)) {
        z = next;
        break;
      }
      if (!(next > left && next < right) || i > 30) {
        next = left > -1e300 && right < 1e300 ? Real((left + right) / 2) : Real(z + (slope > 0 ? 2 : -2));
      }
      z = next;
    }
    last_theta_ = mean + tau * z;
    return z;
  }

  /// Evenly spaced nodes over where the integrand is not negligible.
  void trapezoid(const Real& mean, const Real& tau, const Real& mode, const Real& width, std::size_t intervals) {
    using std::log;
    const auto height = [&](const Real& z) { return kernel_.value(mean + tau * z) - z * z / 2; };
    const Real least = height(mode) + log(std::numeric_limits<Real>::epsilon()) * Real(1.3);
    const auto reach = [&](int side) {
      Real step = width;
      while (height(Real(mode + side * step)) > least) step *= Real(1.25);
      return step;
    };
    const Real left = mode - reach(-1), right = mode + reach(1);
    const Real h = (right - left) / static_cast<Real>(intervals);
    for (std::size_t j = 0; j <= intervals; ++j) nodes_.push_back({left + h * static_cast<Real>(j), h});
  }

  Kernel kernel_;
  std::size_t step_ = 1;
  Real last_theta_{};
  std::vector<std::pair<Real, Real>> nodes_{};
  std::vector<jet<Real>> values_{};
};

}  // namespace metapool::detail
