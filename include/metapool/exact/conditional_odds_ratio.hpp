// SPDX-License-Identifier: BSL-1.0
// Estimate and limits of the odds ratio of one 2x2 table, from the distribution of its treated events given the margins.
#pragma once

#include <metapool/exact/hypergeometric.hpp>
#include <metapool/exact/tail_sums.hpp>
#include <metapool/math/convergence.hpp>
#include <metapool/math/increasing_root.hpp>

#include <algorithm>
#include <cmath>

namespace metapool::detail {

/// log odds ratio with 0.5 added to each cell, and its standard error: where searches start.
template <class Real>
void rough_log_odds_ratio(const table_margins<Real>& g, Real& estimate, Real& se) {
  using std::log, std::sqrt;
  const Real half = Real(1) / 2;
  const Real a = g.observed + half, b = (g.treated - g.observed) + half, c = (g.events - g.observed) + half;
  const Real d = ((g.control - g.events) + g.observed) + half;
  estimate = log((a / b) * (d / c));
  se = sqrt(1 / a + 1 / b + 1 / c + 1 / d);
}

/// log of the conditional maximum likelihood estimate: the odds ratio at which the expected treated events are those observed.
/// law: of one table's or several tables' treated events (tail_sums.hpp). start, se: a rough estimate and its standard error.
/// Precondition: lowest < observed < highest (at the ends it is 0 or infinite).
/// The search runs on logit((E - lowest) / (highest - lowest)), from E - observed, because E - lowest and then its logarithm would lose what
/// E and the observed count share.
template <class Real, class Law>
Real conditional_log_odds_ratio(const Law& law, const Real& start, const Real& se, convergence<Real>& state) {
  using std::exp;
  const Real from_lowest = law.observed - law.lowest, to_highest = law.highest - law.observed;
  const auto equation = [&](const Real& theta) -> value_and_slope<Real> {
    const auto s = sums_at<Real>(law, exp(theta));
    const Real total = s.total();
    const Real excess = (s.above_distance - s.below_distance) / total;
    const Real variance = s.square / total - excess * excess;
    return logit_of_excess(excess, variance, from_lowest, to_highest);
  };
  return increasing_root<Real>(equation, start, se, state);
}

/// The same of one table.
template <class Real>
Real conditional_log_odds_ratio(const table_margins<Real>& g, convergence<Real>& state) {
  Real start, se;
  rough_log_odds_ratio(g, start, se);
  return conditional_log_odds_ratio<Real>(g, start, se, state);
}

/// log of the lower limit of the odds ratio, exact with share = 1, mid-p with share = 1/2. Precondition: observed > lowest (else it is 0).
/// The upper limit is the inverse of the lower limit of swapped(g).
template <class Real>
Real conditional_lower_limit(const table_margins<Real>& g, const Real& share, const Real& alpha, convergence<Real>& state) {
  Real start, se;
  rough_log_odds_ratio(g, start, se);
  return lower_limit(g, share, alpha, start, se, state);
}

}  // namespace metapool::detail
