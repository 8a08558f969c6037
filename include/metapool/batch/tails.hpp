// SPDX-License-Identifier: BSL-1.0
// p-values by the million: the tails whose closed forms are quicker than the general ones, and their logarithms to base ten.
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
  using std::fabs;
  return std::erfc(fabs(z) / Real(1.414213562373095048801688724209698079L));
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

/// P(X > x) of chi-squared with a whole number of degrees of freedom: e^-h (1 + h + h^2/2! + ...) with h = x/2 for even ones, and erfc(sqrt h) +
/// e^-h (sqrt h / Gamma(3/2) + h^(3/2) / Gamma(5/2) + ...) for odd ones: all terms are positive, so that nothing cancels. (DLMF 8.4.10, 8.4.12)
template <class Real>
Real batch_chi_squared_p(const Real& x, std::size_t df) {
  const Real h = x / 2;
  if (df == 0) return std::numeric_limits<Real>::quiet_NaN();
  if (!(df <= 64 && h > 0 && h < Real(0.6) * Real(std::numeric_limits<Real>::max_exponent))) return chi_squared_upper_tail<Real>(x, static_cast<Real>(df));
  Real sum = 0, term = 1, index = 1;
  if (df % 2 == 1) {
    const Real root = std::sqrt(h);
    const Real tail = std::erfc(root);
    if (df == 1) return tail;
    term = Real(1.128379167095512573896158903121545172L) * root;  // 2 / sqrt(pi)
    index = Real(1.5);
    for (std::size_t j = 0; j < (df - 1) / 2; ++j) {
      sum += term;
      term *= h / index;
      index += 1;
    }
    return tail + std::exp(-h) * sum;
  }
  for (std::size_t j = 0; j < df / 2; ++j) {
    sum += term;
    term *= h / index;
    index += 1;
  }
  return std::exp(-h) * sum;
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
