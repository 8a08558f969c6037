// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/math/beta.hpp>

namespace metapool::detail {

/// P(F > x) of the F distribution with df1, df2 > 0 degrees of freedom, accurate in the tail.
template <class Real>
Real f_upper_tail(const Real& x, const Real& df1, const Real& df2) {
  if (!(x > 0)) return Real(1);
  return beta_cdf<Real>(Real(df2 / 2), Real(df1 / 2), Real(df2 / (df2 + df1 * x)));
}

}  // namespace metapool::detail
