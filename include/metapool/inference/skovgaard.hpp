// SPDX-License-Identifier: BSL-1.0
// Skovgaard's correction of the signed likelihood root of the mean.
#pragma once

#include <metapool/data/check.hpp>
#include <metapool/inference/profile_of_mean.hpp>
#include <metapool/math/roots.hpp>

#include <array>
#include <cmath>
#include <cstddef>

namespace metapool::detail {

/// r* = r + log(u / r) / r at a mean, r the signed root of its likelihood ratio, positive below the estimate.
///
/// In general u = [S^-1 q] |j|^(1/2) |S| / (|i| |j_t|^(1/2)) with observed and expected information j, i at the maximum, S and q the
/// covariances of the score there with the score and the log-likelihood ratio at (mean, best tau2), j_t the observed information about tau2
/// there (Skovgaard 1996; Guolo 2012). With one mean S is triangular and all but this cancels, w and o = 1 / (v + tau2) at the two tau2:
/// u = (estimate - mean) (sum o^2 / sum w^2) (|j| / j_t)^(1/2), |j| = sum w (sum w^3 e^2 - sum w^2 / 2) - (sum w^2 e)^2.
template <class Real>
class skovgaard_root {
 public:
  skovgaard_root(const char* function, const profile_of_mean<Real>& profile) : function_(function), profile_(profile) {
    using std::sqrt;
    const auto& s = profile.at_maximum;
    determinant_ = s.w * (s.w3ee - s.w2 / 2) - s.w2e * s.w2e;
    if (!(determinant_ > 0)) throw_not_estimable(function_, "the likelihood is flat at its maximum, so that Skovgaard's correction does not exist");
    near_ = Real(0.04) / sqrt(s.w);
  }

  /// r* at a shift of the mean from the estimate; falls as the shift grows.
  Real operator()(const Real& shift) const {
    using std::fabs;
    const pair at = evaluate(shift);
    if (!(fabs(shift) < near_)) return at.root + at.correction;
    // near the estimate log(u / r) / r is 0 / 0: interpolate it through six points (Lagrange)
    const std::array<int, 6> nodes{-3, -2, -1, 1, 2, 3};
    const Real x = shift / near_;
    Real sum = 0;
    for (const int i : nodes) {
      Real basis = 1;
      for (const int j : nodes) {
        if (j != i) basis *= (x - j) / (i - j);
      }
      sum += basis * evaluate(Real(i * near_)).correction;
    }
    return at.root + sum;
  }

  /// The shift at which r* = target, searched for from a guess.
  Real solve(const Real& target, const Real& guess, metapool::convergence<Real>& state) const {
    using std::sqrt;
    const auto f = [&](const Real& x) { return Real((*this)(x) - target); };
    Real step = near_ * 5;
    Real x = guess;
    const bool right = f(x) > 0;
    if (!right) step = -step;
    Real next = x + step;
    for (int i = 0; (f(next) > 0) == right; ++i) {
      if (i == 200) {
        state.converged = false;
        return next;
      }
      x = next;
      step *= 2;
      next = x + step;
    }
    metapool::convergence<Real> search;
    const Real root = right ? bracketed_root(f, x, next, search) : bracketed_root(f, next, x, search);
    if (!search.converged) state.converged = false;
    return root;
  }

 private:
  struct pair {
    Real root{}, correction{};
  };

  pair evaluate(const Real& shift) const {
    using std::log, std::sqrt, std::fabs;
    const auto s = profile_.best_at(shift, 1);
    const Real statistic = s.statistic(shift);
    pair p;
    if (!(statistic > 0)) return p;
    p.root = shift < 0 ? Real(sqrt(statistic)) : Real(-sqrt(statistic));
    const Real information = s.b(shift) - s.w2 / 2;
    if (!(information > 0)) throw_not_estimable(function_, "the likelihood in tau2 is flat at a mean, so that Skovgaard's correction does not exist there");
    const Real u = fabs(shift) * (s.w2 / profile_.at_maximum.w2) * sqrt(Real(determinant_ / information));
    p.correction = log(Real(u / fabs(p.root))) / p.root;
    return p;
  }

  const char* function_;
  const profile_of_mean<Real>& profile_;
  Real determinant_{}, near_{};
};

}  // namespace metapool::detail
