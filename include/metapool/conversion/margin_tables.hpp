// SPDX-License-Identifier: BSL-1.0
// The 2x2 table behind an estimate and all four margins.
#pragma once

#include <metapool/conversion/tables.hpp>
#include <metapool/data/check.hpp>

#include <cmath>
#include <concepts>
#include <limits>
#include <optional>

namespace metapool {

namespace detail {

/// The table with n1 treated, n2 control patients and e events that has the odds ratio `ratio` <= 1: the smaller root a of
/// (1 - R) a^2 + (n2 - e + R (e + n1)) a = R e n1, by a sum of positive numbers. Needs e <= n2.
template <class Real>
two_by_two<Real> table_of_small_odds_ratio(const Real& ratio, const Real& n1, const Real& n2, const Real& e) {
  using std::sqrt;
  const Real b = (n2 - e) + ratio * (e + n1), product = ratio * e * n1;
  const Real a = 2 * product / (b + sqrt(Real(b * b + 4 * (1 - ratio) * product)));
  return {a, n1 - a, e - a, (n2 - e) + a};
}

template <class Real>
two_by_two<Real> table_of_odds_ratio(const Real& ratio, const Real& n1, const Real& n2, const Real& e) {
  if (ratio > 1) {  // swapped arms have the odds ratio 1 / ratio
    const two_by_two<Real> t = table_of_odds_ratio<Real>(1 / ratio, n2, n1, e);
    return {t.c, t.d, t.a, t.b};
  }
  if (e > n2) {  // swapped arms and outcomes have the same odds ratio, and then fewer events than patients in the second arm
    const two_by_two<Real> t = table_of_small_odds_ratio<Real>(ratio, n2, n1, (n1 - e) + n2);
    return {t.d, t.c, t.b, t.a};
  }
  return table_of_small_odds_ratio(ratio, n1, n2, e);
}

}  // namespace detail

/// The table, in real (not whole) numbers, that has these margins and this estimate; no interval is needed. margins.events, the events of both
/// arms together, must be known. Empty if a cell would be negative: the estimate is adjusted, or a margin is not what it seems.
/// y: on the pooling scale (logarithms for ratios). An odds ratio has exactly one table; a rounded one leaves the cells as uncertain as it is:
/// tables_from_effect lists the whole tables that are compatible with what is printed.
/// Throws input_error if y is not finite or is the logarithm of no ratio, the totals are no counts (up to 10^9), or events are not known, 0 or all patients.
/// Closed form, 12 significant digits of each arm's total. Odds ratio: Bonett (2007) Am Psychol 62:254, doi:10.1037/0003-066X.62.3.254.
template <detail::table_effect Measure, class Real>
std::optional<two_by_two<Real>> solve_margin_table(Measure, const Real& y, const known_margins<Real>& margins) {
  using std::exp;
  constexpr const char* function = "solve_margin_table";
  detail::check_with_events(margins, function, 1e9);
  if (!detail::is_finite(y)) detail::throw_input_error(function, "y must be a finite number");
  const Real n1 = margins.treated, n2 = margins.control, e = *margins.events, n = n1 + n2;
  two_by_two<Real> t;
  if constexpr (std::same_as<Measure, risk_difference>) {
    t.a = n1 / n * (e + y * n2);
    t.c = n2 / n * (e - y * n1);
    t.b = n1 - t.a;
    t.d = n2 - t.c;
  } else {
    const Real ratio = exp(y);
    if (!(ratio > 0) || !detail::is_finite(ratio)) detail::throw_input_error(function, "y = " + detail::to_text(y) + " is the logarithm of no ratio");
    if constexpr (std::same_as<Measure, risk_ratio>) {
      t.a = e / (1 + n2 / (ratio * n1));
      t.c = e / (1 + ratio * n1 / n2);
      t.b = n1 - t.a;
      t.d = n2 - t.c;
    } else {
      t = detail::table_of_odds_ratio(ratio, n1, n2, e);
    }
  }
  const Real rounding = 16 * std::numeric_limits<Real>::epsilon() * n;
  for (Real* cell : {&t.a, &t.b, &t.c, &t.d}) {
    if (*cell < -rounding) return {};
    if (*cell < 0) *cell = 0;  // a cell without patients, but for rounding
  }
  return t;
}

}  // namespace metapool
