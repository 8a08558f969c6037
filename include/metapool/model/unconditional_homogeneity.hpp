// SPDX-License-Identifier: BSL-1.0
// Tests of homogeneity where both arms are modelled: one effect a study against one common effect.
#pragma once

#include <metapool/model/glmm_fit.hpp>
#include <metapool/model/two_arm_effect.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// q_wald and q_lrt where each study has a level of its own. common: the log-likelihood of the common effect. A study with an arm at the end of its
/// range has an infinite effect: it adds nothing to the Wald statistic, and its arm's likelihood is 1.
template <class Real, class Kernel>
void homogeneity_of_fixed_levels(glmm_fit<Real>& fit, const std::vector<Kernel>& treated, const std::vector<Kernel>& control, const Real& common) {
  std::vector<Real> y, w;
  Real highest = 0, sum_w = 0, sum_wy = 0;
  for (std::size_t i = 0; i < treated.size(); ++i) {
    const Kernel &a = treated[i], &b = control[i];
    const bool infinite_a = a.lowest() || a.highest(), infinite_b = b.lowest() || b.highest();
    if (!infinite_a) highest += a.value(a.best());
    if (!infinite_b) highest += b.value(b.best());
    if (infinite_a || infinite_b) continue;
    y.push_back(a.best() - b.best());
    const Real w_a = -a(a.best())[2], w_b = -b(b.best())[2];
    w.push_back(w_a / (w_a + w_b) * w_b);
    sum_w += w.back();
    sum_wy += w.back() * y.back();
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Real d = y[i] - sum_wy / sum_w;
    fit.q_wald += w[i] * d * d;
  }
  const Real ratio = 2 * (highest - common);
  fit.q_lrt = ratio > 0 && treated.size() > 1 ? ratio : Real(0);
}

/// An arm without patients.
template <class Real>
binomial_kernel<Real> empty_arm(const binomial_kernel<Real>&) {
  return {};
}
template <class Real>
poisson_kernel<Real> empty_arm(const poisson_kernel<Real>&) {
  return {Real(0), Real(-1e4)};
}

/// Likelihood with one effect a study (theta, always at its best) where the control arms' levels are normal: parameters level and sigma2. With s the level's
/// random part the arms' predictors are level + s + theta and level + s. A treated arm at the end of its range has an infinite theta and drops out.
template <class Real, class Kernel>
class saturated_levels {
 public:
  static constexpr std::size_t size = 2;
  saturated_levels(const std::vector<Kernel>& treated, const std::vector<Kernel>& control) {
    for (std::size_t i = 0; i < treated.size(); ++i) {
      const bool infinite = treated[i].lowest() || treated[i].highest();
      studies_.emplace_back(infinite ? empty_arm(treated[i]) : treated[i], control[i]);
      finite_.push_back(!infinite);
      effects_.push_back(Real(0));
    }
  }

  /// Wald statistic of equal effects at a maximum, and the curvature there. D: information of an effect; C: its cross terms with (level, sigma2), whose
  /// information is B. The inverse covariance of all effects is diag(D) - C B^-1 C'.
  Real wald(const std::array<Real, 2>& x) {
    std::vector<Real> d, y;
    std::vector<std::array<Real, 2>> c;
    std::array<Real, 4> b{};
    for (std::size_t i = 0; i < studies_.size(); ++i) {
      const derivatives at = at_best_effect(i, x);
      for (std::size_t p = 0; p < 4; ++p) b[p] -= at.h[p];
      if (!finite_[i]) continue;
      d.push_back(-at.curve);
      c.push_back({-at.cross[0], -at.cross[1]});
      y.push_back(effects_[i]);
    }
    if (!(x[1] > 0)) {  // sigma2 stays at its bound
      b = {b[0], Real(0), Real(0), Real(1)};
      for (auto& row : c) row[1] = 0;
    }
    const Real det = b[0] * b[3] - b[1] * b[2];
    // u' P v for the inverse covariance P, u and v being the effects or ones
    const auto form = [&](bool u_effects, bool v_effects) {
      Real sum = 0;
      std::array<Real, 2> cu{}, cv{};
      for (std::size_t i = 0; i < y.size(); ++i) {
        const Real u = u_effects ? y[i] : Real(1), v = v_effects ? y[i] : Real(1);
        sum += d[i] * u * v;
        for (std::size_t p = 0; p < 2; ++p) {
          cu[p] += c[i][p] * u;
          cv[p] += c[i][p] * v;
        }
      }
      return Real(sum - (cu[0] * (b[3] * cv[0] - b[1] * cv[1]) + cu[1] * (b[0] * cv[1] - b[2] * cv[0])) / det);
    };
    if (y.size() < 2) return Real(0);
    const Real one_y = form(false, true);
    const Real q = form(true, true) - one_y * one_y / form(false, false);
    return q > 0 ? q : Real(0);
  }

  curvature<Real, 2> operator()(const std::array<Real, 2>& x) {
    curvature<Real, 2> sum;
    for (std::size_t i = 0; i < studies_.size(); ++i) {
      const derivatives at = at_best_effect(i, x);
      sum.value += at.value;
      for (std::size_t p = 0; p < 2; ++p) {
        sum.gradient[p] += at.g[p];
        for (std::size_t q = 0; q < 2; ++q) sum.hessian[p * 2 + q] += at.h[p * 2 + q] - (finite_[i] ? Real(at.cross[p] * at.cross[q] / at.curve) : Real(0));
      }
    }
    return sum;
  }
  bool refine(const std::array<Real, 2>& x, bool& changed) {
    bool exact = true;
    for (std::size_t i = 0; i < studies_.size(); ++i) {
      exact = studies_[i].refine(Real(x[0] + effects_[i] / 2), effects_[i], x[1], Real(0), ladder_, changed) && exact;
    }
    return exact;
  }

 private:
  struct derivatives {
    Real value{}, slope{}, curve{};          // of the effect
    std::array<Real, 2> g{}, cross{};
    std::array<Real, 4> h{};
  };

  derivatives at_effect(std::size_t i, const std::array<Real, 2>& x, const Real& theta) {
    // the level half way between the arms is level + theta / 2: a derivative in theta is half of one in that level and one in the difference
    const two_arm_means<Real> m = studies_[i].means(Real(x[0] + theta / 2), theta, x[1], Real(0), ladder_);
    const auto& e = m.e;
    derivatives r;
    r.value = m.value;
    r.slope = e[1][0] / 2 + e[0][1];
    r.curve = e[2][0] / 4 + e[1][1] + e[0][2] - r.slope * r.slope;
    r.g = {e[1][0], e[2][0] / 2};
    r.cross = {e[2][0] / 2 + e[1][1] - r.slope * r.g[0], (e[3][0] / 2 + e[2][1]) / 2 - r.slope * r.g[1]};
    const Real mixed = (e[3][0] - e[1][0] * e[2][0]) / 2;
    r.h = {e[2][0] - e[1][0] * e[1][0], mixed, mixed, (e[4][0] - e[2][0] * e[2][0]) / 4};
    return r;
  }

  derivatives at_best_effect(std::size_t i, const std::array<Real, 2>& x) {
    if (!finite_[i]) return at_effect(i, x, effects_[i]);
    return highest_point(effects_[i], [&](const Real& theta) { return at_effect(i, x, theta); });
  }

  std::vector<two_arm_effect<Real, Kernel>> studies_{};
  std::vector<bool> finite_{};
  std::vector<Real> effects_{};
  quadrature_ladder<Real> ladder_{};
};

}  // namespace metapool::detail
