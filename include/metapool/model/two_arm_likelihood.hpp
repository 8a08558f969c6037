// SPDX-License-Identifier: BSL-1.0
// Likelihoods of trials whose two arms are modelled each: a level for every study, or normal levels around a common one.
#pragma once

#include <metapool/model/glmm_search.hpp>
#include <metapool/model/highest_point.hpp>
#include <metapool/model/two_arm_effect.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// log odds or log rate of both arms together: where the search for a study's level starts.
template <class Real, class Kernel>
Real rough_level(const Kernel& a, const Kernel& b) {
  using std::log;
  const Real half = Real(1) / 2;
  if constexpr (requires { a.total; }) {
    return log(Real((a.events + b.events + half) / (a.total + b.total - a.events - b.events + half)));
  } else {
    using std::exp;
    return log(Real((a.events + b.events + half) / (exp(a.offset) + exp(b.offset))));
  }
}

/// Parameters mean and tau2; the level of each study is a parameter of its own, always at its best: the likelihood
/// is log-concave in (level, effect) and stays so when the effect is integrated out.
template <class Real, class Kernel>
class fixed_levels_likelihood {
 public:
  static constexpr std::size_t size = 2;
  fixed_levels_likelihood(const std::vector<Kernel>& treated, const std::vector<Kernel>& control, const Real& treated_share = Real(1) / 2) {
    for (std::size_t i = 0; i < treated.size(); ++i) {
      studies_.emplace_back(treated[i], control[i], treated_share);
      levels_.push_back(rough_level<Real>(treated[i], control[i]));
    }
  }

  std::size_t studies() const { return studies_.size(); }
  curvature<Real, 2> study(std::size_t i, const std::array<Real, 2>& x) {
    const two_arm_means<Real> m = at_best_level(i, x);
    const auto& e = m.e;
    const Real curve = e[2][0] - e[1][0] * e[1][0];
    const std::array<Real, 2> g{e[0][1], e[0][2] / 2};
    const std::array<Real, 2> cross{e[1][1] - e[1][0] * e[0][1], (e[1][2] - e[1][0] * e[0][2]) / 2};
    const Real mixed = (e[0][3] - e[0][1] * e[0][2]) / 2;
    const std::array<Real, 4> h{e[0][2] - e[0][1] * e[0][1], mixed, mixed, (e[0][4] - e[0][2] * e[0][2]) / 4};
    curvature<Real, 2> r;
    r.value = m.value;
    for (std::size_t p = 0; p < 2; ++p) {
      r.gradient[p] = g[p] - cross[p] * e[1][0] / curve;
      for (std::size_t q = 0; q < 2; ++q) r.hessian[p * 2 + q] = h[p * 2 + q] - cross[p] * cross[q] / curve;
    }
    return r;
  }
  bool refine_study(std::size_t i, const std::array<Real, 2>& x, bool& changed) { return studies_[i].refine(levels_[i], x[0], Real(0), x[1], ladder_, changed); }
  curvature<Real, 2> operator()(const std::array<Real, 2>& x) { return sum_of_studies<Real>(*this, x); }
  bool refine(const std::array<Real, 2>& x, bool& changed) { return refine_studies<Real>(*this, x, changed); }
  std::array<newton_bound<Real>, 2> bounds() const { return {}; }
  std::array<Real, 2> start() const { return {Real(0), Real(0)}; }

 private:
  struct level_point {
    two_arm_means<Real> means{};
    Real value{}, slope{}, curve{};  // in the level
  };

  two_arm_means<Real> at_best_level(std::size_t i, const std::array<Real, 2>& x) {
    return highest_point(levels_[i], [&](const Real& level) {
      const two_arm_means<Real> m = studies_[i].means(level, x[0], Real(0), x[1], ladder_);
      return level_point{m, m.value, m.e[1][0], m.e[2][0] - m.e[1][0] * m.e[1][0]};
    }).means;
  }

  std::vector<two_arm_effect<Real, Kernel>> studies_{};
  std::vector<Real> levels_{};
  quadrature_ladder<Real> ladder_{};
};

/// Parameters mean, tau2, level and sigma2: the studies' levels are normal(level, sigma2), independent of their effects. The mean effect is carried by the arms as the
/// random one is (of_control = false), or by the treated arm, so that `level` is the mean of the control arms (true). With one mean that only renames the level.
template <class Real, class Kernel>
class random_levels_likelihood {
 public:
  static constexpr std::size_t size = 4;
  random_levels_likelihood(const std::vector<Kernel>& treated, const std::vector<Kernel>& control, const Real& treated_share = Real(1) / 2, bool of_control = false)
      : shift_(of_control ? Real(1 - treated_share) : Real(0)) {
    for (std::size_t i = 0; i < treated.size(); ++i) {
      studies_.emplace_back(treated[i], control[i], treated_share);
      start_ += rough_level<Real>(treated[i], control[i]) / static_cast<Real>(treated.size());
    }
  }

  std::size_t studies() const { return studies_.size(); }
  curvature<Real, 4> study(std::size_t i, const std::array<Real, 4>& x) {
    // order of the derivatives (in level, in mean) that each parameter stands for; a variance's is half of a second one
    constexpr std::size_t in_level[4] = {0, 0, 1, 2}, in_mean[4] = {1, 2, 0, 0};
    const two_arm_means<Real> m = studies_[i].means(Real(x[2] + shift_ * x[0]), x[0], x[3], x[1], ladder_);
    curvature<Real, 4> r;
    r.value = m.value;
    for (std::size_t p = 0; p < 4; ++p) {
      const Real half_p = p % 2 == 1 ? Real(Real(1) / 2) : Real(1);
      r.gradient[p] = m.e[in_level[p]][in_mean[p]] * half_p;
      for (std::size_t q = 0; q < 4; ++q) {
        const Real half_q = q % 2 == 1 ? Real(Real(1) / 2) : Real(1);
        r.hessian[p * 4 + q] = m.e[in_level[p] + in_level[q]][in_mean[p] + in_mean[q]] * half_p * half_q - r.gradient[p] * m.e[in_level[q]][in_mean[q]] * half_q;
      }
    }
    if (shift_ == 0) return r;
    r.gradient[0] += shift_ * r.gradient[2];
    for (std::size_t q = 0; q < 4; ++q) r.hessian[q] += shift_ * r.hessian[8 + q];
    for (std::size_t q = 0; q < 4; ++q) r.hessian[q * 4] += shift_ * r.hessian[q * 4 + 2];
    return r;
  }
  bool refine_study(std::size_t i, const std::array<Real, 4>& x, bool& changed) {
    return studies_[i].refine(Real(x[2] + shift_ * x[0]), x[0], x[3], x[1], ladder_, changed);
  }
  curvature<Real, 4> operator()(const std::array<Real, 4>& x) { return sum_of_studies<Real>(*this, x); }
  bool refine(const std::array<Real, 4>& x, bool& changed) { return refine_studies<Real>(*this, x, changed); }
  std::array<newton_bound<Real>, 4> bounds() const {
    std::array<newton_bound<Real>, 4> b{};
    b[3] = variance_bound<Real>();
    return b;
  }
  std::array<Real, 4> start() const { return {Real(0), Real(0), start_, Real(1) / 2}; }

 private:
  std::vector<two_arm_effect<Real, Kernel>> studies_{};
  Real start_{}, shift_{};
  quadrature_ladder<Real> ladder_{};
};

}  // namespace metapool::detail
