// SPDX-License-Identifier: BSL-1.0
// Logarithms to base ten of p-values, also of those below the smallest number.
#pragma once

#include <metapool/math/chi_squared.hpp>
#include <metapool/math/constants.hpp>
#include <metapool/math/normal.hpp>
#include <metapool/math/students_t.hpp>

#include <cmath>
#include <cstddef>
#include <limits>

namespace metapool::detail {

template <class Real>
Real ln_ten() {
  return Real(2.302585092994045684017991454684364208L);
}

/// P(|Z| > |z|).
template <class Real>
Real batch_normal_p(const Real& z) {
  return normal_two_sided_p<Real>(z);
}

/// -log10 of a p that is known, or of one below the smallest number, whose natural logarithm `log_p` gives.
template <class Real, class LogP>
Real minus_log10(const Real& p, const LogP& log_p) {
  if (p > (std::numeric_limits<Real>::min)() * Real(1e8)) return std::fabs(std::log10(p));  // 0, not -0, for p = 1
  return -log_p() / ln_ten<Real>();
}

/// -log10 P(|Z| > |z|), also for p = 1 - tiny and for p below the smallest number.
template <class Real>
Real batch_normal_minus_log10_p(const Real& z, const Real& p) {
  const Real x = std::fabs(z);
  if (!(x <= (std::numeric_limits<Real>::max)())) return x;  // infinite
  if (p > Real(0.5)) return -std::log1p(-std::erf(x / Real(1.414213562373095048801688724209698079L))) / ln_ten<Real>();
  return minus_log10(p, [&] { return Real(log_normal_upper_tail<Real>(x) + std::log(Real(2))); });
}

/// P(X > x) of chi-squared; NaN without degrees of freedom.
template <class Real>
Real batch_chi_squared_p(const Real& x, std::size_t df) {
  return df == 0 ? std::numeric_limits<Real>::quiet_NaN() : chi_squared_upper_tail<Real>(x, static_cast<Real>(df));
}

template <class Real>
Real batch_chi_squared_minus_log10_p(const Real& x, std::size_t df, const Real& p) {
  if (df == 0) return std::numeric_limits<Real>::quiet_NaN();
  return minus_log10(p, [&] { return log_chi_squared_upper_tail<Real>(x, static_cast<Real>(df)); });
}

/// -log10 P(|T| > |t|).
template <class Real>
Real batch_t_minus_log10_p(const Real& t, const Real& df, const Real& p) {
  return minus_log10(p, [&] { return Real(log_t_upper_tail<Real>(Real(std::fabs(t)), df) + std::log(Real(2))); });
}

}  // namespace metapool::detail
