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
#include <cstdint>
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

/// The continuity correction of the Cochran-Mantel-Haenszel test. The three that correct differ only if |sum (O - E)| < 1/2.
enum class cmh_correction : std::uint8_t {
  none,             ///< none
  half,             ///< 1/2, but at most |sum (O - E)|: the statistic is 0 there
  half_as_r,        ///< 1/2, but none there (R's mantelhaen.test)
  half_as_metafor   ///< always 1/2: the statistic rises again towards sum (O - E) = 0 (metafor's rma.mh)
};

/// Cochran-Mantel-Haenszel test of no association in any table: (|sum (O - E)| - c)^2 / sum V against chi-squared(1), with V hypergeometric
/// and c the correction.
/// Tables without information (V = 0) or with missing counts contribute nothing. Throws input_error on bad counts; not_estimable if sum V = 0.
/// Cochran (1954) Biometrics 10:417, doi:10.2307/3001616; Mantel & Haenszel (1959) J Natl Cancer Inst 22:719.
template <detail::binary_trials Trials>
auto cochran_mantel_haenszel(const Trials& trials, cmh_correction correction = cmh_correction::half,
                             fractional_counts fractional = fractional_counts::refused)
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
  const bool within = distance < Real(0.5);
  if (correction != cmh_correction::none && !(within && correction == cmh_correction::half_as_r)) {
    distance = within && correction == cmh_correction::half ? Real(0) : Real(distance - Real(0.5));
  }
  chi_squared_test<Real> test;
  test.method = correction != cmh_correction::none ? "Cochran-Mantel-Haenszel, continuity-corrected" : "Cochran-Mantel-Haenszel";
  test.statistic = distance * distance / variance;
  test.df = 1;
  test.p = detail::chi_squared_upper_tail<Real>(test.statistic, Real(1));
  return test;
}

namespace detail {

/// Observed minus expected treated events of a table, the expected ones being those of the table with the same margins whose odds ratio
/// is exp(log_psi). The other cells differ by the same amount, with signs.
template <class Real>
Real excess_over_odds_ratio(const two_by_two<Real>& t, const Real& log_psi) {
  using std::exp, std::expm1, std::sqrt;
  if (log_psi > 0) return -excess_over_odds_ratio(two_by_two<Real>{t.c, t.d, t.a, t.b}, Real(-log_psi));  // so that psi <= 1
  // (a - x)(d - x) = psi (b + x)(c + x): (1 - psi) x^2 - s x + (a d - psi b c) = 0, s = a + d + psi (b + c), in the form that does not cancel;
  // a d - psi b c as (a d - b c) + (1 - psi) b c, and s^2 - 4 (1 - psi)(a d - psi b c) as the sum of a square and a product
  const Real psi = exp(log_psi), one_less_psi = -expm1(log_psi);
  const Real n1 = t.treated_total(), events = t.a + t.c;
  const Real m = t.control_total() - events + psi * (events + n1);
  const Real root = sqrt(Real(m * m + 4 * one_less_psi * psi * events * n1));
  const Real product = difference_of_products(t.a, t.d, t.b, t.c) + one_less_psi * t.b * t.c;
  return 2 * product / (t.a + t.d + psi * (t.b + t.c) + root);
}

template <class Trials>
auto odds_ratio_homogeneity(const Trials& trials, bool tarone, const char* function, fractional_counts fractional)
    -> chi_squared_test<typename trial_type<Trials>::real_type> {
  using Real = typename trial_type<Trials>::real_type;
  const Real log_psi = mantel_haenszel(trials, odds_ratio{}, no_correction{}, fractional).estimate;
  Real statistic = 0, sum = 0, sum_variance = 0;
  std::size_t strata = 0;
  for (const auto& trial : trials) {
    if (!is_complete(trial)) continue;
    const two_by_two<Real> t = table_of(trial);
    if (odds_ratio::uninformative(t)) continue;
    const Real excess = excess_over_odds_ratio(t, log_psi);
    const Real variance = 1 / (1 / (t.a - excess) + 1 / (t.b + excess) + 1 / (t.c + excess) + 1 / (t.d - excess));
    statistic += excess * excess / variance;
    sum += excess;
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
