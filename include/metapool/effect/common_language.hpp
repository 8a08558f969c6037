// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/normal.hpp>

#include <cmath>

namespace metapool {

/// Common-language effect size: the probability that a patient of the treated arm has a larger outcome than one of the control arm
/// (area under the ROC curve), for normally distributed outcomes: y = Phi(d) with d = (mean1 - mean2) / sqrt(sd1^2 + sd2^2).
/// Scale: identity, a probability; 0.5 is no effect, so that reports show no test against 0. v by the delta method without assuming equal variances, S = sd1^2 + sd2^2:
/// v = phi(d)^2 ((sd1^2 / n1 + sd2^2 / n2) / S + d^2 (sd1^4 / (n1 - 1) + sd2^4 / (n2 - 1)) / (2 S^2)).
/// Domain: n1, n2 >= 2, not both standard deviations 0. Where the arms are so far apart that v is below the smallest number the study
/// has zero_variance. 14 significant digits, in the lower tail as well.
/// McGraw & Wong (1992) Psychol Bull 111:361, doi:10.1037/0033-2909.111.2.361.
struct common_language {
  static constexpr measure_info info{"common_language", "CLES", "probability of a larger outcome", scale::identity, false};

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 2;
  }
  template <class Real>
  static bool in_domain(const two_means<Real>& t) {
    return t.sd1 > 0 || t.sd2 > 0;
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    using std::exp;
    using std::hypot;
    const Real s = hypot(t.sd1, t.sd2);
    const Real d = (t.mean1 - t.mean2) / s;
    const Real u1 = (t.sd1 / s) * (t.sd1 / s), u2 = (t.sd2 / s) * (t.sd2 / s);
    const Real of_d = u1 / t.n1 + u2 / t.n2 + d * d * (u1 * u1 / (t.n1 - 1) + u2 * u2 / (t.n2 - 1)) / 2;
    return {detail::normal_cdf(d), exp(Real(-d * d)) / (2 * detail::pi<Real>()) * of_d};
  }
};

}  // namespace metapool
