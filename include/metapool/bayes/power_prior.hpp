// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/bayes/rate_distribution.hpp>
#include <metapool/data/check.hpp>
#include <metapool/data/proportion.hpp>

#include <span>
#include <vector>

namespace metapool {

/// The power prior of a rate: a beta(a, b) prior updated with historical arms whose every patient counts for `power` of one, 0 (history is ignored) to 1 (pooled
/// with the new arm as if it were the same trial). In closed form: beta(a + power * events, b + power * non-events). Unlike map_prior() it does not ask whether
/// the historical arms agree. Throws input_error unless 0 <= power <= 1, counts are there and right, and a, b are what beta_rate() takes.
/// Ibrahim & Chen (2000) Stat Sci 15:46.
template <class Real>
rate_distribution<Real> power_prior(std::span<const proportion<Real>> arms, const Real& power, const Real& a = Real(1), const Real& b = Real(1)) {
  constexpr const char* function = "power_prior";
  if (!(power >= 0 && power <= 1)) detail::throw_input_error(function, "power = " + detail::to_text(power) + " must lie between 0 and 1");
  Real events = 0, rest = 0;
  for (const auto& arm : arms) {
    if (!is_complete(arm)) detail::throw_input_error(function, "the arm '" + arm.label + "' lacks its events or its total");
    check(arm, function);
    events += *arm.events;
    rest += *arm.total - *arm.events;
  }
  return beta_rate<Real>(Real(a + power * events), Real(b + power * rest));
}

/// The same from a vector (so that the scalar type is deduced).
template <class Real>
rate_distribution<Real> power_prior(const std::vector<proportion<Real>>& arms, const Real& power, const Real& a = Real(1), const Real& b = Real(1)) {
  return power_prior<Real>(std::span<const proportion<Real>>(arms), power, a, b);
}

}  // namespace metapool
