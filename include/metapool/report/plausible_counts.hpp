// SPDX-License-Identifier: BSL-1.0
// What papers print of trials, against the trials' counts.
#pragma once

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/report/plausibility.hpp>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
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

}  // namespace detail

/// Looks for contradictions between trials' counts and what their papers print (claims: one a trial; measure: what the effects are said
/// to be): a percentage that is not its count's to the printed decimals; more patients in the arms than were randomised; an effect that
/// differs from that of its counts by more than rounding and by more than 5 % (of a ratio; 0.01 of a difference; adjusted effects do, and
/// are told of too; where a zero cell leaves the measure undefined, that of the counts with 0.5 added to each); an effect that is not the measure's but, to the printed decimals, another's: an "odds ratio" that is a risk ratio.
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
  const Real half = Real(1) / 2;
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
    auto own = detail::natural_effect(table, measure);
    std::string of_counts = " of its counts";
    if (!own && table.a + table.c > 0) {
      own = detail::natural_effect(two_by_two<Real>{table.a + half, table.b + half, table.c + half, table.d + half}, measure);
      of_counts += ", 0.5 added to each";
    }
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
      against += of_counts;
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
