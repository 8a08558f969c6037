// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/model/fit.hpp>
#include <metapool/model/inverse_variance.hpp>
#include <metapool/model/mantel_haenszel_fit.hpp>

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace metapool {

namespace detail {

/// Sums of the Mantel-Haenszel estimators over tables.
template <class Real>
struct mantel_haenszel_sums {
  Real r{}, s{};          ///< numerator and denominator of the ratio; the risk difference is r / s
  Real r_minus_s{};       ///< without cancellation
  Real p{};               ///< Greenland-Robins numerator (RR); Sato's P (RD)
  Real pr{}, ps_qr{}, qs{};  ///< Robins-Breslow-Greenland
  Real j{};               ///< Sato's second sum (RD)
};

template <class Real>
void add_table(mantel_haenszel_sums<Real>& m, const two_by_two<Real>& t, const risk_ratio&, Real& weight) {
  const Real n1 = t.treated_total(), n2 = t.control_total(), n = t.total();
  weight = t.c * n1 / n;
  m.r += t.a * n2 / n;
  m.s += weight;
  m.r_minus_s += difference_of_products(t.a, t.d, t.b, t.c) / n;
  // n1 n2 (a + c) - a c n, in the form without a difference
  m.p += (t.a * t.d * n1 + t.b * t.c * n2) / (n * n);
}

template <class Real>
void add_table(mantel_haenszel_sums<Real>& m, const two_by_two<Real>& t, const odds_ratio&, Real& weight) {
  const Real n = t.total();
  const Real r = t.a * t.d / n, s = t.b * t.c / n, p = (t.a + t.d) / n, q = (t.b + t.c) / n;
  weight = s;
  m.r += r;
  m.s += s;
  m.r_minus_s += difference_of_products(t.a, t.d, t.b, t.c) / n;
  m.pr += p * r;
  m.ps_qr += p * s + q * r;
  m.qs += q * s;
}

template <class Real>
void add_table(mantel_haenszel_sums<Real>& m, const two_by_two<Real>& t, const risk_difference&, Real& weight) {
  const Real n1 = t.treated_total(), n2 = t.control_total(), n = t.total();
  weight = n1 * (n2 / n);
  m.r += difference_of_products(t.a, t.d, t.b, t.c) / n;
  m.s += weight;
  m.p += (n1 * n1 * t.c - n2 * n2 * t.a + n1 * n2 * (n2 - n1) / 2) / (n * n);
  m.j += (t.a * t.d + t.b * t.c) / (2 * n);
}

/// Estimate and variance on the pooling scale; false if the sums do not determine them.
template <class Real>
bool mantel_haenszel_estimate(const mantel_haenszel_sums<Real>& m, const risk_ratio&, Real& estimate, Real& variance) {
  if (!(m.r > 0 && m.s > 0)) return false;
  estimate = log_ratio(m.r, m.s, m.r_minus_s);
  variance = m.p / (m.r * m.s);
  return true;
}

template <class Real>
bool mantel_haenszel_estimate(const mantel_haenszel_sums<Real>& m, const odds_ratio&, Real& estimate, Real& variance) {
  if (!(m.r > 0 && m.s > 0)) return false;
  estimate = log_ratio(m.r, m.s, m.r_minus_s);
  variance = (m.pr / (m.r * m.r) + m.ps_qr / (m.r * m.s) + m.qs / (m.s * m.s)) / 2;
  return true;
}

template <class Real>
bool mantel_haenszel_estimate(const mantel_haenszel_sums<Real>& m, const risk_difference&, Real& estimate, Real& variance) {
  if (!(m.s > 0)) return false;
  using std::abs;
  estimate = m.r / m.s;
  const Real d_p = estimate * m.p, sum = d_p + m.j;
  // all patients of one arm and none of the other had the event: what is left of the two is rounding, and the variance is 0
  variance = sum > 32 * std::numeric_limits<Real>::epsilon() * (abs(d_p) + m.j) ? Real(sum / (m.s * m.s)) : Real(0);
  return true;
}

}  // namespace detail

/// Measures that have a Mantel-Haenszel estimator.
template <class M>
concept mantel_haenszel_measure = std::same_as<M, risk_ratio> || std::same_as<M, odds_ratio> || std::same_as<M, risk_difference>;

/// Mantel-Haenszel pooling of 2x2 tables: common risk ratio, odds ratio or risk difference.
///
/// measure: risk_ratio{} (variance: Greenland & Robins 1985), odds_ratio{} (Robins, Breslow & Greenland 1986), risk_difference{} (Sato, Greenland & Robins 1989).
/// policy: what is added to the tables before they are summed. The default adds nothing, which the method does not need (metafor, Stata's
/// metan); constant_correction{} adds 0.5 to the tables with a zero cell, which is RevMan 5's way.
/// Studies without information on the measure contribute nothing either way; study effects (fit.data: plots, Q) are always those with 0.5
/// in the studies with a zero cell, and their record says so. Q is taken around the Mantel-Haenszel estimate with weights 1/v.
/// Scale: logarithms for ratios. weights: each table's share of the denominator's sum.
/// Throws input_error on bad counts or without studies; not_estimable if the sums do not determine the estimate (no events in one
/// arm of any study for the RR; a zero diagonal sum for the OR) or its variance is zero. 13 significant digits;
/// the variance of a risk difference next to 1 or -1 loses as many as the number of patients has, by cancellation.
/// Mantel & Haenszel (1959) J Natl Cancer Inst 22:719; Greenland & Robins (1985) Biometrics 41:55, doi:10.2307/2530643;
/// Robins, Breslow & Greenland (1986) Biometrics 42:311, doi:10.2307/2531052; Sato, Greenland & Robins (1989) Biometrics 45:1323.
template <detail::binary_trials Trials, mantel_haenszel_measure Measure, class Policy = no_correction>
auto mantel_haenszel(const Trials& trials, const Measure& measure, const Policy& policy = {}, fractional_counts fractional = fractional_counts::refused)
    -> model_fit<typename detail::trial_type<Trials>::real_type> {
  using Real = typename detail::trial_type<Trials>::real_type;
  constexpr const char* function = "mantel_haenszel";
  auto fit = detail::begin_mantel_haenszel(trials, measure, policy, fractional);

  detail::zero_cell_context<Real> context;
  for (const auto& trial : trials) {
    if (is_complete(trial) && !detail::dropped_as_double_zero(table_of(trial), policy.double_zeros, measure)) context.see(table_of(trial), policy);
  }
  detail::mantel_haenszel_sums<Real> sums;
  std::size_t index = 0, corrected = 0;
  for (const auto& trial : trials) {
    if (fit.data.audit[index++].status != study_status::pooled) continue;
    const two_by_two<Real> t = table_of(trial);
    const auto added = detail::additions(policy, t, context, std::same_as<Measure, risk_ratio>);
    corrected += added[0] != Real(0);
    Real weight{};
    detail::add_table(sums, detail::plus(t, added), measure, weight);
    fit.weights.push_back(weight);
  }
  if (fit.weights.empty()) detail::check_effects(function, fit.data);  // throws, naming the reason
  Real variance{};
  if (!detail::mantel_haenszel_estimate(sums, measure, fit.estimate, variance)) {
    detail::throw_not_estimable(function, std::string("the pooled ") + std::string(Measure::info.label) +
                                              " is not defined: summed over the studies, one of its terms is zero (no events in one arm of any study, for a risk ratio); "
                                              "add a correction or use an exact method");
  }
  if (!(variance > 0)) detail::throw_not_estimable(function, std::string("the variance of the pooled ") + std::string(Measure::info.label) + " is zero");
  detail::fill_around_estimate(fit, variance, sums.s);
  detail::note_corrections<Policy>(fit, corrected, {"", "table", "tables", "any table"});
  return fit;
}

/// The same with a policy chosen at run time.
template <detail::binary_trials Trials, mantel_haenszel_measure Measure>
auto mantel_haenszel(const Trials& trials, const Measure& measure, const zero_cell_policy& policy, fractional_counts fractional = fractional_counts::refused)
    -> model_fit<typename detail::trial_type<Trials>::real_type> {
  return std::visit([&](const auto& chosen) { return mantel_haenszel(trials, measure, chosen, fractional); }, policy);
}

}  // namespace metapool
