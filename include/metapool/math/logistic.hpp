// SPDX-License-Identifier: BSL-1.0
// Logits and what belongs to them, without overflow. Neither Boost nor Eigen.
#pragma once

#include <cmath>

namespace metapool::detail {

/// 1 / (1 + exp(-x)), the probability of logit x; that of the opposite is logistic(-x). To the last bits at any x, the infinite ones too.
template <class Real>
Real logistic(const Real& x) {
  using std::exp;
  if (x > 0) return 1 / (1 + exp(Real(-x)));
  const Real odds = exp(x);
  return odds / (1 + odds);
}

/// log(1 + exp(x)), which is -log(logistic(-x)). To the last bits at any x.
template <class Real>
Real log_one_plus_exp(const Real& x) {
  using std::exp, std::log1p;
  return x > 0 ? Real(x + log1p(Real(exp(Real(-x))))) : Real(log1p(Real(exp(x))));
}

}  // namespace metapool::detail
