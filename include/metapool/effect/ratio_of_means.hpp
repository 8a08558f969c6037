// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/math/arithmetic.hpp>

#include <cmath>

namespace metapool {

/// Correction of the logarithm of a ratio of means for its bias in small samples.
enum class ratio_correction {
  delta,  ///< + (sd1^2 / (n1 mean1^2) - sd2^2 / (n2 mean2^2)) / 2 (metafor 5); Lajeunesse (2015)
  none    ///< nothing (metafor 3.8, meta); Hedges, Gurevitch & Curtis (1999)
};

/// Sampling variance of the logarithm of a ratio of means. metafor's vtype in brackets.
enum class rom_variance {
  separate,  ///< sd1^2 / (n1 mean1^2) + sd2^2 / (n2 mean2^2) ["LS"]
  pooled     ///< s^2 (1 / (n1 mean1^2) + 1 / (n2 mean2^2)) with the pooled variance s^2 ["HO"]
};

namespace detail {

/// log(|x1| / |x2|), accurate for ratios near 1. Precondition: x1 and x2 of one sign, not 0.
template <class Real>
Real log_ratio_of(const Real& x1, const Real& x2) {
  using std::fabs;
  const Real size1 = fabs(x1), size2 = fabs(x2);
  return log_ratio(size1, size2, Real(size1 - size2));
}

/// True if both are positive or both negative.
template <class Real>
bool same_sign(const Real& x1, const Real& x2) {
  return (x1 > 0 && x2 > 0) || (x1 < 0 && x2 < 0);
}

}  // namespace detail

/// Ratio of means (log response ratio): y = log(mean1 / mean2), by default corrected for its bias (ratio_correction), v by rom_variance.
/// Scale: log. Domain: n1, n2 >= 2 and both means of one sign, not 0; otherwise the study is not_defined. Meant for outcomes with a true
/// zero whose means are positive: two negative means have a ratio too, but ask whether the outcome is on a ratio scale.
/// 14 significant digits of the larger of y and its correction.
/// Hedges, Gurevitch & Curtis (1999) Ecology 80:1150; Lajeunesse (2015) Ecology 96:2056.
struct ratio_of_means {
  static constexpr measure_info info{"ratio_of_means", "ROM", "ratio of means", scale::log};
  ratio_correction correction = ratio_correction::delta;
  rom_variance variance = rom_variance::separate;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 2;
  }
  template <class Real>
  static bool in_domain(const two_means<Real>& t) {
    return detail::same_sign(t.mean1, t.mean2);
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    const Real c1 = t.sd1 / t.mean1, c2 = t.sd2 / t.mean2;
    const Real v1 = c1 * c1 / t.n1, v2 = c2 * c2 / t.n2;
    Real y = detail::log_ratio_of(t.mean1, t.mean2);
    if (correction == ratio_correction::delta) y += (v1 - v2) / 2;
    if (variance == rom_variance::pooled) {
      const Real s2 = ((t.n1 - 1) * t.sd1 * t.sd1 + (t.n2 - 1) * t.sd2 * t.sd2) / (t.n1 + t.n2 - 2);
      return {y, s2 / (t.n1 * t.mean1 * t.mean1) + s2 / (t.n2 * t.mean2 * t.mean2)};
    }
    return {y, v1 + v2};
  }
};

}  // namespace metapool
