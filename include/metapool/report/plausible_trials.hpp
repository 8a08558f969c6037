// SPDX-License-Identifier: BSL-1.0
// Standard deviations of trials, against each other.
#pragma once

#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/report/plausibility.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace metapool {

namespace detail {

template <class Real>
struct sd_of_arm {
  std::size_t trial;
  const char* what;
  Real sd, n;
};

}  // namespace detail

/// Looks for odd numbers in trials with continuous outcomes that are all in the same unit: a standard deviation more than 3 times away
/// from the median of the other trials' arms (at least 3 arms) and outside of their usual scatter, with the guess that it is a standard error
/// (it times sqrt(n) is near the median, within a factor of 1.5) or a variance (its root is); an arm's standard deviation more than 3 times its
/// trial's other, with the same guesses; a standardised mean difference (Hedges' g) beyond 3, held against its value if the standard deviations
/// were standard errors: where standard deviations differ widely among trials, that alone gives a standard error away.
/// Returns one finding a number and rule, in the order of the trials. Throws input_error on a number that breaks its contract.
template <detail::continuous_trials Trials>
auto audit_plausibility(const Trials& trials) {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::fabs;
  using std::log;
  using std::sqrt;
  std::vector<plausibility_finding<Real>> findings;
  std::vector<detail::sd_of_arm<Real>> arms;
  std::size_t index = 0;
  for (const auto& t : trials) {
    check(t, "audit_plausibility");
    if (t.treated.sd && t.treated.total && *t.treated.sd > 0) arms.push_back({index, "treated.sd", *t.treated.sd, *t.treated.total});
    if (t.control.sd && t.control.total && *t.control.sd > 0) arms.push_back({index, "control.sd", *t.control.sd, *t.control.total});
    ++index;
  }
  const Real three = log(Real(3)), near = log(Real(3) / 2);
  const auto guess = [&](const detail::sd_of_arm<Real>& a, const Real& m) {
    if (a.sd < m && detail::apart(Real(a.sd * sqrt(a.n)), m) < near) return plausibility_rule::se_for_sd;
    if (a.sd > m && detail::apart(Real(sqrt(a.sd)), m) < near) return plausibility_rule::variance_for_sd;
    return plausibility_rule::sd_unlike_others;
  };
  index = 0;
  for (const auto& t : trials) {
    std::vector<Real> others, logs;
    for (const auto& a : arms) {
      if (a.trial == index) continue;
      others.push_back(a.sd);
      logs.push_back(log(a.sd));
    }
    bool told = false;
    for (const auto& a : arms) {
      if (a.trial != index || others.size() < 3) continue;
      const Real m = detail::median(others);
      if (!(detail::apart(a.sd, m) > detail::far_from(logs, Real(3)))) continue;
      told = true;
      findings.push_back({t.label, guess(a, m), a.what, a.sd, "median of the other trials' arms", m});
    }
    if (!told && t.treated.sd && t.control.sd && *t.treated.sd > 0 && *t.control.sd > 0 && detail::apart(*t.treated.sd, *t.control.sd) > three) {
      plausibility_finding<Real> f{t.label, plausibility_rule::sd_unlike_others, "treated.sd", *t.treated.sd, "the control arm's", *t.control.sd};
      if (t.treated.total) f.rule = guess({index, "", *t.treated.sd, *t.treated.total}, *t.control.sd);
      const auto other = t.control.total ? guess({index, "", *t.control.sd, *t.control.total}, *t.treated.sd) : plausibility_rule::sd_unlike_others;
      if (f.rule == plausibility_rule::sd_unlike_others && other != f.rule) f = {t.label, other, "control.sd", *t.control.sd, "the treated arm's", *t.treated.sd};
      findings.push_back(f);
    }
    if (is_complete(t)) {
      const auto means = detail::means_of(t);
      if (standardized_mean_difference::defined(means)) {
        const Real g = standardized_mean_difference{}(means).y;
        if (fabs(g) > 3) {
          two_means<Real> as_se = means;
          as_se.sd1 *= sqrt(as_se.n1);
          as_se.sd2 *= sqrt(as_se.n2);
          findings.push_back({t.label, plausibility_rule::large_smd, "standardised mean difference", g, "the same if its deviations were standard errors", standardized_mean_difference{}(as_se).y});
        }
      }
    }
    ++index;
  }
  return findings;
}

}  // namespace metapool
