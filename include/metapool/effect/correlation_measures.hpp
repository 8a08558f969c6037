// SPDX-License-Identifier: BSL-1.0
// Effect sizes of a correlation.
#pragma once

#include <metapool/data/correlation.hpp>
#include <metapool/effect/olkin_pratt.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/effect/study_effects.hpp>

namespace metapool {

/// Raw correlation: y = r, v = (1 - r^2)^2 / (n - 1) (metafor's "COR"). Scale: identity. Domain: n >= 2; |r| = 1 has variance 0 and is not
/// pooled. 1 - r^2 is (1 - r)(1 + r), right to the last digits also next to |r| = 1. Intervals can leave [-1, 1]; see fisher_z_correlation.
struct raw_correlation {
  static constexpr measure_info info{"raw_correlation", "COR", "correlation", scale::identity};

  template <class Real>
  static study_status status(const correlation<Real>& s) {
    return *s.total >= 2 ? study_status::pooled : study_status::too_small;
  }
  template <class Real>
  effect<Real> operator()(const correlation<Real>& s) const {
    const Real unexplained = (1 - *s.r) * (1 + *s.r);
    return {*s.r, unexplained * unexplained / (*s.total - 1)};
  }
};

/// Unbiased correlation: y = olkin_pratt(r, n), v = (1 - y^2)^2 / (n - 1) (metafor's "UCOR" with its default variance). Scale: identity.
/// Domain: n >= 5; |r| = 1 has variance 0 and is not pooled. 14 significant digits of y and v, also next to |r| = 1.
/// Olkin & Pratt (1958) Ann Math Stat 29:201, doi:10.1214/aoms/1177706717.
struct unbiased_correlation {
  static constexpr measure_info info{"unbiased_correlation", "UCOR", "bias-corrected correlation", scale::identity};

  template <class Real>
  static study_status status(const correlation<Real>& s) {
    return *s.total >= 5 ? study_status::pooled : study_status::too_small;
  }
  template <class Real>
  effect<Real> operator()(const correlation<Real>& s) const {
    const Real unexplained = detail::olkin_pratt_unexplained(*s.r, *s.total);
    return {olkin_pratt(*s.r, *s.total), unexplained * unexplained / (*s.total - 1)};
  }
};

/// Fisher's z: y = atanh(r), v = 1 / (n - 3) (metafor's "ZCOR"). Scale: Fisher's z, read as a correlation. Domain: n >= 4, |r| < 1 (z of
/// |r| = 1 is infinite: the study is not pooled, with status not_defined). 15 significant digits, also next to |r| = 1.
/// Fisher (1921) Metron 1:3.
struct fisher_z_correlation {
  static constexpr measure_info info{"fisher_z_correlation", "COR", "correlation", scale::fisher_z};

  template <class Real>
  static study_status status(const correlation<Real>& s) {
    if (!(*s.total >= 4)) return study_status::too_small;
    return *s.r > -1 && *s.r < 1 ? study_status::pooled : study_status::not_defined;
  }
  template <class Real>
  effect<Real> operator()(const correlation<Real>& s) const {
    return {from_natural(scale::fisher_z, *s.r), 1 / (*s.total - 3)};
  }
};

}  // namespace metapool
