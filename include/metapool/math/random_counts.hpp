// SPDX-License-Identifier: BSL-1.0
// Random counts: binomial, by Boost.Random.
#pragma once

#include <metapool/math/random.hpp>

#include <boost/random/binomial_distribution.hpp>

namespace metapool::detail {

/// Events among n patients, each with probability p. n: a whole number from 0 to 2^31 - 2; 0 <= p <= 1. Exact up to rounding; inversion where n p is small, rejection beyond.
/// Hormann (1993) J Stat Comput Simul 46:101.
inline double random_binomial(random_stream& random, double n, double p) {
  if (!(n > 0) || !(p > 0)) return 0;
  if (p >= 1) return n;
  return static_cast<double>(boost::random::binomial_distribution<int, double>(static_cast<int>(n), p)(random));
}

}  // namespace metapool::detail
