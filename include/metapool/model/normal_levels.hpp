// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <metapool/data/check.hpp>

#include <cmath>
#include <cstddef>

namespace metapool::detail {

/// Fills what a fit says of normal levels from the highest point x of its likelihood, in which tau2 is parameter t, followed by the levels' mean, their own variance
/// and perhaps the share of the effect in the treated arm, within the bounds that x was searched in. Throws not_estimable if the levels' variance has no maximum.
template <class Fit, class Values, class Bounds>
void take_levels(const char* function, Fit& fit, const Values& x, const Bounds& bounds, std::size_t t) {
  using std::sqrt;
  using Real = typename Fit::real_type;
  const std::size_t own = t + 2, share = t + 3;
  fit.intercept = x[t + 1];
  fit.sigma2 = x[own];
  if (x.size() > share) {
    const Real off = x[share] - Real(1) / 2;
    *fit.sigma2 += off * off * fit.tau2;
    if (*fit.sigma2 > 0 && fit.tau2 > 0) fit.correlation = off * sqrt(Real(fit.tau2 / *fit.sigma2));
    if (fit.tau2 > 0 && !(x[own] > 0)) fit.notes.push_back("the likelihood is highest where level and effect are perfectly correlated");
    if (fit.tau2 > 0 && !(x[share] > bounds[share].lower && x[share] < bounds[share].upper)) {
      fit.notes.push_back("the likelihood rises as tau2 falls while level and effect keep their covariance, to the end of the search: the data hardly tell tau2 and the correlation apart");
    }
  }
  if (x[own] >= bounds[own].upper) throw_not_estimable(function, "the likelihood rises with the variance of the studies' levels for ever");
}

}  // namespace metapool::detail
