// SPDX-License-Identifier: BSL-1.0
// The test of a rate ratio in one trial given its number of events.
#pragma once

#include <metapool/data/rate_trial.hpp>
#include <metapool/math/beta.hpp>

namespace metapool::detail {

/// The one-sided test that a rate ratio is no larger than a given one: of x1 + x2 events, x1 or more are the treated group's, each with probability
/// ratio t1 / (ratio t1 + t2). The p-value rises with the ratio. Members as unconditional_test has them.
template <class Real>
struct conditional_rate_test {
  two_rates<Real> seen{};

  Real p(const Real& ratio, const Real& = Real(0)) const { return at_least(seen.x1, ratio); }
  Real mid_p(const Real& ratio, const Real& = Real(0)) const { return (at_least(seen.x1, ratio) + at_least(Real(seen.x1 + 1), ratio)) / 2; }
  Real bound(const Real&, const Real& to, const Real&, const Real& = Real(0)) const { return p(to); }
  bool constant(const Real&, const Real&) const { return true; }

 private:
  /// P(X >= x), as a tail of the beta distribution.
  Real at_least(const Real& x, const Real& ratio) const {
    const Real events = seen.x1 + seen.x2;
    if (!(x > 0)) return Real(1);
    if (x > events) return Real(0);
    return beta_cdf<Real>(x, Real(events - x + 1), Real(1 / (1 + seen.t2 / (ratio * seen.t1))));
  }
};

}  // namespace metapool::detail
