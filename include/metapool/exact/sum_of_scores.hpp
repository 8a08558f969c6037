// SPDX-License-Identifier: BSL-1.0
// The distribution of a weighted sum of scores of p-values.
#pragma once

#include <metapool/exact/level_scores.hpp>
#include <metapool/exact/sum_of_uniforms.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/gauss_legendre.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The sum S of w_i g(U_i) with independent U_i uniform on [0, 1], for one of the scores g, and positive weights that add up to 1. Uniform: see sum_of_uniforms. Up to three weights:
/// integrals over one score after the other, with Gauss-Legendre panels between all kinks. More: the Fourier series of the density on the range of S, without error but for the
/// terms left out: x/T + sum_j (a_j sin(2 pi j x/T) + b_j (1 - cos(2 pi j x/T))) / (pi j) with a_j + i b_j = E exp(2 pi i j S/T). Where x lies so that the largest weight's score can
/// make up for whatever the others are, P(S <= x) is a closed form in their transforms. Absolute error about 1e-15 in double, also for wider types with more than three
/// weights; more where all weights but one or two are tiny, as with sum_of_uniforms.
template <class Real>
class sum_of_scores {
 public:
  sum_of_scores(std::vector<Real> weights, tian_levels levels) : score_(levels), w_(std::move(weights)) {
    if (score_.uniform()) {
      uniforms_.emplace(w_);
      return;
    }
    std::sort(w_.begin(), w_.end(), std::greater<Real>());
    const std::size_t k = w_.size();
    for (std::size_t i = k; i-- > 1;) others_ += w_[i];
    if (k <= 3) return;
    const Real small = std::numeric_limits<Real>::epsilon() / 16;
    const std::size_t most = 2000000 / k;
    for (std::size_t j = 1; j <= most; ++j) {
      const Real turn = 2 * pi<Real>() * static_cast<Real>(j) / score_.reach(), over = 1 / (pi<Real>() * static_cast<Real>(j));
      wave<Real> c{over, Real(0)};
      Real size = over;
      for (const Real& w : w_) {
        c = c.times(score_.transform(Real(turn * w)));
        size *= (std::min)(Real(1), Real(score_.decay() / (turn * w)));
      }
      series_.push_back(c);
      if (size < small) break;
    }
  }

  /// P(S <= x).
  Real cdf(const Real& x) const {
    using std::cos, std::sin;
    if (uniforms_) return uniforms_->cdf(x);
    if (!(x > 0)) return Real(0);
    if (!(x < score_.reach())) return Real(1);
    if (w_.size() <= 3) return of_first(w_.size(), x);
    if (x >= others_ * score_.reach() && x <= w_[0] * score_.reach()) return by_largest(x);
    const Real share = x / score_.reach();
    Real sum = 0;
    for (std::size_t j = series_.size(); j-- > 0;) {
      const Real turn = pi<Real>() * share * static_cast<Real>(j + 1), half = sin(turn);
      sum += 2 * half * (series_[j].re * cos(turn) + series_[j].im * half);
    }
    return (std::max)(Real(0), (std::min)(Real(1), Real(share + sum)));
  }

  /// x with P(S <= x) = p, 0 < p < 1/2.
  Real quantile(const Real& p, convergence<Real>& state) const {
    if (uniforms_) return uniforms_->quantile(p, state);
    return bracketed_root([&](const Real& x) { return Real(cdf(x) - p); }, Real(0), score_.reach(), state);
  }

 private:
  /// Of the sum with the n largest weights alone.
  Real of_first(std::size_t n, const Real& x) const {
    if (n == 1) return score_.cdf(Real(x / w_[0]));
    if (!(x > 0)) return Real(0);
    const Real w = w_[n - 1], reach = score_.reach();
    std::vector<Real> edges{Real(0), reach};
    for (std::size_t set = 0; set < (std::size_t(1) << (n - 1)); ++set) {  // where the others are all at an end
      Real sum = 0;
      for (std::size_t i = 0; i + 1 < n; ++i) sum += (set >> i) % 2 != 0 ? w_[i] * reach : Real(0);
      const Real edge = (x - sum) / w;
      if (edge > 0 && edge < reach) edges.push_back(edge);
    }
    std::sort(edges.begin(), edges.end());
    Real total = 0;
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
      total += gauss_panel<Real>([&](const Real& v) { return Real(score_.density(v) * of_first(n - 1, Real(x - w * v))); }, edges[i], edges[i + 1]);
    }
    return (std::min)(Real(1), total);
  }
  /// E P(V <= (x - R) / w) with the largest weight w, its score V and the others' sum R, all of whose values leave that between 0 and V's reach.
  Real by_largest(const Real& x) const {
    using std::cos, std::exp, std::sin;
    const Real at = x / w_[0], highest = score_.density(Real(0));
    if (score_.arcsine()) {
      wave<Real> all{Real(cos(at)), Real(sin(at))};
      for (std::size_t i = 1; i < w_.size(); ++i) all = all.times(score_.transform(Real(-w_[i] / w_[0])));
      return highest * all.im;
    }
    Real all = exp(Real(-at));
    for (std::size_t i = 1; i < w_.size(); ++i) all *= score_.growth(Real(w_[i] / w_[0]));
    return highest * (1 - all);
  }

  level_score<Real> score_;
  std::vector<Real> w_{};
  Real others_{};  ///< the sum of all weights but the largest
  std::vector<wave<Real>> series_{};
  std::optional<sum_of_uniforms<Real>> uniforms_{};
};

}  // namespace metapool::detail
