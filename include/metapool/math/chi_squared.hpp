// SPDX-License-Identifier: BSL-1.0
// The chi-squared distribution, by Boost.Math.
#pragma once

#include <metapool/math/policy.hpp>
#include <metapool/math/tail_packs.hpp>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/tools/fraction.hpp>

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace metapool::detail {

template <class Real>
using chi_squared_type = boost::math::chi_squared_distribution<Real, math_policy>;

/// P(X > x) with df > 0 degrees of freedom, accurate in the tail. double and float with few whole degrees of freedom: the kernel of batches, in double.
template <class Real>
Real chi_squared_upper_tail(const Real& x, const Real& df) {
  if constexpr (std::is_same_v<Real, double> || std::is_same_v<Real, float>) {
    if (x >= 0 && df >= 1 && df <= most_whole_degrees && std::floor(df) == df) {
      double p;
      whole_chi_squared_tail<1>(p, static_cast<double>(x), static_cast<double>(df));
      return static_cast<Real>(p);
    }
  }
  return boost::math::cdf(boost::math::complement(chi_squared_type<Real>(df), x));
}

/// x with P(X <= x) = p.
template <class Real>
Real chi_squared_quantile(const Real& p, const Real& df) {
  return boost::math::quantile(chi_squared_type<Real>(df), p);
}

/// x with P(X > x) = q.
template <class Real>
Real chi_squared_upper_quantile(const Real& q, const Real& df) {
  return boost::math::quantile(boost::math::complement(chi_squared_type<Real>(df), q));
}

/// log P(X > x), also where the tail itself is below the smallest number: there by the continued fraction of the upper incomplete
/// gamma function (DLMF 8.9.2 in its even part: Gamma(a, z) = e^-z z^a / (z + 1 - a - 1 (1 - a) / (z + 3 - a - ...))).
template <class Real>
Real log_chi_squared_upper_tail(const Real& x, const Real& df) {
  using std::log;
  const Real tail = chi_squared_upper_tail(x, df);
  if (tail > (std::numeric_limits<Real>::min)() * Real(1e8)) return log(tail);
  struct terms {
    using result_type = std::pair<Real, Real>;
    Real a, z;
    int n = 0;
    result_type operator()() {
      const Real i = Real(n++);
      return {Real(-i * (i - a)), Real(z + 2 * i + 1 - a)};
    }
  };
  const Real a = df / 2;
  const Real z = x / 2;
  terms generator{a, z};
  const Real fraction = boost::math::tools::continued_fraction_b(generator, std::numeric_limits<Real>::epsilon());
  return -z + a * log(z) - boost::math::lgamma(a, math_policy()) - log(fraction);
}

}  // namespace metapool::detail
