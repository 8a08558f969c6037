// SPDX-License-Identifier: BSL-1.0
// Standardised mean differences from 2x2 tables, for outcomes that are a continuous one cut in two.
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/binary_effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/normal.hpp>

#include <cmath>
#include <type_traits>

namespace metapool {

/// The distribution within each arm that an odds ratio is turned into a standardised mean difference by.
enum class latent_distribution {
  logistic,  ///< log OR * sqrt(3) / pi (metafor's "OR2DL"); Hasselblad & Hedges (1995), Chinn (2000)
  normal     ///< log OR / 1.65 (metafor's "OR2DN"); Cox & Snell (1989)
};

/// Standardised mean difference from an odds ratio: y = s log(a d / (b c)), v = s^2 (1/a + 1/b + 1/c + 1/d), with s by latent_distribution.
/// Positive where the treated arm has more events. Scale: identity, in standard deviations of the outcome that was dichotomised, to be
/// pooled with standardised mean differences. Domain: all four cells positive (after the zero-cell policy). 14 significant digits.
/// Hasselblad & Hedges (1995) Psychol Bull 117:167, doi:10.1037/0033-2909.117.1.167; Sanchez-Meca, Marin-Martinez & Chacon-Moscoso
/// (2003) Psychol Methods 8:448, doi:10.1037/1082-989X.8.4.448.
struct smd_from_odds_ratio {
  static constexpr measure_info info{"smd_from_odds_ratio", "SMD", "standardised mean difference (from the odds ratio)", scale::identity};
  latent_distribution distribution = latent_distribution::logistic;

  template <class Real>
  static bool defined(const two_by_two<Real>& t) {
    return odds_ratio::defined(t);
  }
  template <class Real>
  static bool uninformative(const two_by_two<Real>& t) {
    return odds_ratio::uninformative(t);
  }

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    using std::sqrt;
    const effect<Real> e = odds_ratio{}(t);
    const Real s = distribution == latent_distribution::normal ? Real(Real(20) / 33) : Real(sqrt(Real(3)) / detail::pi<Real>());
    return {s * e.y, s * s * e.v};
  }
};

namespace detail {

/// z with P(Z <= z) = part / (part + rest), by the smaller of the two tails.
template <class Real>
Real probit_of_counts(const Real& part, const Real& rest) {
  const Real n = part + rest;
  return part < rest ? normal_quantile(Real(part / n)) : normal_upper_quantile(Real(rest / n));
}

/// 1 / phi(z)^2 p (1 - p) / n, the variance of the probit of a proportion.
template <class Real>
Real probit_variance(const Real& z, const Real& part, const Real& rest) {
  using std::exp;
  const Real n = part + rest;
  return 2 * pi<Real>() * exp(Real(z * z)) * (part / n) * (rest / n) / n;
}

/// z1 - z2 for the probits of two proportions whose difference is known without cancellation. Close together (built-in types) from
/// difference = Phi(m + h/2) - Phi(m - h/2) = phi(m) h (1 + (m^2 - 1) h^2 / 24 + (m^4 - 6 m^2 + 3) h^4 / 1920 + ...), m = (z1 + z2) / 2.
template <class Real>
Real probit_difference_of(const Real& z1, const Real& z2, const Real& difference) {
  using std::exp;
  using std::fabs;
  using std::sqrt;
  const Real plain = z1 - z2;
  if constexpr (std::is_floating_point_v<Real>) {
    const Real m = (z1 + z2) / 2, m2 = m * m;
    if (fabs(plain) * (1 + fabs(m)) < Real(0.01)) {
      const Real first = difference * sqrt(2 * pi<Real>()) * exp(m2 / 2);
      Real h = first;
      for (int i = 0; i < 3; ++i) {  // each round gains a factor of 10^4
        const Real h2 = h * h;
        h = first / (1 + (m2 - 1) * h2 / 24 + (m2 * m2 - 6 * m2 + 3) * h2 * h2 / 1920);
      }
      return h;
    }
  }
  return plain;
}

}  // namespace detail

/// Probit difference: y = z(a / n1) - z(c / n2) with z the quantile of the standard normal distribution, an estimate of the standardised
/// mean difference if the outcome was cut from normally distributed ones with equal variances (metafor's "PBIT").
/// v = sum over arms of 2 pi p (1 - p) exp(z^2) / n, by the delta method.
/// Scale: identity, in standard deviations; positive where the treated arm has more events. Domain: all four cells positive (after the
/// zero-cell policy). 13 significant digits, also where the two risks are close.
/// Sanchez-Meca, Marin-Martinez & Chacon-Moscoso (2003) Psychol Methods 8:448, doi:10.1037/1082-989X.8.4.448.
struct probit_difference : detail::needs_all_cells {
  static constexpr measure_info info{"probit_difference", "SMD", "standardised mean difference (from probits)", scale::identity};

  template <class Real>
  effect<Real> operator()(const two_by_two<Real>& t) const {
    const Real z1 = detail::probit_of_counts(t.a, t.b), z2 = detail::probit_of_counts(t.c, t.d);
    return {detail::probit_difference_of(z1, z2, risk_difference{}(t).y),
            detail::probit_variance(z1, t.a, t.b) + detail::probit_variance(z2, t.c, t.d)};
  }
};

}  // namespace metapool
