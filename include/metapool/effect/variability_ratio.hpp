// SPDX-License-Identifier: BSL-1.0
// Ratios of the spread of two arms.
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/ratio_of_means.hpp>

namespace metapool {

namespace detail {

/// (1 / (n1 - 1) - 1 / (n2 - 1)) / 2, the bias of log(sd2 / sd1), in a form that does not cancel.
template <class Real>
Real log_sd_correction(const two_means<Real>& t) {
  return (t.n2 - t.n1) / (2 * (t.n1 - 1) * (t.n2 - 1));
}

}  // namespace detail

/// Variability ratio: y = log(sd1 / sd2) + 1 / (2 (n1 - 1)) - 1 / (2 (n2 - 1)), v = 1 / (2 (n1 - 1)) + 1 / (2 (n2 - 1)).
/// Scale: log. Domain: n1, n2 >= 2, both standard deviations positive (otherwise not_defined). The means play no part. 14 significant digits.
/// Nakagawa et al. (2015) Methods Ecol Evol 6:143, doi:10.1111/2041-210x.12309.
struct variability_ratio {
  static constexpr measure_info info{"variability_ratio", "VR", "variability ratio", scale::log};

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 2;
  }
  template <class Real>
  static bool in_domain(const two_means<Real>& t) {
    return t.sd1 > 0 && t.sd2 > 0;
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    return {detail::log_ratio_of(t.sd1, t.sd2) + detail::log_sd_correction(t), (1 / (t.n1 - 1) + 1 / (t.n2 - 1)) / 2};
  }
};

/// Corrections of the logarithm of a ratio of coefficients of variation.
enum class cvr_correction {
  sd_and_mean,  ///< + 1/(2 (n1 - 1)) - 1/(2 (n2 - 1)) - (sd1^2 / (n1 mean1^2) - sd2^2 / (n2 mean2^2)) / 2 (metafor 5); Senior et al. (2020)
  sd            ///< the first two terms (metafor 3.8); Nakagawa et al. (2015)
};

/// Ratio of coefficients of variation: y = log((sd1 / mean1) / (sd2 / mean2)) + corrections (cvr_correction),
/// v = 1/(2 (n1 - 1)) + 1/(2 (n2 - 1)) + sd1^2 / (n1 mean1^2) + sd2^2 / (n2 mean2^2): equation 12 of Nakagawa et al. without the terms
/// in the correlation of mean and variance, which is 0 for normally distributed data.
/// Scale: log. Domain: n1, n2 >= 2, both standard deviations and both means positive (otherwise not_defined).
/// 14 significant digits of the larger of y and its terms.
/// Nakagawa et al. (2015) Methods Ecol Evol 6:143, doi:10.1111/2041-210x.12309.
struct coefficient_of_variation_ratio {
  static constexpr measure_info info{"coefficient_of_variation_ratio", "CVR", "ratio of coefficients of variation", scale::log};
  cvr_correction correction = cvr_correction::sd_and_mean;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 >= 2 && t.n2 >= 2;
  }
  template <class Real>
  static bool in_domain(const two_means<Real>& t) {
    return t.sd1 > 0 && t.sd2 > 0 && t.mean1 > 0 && t.mean2 > 0;
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    const effect<Real> sds = variability_ratio{}(t);
    const auto of_means = correction == cvr_correction::sd ? ratio_correction::none : ratio_correction::delta;
    const effect<Real> means = ratio_of_means{.correction = of_means}(t);
    return {sds.y - means.y, sds.v + means.v};
  }
};

}  // namespace metapool
