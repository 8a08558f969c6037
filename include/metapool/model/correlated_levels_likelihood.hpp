// SPDX-License-Identifier: BSL-1.0
// The likelihood of trials whose levels and effects are normal and correlated.
#pragma once

#include <metapool/model/two_arm_likelihood.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// Parameters mean, tau2, level, own, share. The arms' predictors are level +- mean / 2 + s + share u and the same less u, with u ~ normal(0, tau2) and
/// s ~ normal(0, own) independent: every pair of a normal level and a normal effect is of this form, the level half way between the arms having the variance
/// own + (share - 1/2)^2 tau2 and the covariance (share - 1/2) tau2 with the effect. A correlation of -1 or 1 is own = 0.
/// The parameter level is the mean half way between the arms (of_control = false) or that of the control arms (true), which matters where the mean depends on moderators.
///
/// Derivatives: with l in the level and t in the effect as two_arm_effect has them (t = share D1 - (1 - share) D2), that in the mean is t + (c - share) l, c = 1/2 or 1, those
/// in the variances are t^2 / 2 and l^2 / 2, and that in the share is tau2 t l, since u times a function has the mean tau2 times that of its derivative.
template <class Real, class Kernel>
class correlated_levels_likelihood {
 public:
  static constexpr std::size_t size = 5;
  correlated_levels_likelihood(const std::vector<Kernel>& treated, const std::vector<Kernel>& control, const std::array<Real, 4>& start, bool of_control = false)
      : start_{start[0], start[1], start[2], start[3], Real(1) / 2}, carried_(of_control ? Real(1) : Real(1) / 2) {
    for (std::size_t i = 0; i < treated.size(); ++i) studies_.emplace_back(treated[i], control[i]);
  }

  std::size_t studies() const { return studies_.size(); }
  curvature<Real, 5> study(std::size_t i, const std::array<Real, 5>& x) {
    const Real half = Real(1) / 2, tau2 = x[1], off = carried_ - x[4];
    studies_[i].carry(x[4]);
    const two_arm_means<Real> a = studies_[i].means(Real(x[2] + off * x[0]), x[0], x[3], tau2, ladder_);
    const auto& e = a.e;  // e[powers of l][powers of t]
    // the mean of m^n l^i t^j, m = t + off l
    const auto with_mean = [&](std::size_t n, std::size_t p, std::size_t q) {
      if (n == 0) return e[p][q];
      if (n == 1) return Real(e[p][q + 1] + off * e[p + 1][q]);
      return Real(e[p][q + 2] + 2 * off * e[p + 1][q + 1] + off * off * e[p + 2][q]);
    };
    curvature<Real, 5> r;
    r.value = a.value;
    r.gradient = {with_mean(1, 0, 0), half * e[0][2], e[1][0], half * e[2][0], tau2 * e[1][1]};
    const std::array<std::array<Real, 5>, 5> second{{{with_mean(2, 0, 0), half * with_mean(1, 0, 2), with_mean(1, 1, 0), half * with_mean(1, 2, 0), tau2 * with_mean(1, 1, 1)},
                                                     {Real(0), half * half * e[0][4], half * e[1][2], half * half * e[2][2], e[1][1] + half * tau2 * e[1][3]},
                                                     {Real(0), Real(0), e[2][0], half * e[3][0], tau2 * e[2][1]},
                                                     {Real(0), Real(0), Real(0), half * half * e[4][0], half * tau2 * e[3][1]},
                                                     {Real(0), Real(0), Real(0), Real(0), tau2 * e[2][0] + tau2 * tau2 * e[2][2]}}};
    for (std::size_t p = 0; p < 5; ++p) {
      for (std::size_t q = 0; q < 5; ++q) r.hessian[p * 5 + q] = (p <= q ? second[p][q] : second[q][p]) - r.gradient[p] * r.gradient[q];
    }
    if (!(tau2 > 0)) {  // the share is of nothing: it stays
      for (std::size_t p = 0; p < 5; ++p) r.hessian[p * 5 + 4] = r.hessian[20 + p] = Real(0);
      r.hessian[24] = -1;
    }
    return r;
  }
  bool refine_study(std::size_t i, const std::array<Real, 5>& x, bool& changed) {
    studies_[i].carry(x[4]);
    return studies_[i].refine(Real(x[2] + (carried_ - x[4]) * x[0]), x[0], x[3], x[1], ladder_, changed);
  }
  curvature<Real, 5> operator()(const std::array<Real, 5>& x) { return sum_of_studies<Real>(*this, x); }
  bool refine(const std::array<Real, 5>& x, bool& changed) { return refine_studies<Real>(*this, x, changed); }
  std::array<newton_bound<Real>, 5> bounds() const {
    std::array<newton_bound<Real>, 5> b{};
    b[3] = variance_bound<Real>();
    b[4].lower = least_share;
    b[4].upper = 1 - least_share;
    b[4].reach = 1;
    return b;
  }
  std::array<Real, 5> start() const { return start_; }

  /// Levels and effects correlated negatively, and positively: each may have a summit of its own.
  std::vector<std::vector<std::array<Real, 5>>> starts_inside(const std::array<Real, 5>& x) const {
    using std::sqrt;
    std::vector<std::vector<std::array<Real, 5>>> groups;
    const Real sigma2 = x[3] > Real(0.05) ? x[3] : Real(0.05);
    for (const int sign : {-1, 1}) {
      auto& group = groups.emplace_back();
      for (const double r : {0.3, 0.7, 0.95}) {
        for (const double tau2 : {0.02, 0.2, 1.5}) {
          auto trial = x;
          trial[1] = Real(tau2);
          trial[3] = sigma2 * (1 - Real(r) * Real(r));
          trial[4] = Real(1) / 2 + Real(sign) * Real(r) * sqrt(Real(sigma2 / Real(tau2)));
          group.push_back(trial);
        }
      }
    }
    return groups;
  }

  /// Where tau2 is next to nothing the likelihood is almost that of the levels' variance and of the covariance alone, and a ridge leads to ever larger shares: the point on it at the
  /// share's bound.
  std::array<Real, 5> end_of_ridge(std::array<Real, 5> x, const std::array<Real, 5>& gradient) const {
    const Real half = Real(1) / 2, covariance = (x[4] - half) * x[1], variance = x[3] + (x[4] - half) * covariance;
    x[4] = gradient[4] > 0 ? Real(1 - least_share) : Real(least_share);
    const Real off = x[4] - half, tau2 = covariance / off;
    if (!(tau2 > 0)) return x;
    x[1] = tau2;
    x[3] = variance > off * covariance ? Real(variance - off * covariance) : Real(0);
    return x;
  }

 private:
  static constexpr int least_share = -20;
  std::vector<two_arm_effect<Real, Kernel>> studies_{};
  std::array<Real, 5> start_{};
  Real carried_{};
  quadrature_ladder<Real> ladder_{};
};

}  // namespace metapool::detail
