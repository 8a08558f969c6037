// SPDX-License-Identifier: BSL-1.0
// Polynomials through the extrema of a Chebyshev polynomial. Neither Boost nor Eigen.
#pragma once

#include <metapool/math/constants.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace metapool::detail {

/// The n + 1 points cos(pi j / n), from 1 down to -1; n >= 1. Those of n are among those of 2 n, at even j.
template <class Real>
std::vector<Real> chebyshev_points(std::size_t n) {
  using std::cos;
  std::vector<Real> x(n + 1);
  for (std::size_t j = 0; j <= n; ++j) x[j] = cos(Real(pi<Real>() * static_cast<Real>(j) / static_cast<Real>(n)));
  x[n] = -1;
  if (n % 2 == 0) x[n / 2] = 0;
  return x;
}

/// Coefficients c with sum of c[k] T_k(t) through `values` at chebyshev_points(values.size() - 1). O(n^2).
template <class Real>
std::vector<Real> chebyshev_coefficients(const std::vector<Real>& values) {
  using std::cos;
  const std::size_t n = values.size() - 1;
  std::vector<Real> cosines(2 * n);
  for (std::size_t j = 0; j < 2 * n; ++j) cosines[j] = cos(Real(pi<Real>() * static_cast<Real>(j) / static_cast<Real>(n)));
  std::vector<Real> c(n + 1);
  for (std::size_t k = 0; k <= n; ++k) {
    Real sum = (values[0] + (k % 2 == 0 ? values[n] : Real(-values[n]))) / 2;
    for (std::size_t j = 1; j < n; ++j) sum += values[j] * cosines[j * k % (2 * n)];
    c[k] = sum * (k == 0 || k == n ? Real(1) : Real(2)) / static_cast<Real>(n);
  }
  return c;
}

/// A polynomial on [from, to], by its Chebyshev coefficients.
template <class Real>
class chebyshev_series {
 public:
  chebyshev_series() = default;
  /// values: at the chebyshev_points, mapped so that 1 is `to`.
  chebyshev_series(const Real& from, const Real& to, const std::vector<Real>& values) : from_(from), to_(to), c_(chebyshev_coefficients(values)) {}

  const Real& from() const { return from_; }
  const Real& to() const { return to_; }
  const std::vector<Real>& coefficients() const { return c_; }

  Real operator()(const Real& x) const {  // Clenshaw
    const Real t = local(x), t2 = 2 * t;
    Real b1 = 0, b2 = 0;
    for (std::size_t j = c_.size() - 1; j > 0; --j) {
      const Real b = c_[j] + t2 * b1 - b2;
      b2 = b1;
      b1 = b;
    }
    return c_[0] + t * b1 - b2;
  }
  /// Value, first and second derivative.
  std::array<Real, 3> jet(const Real& x) const {
    const Real t = local(x), scale = 2 / (to_ - from_);
    Real t0 = 1, t1 = t, d0 = 0, d1 = 1, s0 = 0, s1 = 0;
    Real value = c_[0], first = 0, second = 0;
    for (std::size_t j = 1; j < c_.size(); ++j) {
      value += c_[j] * t1;
      first += c_[j] * d1;
      second += c_[j] * s1;
      const Real t2 = 2 * t * t1 - t0, d2 = 2 * t1 + 2 * t * d1 - d0, s2 = 4 * d1 + 2 * t * s1 - s0;
      t0 = t1;
      t1 = t2;
      d0 = d1;
      d1 = d2;
      s0 = s1;
      s1 = s2;
    }
    return {value, Real(first * scale), Real(second * scale * scale)};
  }
  /// The size of the last three coefficients: what is probably missing.
  Real tail() const {
    using std::abs;
    Real sum = 0;
    for (std::size_t j = c_.size() > 3 ? c_.size() - 3 : 0; j < c_.size(); ++j) sum += abs(c_[j]);
    return sum;
  }

 private:
  Real local(const Real& x) const { return (2 * x - from_ - to_) / (to_ - from_); }
  Real from_{}, to_{1};
  std::vector<Real> c_{Real(0)};
};

/// Weights w with p(t) = sum of w[j] p(x_j) for every polynomial p of degree n and the chebyshev_points x of n: the second barycentric formula.
template <class Real>
std::vector<Real> chebyshev_weights(const std::vector<Real>& points, const Real& t) {
  const std::size_t n = points.size() - 1;
  std::vector<Real> w(n + 1, Real(0));
  Real sum = 0;
  for (std::size_t j = 0; j <= n; ++j) {
    const Real d = t - points[j];
    if (d == 0) {
      w.assign(n + 1, Real(0));
      w[j] = 1;
      return w;
    }
    w[j] = (j % 2 == 0 ? Real(1) : Real(-1)) * (j == 0 || j == n ? Real(Real(1) / 2) : Real(1)) / d;
    sum += w[j];
  }
  for (Real& x : w) x /= sum;
  return w;
}

}  // namespace metapool::detail
