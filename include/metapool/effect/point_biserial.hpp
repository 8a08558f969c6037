// SPDX-License-Identifier: BSL-1.0
// Correlations of a continuous outcome with membership of one of two groups, from the groups' means and standard deviations.
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/math/normal.hpp>

#include <cmath>
#include <cstdint>

namespace metapool {

/// Variance of the point-biserial correlation. metafor's vtype in brackets.
enum class point_biserial_variance : std::uint8_t {
  stratified,      ///< the groups' sizes are fixed by design ["ST"]: h^2 / (h + d^2)^3 (1/n1 + 1/n2 + d^2 / (2 n))
  cross_sectional  ///< the groups' sizes are as they came ["CS"]: (1 - r^2)^2 (1 - 3 r^2 / 2 + r^2 / (4 p q)) / n; Tate (1954)
};

namespace detail {

template <class Real>
struct two_group_numbers {
  Real d, h;  ///< difference in pooled standard deviations; m / n1 + m / n2, m = n1 + n2 - 2
};

template <class Real>
two_group_numbers<Real> two_group_numbers_of(const two_means<Real>& t) {
  using std::sqrt;
  const Real m = t.n1 + t.n2 - 2;
  const Real sd = sqrt(Real(((t.n1 - 1) * t.sd1 * t.sd1 + (t.n2 - 1) * t.sd2 * t.sd2) / m));
  return {(t.mean1 - t.mean2) / sd, m / t.n1 + m / t.n2};
}

template <class Real>
bool has_pooled_sd(const two_means<Real>& t) {
  return t.n1 + t.n2 >= 3 && ((t.n1 > 1 && t.sd1 > 0) || (t.n2 > 1 && t.sd2 > 0));
}

}  // namespace detail

/// Point-biserial correlation of the outcome with a truly dichotomous grouping: r = d / sqrt(d^2 + h), d = (mean1 - mean2) / s with the
/// pooled standard deviation s, h = m/n1 + m/n2, m = n1 + n2 - 2 (metafor's "RPB"). This is the product-moment correlation of the
/// outcome with the indicator of the first group, so its sign is that of mean1 - mean2.
/// Scale: identity. Domain: s > 0, n1 + n2 >= 3. A study beyond it is not pooled.
/// Lev (1949) Ann Math Stat 20:125; Tate (1954) Ann Math Stat 25:603.
struct point_biserial_correlation {
  static constexpr measure_info info{"point_biserial_correlation", "RPB", "point-biserial correlation", scale::identity};
  point_biserial_variance variance = point_biserial_variance::stratified;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return detail::has_pooled_sd(t);
  }
  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    using std::sqrt;
    const auto g = detail::two_group_numbers_of(t);
    const Real n = t.n1 + t.n2, square = g.d * g.d + g.h, r = g.d / sqrt(square);
    if (variance == point_biserial_variance::cross_sectional) {
      const Real unexplained = g.h / square;  // 1 - r^2
      return {r, unexplained * unexplained * (1 - 3 * r * r / 2 + r * r * (n / t.n1) * (n / t.n2) / 4) / n};
    }
    return {r, (g.h / square) * (g.h / square) / square * (1 / t.n1 + 1 / t.n2 + g.d * g.d / (2 * n))};
  }
};

/// Biserial correlation: of the outcome with a normal variable of which the grouping shows only whether it exceeds a threshold:
/// r_b = sqrt(p q) / f r, p = n1 / n, q = 1 - p, f the normal density at the threshold z with P(Z > z) = p, r the point-biserial correlation;
/// v = (p q / f^2 - (3/2 + (1 - p z / f) (1 + q z / f)) r_b^2 + r_b^4) / (n - 1) (metafor's "RBIS").
/// Scale: identity; r_b may exceed 1 in size. For groups that are made by cutting a continuous variable, not for treatments.
/// Soper (1914) Biometrika 10:384; Jacobs & Viechtbauer (2017) Res Synth Methods 8:161, doi:10.1002/jrsm.1218.
struct biserial_correlation {
  static constexpr measure_info info{"biserial_correlation", "RBIS", "biserial correlation", scale::identity};

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return detail::has_pooled_sd(t);
  }
  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    using std::exp, std::sqrt;
    const Real n = t.n1 + t.n2, p = t.n1 / n, q = t.n2 / n;
    const Real z = p < q ? detail::normal_upper_quantile(p) : detail::normal_quantile(q);
    const Real f = exp(Real(-z * z / 2)) / sqrt(Real(2 * detail::pi<Real>()));
    const Real r = sqrt(Real(p * q)) / f * point_biserial_correlation{}(t).y, square = r * r;
    return {r, (p * q / (f * f) - (Real(3) / 2 + (1 - p * z / f) * (1 + q * z / f)) * square + square * square) / (n - 1)};
  }
};

}  // namespace metapool
