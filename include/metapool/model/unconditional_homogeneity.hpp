// SPDX-License-Identifier: BSL-1.0
// Tests of homogeneity where both arms are modelled: one effect a study against one common effect.
#pragma once

#include <metapool/model/glmm_search.hpp>
#include <metapool/model/highest_point.hpp>
#include <metapool/model/residual_form.hpp>
#include <metapool/model/two_arm_effect.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// q_wald and q_lrt where each study has a level of its own: around what the columns of `rows` (one row a study) explain. common: the log-likelihood with
/// tau2 = 0. A study with an arm at the end of its range has an infinite effect: it adds nothing to the Wald statistic, and its arm's likelihood is 1.
template <class Fit, class Real, class Kernel>
void homogeneity_of_fixed_levels(Fit& fit, const std::vector<Kernel>& treated, const std::vector<Kernel>& control, const matrix_of<Real>& rows, const Real& common) {
  std::vector<Real> y, w;
  std::vector<std::size_t> finite;
  Real highest = 0;
  for (std::size_t i = 0; i < treated.size(); ++i) {
    const Kernel &a = treated[i], &b = control[i];
    const bool infinite_a = a.lowest() || a.highest(), infinite_b = b.lowest() || b.highest();
    if (!infinite_a) highest += a.value(a.best());
    if (!infinite_b) highest += b.value(b.best());
    if (infinite_a || infinite_b) continue;
    y.push_back(a.best() - b.best());
    const Real w_a = -a(a.best())[2], w_b = -b(b.best())[2];
    w.push_back(w_a / (w_a + w_b) * w_b);
    finite.push_back(i);
  }
  fit.q_wald = residual_form<Real>(y, rows_at(rows, finite), weighted_product<Real>(w));
  const Real ratio = 2 * (highest - common);
  fit.q_lrt = ratio > 0 && fit.df > 0 ? ratio : Real(0);
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

  /// Wald statistic of effects that the columns of `rows` explain, at a maximum. D: information of an effect; C: its cross terms with (level, sigma2), whose
  /// information is B. The inverse covariance of all effects is diag(D) - C B^-1 C'.
  Real wald(const std::array<Real, 2>& x, const matrix_of<Real>& rows) {
    std::vector<Real> d, y;
    std::vector<std::size_t> finite;
    std::vector<std::array<Real, 2>> c;
    std::array<Real, 4> b{};
    for (std::size_t i = 0; i < studies_.size(); ++i) {
      const derivatives at = at_best_effect(i, x);
      for (std::size_t p = 0; p < 4; ++p) b[p] -= at.h[p];
      if (!finite_[i]) continue;
      finite.push_back(i);
      d.push_back(-at.curve);
      c.push_back({-at.cross[0], -at.cross[1]});
      y.push_back(effects_[i]);
    }
    if (!(x[1] > 0)) {  // sigma2 stays at its bound
      b = {b[0], Real(0), Real(0), Real(1)};
      for (auto& row : c) row[1] = 0;
    }
    const Real det = b[0] * b[3] - b[1] * b[2];
    return residual_form<Real>(y, rows_at(rows, finite), [&](const std::vector<Real>& u, const std::vector<Real>& v) {
      Real sum = 0;
      std::array<Real, 2> cu{}, cv{};
      for (std::size_t i = 0; i < u.size(); ++i) {
        sum += d[i] * u[i] * v[i];
        for (std::size_t p = 0; p < 2; ++p) {
          cu[p] += c[i][p] * u[i];
          cv[p] += c[i][p] * v[i];
        }
      }
      return Real(sum - (cu[0] * (b[3] * cv[0] - b[1] * cv[1]) + cu[1] * (b[0] * cv[1] - b[2] * cv[0])) / det);
    });
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

/// q_wald and q_lrt where the studies' levels are normal: around what the columns of `rows` explain. level, sigma2: from where to search for the mean and variance
/// of the control arms' levels.
template <class Fit, class Real, class Kernel>
void homogeneity_of_random_levels(Fit& fit, const std::vector<Kernel>& treated, const std::vector<Kernel>& control, const matrix_of<Real>& rows, const Real& level, const Real& sigma2,
                                  const Real& common) {
  saturated_levels<Real, Kernel> saturated(treated, control);
  std::array<newton_bound<Real>, 2> bounds{};
  bounds[1] = variance_bound<Real>();
  const auto best = polished<Real>(saturated, std::array<Real, 2>{level, sigma2 + Real(1) / 10}, bounds);
  if (!best.convergence.converged) fit.convergence.converged = false;
  fit.q_wald = saturated.wald(best.x, rows);
  const Real ratio = 2 * (best.at.value - common);
  fit.q_lrt = ratio > 0 && fit.df > 0 ? ratio : Real(0);
}

}  // namespace metapool::detail
