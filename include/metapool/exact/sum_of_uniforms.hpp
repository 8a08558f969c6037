// SPDX-License-Identifier: BSL-1.0
// The distribution of a weighted sum of uniform numbers.
#pragma once

#include <metapool/math/constants.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The sum of w_i U_i with independent U_i uniform on [0, 1] and positive weights that add up to 1, so that it lies in [0, 1] and is symmetric about 1/2.
/// Up to three weights (twelve in more than double): P(S <= x) = sum over subsets of (-1)^size (x - their weights)_+^k / (k! product w), exactly. More: the
/// Fourier series of the density on [0, 1], whose support it is, so that no error is made but the terms left out:
/// x - sum_j prod_i sin(pi j w_i)/(pi j w_i) (-1)^j sin(2 pi j (1/2 - x)) / (pi j). Where x lies between the sum r of all weights but the largest, w, and w itself, the
/// largest part decides alone and P(S <= x) = (x - r/2) / w exactly. Absolute error about 1e-15 in double; more where all weights but one or two
/// are below a ten-thousandth, as the series is cut after 2000000 / k terms: with two large ones 1e-12 for k = 10 and 1e-8 for k = 1000, with one large one, at
/// x below r, up to a quarter of r (P(S <= x) itself is below r there).
template <class Real>
class sum_of_uniforms {
 public:
  explicit sum_of_uniforms(std::vector<Real> weights) : w_(std::move(weights)) {
    const std::size_t k = w_.size();
    for (const Real& w : w_) {  // of the largest so far and the new one the smaller joins the others
      others_ += (std::min)(largest_, w);
      largest_ = (std::max)(largest_, w);
    }
    subsets_ = k <= 3 || (std::numeric_limits<Real>::digits > 100 && k <= 12);
    if (subsets_) return;
    const Real small = std::numeric_limits<Real>::epsilon() / 16;
    const std::size_t most = 2000000 / k;
    for (std::size_t j = 1; j <= most; ++j) {
      Real term = 1 / (pi<Real>() * static_cast<Real>(j)), size = term;
      for (const Real& w : w_) {
        const Real x = static_cast<Real>(j) * w;
        term *= sine(x) / (pi<Real>() * x);
        size *= (std::min)(Real(1), Real(1 / (pi<Real>() * x)));
      }
      coefficient_.push_back(term);
      if (size < small) break;
    }
  }

  /// P(S <= x).
  Real cdf(const Real& x) const {
    if (!(x > 0)) return Real(0);
    if (!(x < 1)) return Real(1);
    if (x > Real(1) / 2) return 1 - cdf(Real(1 - x));
    if (subsets_) {
      Real scale = 1, sum = 0;
      for (std::size_t i = 0; i < w_.size(); ++i) scale *= w_[i] * static_cast<Real>(i + 1);
      add_subsets(0, x, Real(1), sum);
      return (std::max)(Real(0), Real(sum / scale));
    }
    if (x >= others_ && x <= largest_) return (x - others_ / 2) / largest_;
    Real sum = 0;  // the cdf at y below the middle: 1/2 + y + sum of coefficient sin(2 pi j y)
    const Real y = x - Real(1) / 2;
    for (std::size_t j = coefficient_.size(); j-- > 0;) sum += coefficient_[j] * sine(Real(2 * y * static_cast<Real>(j + 1)));
    return (std::max)(Real(0), Real(x + sum));
  }

  /// x with P(S <= x) = p, 0 < p < 1/2.
  Real quantile(const Real& p, convergence<Real>& state) const {
    return bracketed_root([&](const Real& x) { return Real(cdf(x) - p); }, Real(0), Real(1) / 2, state);
  }

 private:
  /// sin(pi x), x reduced first.
  static Real sine(const Real& x) {
    using std::floor, std::sin;
    const Real turns = floor(Real(x / 2));
    return sin(Real(pi<Real>() * (x - 2 * turns)));
  }
  void add_subsets(std::size_t i, const Real& x, const Real& sign, Real& sum) const {
    if (!(x > 0)) return;
    if (i == w_.size()) {
      Real power = sign;
      for (std::size_t n = 0; n < w_.size(); ++n) power *= x;
      sum += power;
      return;
    }
    add_subsets(i + 1, x, sign, sum);
    add_subsets(i + 1, Real(x - w_[i]), Real(-sign), sum);
  }

  std::vector<Real> w_{}, coefficient_{};
  Real largest_{}, others_{};  ///< the largest weight, and the sum of the others
  bool subsets_ = false;
};

}  // namespace metapool::detail
