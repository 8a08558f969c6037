// SPDX-License-Identifier: BSL-1.0
// The 2x2 tables behind a printed chi-squared or p-value.
#pragma once

#include <metapool/conversion/tables.hpp>
#include <metapool/data/continuity_correction.hpp>
#include <metapool/math/chi_squared.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

namespace detail {

/// Chi-squared of a table by its treated events; a d - b c = N a - n1 e with e events in both arms.
template <class Real>
Real table_chi_squared(const Real& a, const known_margins<Real>& m, continuity_correction correction) {
  using std::fabs;
  const Real n = m.treated + m.control, e = *m.events, f = n - e;
  Real excess = fabs(Real(n * a - m.treated * e)) / n;  // |a - expected a|
  if (correction == continuity_correction::yates) excess = (std::max)(Real(0), Real(excess - Real(0.5)));
  return excess * excess / ((m.treated / n) * (m.control / n) * e * (f / n));
}

template <class Real, class Accept>
std::vector<two_by_two<Real>> tables_of_margins(const known_margins<Real>& m, const Accept& accept) {
  std::vector<two_by_two<Real>> tables;
  const Real e = *m.events;
  const Real first = (std::max)(Real(0), Real(e - m.control)), last = (std::min)(m.treated, e);
  for (Real a = first; a <= last; a += 1) {
    if (accept(a)) tables.push_back({a, m.treated - a, e - a, m.control - (e - a)});
  }
  return tables;
}

}  // namespace detail

/// The tables, in real numbers, with these margins and this Pearson chi-squared (1 degree of freedom): the one with fewer and the one
/// with more events in the treated arm than expected, in this order; a table with negative cells is left out. The direction is not in a
/// chi-squared: it has to come from elsewhere. margins.events must be known. With Yates' correction N (|ad - bc| - N/2)^2 / (n1 n2 e f).
/// Throws input_error if chi_squared is negative or not finite, or the margins are no counts (up to 10^9) or have no event or only events.
/// Closed form, 12 significant digits.
template <class Real>
std::vector<two_by_two<Real>> solve_chi_squared_tables(const Real& chi_squared, const known_margins<Real>& margins,
                                                       continuity_correction correction = continuity_correction::none) {
  using std::sqrt;
  constexpr const char* function = "solve_chi_squared_tables";
  detail::check_with_events(margins, function, 1e9);
  if (!(chi_squared >= 0) || !detail::is_finite(chi_squared)) {
    detail::throw_input_error(function, "chi_squared = " + detail::to_text(chi_squared) + " must be finite and not negative");
  }
  const Real n1 = margins.treated, n2 = margins.control, n = n1 + n2, e = *margins.events, f = n - e;
  Real excess = sqrt(Real(chi_squared * (n1 / n) * (n2 / n) * e * (f / n)));
  if (correction == continuity_correction::yates) excess += Real(0.5);
  const Real expected = (n1 / n) * e;
  std::vector<two_by_two<Real>> tables;
  const auto keep = [&](const Real& a) {
    const two_by_two<Real> t{a, n1 - a, e - a, n2 - (e - a)};
    if (t.a >= 0 && t.b >= 0 && t.c >= 0 && t.d >= 0) tables.push_back(t);
  };
  keep(expected - excess);
  if (excess > 0) keep(expected + excess);
  return tables;
}

/// All tables in whole numbers with these margins whose chi-squared is printed as given, those with few treated events first; empty if
/// there is none. margins.events must be known. Throws input_error as solve_chi_squared_tables, for totals above 10^6, and if the
/// printed number is negative.
template <class Real = double>
std::vector<two_by_two<Real>> tables_from_chi_squared(const printed_number& chi_squared, const std::type_identity_t<known_margins<Real>>& margins,
                                                      continuity_correction correction = continuity_correction::none) {
  constexpr const char* function = "tables_from_chi_squared";
  detail::check(chi_squared, function);
  detail::check_with_events(margins, function, 1e6);
  if (chi_squared.digits < 0) detail::throw_input_error(function, "chi_squared = " + detail::to_text(chi_squared) + " must not be negative");
  return detail::tables_of_margins(margins, [&](const Real& a) { return detail::prints_as(detail::table_chi_squared(a, margins, correction), chi_squared); });
}

/// The same from a printed two-sided p-value of the chi-squared test ("0.030", not "< 0.05"). A p-value of Fisher's test needs another
/// search: it is not a chi-squared. Throws input_error as tables_from_chi_squared and if p is above 1.
template <class Real = double>
std::vector<two_by_two<Real>> tables_from_p(const printed_number& p, const std::type_identity_t<known_margins<Real>>& margins,
                                            continuity_correction correction = continuity_correction::none) {
  constexpr const char* function = "tables_from_p";
  detail::check(p, function);
  detail::check_with_events(margins, function, 1e6);
  if (p.digits < 0 || !(value_of<Real>(p) <= 1)) detail::throw_input_error(function, "p = " + detail::to_text(p) + " must lie between 0 and 1");
  return detail::tables_of_margins(margins, [&](const Real& a) {
    return detail::prints_as(detail::chi_squared_upper_tail<Real>(detail::table_chi_squared(a, margins, correction), Real(1)), p);
  });
}

}  // namespace metapool
