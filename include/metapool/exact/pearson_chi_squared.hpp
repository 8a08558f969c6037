// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/binary_trial.hpp>
#include <metapool/data/continuity_correction.hpp>
#include <metapool/exact/fisher.hpp>
#include <metapool/math/arithmetic.hpp>
#include <metapool/math/chi_squared.hpp>

#include <algorithm>
#include <cmath>

namespace metapool {

/// Pearson's test of one 2x2 table.
template <class Real = double>
struct pearson_result {
  using real_type = Real;
  Real statistic{};
  Real df{};                  ///< 1
  Real p{};                   ///< upper tail
  Real smallest_expected{};   ///< smallest expected count of the four cells; below 5 prefer fisher_exact
  continuity_correction correction = continuity_correction::none;
};

/// Pearson's chi-squared test of equal risks in the two arms of one trial, N (ad - bc)^2 / (product of the four margins).
/// Throws input_error as fisher_exact does; not_estimable if the trial has no events or nothing but events.
/// Closed form, 12 significant digits or better for totals up to 10^9 (ad - bc without cancellation).
/// Pearson (1900) Phil Mag 50:157; Yates (1934) Suppl J R Stat Soc 1:217.
template <class Real>
pearson_result<Real> pearson_chi_squared(const binary_trial<Real>& trial,
                                           continuity_correction correction = continuity_correction::none) {
  using std::abs;
  constexpr const char* function = "pearson_chi_squared";
  const two_by_two<Real> t = detail::counted_table(trial, function);
  const Real n1 = t.treated_total(), n2 = t.control_total(), n = n1 + n2, events = t.a + t.c, others = t.b + t.d;
  if (!(events > 0 && others > 0)) {
    detail::throw_not_estimable(function, "study '" + trial.label + "': no events in either arm, or only events in both");
  }
  Real difference = abs(detail::difference_of_products(t.a, t.d, t.b, t.c));
  if (correction == continuity_correction::yates) difference = (std::max)(Real(0), Real(difference - n / 2));
  pearson_result<Real> r;
  // One margin at a time, so that no product overflows: (difference / n1) (difference / n2) n / (events others).
  r.statistic = (difference / n1 / events) * (difference / n2 / others) * n;
  r.df = 1;
  r.p = detail::chi_squared_upper_tail(r.statistic, r.df);
  r.smallest_expected = (std::min)(n1, n2) * ((std::min)(events, others) / n);
  r.correction = correction;
  return r;
}

}  // namespace metapool
