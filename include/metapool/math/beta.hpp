// SPDX-License-Identifier: BSL-1.0
// The beta distribution, by Boost.Math.
#pragma once

#include <metapool/math/policy.hpp>

#include <boost/math/distributions/beta.hpp>

namespace metapool::detail {

template <class Real>
using beta_type = boost::math::beta_distribution<Real, math_policy>;

/// P(X <= x), 0 <= x <= 1, of the beta distribution with parameters a, b > 0.
template <class Real>
Real beta_cdf(const Real& a, const Real& b, const Real& x) {
  return boost::math::cdf(beta_type<Real>(a, b), x);
}

/// P(X > x), accurate in the tail.
template <class Real>
Real beta_upper_tail(const Real& a, const Real& b, const Real& x) {
  return boost::math::cdf(boost::math::complement(beta_type<Real>(a, b), x));
}

/// The density, 0 <= x <= 1.
template <class Real>
Real beta_density(const Real& a, const Real& b, const Real& x) {
  return boost::math::pdf(beta_type<Real>(a, b), x);
}

/// x with P(X <= x) = p.
template <class Real>
Real beta_quantile(const Real& a, const Real& b, const Real& p) {
  return boost::math::quantile(beta_type<Real>(a, b), p);
}

/// x with P(X > x) = q.
template <class Real>
Real beta_quantile_upper(const Real& a, const Real& b, const Real& q) {
  return boost::math::quantile(boost::math::complement(beta_type<Real>(a, b), q));
}

}  // namespace metapool::detail
