// SPDX-License-Identifier: BSL-1.0
// Olkin and Pratt's unbiased estimator of a correlation. Neither Boost nor Eigen.
#pragma once

#include <metapool/data/check.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace metapool {

namespace detail {

/// 2F1(1/2, 1/2; c; z) - 1, 0 <= z <= 1, c > 15: the terms of the series fall at least as k^-c.
template <class Real>
Real olkin_pratt_series(const Real& c, const Real& z) {
  Real term = z / (4 * c), sum = term;
  for (int k = 1; k < 100000; ++k) {
    const Real j = static_cast<Real>(k), half = j + Real(1) / 2;
    term *= half * half / ((c + j) * (j + 1)) * z;
    sum += term;
    if (!(term > std::numeric_limits<Real>::epsilon() / 16 * sum)) break;
  }
  return sum;
}

/// 2F1(1/2, 1/2; (n - 2) / 2; 1 - r^2) - 1, 5 <= n < 40, by Euler's integral with t = tanh^2 x: the function is the ratio of the integrals over
/// the line of cosh^(4 - n) x / sqrt(1 + r^2 sinh^2 x) and of cosh^(3 - n) x. Both are analytic and fall exponentially, so that the
/// trapezoidal rule converges geometrically; their difference is taken term by term, with (1 - r^2) as a factor, and all terms are positive.
template <class Real>
Real olkin_pratt_quadrature(const Real& n, const Real& r) {
  using std::exp, std::log, std::sqrt;
  const Real eps = std::numeric_limits<Real>::epsilon();
  const Real h = Real(3) / -log(eps);  // error about exp(-pi^2 / h) where n is small, and still less than eps at n = 40
  // exp(x) as the product of two of them, and the power by multiplications where n is whole: in 50 digits most of the time
  constexpr int block = 16;
  std::array<Real, block> steps;
  for (int i = 0; i < block; ++i) steps[static_cast<std::size_t>(i)] = exp(Real(static_cast<Real>(i) * h));
  const int whole_power = is_whole(n) ? static_cast<int>(n) - 4 : 0;
  const auto power = [&](const Real& c) {  // c^(4 - n)
    if (whole_power == 0) return Real(exp(Real((4 - n) * log(c))));
    Real product = 1, factor = c;
    for (int left = whole_power; left > 0; left /= 2) {
      if (left % 2 == 1) product *= factor;
      factor *= factor;
    }
    return Real(1 / product);
  };
  Real excess = 0, whole = Real(1) / 2, base = 1;  // x = 0, halved as each other x stands for two
  for (int i = 1; i < 100000; ++i) {
    const int step = i % block;
    if (step == 0) base = exp(Real(static_cast<Real>(i) * h));
    const Real e = base * steps[static_cast<std::size_t>(step)];
    const Real c = (e + 1 / e) / 2, s = (e - 1 / e) / 2;
    const Real root = sqrt(Real(1 + r * r * s * s));
    const Real weight = power(c);
    // 1 / root - 1 / c = (1 - r^2) s^2 / (root c (root + c))
    const Real more = weight * (s / root) * (s / c) / (root + c);
    excess += more;
    whole += weight / c;
    if (!(more > eps / 64 * excess) && !(weight > eps / 64 * whole)) break;
  }
  return (1 - r) * (1 + r) * (excess / whole);
}

/// What the unbiased estimate is larger by, as a share of r.
template <class Real>
Real olkin_pratt_excess(const Real& r, const Real& n) {
  return n < 40 ? olkin_pratt_quadrature(n, r) : olkin_pratt_series(Real((n - 2) / 2), Real((1 - r) * (1 + r)));
}

/// 1 - y^2 of the unbiased estimate y, also where y is next to 1 or -1.
template <class Real>
Real olkin_pratt_unexplained(const Real& r, const Real& n) {
  const Real size = r < 0 ? Real(-r) : r;
  const Real excess = size * olkin_pratt_excess(r, n);
  return ((1 - size) - excess) * (1 + (size + excess));
}

}  // namespace detail

/// Olkin and Pratt's unbiased estimate of a correlation, r 2F1(1/2, 1/2; (n - 2) / 2; 1 - r^2), of the observed r in n patients.
///
/// Domain: -1 <= r <= 1, n >= 5. Exact, not the usual approximation r (1 + (1 - r^2) / (2 (n - 4))) or the like; 14 significant digits
/// for every r and for n up to 10^9 and beyond. By the hypergeometric series from n = 40 on, by the trapezoidal rule below, where
/// the series is slow near r = 0. Throws input_error outside the domain.
/// Olkin & Pratt (1958) Ann Math Stat 29:201, doi:10.1214/aoms/1177706717.
template <class Real>
Real olkin_pratt(const Real& r, const Real& n) {
  if (!(r >= -1 && r <= 1)) detail::throw_input_error("olkin_pratt", "r = " + detail::to_text(r) + " must lie between -1 and 1");
  if (!(n >= 5) || !detail::is_finite(n)) detail::throw_input_error("olkin_pratt", "n = " + detail::to_text(n) + " must be at least 5 and finite");
  if (r == 0) return r;
  return r + r * detail::olkin_pratt_excess(r, n);
}

}  // namespace metapool
