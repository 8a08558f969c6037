// SPDX-License-Identifier: BSL-1.0
// Change within one group: after minus before. metafor's m1i, sd1i are the measurement that the change is counted to, m2i, sd2i the other;
// its "SMCR" divides by sd1i, which is sd before here.
#pragma once

#include <metapool/data/pre_post.hpp>
#include <metapool/effect/ratio_of_means.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/effect/study_effects.hpp>

#include <cmath>
#include <type_traits>

namespace metapool {

namespace detail {

/// The numbers of a complete group.
template <class Real>
struct change_numbers {
  Real before{}, sd_before{}, after{}, sd_after{}, n{}, r{};
  Real change() const { return after - before; }
  /// Variance of the changes: sd_before^2 + sd_after^2 - 2 r sd_before sd_after, as a sum of terms that are not negative (r >= 0).
  Real variance() const { return squares(sd_before, sd_after); }
  /// The same of the two coefficients of variation: n times the variance of log(after) - log(before). Means not 0.
  Real relative_variance() const { return squares(Real(sd_before / before), Real(sd_after / after)); }

 private:
  Real squares(const Real& x, const Real& y) const {
    if (r * x * y < 0) return x * x + y * y - 2 * r * x * y;
    return (x - y) * (x - y) + 2 * (1 - r) * x * y;
  }
};

template <class Group>
auto change_numbers_of(const Group& g) -> change_numbers<typename std::remove_cvref_t<decltype(g.total)>::value_type> {
  return {*g.before.mean, *g.before.sd, *g.after.mean, *g.after.sd, *g.total, *g.correlation};
}

}  // namespace detail

/// Mean change (metafor's "MC"): y = after - before, v = (sd_before^2 + sd_after^2 - 2 r sd_before sd_after) / n.
/// Scale: identity, in units of the outcome. Domain: n >= 2. 14 significant digits, correlations near 1 included.
struct mean_change {
  static constexpr measure_info info{"mean_change", "MC", "mean change", scale::identity};

  template <class Real>
  static study_status status(const pre_post<Real>& s) {
    return *s.total >= 2 ? study_status::pooled : study_status::too_small;
  }
  template <class Real>
  effect<Real> operator()(const pre_post<Real>& s) const {
    const auto x = detail::change_numbers_of(s);
    return {x.change(), x.variance() / x.n};
  }
};

/// What a mean change is divided by, and the variance that goes with it. metafor's names in brackets; g = J(n - 1) change / divisor.
enum class change_standard {
  sd_of_change,         ///< the changes' standard deviation, v = 1/n + g^2 / (2 n) ["SMCC"]; Gibbons, Hedeker & Davis (1993)
  sd_before,            ///< sd_before, v = 2 (1 - r) / n + g^2 / (2 n) ["SMCR"]; Becker (1988). Assumes equal variances at both occasions
  sd_before_unequal     ///< sd_before, v = sd_change^2 / (sd_before^2 (n - 1)) + g^2 / (2 (n - 1)) ["SMCRH"; times J^2 in version 3.8]; Bonett (2008)
};

/// Standardised mean change. Those divided by sd_before are on the scale of standardised mean differences between arms; those by
/// sd_of_change are not and are larger wherever the correlation is above 0.5: do not pool the two together.
/// Scale: identity, in standard deviations. Domain: n >= 3, a positive divisor (otherwise not_defined). 14 significant digits.
/// Becker (1988) Br J Math Stat Psychol 41:257, doi:10.1111/j.2044-8317.1988.tb00901.x; Gibbons, Hedeker & Davis (1993) J Educ Stat
/// 18:271, doi:10.3102/10769986018003271; Bonett (2008) Psychol Methods 13:99, doi:10.1037/1082-989X.13.2.99.
struct standardized_mean_change {
  static constexpr measure_info info{"standardized_mean_change", "SMC", "standardised mean change", scale::identity};
  change_standard standard = change_standard::sd_before;
  hedges_correction correction = hedges_correction::exact;

  /// For every standard: three patients, and a spread both before and of the changes.
  template <class Real>
  static study_status status(const pre_post<Real>& s) {
    if (!(*s.total >= 3)) return study_status::too_small;
    return *s.before.sd > 0 && detail::change_numbers_of(s).variance() > 0 ? study_status::pooled : study_status::not_defined;
  }
  template <class Real>
  effect<Real> operator()(const pre_post<Real>& s) const {
    return of(detail::change_numbers_of(s));
  }

  /// The same of the numbers of a group.
  template <class Real>
  effect<Real> of(const detail::change_numbers<Real>& x) const {
    using std::sqrt;
    const Real m = x.n - 1;
    const Real j = standardized_mean_difference{correction}.factor(m);
    if (standard == change_standard::sd_of_change) {
      const Real g = j * (x.change() / sqrt(x.variance()));
      return {g, (1 + g * g / 2) / x.n};
    }
    const Real g = j * (x.change() / x.sd_before);
    if (standard == change_standard::sd_before) return {g, (2 * (1 - x.r) + g * g / 2) / x.n};
    return {g, (x.variance() / (x.sd_before * x.sd_before) + g * g / 2) / m};
  }
};

/// Ratio of the means after and before (metafor's "ROMC"): y = log(after / before), by default corrected for its bias like ratio_of_means
/// (metafor 3.8: ratio_correction::none), v = (c_after^2 + c_before^2 - 2 r c_after c_before) / n with c = sd / mean.
/// Scale: log. Domain: n >= 2, both means of one sign, not 0 (otherwise not_defined). 14 significant digits of the larger of y and its correction.
/// Lajeunesse (2011) Ecology 92:2049, doi:10.1890/11-0423.1.
struct ratio_of_means_change {
  static constexpr measure_info info{"ratio_of_means_change", "ROMC", "ratio of means after and before", scale::log};
  ratio_correction correction = ratio_correction::delta;

  template <class Real>
  static study_status status(const pre_post<Real>& s) {
    if (!(*s.total >= 2)) return study_status::too_small;
    return detail::same_sign(*s.after.mean, *s.before.mean) ? study_status::pooled : study_status::not_defined;
  }
  template <class Real>
  effect<Real> operator()(const pre_post<Real>& s) const {
    const auto x = detail::change_numbers_of(s);
    const Real c_after = x.sd_after / x.after, c_before = x.sd_before / x.before;
    Real y = detail::log_ratio_of(x.after, x.before);
    if (correction == ratio_correction::delta) y += (c_after - c_before) * (c_after + c_before) / (2 * x.n);
    return {y, x.relative_variance() / x.n};
  }
};

}  // namespace metapool
