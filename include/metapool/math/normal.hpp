// SPDX-License-Identifier: BSL-1.0
// The standard normal distribution, by Boost.Math.
#pragma once

#include <metapool/math/arithmetic.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/policy.hpp>
#include <metapool/math/tail_packs.hpp>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/tools/fraction.hpp>

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace metapool::detail {

template <class Real>
using normal_type = boost::math::normal_distribution<Real, math_policy>;

/// P(Z <= z).
template <class Real>
Real normal_cdf(const Real& z) {
  return boost::math::cdf(normal_type<Real>(), z);
}

/// P(Z > z), accurate in the tail.
template <class Real>
Real normal_upper_tail(const Real& z) {
  return boost::math::cdf(boost::math::complement(normal_type<Real>(), z));
}

/// z with P(Z <= z) = p, 0 < p < 1.
template <class Real>
Real normal_quantile(const Real& p) {
  return boost::math::quantile(normal_type<Real>(), p);
}

/// z with P(Z > z) = q, 0 < q < 1.
template <class Real>
Real normal_upper_quantile(const Real& q) {
  return boost::math::quantile(boost::math::complement(normal_type<Real>(), q));
}

/// The two-sided critical value of an interval at `level`: 1.96 for 0.95.
template <class Real>
Real normal_critical(double level) {
  return normal_upper_quantile<Real>(tail_of_level<Real>(level));
}

/// P(|Z| > |z|). double and float: the kernel of batches, in double.
template <class Real>
Real normal_two_sided_p(const Real& z) {
  using std::fabs;
  if constexpr (std::is_same_v<Real, double> || std::is_same_v<Real, float>) {
    double p;
    normal_two_sided_tail(p, static_cast<double>(z));
    return static_cast<Real>(p);
  }
  return 2 * normal_upper_tail<Real>(fabs(z));
}

/// log P(Z > z), also where the tail itself is below the smallest number: there by the continued fraction of Mills' ratio,
/// P(Z > z) = phi(z) / (z + 1/(z + 2/(z + 3/(z + ...)))).
template <class Real>
Real log_normal_upper_tail(const Real& z) {
  using std::log;
  const Real tail = normal_upper_tail(z);
  if (tail > (std::numeric_limits<Real>::min)() * Real(1e8)) return log(tail);
  struct terms {
    using result_type = std::pair<Real, Real>;
    Real z;
    int n = 0;
    result_type operator()() { return {Real(n++), z}; }
  };
  terms generator{z};
  const Real fraction = boost::math::tools::continued_fraction_b(generator, std::numeric_limits<Real>::epsilon());
  return -z * z / 2 - log(2 * pi<Real>()) / 2 - log(fraction);
}

}  // namespace metapool::detail
