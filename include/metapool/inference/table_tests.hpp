// SPDX-License-Identifier: BSL-1.0
// Tests over a set of 2x2 tables: association and equality of odds ratios.
#pragma once

#include <metapool/effect/binary_effects.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/chi_squared.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/peto.hpp>

#include <cmath>
#include <cstddef>
#include <string>

namespace metapool {

/// A statistic with its chi-squared test.
template <class Real = double>
struct chi_squared_test {
  std::string method{};
  Real statistic{};
  std::size_t df{};
  Real p{};
};

/// Cochran-Mantel-Haenszel test of no association in any table: (|sum (O - E)| - c)^2 / sum V against chi-squared(1), with V hypergeometric.
/// continuity_correction: c = 1/2 (R's and metafor's default), at most |sum (O - E)|; otherwise c = 0.
/// Tables without information (V = 0) or with missing counts contribute nothing. Throws input_error on bad counts; not_estimable if sum V = 0.
/// Cochran (1954) Biometrics 10:417, doi:10.2307/3001616; Mantel & Haenszel (1959) J Natl Cancer Inst 22:719.
template <detail::binary_trials Trials>
auto cochran_mantel_haenszel(const Trials& trials, bool continuity_correction = true, fractional_counts fractional = fractional_counts::refused)
    -> chi_squared_test<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  using std::fabs;
  Real sum = 0, variance = 0;
  for (const auto& trial : trials) {
    check(trial, "cochran_mantel_haenszel", fractional);
    if (!is_complete(trial)) continue;
    const auto m = detail::hypergeometric_moments(table_of(trial));
    sum += m.o_e;
    variance += m.v;
  }
  if (!(variance > 0)) detail::throw_not_estimable("cochran_mantel_haenszel", "no study has both patients with and patients without the event");
  Real distance = fabs(sum);
  if (continuity_correction) distance = distance > Real(0.5) ? Real(distance - Real(0.5)) : Real(0);
  chi_squared_test<Real> test;
  test.method = continuity_correction ? "Cochran-Mantel-Haenszel, continuity-corrected" : "Cochran-Mantel-Haenszel";
  test.statistic = distance * distance / variance;
  test.df = 1;
  test.p = detail::chi_squared_upper_tail<Real>(test.statistic, Real(1));
  return test;
}

namespace detail {

/// The expected treated events of a table with the same margins whose odds ratio is psi > 0.
template <class Real>
Real expected_given_odds_ratio(const two_by_two<Real>& t, const Real& psi) {
  using std::sqrt;
  const Real n1 = t.treated_total(), n2 = t.control_total(), events = t.a + t.c;
  if (psi == Real(1)) return n1 * (events / (n1 + n2));
  // (1 - psi) A^2 + b A - psi events n1 = 0, the root between max(0, events - n2) and min(events, n1), in the form that does not cancel
  const Real b = n2 - events + psi * (events + n1);
  const Real root = sqrt(Real(b * b + 4 * (1 - psi) * psi * events * n1));
  return b > 0 ? Real(2 * psi * events * n1 / (b + root)) : Real((root - b) / (2 * (1 - psi)));
}

template <class Trials>
auto odds_ratio_homogeneity(const Trials& trials, bool tarone, const char* function, fractional_counts fractional)
    -> chi_squared_test<typename trial_type<Trials>::real_type> {
  using Real = typename trial_type<Trials>::real_type;
  using std::exp;
  const Real psi = exp(mantel_haenszel(trials, odds_ratio{}, no_correction{}, fractional).estimate);
  Real statistic = 0, sum = 0, sum_variance = 0;
  std::size_t strata = 0;
  for (const auto& trial : trials) {
    if (!is_complete(trial)) continue;
    const two_by_two<Real> t = table_of(trial);
    if (odds_ratio::uninformative(t)) continue;
    const Real a = expected_given_odds_ratio(t, psi);
    const Real b = t.treated_total() - a, c = t.a + t.c - a;
    const Real d = t.control_total() - c;
    const Real variance = 1 / (1 / a + 1 / b + 1 / c + 1 / d);
    statistic += (t.a - a) * (t.a - a) / variance;
    sum += t.a - a;
    sum_variance += variance;
    ++strata;
  }
  if (strata < 2) throw_not_estimable(function, "fewer than two studies carry information on the odds ratio");
  chi_squared_test<Real> test;
  test.method = tarone ? "Tarone" : "Breslow-Day";
  // not below 0, which only rounding can bring about (equal tables)
  const Real correction = sum * sum / sum_variance;
  test.statistic = !tarone ? statistic : statistic > correction ? Real(statistic - correction) : Real(0);
  test.df = strata - 1;
  test.p = chi_squared_upper_tail<Real>(test.statistic, static_cast<Real>(test.df));
  return test;
}

}  // namespace detail

/// Breslow and Day's test that all tables have one odds ratio, at the Mantel-Haenszel estimate. Tables with a zero margin are skipped.
/// Throws input_error on bad counts; not_estimable if the Mantel-Haenszel odds ratio is 0 or infinite, or fewer than two tables remain.
/// Breslow & Day (1980) Statistical Methods in Cancer Research I, IARC, p. 142.
template <detail::binary_trials Trials>
auto breslow_day(const Trials& trials, fractional_counts fractional = fractional_counts::refused) {
  return detail::odds_ratio_homogeneity(trials, false, "breslow_day", fractional);
}

/// Tarone's correction of Breslow and Day's test, for the Mantel-Haenszel estimate not being the maximum of the likelihood. Errors as breslow_day.
/// Tarone (1985) Biometrika 72:91, doi:10.1093/biomet/72.1.91.
template <detail::binary_trials Trials>
auto tarone(const Trials& trials, fractional_counts fractional = fractional_counts::refused) {
  return detail::odds_ratio_homogeneity(trials, true, "tarone", fractional);
}

}  // namespace metapool
