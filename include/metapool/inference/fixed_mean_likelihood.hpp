// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/tau2/kernel.hpp>
#include <metapool/tau2/likelihood.hpp>
#include <metapool/tau2/maxima_search.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace metapool::detail {

/// The likelihood in tau2 at a fixed mean, as an objective for maxima_search: the score is a - g with a = sum w^2 r^2, g = sum w, w = 1 /
/// (v + tau2), and residuals r about that mean. Both are sums of positive multiples of powers of 1 / (v + tau2), so that the proofs
/// there hold as they stand.
template <class Real_>
class fixed_mean_likelihood {
 public:
  using Real = Real_;
  /// e: effects less the estimate; shift: the mean less the estimate.
  fixed_mean_likelihood(const std::vector<Real>& e, std::span<const Real> v, const Real& shift) : e_(e), v_(v), shift_(shift), range_{v[0], v[0], Real(0)} {
    for (std::size_t i = 0; i < v_.size(); ++i) {
      if (v_[i] < range_.v_min) range_.v_min = v_[i];
      if (v_[i] > range_.v_max) range_.v_max = v_[i];
      const Real d = e_[i] - shift_;
      range_.sum_of_squares += d * d;
    }
  }

  const input_range<Real>& range() const { return range_; }
  Real lower_bound() const { return Real(0); }

  score_point<Real> score(const Real& t) const {
    score_point<Real> p;
    p.t = t;
    const Real* const e = e_.data();
    const Real* const v = v_.data();
    const std::size_t k = v_.size();
    for (std::size_t i = 0; i < k; ++i) {
      const Real w = 1 / (v[i] + t);
      const Real u = w * (e[i] - shift_);
      const Real uu = u * u;
      p.g += w;
      p.dg += w * w;
      p.a += uu;
      p.da += w * uu;
    }
    p.da *= 2;
    return p;
  }

  /// No stationary point lies beyond it: a <= S / (v_min + t)^2 and g >= k / (v_max + t), S = sum r^2.
  Real upper_bound() const {
    using std::sqrt;
    const Real s = range_.sum_of_squares / static_cast<Real>(v_.size());
    const Real x = (s + sqrt(Real(s * s + 4 * s * (range_.v_max - range_.v_min)))) / 2;
    return x * Real(1.000001) - range_.v_min;
  }

  /// Beyond it a/g falls: the logarithmic slope of a is at most -2 / (v_max + t), that of g at least -1 / (v_min + t).
  Real tail() const { return range_.v_max - 2 * range_.v_min; }

  /// Intervals narrower than this part of v_min + tau2 are not divided.
  Real narrowest() const { return Real(1e-7); }

 private:
  const std::vector<Real>& e_;
  std::span<const Real> v_;
  Real shift_;
  input_range<Real> range_;
};

}  // namespace metapool::detail
