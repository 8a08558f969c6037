// SPDX-License-Identifier: BSL-1.0
// Sums over k studies at one between-study variance: the kernels of every univariate estimator. No allocation, no checks, fixed order.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace metapool::detail {

/// Weighted mean and Q at one tau2, with w = 1 / (v + tau2).
template <class Real>
struct pooled_sums {
  Real w{};     ///< sum of w
  Real w2{};    ///< sum of w^2
  Real w3{};    ///< sum of w^3
  Real mean{};  ///< sum of w y / sum of w
  Real q{};     ///< sum of w (y - mean)^2
  Real a2{};    ///< sum of w^2 (y - mean)^2 = y'PPy = -dQ/dtau2
  Real a3{};    ///< sum of w^3 (y - mean)^2
  Real b2{};    ///< sum of w^2 (y - mean)
  /// tr P, P = W - W 1 1' W / sum w
  Real trace_p() const { return w - w2 / w; }
  /// tr P^2
  Real trace_pp() const { return w2 - 2 * w3 / w + w2 * w2 / (w * w); }
  /// y'PPPy = half the second derivative of Q
  Real yppp() const { return a3 - b2 * b2 / w; }
};

/// Two passes: the mean from offsets against the first effect, then centred sums, so that nothing cancels.
template <class Real>
pooled_sums<Real> pool_at(std::span<const Real> y, std::span<const Real> v, const Real& tau2) {
  pooled_sums<Real> s;
  const Real origin = y[0];
  Real offset = 0;
  const std::size_t k = y.size();
  for (std::size_t i = 0; i < k; ++i) {
    const Real w = 1 / (v[i] + tau2);
    const Real ww = w * w;
    s.w += w;
    s.w2 += ww;
    s.w3 += ww * w;
    offset += w * (y[i] - origin);
  }
  const Real centre = offset / s.w;
  s.mean = origin + centre;
  for (std::size_t i = 0; i < k; ++i) {
    const Real w = 1 / (v[i] + tau2);
    const Real r = (y[i] - origin) - centre;
    const Real wr = w * r;
    s.q += wr * r;
    s.b2 += w * wr;
    s.a2 += wr * wr;
    s.a3 += w * wr * wr;
  }
  return s;
}

/// The spread of the inputs, from which brackets of tau2 follow.
template <class Real>
struct input_range {
  Real v_min{}, v_max{};
  Real sum_of_squares{};  ///< sum of (y - ybar)^2, unweighted
};

template <class Real>
input_range<Real> range_of(std::span<const Real> y, std::span<const Real> v) {
  input_range<Real> r{v[0], v[0], Real(0)};
  const std::size_t k = y.size();
  Real offset = 0;
  for (std::size_t i = 0; i < k; ++i) {
    if (v[i] < r.v_min) r.v_min = v[i];
    if (v[i] > r.v_max) r.v_max = v[i];
    offset += y[i] - y[0];
  }
  offset /= static_cast<Real>(k);
  for (std::size_t i = 0; i < k; ++i) {
    const Real d = (y[i] - y[0]) - offset;
    r.sum_of_squares += d * d;
  }
  return r;
}

}  // namespace metapool::detail
