// SPDX-License-Identifier: BSL-1.0
// Binomial log-likelihoods against their own highest value, without the terms that cancel.
#pragma once

#include <metapool/math/beta.hpp>

#include <cmath>
#include <limits>

namespace metapool::detail {

/// log(1 + x) - x, x > -1.
template <class Real>
Real log_one_plus_minus(const Real& x) {
  using std::fabs, std::log1p;
  if (fabs(x) > Real(1) / 8) return log1p(x) - x;
  Real sum = 0, power = x;
  for (int j = 2; j < 400; ++j) {
    power *= -x;
    const Real term = power / static_cast<Real>(j);
    sum += term;
    if (fabs(term) <= std::numeric_limits<Real>::epsilon() / 4 * fabs(sum)) break;
  }
  return sum;
}

/// log of the probability of `events` of `total` with risk p = 1 - q over that with the risk events / total: 0 or less. p > 0 unless there are no
/// events, q > 0 unless there is nothing else.
template <class Real>
Real binomial_log_ratio(const Real& events, const Real& total, const Real& p, const Real& q) {
  using std::log, std::log1p;
  const Real half = Real(1) / 2, others = total - events;
  if (events == 0) return total * (p < half ? Real(log1p(Real(-p))) : Real(log(q)));
  if (others == 0) return total * (q < half ? Real(log1p(Real(-q))) : Real(log(p)));
  const Real share = events / total, rest = others / total;
  const Real difference = p < half ? Real(p - share) : Real(rest - q);
  const Real x = difference / share, y = -difference / rest;
  // events log(p / share) + others log(q / rest), of which the linear parts cancel; far off the logarithms themselves
  if (x > -half && y > -half) return events * log_one_plus_minus(x) + others * log_one_plus_minus(y);
  return events * log(Real(p / share)) + others * log(Real(q / rest));
}

/// log of the probability of `events` of `total` with the risk events / total.
template <class Real>
Real highest_binomial_log_probability(const Real& events, const Real& total) {
  using std::log;
  if (events == 0 || events == total) return Real(0);
  // the density of a beta distribution is (total + 1) times a binomial probability
  return log(Real(beta_density(Real(events + 1), Real(total - events + 1), Real(events / total)) / (total + 1)));
}

}  // namespace metapool::detail
