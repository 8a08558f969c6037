// SPDX-License-Identifier: BSL-1.0
// Freeman and Tukey's double transformations, and the ways back that know the sample size.
#pragma once

#include <metapool/data/check.hpp>

#include <cmath>
#include <string>

namespace metapool {

namespace detail {

template <class Real>
void check_size(const char* function, const char* what, const Real& n) {
  if (!(n > 0) || !is_finite(n)) throw_input_error(function, std::string(what) + " = " + to_text(n) + " must be positive and finite");
}

}  // namespace detail

/// Freeman and Tukey's double arcsine of `events` among events + others: (asin(sqrt(x / (n + 1))) + asin(sqrt((x + 1) / (n + 1)))) / 2.
/// Scale: half the sum, as in metafor and meta; Miller and others write the sum, which is twice as large. Domain: events, others >= 0.
/// 15 significant digits. Freeman & Tukey (1950) Ann Math Stat 21:607, doi:10.1214/aoms/1177729756.
template <class Real>
Real freeman_tukey(const Real& events, const Real& others) {
  using std::atan2, std::sqrt;
  return (atan2(Real(sqrt(events)), Real(sqrt(Real(others + 1)))) + atan2(Real(sqrt(Real(events + 1))), Real(sqrt(others)))) / 2;
}

/// The proportion whose double arcsine in a sample of n is y: the exact inverse of freeman_tukey(p n, (1 - p) n).
///
/// Values of y below that of p = 0 give 0, above that of p = 1 give 1. Throws input_error if n is not positive or y not finite.
/// A pooled y has no sample size of its own. The customary choice, harmonic_mean of the studies' sizes, is a trap: where sizes differ
/// much the pooled proportion so obtained can lie outside the range of all studies and turn with the choice of n (Schwarzer et al. 2019).
/// Prefer the logit, or compare several n; to_natural gives the limit of large n, sin^2(y).
/// With t = 2 y, s = sin t, c = cos t, u = s - c^2 / (n s): p = (1 - c sqrt(1 + 2/n - (c / (n s))^2)) / 2, which is Miller's
/// (1 - sgn(c) sqrt(1 - u^2)) / 2 without its cancellation at p = 1/2; where c > 0, p = u^2 / (2 (1 + sqrt(1 - u^2))).
/// Miller (1978) Am Stat 32:138, doi:10.1080/00031305.1978.10479283;
/// Schwarzer, Chemaitelly, Abu-Raddad & Rücker (2019) Res Synth Methods 10:476, doi:10.1002/jrsm.1348.
template <class Real>
Real from_freeman_tukey(const Real& y, const Real& n) {
  using std::atan2, std::cos, std::sin, std::sqrt;
  detail::check_size("from_freeman_tukey", "n", n);
  if (!detail::is_finite(y)) detail::throw_input_error("from_freeman_tukey", "y = " + detail::to_text(y) + " must be a finite number");
  const Real lowest = freeman_tukey(Real(0), n), highest = freeman_tukey(n, Real(0));
  if (!(y > lowest)) return Real(0);
  if (!(y < highest)) return Real(1);
  const Real s = sin(Real(2 * y)), c = cos(Real(2 * y)), ratio = c / (n * s);
  const Real inner = 1 + 2 / n - ratio * ratio;
  const Real root = inner > 0 ? Real(c * sqrt(inner)) : Real(0);
  const Real u = s - c * ratio;
  const Real tail = u * u / (2 * (1 + (c > 0 ? root : Real(-root))));
  return c > 0 ? tail : Real(1 - tail);
}

/// Freeman and Tukey's double square root of a rate: (sqrt(x / t) + sqrt((x + 1) / t)) / 2. Domain: events >= 0, time > 0.
/// Scale: half the sum, as in metafor. Freeman & Tukey (1950) Ann Math Stat 21:607, doi:10.1214/aoms/1177729756.
template <class Real>
Real freeman_tukey_rate(const Real& events, const Real& time) {
  using std::sqrt;
  return (sqrt(Real(events / time)) + sqrt(Real((events + 1) / time))) / 2;
}

/// The rate whose double square root over a person-time of `time` is y: (y - 1 / (4 time y))^2, the exact inverse of freeman_tukey_rate;
/// 0 for y below that of no events. Throws input_error if time is not positive or y not finite. For a pooled y the choice of `time` (the
/// harmonic mean of the studies') has the same trap as that of n in from_freeman_tukey.
template <class Real>
Real from_freeman_tukey_rate(const Real& y, const Real& time) {
  detail::check_size("from_freeman_tukey_rate", "time", time);
  if (!detail::is_finite(y)) detail::throw_input_error("from_freeman_tukey_rate", "y = " + detail::to_text(y) + " must be a finite number");
  if (!(y > 0)) return Real(0);
  const Real root = y - 1 / (4 * time * y);
  return root > 0 ? Real(root * root) : Real(0);
}

/// The harmonic mean of positive numbers, k / sum(1 / n): what is customarily taken for the sample size of a pooled Freeman-Tukey value. See
/// the warning at from_freeman_tukey. Throws input_error if there are none or one is not positive and finite.
template <class Range>
auto harmonic_mean(const Range& sizes) -> typename Range::value_type {
  using Real = typename Range::value_type;
  Real sum = 0, k = 0;
  for (const Real& n : sizes) {
    detail::check_size("harmonic_mean", "a size", n);
    sum += 1 / n;
    k += 1;
  }
  if (!(k > 0)) detail::throw_input_error("harmonic_mean", "no sizes");
  return k / sum;
}

}  // namespace metapool
