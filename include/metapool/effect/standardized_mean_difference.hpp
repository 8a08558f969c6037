// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/continuous_effects.hpp>
#include <metapool/effect/hedges_correction.hpp>

#include <cmath>
#include <optional>

namespace metapool {

/// Sampling variance of the standardised mean difference g = J d. metafor's vtype in brackets.
enum class smd_variance {
  large_sample,          ///< 1/n1 + 1/n2 + g^2 / (2 (n1 + n2)) ["LS"]; Hedges (1982)
  large_sample_squared,  ///< J^2 (1/n1 + 1/n2 + d^2 / (2 (n1 + n2))) ["LS2"]; Borenstein et al. (2009)
  unbiased,              ///< 1/n1 + 1/n2 + (1 - (m - 2) / (m J^2)) g^2 ["UB"]; Hedges (1983)
  average                ///< 1/n1 + 1/n2 + gbar^2 / (2 (n1 + n2)), gbar the mean of the studies' g weighted by n1 + n2 ["AV"]
};

template <class Real>
struct smd_with_average;

/// Standardised mean difference: g = J(m) (mean1 - mean2) / s with the pooled standard deviation s and m = n1 + n2 - 2.
/// Scale: identity, in standard deviations. Domain: m >= 2, s > 0 (a study with s = 0 has no standardised effect and is refused).
/// Hedges (1981) J Educ Stat 6:107, doi:10.3102/10769986006002107.
struct standardized_mean_difference {
  static constexpr measure_info info{"standardized_mean_difference", "SMD", "standardised mean difference", scale::identity};
  hedges_correction correction = hedges_correction::exact;
  smd_variance variance = smd_variance::large_sample;

  template <class Real>
  static bool defined(const two_means<Real>& t) {
    return t.n1 + t.n2 >= 4 && ((t.n1 > 1 && t.sd1 > 0) || (t.n2 > 1 && t.sd2 > 0));
  }

  /// The correction factor J at m degrees of freedom.
  template <class Real>
  Real factor(const Real& m) const {
    if (correction == hedges_correction::none) return Real(1);
    if (correction == hedges_correction::approximate) return 1 - 3 / (4 * m - 1);
    return hedges_j(m);
  }

  template <class Real>
  effect<Real> operator()(const two_means<Real>& t) const {
    return evaluate(t, std::optional<Real>{});
  }

  /// The measure with the mean of all studies' g, which smd_variance::average needs for the variance of each.
  template <class Real, class Trials>
  smd_with_average<Real> prepared(const Trials& trials) const {
    if (variance != smd_variance::average) return {*this, std::nullopt};
    Real sum = 0;
    Real n = 0;
    for (const auto& trial : trials) {
      if (!is_complete(trial)) continue;
      const two_means<Real> t = detail::means_of(trial);
      if (!defined(t)) continue;
      sum += (t.n1 + t.n2) * evaluate(t, std::optional<Real>{Real(0)}).y;
      n += t.n1 + t.n2;
    }
    return {*this, n > 0 ? std::optional<Real>(sum / n) : std::nullopt};
  }

  template <class Real>
  effect<Real> evaluate(const two_means<Real>& t, const std::optional<Real>& average) const {
    using std::sqrt;
    const Real m = t.n1 + t.n2 - 2;
    const Real s = sqrt(Real(((t.n1 - 1) * t.sd1 * t.sd1 + (t.n2 - 1) * t.sd2 * t.sd2) / m));
    const Real j = factor(m);
    const Real d = (t.mean1 - t.mean2) / s;
    const Real g = j * d;
    const Real base = 1 / t.n1 + 1 / t.n2;
    const Real twice_n = 2 * (t.n1 + t.n2);
    switch (variance) {
      case smd_variance::large_sample_squared: return {g, j * j * (base + d * d / twice_n)};
      case smd_variance::unbiased: return {g, base + detail::hedges_excess(correction, m) / (m * j * j) * g * g};
      case smd_variance::average: {
        const Real mean = average.value_or(g);
        return {g, base + mean * mean / twice_n};
      }
      case smd_variance::large_sample: break;
    }
    return {g, base + g * g / twice_n};
  }
};

/// A standardized_mean_difference that knows the average g of its set.
template <class Real>
struct smd_with_average {
  standardized_mean_difference measure;
  std::optional<Real> average;
  effect<Real> operator()(const two_means<Real>& t) const { return measure.evaluate(t, average); }
};

}  // namespace metapool
