// SPDX-License-Identifier: BSL-1.0
// Differences in differences: change in the treated arm minus change in the control arm, change being after minus before.
#pragma once

#include <metapool/data/pre_post.hpp>
#include <metapool/effect/change_measures.hpp>
#include <metapool/effect/hedges_correction.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/effect/study_effects.hpp>

#include <cmath>

namespace metapool {

/// Difference of the arms' mean changes: y = change of the treated arm - change of the control arm, v the sum of the arms' mean_change
/// variances. Scale: identity, in units of the outcome. Domain: two patients or more in each arm. 14 significant digits.
/// Source of the variance: that of a difference of independent means.
struct mean_change_difference {
  static constexpr measure_info info{"mean_change_difference", "MD", "difference of mean changes", scale::identity};

  template <class Real>
  static study_status status(const pre_post_trial<Real>& s) {
    return *s.treated.total >= 2 && *s.control.total >= 2 ? study_status::pooled : study_status::too_small;
  }
  template <class Real>
  effect<Real> operator()(const pre_post_trial<Real>& s) const {
    const auto t = detail::change_numbers_of(s.treated), c = detail::change_numbers_of(s.control);
    return {t.change() - c.change(), t.variance() / t.n + c.variance() / c.n};
  }
};

/// How the difference of two changes is standardised.
enum class change_difference_standard {
  /// Morris's d_ppc2: y = J(m) (change_treated - change_control) / s with s the pooled standard deviation before, m = n_t + n_c - 2, and
  /// v = J^2 m / (m - 2) (A + y^2) - y^2, A = 2 (1 - r_t) / n_t + 2 (1 - r_c) / n_c (Morris's equation 25, where r_t = r_c). The best of
  /// his three: less biased and more precise than the next.
  pooled_before,
  /// Each arm by its own standard deviation before: the difference of two standardized_mean_changes (sd_before), the variances added
  /// (Becker 1988; Morris's d_ppc1).
  own_before
};

/// Standardised difference of changes of two arms. Scale: identity, in standard deviations before. Domain: three patients or more in each arm
/// and a spread before in each (otherwise not_defined). The correction J is exact by default; Morris uses the approximate one.
/// 13 significant digits.
/// Morris (2008) Organ Res Methods 11:364, doi:10.1177/1094428106291059; Becker (1988) Br J Math Stat Psychol 41:257,
/// doi:10.1111/j.2044-8317.1988.tb00901.x.
struct standardized_change_difference {
  static constexpr measure_info info{"standardized_change_difference", "SMD", "standardised difference of changes", scale::identity};
  change_difference_standard standard = change_difference_standard::pooled_before;
  hedges_correction correction = hedges_correction::exact;

  template <class Real>
  static study_status status(const pre_post_trial<Real>& s) {
    if (!(*s.treated.total >= 3 && *s.control.total >= 3)) return study_status::too_small;
    return *s.treated.before.sd > 0 && *s.control.before.sd > 0 ? study_status::pooled : study_status::not_defined;
  }
  template <class Real>
  effect<Real> operator()(const pre_post_trial<Real>& s) const {
    using std::sqrt;
    const auto t = detail::change_numbers_of(s.treated), c = detail::change_numbers_of(s.control);
    if (standard == change_difference_standard::own_before) {
      const standardized_mean_change arm{.standard = change_standard::sd_before, .correction = correction};
      const effect<Real> of_t = arm.of(t), of_c = arm.of(c);
      return {of_t.y - of_c.y, of_t.v + of_c.v};
    }
    const Real m = t.n + c.n - 2;
    const Real pooled = sqrt(Real(((t.n - 1) * t.sd_before * t.sd_before + (c.n - 1) * c.sd_before * c.sd_before) / m));
    const Real g = standardized_mean_difference{correction}.factor(m) * ((t.change() - c.change()) / pooled);
    const Real base = 2 * (1 - t.r) / t.n + 2 * (1 - c.r) / c.n;
    // J^2 m / (m - 2) = 1 + excess / (m - 2), so that y^2 does not cancel
    const Real excess = detail::hedges_excess(correction, m) / (m - 2);
    return {g, base * (1 + excess) + excess * g * g};
  }
};

}  // namespace metapool
