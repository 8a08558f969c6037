// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/inference/heterogeneity.hpp>
#include <metapool/inference/result.hpp>

#include <span>

namespace metapool::detail {

/// I2 and H2 that follow from the ends of an interval of tau2, by the typical within-study variance. An empty set gets 0 and 1.
template <class Real>
void fill_i2_h2(tau2_interval<Real>& r, const Real& typical) {
  const auto share = [&](const Real& tau2) { return is_finite(tau2) ? Real(tau2 / (tau2 + typical)) : Real(1); };
  r.i2_lower = share(r.lower);
  r.i2_upper = share(r.upper);
  r.h2_lower = 1 + r.lower / typical;
  r.h2_upper = 1 + r.upper / typical;
}

/// The same the other way round: tau2 and I2 from the ends of H2 >= 1.
template <class Real>
void fill_from_h2(tau2_interval<Real>& r, const Real& typical) {
  r.lower = (r.h2_lower - 1) * typical;
  r.upper = (r.h2_upper - 1) * typical;
  r.i2_lower = (r.h2_lower - 1) / r.h2_lower;
  r.i2_upper = (r.h2_upper - 1) / r.h2_upper;
}

}  // namespace metapool::detail
