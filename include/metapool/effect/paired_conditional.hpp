// SPDX-License-Identifier: BSL-1.0
// Effects within matched pairs, on which only the discordant ones have information. b: treated only, c: control only.
#pragma once

#include <metapool/effect/paired_effects.hpp>
#include <metapool/math/arithmetic.hpp>

namespace metapool {

/// Conditional odds ratio of matched pairs (metafor's "MPORC"): y = log(b / c), v = 1/b + 1/c.
/// Scale: log. Domain: discordant pairs of both kinds (after the zero-cell policy); a study without discordant pairs is dropped as
/// `concordant` unless the policy keeps it. 15 significant digits.
/// Zou (2007) Clin Trials 4:25, doi:10.1177/1740774506075667.
struct paired_conditional_odds_ratio {
  static constexpr measure_info info{"paired_conditional_odds_ratio", "OR", "conditional odds ratio of matched pairs", scale::log};

  template <class Real>
  static bool defined(const paired_table<Real>& t) {
    return t.treated_only > 0 && t.control_only > 0;
  }
  template <class Real>
  static study_status without_information(const paired_table<Real>& t) {
    return t.treated_only == 0 && t.control_only == 0 ? study_status::concordant : study_status::pooled;
  }
  template <class Real>
  effect<Real> operator()(const paired_table<Real>& t) const {
    return {detail::log_ratio(t.treated_only, t.control_only, Real(t.treated_only - t.control_only)), 1 / t.treated_only + 1 / t.control_only};
  }
};

/// Conditional odds ratio of matched pairs by Peto's one step (metafor's "MPPETO"): y = 2 (b - c) / (b + c), v = 4 / (b + c), that is
/// (O - E) / V and 1 / V with b of b + c pairs binomial with probability 1/2.
/// Scale: log. Domain: a discordant pair of either kind, so that nothing is added by default. Close to the conditional odds ratio
/// near 1 only. 15 significant digits.
/// Curtin, Elbourne & Altman (2002) Stat Med 21:2145, doi:10.1002/sim.1206.
struct paired_peto_odds_ratio {
  static constexpr measure_info info{"paired_peto_odds_ratio", "OR", "Peto odds ratio of matched pairs", scale::log};
  using default_policy = no_correction;

  template <class Real>
  static bool defined(const paired_table<Real>& t) {
    return t.treated_only + t.control_only > 0;
  }
  template <class Real>
  static study_status without_information(const paired_table<Real>& t) {
    return paired_conditional_odds_ratio::without_information(t);
  }
  template <class Real>
  effect<Real> operator()(const paired_table<Real>& t) const {
    const Real discordant = t.treated_only + t.control_only;
    return {2 * (t.treated_only - t.control_only) / discordant, 4 / discordant};
  }
};

}  // namespace metapool
