// SPDX-License-Identifier: BSL-1.0
// Fisher's noncentral hypergeometric distribution: the treated events of a 2x2 table given its margins and an odds ratio.
#pragma once

#include <metapool/data/binary_trial.hpp>

#include <algorithm>
#include <cmath>

namespace metapool::detail {

/// The margins of a 2x2 table and the treated events seen. Whole numbers. P(X = y) is proportional to
/// choose(treated, y) choose(control, events - y) psi^y on lowest <= y <= highest.
template <class Real>
struct table_margins {
  Real treated{};   ///< patients of the treated arm
  Real control{};   ///< patients of the control arm
  Real events{};    ///< events of both arms
  Real observed{};  ///< events of the treated arm
  Real lowest{};    ///< the least that `observed` could be
  Real highest{};   ///< the most that it could be
  bool degenerate() const { return lowest == highest; }

  /// P(X = y + 1) / P(X = y).
  Real ratio(const Real& psi, const Real& y) const {
    return psi * ((treated - y) * (events - y)) / ((y + 1) * ((control - events) + (y + 1)));
  }

  /// The most probable y. With u = y + 1 the ratio is 1 where
  /// (psi - 1) u^2 - (psi (treated + events + 2) + control - events) u + psi (treated + 1) (events + 1) = 0, here divided by psi if
  /// psi > 1 so that nothing overflows; of its roots the one inside the support, in the form without cancellation.
  Real mode(const Real& psi) const {
    using std::floor, std::sqrt;
    const Real up = psi > 1 ? Real(1) : psi;
    const Real down = psi > 1 ? Real(1 / psi) : Real(1);
    const Real a = up - down;
    const Real b = up * (treated + events + 2) + down * (control - events);
    const Real c = up * ((treated + 1) * (events + 1));
    const Real d = sqrt((std::max)(Real(0), Real(b * b - 4 * a * c)));
    Real y = floor(b >= 0 ? Real(2 * c / (b + d)) : Real((b - d) / (2 * a)));
    if (!(y >= lowest)) y = lowest;
    if (y > highest) y = highest;
    while (y < highest && ratio(psi, y) > 1) y += 1;
    while (y > lowest && ratio(psi, Real(y - 1)) < 1) y -= 1;
    return y;
  }
};

template <class Real>
table_margins<Real> margins_of(const two_by_two<Real>& t) {
  const Real n1 = t.a + t.b, n2 = t.c + t.d, m = t.a + t.c;
  return {n1, n2, m, t.a, (std::max)(Real(0), Real(m - n2)), (std::min)(n1, m)};
}

/// The same table with the arms' names exchanged; its odds ratio is the inverse.
template <class Real>
table_margins<Real> swapped(const table_margins<Real>& g) {
  return {g.control, g.treated, g.events, Real(g.events - g.observed), Real(g.events - g.highest), Real(g.events - g.lowest)};
}

}  // namespace metapool::detail
