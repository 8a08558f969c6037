// SPDX-License-Identifier: BSL-1.0
// Effect sizes of partial and semi-partial correlations.
#pragma once

#include <metapool/data/partial_correlation.hpp>
#include <metapool/effect/scale.hpp>
#include <metapool/effect/study_effects.hpp>

#include <cstdint>

namespace metapool {

namespace detail {

template <class Real>
Real df_of(const partial_correlation<Real>& s) {
  return *s.total - *s.predictors - 1;
}

}  // namespace detail

/// Partial correlation: y = r, v = (1 - r^2)^2 / df, df = total - predictors - 1 (metafor's "PCOR"). Scale: identity. Domain: df > 0;
/// |r| = 1 has variance 0 and is not pooled. Aloe (2014) J Gen Psychol 141:47.
struct raw_partial_correlation {
  static constexpr measure_info info{"raw_partial_correlation", "PCOR", "partial correlation", scale::identity};

  template <class Real>
  static study_status status(const partial_correlation<Real>& s) {
    return detail::df_of(s) > 0 ? study_status::pooled : study_status::too_small;
  }
  template <class Real>
  effect<Real> operator()(const partial_correlation<Real>& s) const {
    const Real unexplained = (1 - *s.r) * (1 + *s.r);
    return {*s.r, unexplained * unexplained / detail::df_of(s)};
  }
};

/// Variance of Fisher's z of a partial correlation.
enum class partial_z_variance : std::uint8_t {
  fisher,      ///< 1 / (n - s - 3), s = predictors - 1 variables held constant, as for a plain correlation of s patients fewer; Fisher (1924)
  residual_df  ///< 1 / (n - predictors - 1) (metafor 3.8's "ZPCOR")
};

/// Fisher's z of a partial correlation: y = atanh(r). Scale: Fisher's z, read as a correlation. Domain: v's denominator > 0, |r| < 1.
/// Fisher (1924) Metron 3:329.
struct fisher_z_partial_correlation {
  static constexpr measure_info info{"fisher_z_partial_correlation", "PCOR", "partial correlation", scale::fisher_z};
  partial_z_variance variance = partial_z_variance::fisher;

  /// Studies too small for Fisher's variance are not pooled under either.
  template <class Real>
  static study_status status(const partial_correlation<Real>& s) {
    if (!(detail::df_of(s) > 1)) return study_status::too_small;
    return *s.r > -1 && *s.r < 1 ? study_status::pooled : study_status::not_defined;
  }
  template <class Real>
  effect<Real> operator()(const partial_correlation<Real>& s) const {
    const Real df = detail::df_of(s);
    return {from_natural(scale::fisher_z, *s.r), 1 / (variance == partial_z_variance::fisher ? Real(df - 1) : df)};
  }
};

/// Semi-partial correlation: y = r, v = (R^4 - 2 R^2 + S^2 + 1 - S^4) / n with the model's R^2 (r_squared) and S^2 = R^2 - r^2, that of the
/// model without the predictor (metafor's "SPCOR"). Computed as ((1 - R^2)^2 + S^2 (1 - S^2)) / n, which does not cancel.
/// Scale: identity. Domain: r^2 <= R^2 < 1, df > 0; without r_squared the study is not_reported.
/// Aloe & Becker (2012) J Educ Behav Stat 37:278.
struct raw_semi_partial_correlation {
  static constexpr measure_info info{"raw_semi_partial_correlation", "SPCOR", "semi-partial correlation", scale::identity};

  template <class Real>
  static study_status status(const partial_correlation<Real>& s) {
    if (!s.r_squared) return study_status::not_reported;
    if (!(*s.r * *s.r <= *s.r_squared)) return study_status::not_defined;
    return detail::df_of(s) > 0 ? study_status::pooled : study_status::too_small;
  }
  template <class Real>
  effect<Real> operator()(const partial_correlation<Real>& s) const {
    const Real rest = 1 - *s.r_squared, without = *s.r_squared - *s.r * *s.r;
    return {*s.r, (rest * rest + without * (1 - without)) / *s.total};
  }
};

}  // namespace metapool
