// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/effect/standardized_mean_difference.hpp>
#include <metapool/report/plausibility.hpp>

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace metapool {

/// What a paper prints of a trial beside its counts: the effect (as a reader sees it: a ratio, not its logarithm), the arms' percentages with
/// the event, the patients randomised. decimals: how many the effect is printed with; percent_decimals likewise. What is not printed stays empty.
template <class Real = double>
struct printed_claims {
  std::optional<Real> effect{};
  std::optional<Real> treated_percent{};
  std::optional<Real> control_percent{};
  std::optional<Real> randomised{};
  int decimals = 2;
  int percent_decimals = 0;
};

namespace detail {

/// Half a unit of the last printed decimal.
template <class Real>
Real half_unit(int decimals) {
  Real h = Real(1) / 2;
  for (int i = 0; i < decimals; ++i) h /= 10;
  return h + h / 1000000000;
}

/// The measure of the observed table as a reader sees it; empty where the table does not define it.
template <class Real, class Measure>
std::optional<Real> natural_effect(const two_by_two<Real>& t, const Measure& measure) {
  if (!Measure::defined(t)) return std::nullopt;
  return Real(to_natural(Measure::info.scale, measure(t).y));
}

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

/// Looks for contradictions between trials' counts and what their papers print (claims: one a trial; measure: what the effects are said
/// to be): a percentage that is not its count's to the printed decimals; more patients in the arms than were randomised; an effect that
/// differs from that of its counts by more than rounding and by more than 5 % (of a ratio; 0.01 of a difference; adjusted effects do, and
/// are told of too); an effect that is not the measure's but, to the printed decimals, another's: an "odds ratio" that is a risk ratio.
/// Returns the findings in the order of the trials. Throws input_error on bad counts, or if claims has another size than trials.
template <detail::binary_trials Trials, class Measure>
  requires binary_measure<Measure, typename detail::trial_type<Trials>::real_type>
auto audit_plausibility(const Trials& trials, const Measure& measure,
                        std::span<const printed_claims<typename detail::trial_type<Trials>::real_type>> claims) {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::fabs;
  constexpr const char* function = "audit_plausibility";
  const auto k = static_cast<std::size_t>(std::distance(std::begin(trials), std::end(trials)));
  if (k != claims.size()) detail::throw_input_error(function, std::to_string(claims.size()) + " claims for " + std::to_string(k) + " trials; they must match");
  std::vector<plausibility_finding<Real>> findings;
  std::size_t index = 0;
  for (const auto& t : trials) {
    check(t, function);
    const printed_claims<Real>& c = claims[index++];
    if (c.decimals < 0 || c.decimals > 15 || c.percent_decimals < 0 || c.percent_decimals > 15) {
      detail::throw_input_error(function, "study '" + t.label + "': decimals must lie between 0 and 15");
    }
    const auto percent = [&](const binary_arm<Real>& arm, const std::optional<Real>& printed, const char* what) {
      if (!printed || !arm.events || !arm.total) return;
      const Real actual = 100 * *arm.events / *arm.total;
      if (fabs(Real(actual - *printed)) <= detail::half_unit<Real>(c.percent_decimals)) return;
      findings.push_back({t.label, plausibility_rule::percentage_unlike_count, what, *printed, "per cent of its count", actual});
    };
    percent(t.treated, c.treated_percent, "treated per cent");
    percent(t.control, c.control_percent, "control per cent");
    if (c.randomised && t.treated.total && t.control.total && *t.treated.total + *t.control.total > *c.randomised) {
      findings.push_back({t.label, plausibility_rule::arms_exceed_trial, "patients in both arms", Real(*t.treated.total + *t.control.total), "randomised", *c.randomised});
    }
    if (!c.effect || !is_complete(t)) continue;
    const auto table = table_of(t);
    const auto own = detail::natural_effect(table, measure);
    const Real rounding = detail::half_unit<Real>(c.decimals);
    const auto printed_as = [&](const std::optional<Real>& x) { return x && fabs(Real(*x - *c.effect)) <= rounding; };
    if (!own || printed_as(own)) continue;
    bool told = false;
    const auto other = [&](const auto& candidate) {
      using Candidate = std::remove_cvref_t<decltype(candidate)>;
      if (told || Candidate::info.name == Measure::info.name) return;
      const auto x = detail::natural_effect(table, candidate);
      if (!printed_as(x)) return;
      told = true;
      std::string against(Candidate::info.label);
      against += " of its counts";
      findings.push_back({t.label, plausibility_rule::other_measure, std::string(Measure::info.label), *c.effect, against, *x});
    };
    other(risk_ratio{});
    other(odds_ratio{});
    other(risk_difference{});
    const bool ratio = Measure::info.scale == scale::log;
    const bool far = ratio ? !(*c.effect > 0) || detail::apart(*c.effect, *own) > Real(5) / 100 : fabs(Real(*c.effect - *own)) > Real(1) / 100;
    if (!told && far) {
      std::string against(Measure::info.label);
      against += " of its counts";
      findings.push_back({t.label, plausibility_rule::effect_unlike_counts, std::string(Measure::info.label), *c.effect, against, *own});
    }
  }
  return findings;
}

/// The same from a vector of claims.
template <detail::binary_trials Trials, class Measure>
  requires binary_measure<Measure, typename detail::trial_type<Trials>::real_type>
auto audit_plausibility(const Trials& trials, const Measure& measure, const std::vector<printed_claims<typename detail::trial_type<Trials>::real_type>>& claims) {
  return audit_plausibility(trials, measure, std::span<const printed_claims<typename detail::trial_type<Trials>::real_type>>(claims));
}

}  // namespace metapool
