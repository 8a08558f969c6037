// SPDX-License-Identifier: BSL-1.0
// The 2x2 tables behind a printed risk ratio, odds ratio or risk difference.
#pragma once

#include <metapool/conversion/printed.hpp>
#include <metapool/data/binary_trial.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_difference.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/normal.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool {

/// Patients of the two arms; `events` of both arms together where that is known.
template <class Real = double>
struct known_margins {
  Real treated{};
  Real control{};
  std::optional<Real> events{};
};

/// An effect as printed, on the scale on which it is read (ratios, not logarithms). The ends of the interval may be unknown.
struct printed_effect {
  printed_number estimate{};
  std::optional<printed_number> lower{};
  std::optional<printed_number> upper{};
  double level = 0.95;
};

namespace detail {

template <class Measure>
concept table_effect = std::same_as<Measure, risk_ratio> || std::same_as<Measure, odds_ratio> || std::same_as<Measure, risk_difference>;

template <class Real>
void check(const known_margins<Real>& m, const char* function, double most) {
  const auto arm = [&](const Real& n, const char* name) {
    if (!(n >= 1 && n <= Real(most)) || !is_whole(n)) {
      throw_input_error(function, std::string(name) + " = " + to_text(n) + " must be a whole number from 1 to " + to_text(most));
    }
  };
  arm(m.treated, "margins.treated");
  arm(m.control, "margins.control");
  if (m.events && (!(*m.events >= 0 && *m.events <= m.treated + m.control) || !is_whole(*m.events))) {
    throw_input_error(function, "margins.events = " + to_text(*m.events) + " must be a whole number of at most all patients");
  }
}

/// Where both outcomes must have occurred.
template <class Real>
void check_with_events(const known_margins<Real>& m, const char* function, double most) {
  check(m, function, most);
  if (!m.events) throw_input_error(function, "margins.events must be known");
  if (!(*m.events > 0 && *m.events < m.treated + m.control)) {
    throw_input_error(function, "margins.events = " + to_text(*m.events) + " tells nothing: there must be patients with and without the event");
  }
}

/// The real roots of a x^2 + b x + c, each without cancellation, the smaller first; a double root once.
template <class Real>
std::vector<Real> quadratic_roots(const Real& a, const Real& b, const Real& c) {
  using std::sqrt;
  const Real discriminant = difference_of_products(b, b, Real(4 * a), c);
  if (!(discriminant >= 0)) return {};
  const Real root = sqrt(discriminant);
  const Real q = b < 0 ? Real((root - b) / 2) : Real(-(root + b) / 2);
  if (q == 0) return {Real(0)};
  Real x = q / a, y = c / q;
  if (x == y) return {x};
  if (y < x) std::swap(x, y);
  return {x, y};
}

/// Largest count of treated events at which the estimate is at most `bound`, given the control arm's risk: a real number.
template <class Measure, class Real>
Real treated_events_at(const Real& bound, const Real& risk, const Real& treated) {
  if constexpr (std::same_as<Measure, risk_ratio>) {
    return bound * risk * treated;
  } else if constexpr (std::same_as<Measure, odds_ratio>) {
    return treated * bound * risk / (1 - risk + bound * risk);
  } else {
    return (bound + risk) * treated;
  }
}

}  // namespace detail

/// The tables with the margins' arms that have this effect and standard error, in real (not whole) numbers of events: none, one or two.
/// y and se are on the pooling scale (logarithms for ratios), of the large-sample variances 1/a - 1/n1 + 1/c - 1/n2 (risk ratio, at most
/// one table), 1/a + 1/b + 1/c + 1/d (odds ratio) and p1 q1/n1 + p2 q2/n2 (risk difference; two tables each, rare or common events).
/// margins.events is not used. Throws input_error if y is not finite, se is not positive or the totals are no counts up to 10^9.
/// Closed form (a linear or quadratic equation). 12 significant digits, but where two tables nearly coincide half of them.
/// Di Pietrantonj (2006) Stat Med 25:2299, doi:10.1002/sim.2287, treats the same question. With all margins known see solve_margin_table.
template <detail::table_effect Measure, class Real>
std::vector<two_by_two<Real>> solve_tables(Measure, const Real& y, const Real& se, const known_margins<Real>& margins) {
  using std::exp;
  constexpr const char* function = "solve_tables";
  detail::check(margins, function, 1e9);
  if (!detail::is_finite(y)) detail::throw_input_error(function, "y must be a finite number");
  if (!(se > 0) || !detail::is_finite(se)) detail::throw_input_error(function, "se = " + detail::to_text(se) + " must be positive and finite");
  const Real n1 = margins.treated, n2 = margins.control, v = se * se;
  std::vector<two_by_two<Real>> tables;
  const auto keep = [&](const Real& a, const Real& c) {
    if (a >= 0 && a <= n1 && c >= 0 && c <= n2) tables.push_back({a, n1 - a, c, n2 - c});
  };
  if constexpr (std::same_as<Measure, risk_ratio>) {
    // c = a n2 / (n1 RR), hence (1/a) (1 + RR n1 / n2) = v + 1/n1 + 1/n2
    const Real ratio = exp(y);
    const Real a = (1 + ratio * n1 / n2) / (v + 1 / n1 + 1 / n2);
    keep(a, Real(a * n2 / (n1 * ratio)));
  } else if constexpr (std::same_as<Measure, odds_ratio>) {
    // the control arm's odds o: (1 + R o)^2 / (n1 R o) + (1 + o)^2 / (n2 o) = v; divided by R n1 n2
    const Real ratio = exp(y);
    for (const Real& o : detail::quadratic_roots<Real>(ratio / n1 + 1 / n2, 2 / n1 + 2 / n2 - v, 1 / (ratio * n1) + 1 / n2)) {
      if (o > 0) keep(Real(n1 * ratio * o / (1 + ratio * o)), Real(n2 * o / (1 + o)));
    }
  } else {
    // the control arm's risk p: (p + d)(1 - p - d)/n1 + p (1 - p)/n2 = v
    for (const Real& p : detail::quadratic_roots<Real>(1 / n1 + 1 / n2, -((1 - 2 * y) / n1 + 1 / n2), v - y * (1 - y) / n1)) {
      keep(Real(n1 * (p + y)), Real(n2 * p));
    }
  }
  return tables;
}

/// All 2x2 tables in whole numbers whose estimate and interval are printed as given; empty if no table is compatible (then the effect
/// is adjusted, the interval is of another kind, or a total is not what it seems). Ordered by the control arm's events.
///
/// The interval is Wald's (on the log scale for ratios) with the variances of solve_tables; an exact or score interval is not searched.
/// Tables in which the measure is not defined (zero cells of a ratio) are not listed. margins.events narrows the search where it is known.
/// Throws input_error if a total is not a whole number from 1 to 100 000, a printed number or the level is not valid, a printed ratio
/// is not positive, or more than 10^8 tables would have to be tried (the estimate is too coarse for arms of that size).
template <class Real = double, detail::table_effect Measure>
std::vector<two_by_two<Real>> tables_from_effect(Measure measure, const printed_effect& printed, const std::type_identity_t<known_margins<Real>>& margins) {
  using std::ceil, std::floor, std::sqrt;
  constexpr const char* function = "tables_from_effect";
  constexpr bool ratio = Measure::info.scale == scale::log;
  detail::check(margins, function, 1e5);
  detail::check_level(function, printed.level);
  for (const auto& x : {std::optional<printed_number>(printed.estimate), printed.lower, printed.upper}) {
    if (!x) continue;
    detail::check(*x, function);
    if (ratio && x->digits < 0) detail::throw_input_error(function, "a printed ratio of " + detail::to_text(*x) + " must not be negative");
  }
  const Real n1 = margins.treated, n2 = margins.control, critical = detail::normal_critical<Real>(printed.level);
  const Real low = lowest_of<Real>(printed.estimate), high = highest_of<Real>(printed.estimate);
  std::vector<two_by_two<Real>> tables;
  const auto try_table = [&](const Real& a, const Real& c) {
    if (!(a >= 0 && a <= n1 && c >= 0 && c <= n2)) return;
    const two_by_two<Real> t{a, n1 - a, c, n2 - c};
    if (ratio && !(t.a > 0 && t.c > 0)) return;
    if (std::same_as<Measure, odds_ratio> && !(t.b > 0 && t.d > 0)) return;
    const effect<Real> e = measure(t);
    if (!detail::prints_as(to_natural(Measure::info.scale, e.y), printed.estimate)) return;
    const Real half = critical * sqrt(e.v);
    if (printed.lower && !detail::prints_as(to_natural(Measure::info.scale, Real(e.y - half)), *printed.lower)) return;
    if (printed.upper && !detail::prints_as(to_natural(Measure::info.scale, Real(e.y + half)), *printed.upper)) return;
    tables.push_back(t);
  };
  if (margins.events) {
    for (Real c = 0; c <= n2; c += 1) try_table(Real(*margins.events - c), c);
    return tables;
  }
  // the treated arm's events that can stand beside c in the control arm
  const auto range = [&](const Real& c) {
    const Real risk = c / n2;
    const Real from = ratio && !(low > 0) ? Real(0) : (std::max)(Real(0), Real(floor(detail::treated_events_at<Measure>(low, risk, n1)) - 1));
    return std::pair<Real, Real>(from, (std::min)(n1, Real(ceil(detail::treated_events_at<Measure>(high, risk, n1)) + 1)));
  };
  Real all = 0;
  for (Real c = 0; c <= n2; c += 1) {
    const auto [from, to] = range(c);
    all += (std::max)(Real(0), Real(to - from + 1));
  }
  if (all > Real(1e8)) detail::throw_input_error(function, "more than 10^8 tables to try: the estimate is printed too coarsely for arms of this size");
  for (Real c = 0; c <= n2; c += 1) {
    const auto [from, to] = range(c);
    for (Real a = from; a <= to; a += 1) try_table(a, c);
  }
  return tables;
}

}  // namespace metapool
