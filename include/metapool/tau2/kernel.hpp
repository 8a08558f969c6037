// SPDX-License-Identifier: BSL-1.0
// Sums over k studies at one between-study variance: the kernels of every univariate estimator. No allocation, no checks, fixed order.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace metapool::detail {

/// Sums of powers of the weights w = 1 / (v + tau2), with the largest one apart: tr P = sum w - sum w^2 / sum w and tr P^2 lose all their
/// digits in that form when one study outweighs the rest, and none in the forms below.
template <class Real>
struct weight_sums {
  Real w{};        ///< sum of w
  Real largest{};  ///< the largest w
  Real rest{}, rest2{}, rest3{};  ///< sums of w, w^2, w^3 over the other studies
  /// sum of w^2
  Real w2() const { return largest * largest + rest2; }
  /// tr P, P = W - W 1 1' W / sum w
  Real trace_p() const { return largest * (rest / w) + (rest - rest2 / w); }
  /// tr P^2 = sum w^2 - 2 sum w^3 / sum w + (sum w^2 / sum w)^2
  Real trace_pp() const {
    const Real share = largest / w;
    return share * share * (rest * rest + rest2) + (rest2 - 2 * rest3 / w + (rest2 / w) * (w2() / w));
  }
};

/// Index of the smallest variance, which has the largest weight at every tau2 >= 0 (the first of several).
template <class Real>
std::size_t most_precise(std::span<const Real> v) {
  const Real* const at = v.data();
  const std::size_t k = v.size();
  std::size_t best = 0;
  for (std::size_t i = 1; i < k; ++i) {
    if (at[i] < at[best]) best = i;
  }
  return best;
}

template <class Real>
weight_sums<Real> weigh(std::span<const Real> v, const Real& tau2) {
  weight_sums<Real> s;
  const Real* const at = v.data();
  const std::size_t k = v.size();
  const std::size_t top = most_precise(v);
  s.largest = 1 / (at[top] + tau2);
  for (std::size_t i = 0; i < k; ++i) {
    if (i == top) continue;
    const Real w = 1 / (at[i] + tau2);
    const Real ww = w * w;
    s.rest += w;
    s.rest2 += ww;
    s.rest3 += ww * w;
  }
  s.w = s.largest + s.rest;
  return s;
}

/// Weighted mean and Q at one tau2, with w = 1 / (v + tau2).
template <class Real>
struct pooled_sums : weight_sums<Real> {
  Real mean{};  ///< sum of w y / sum of w
  Real q{};     ///< sum of w (y - mean)^2
  Real a2{};    ///< sum of w^2 (y - mean)^2 = y'PPy = -dQ/dtau2
  Real yppp{};  ///< y'PPPy = half the second derivative of Q = sum of w (u - ubar)^2 with u = w (y - mean), ubar its weighted mean
};

/// Two passes: the mean from offsets against the effect of the most precise study, then centred sums, so that nothing cancels, also
/// where that study has nearly all the weight.
template <class Real>
pooled_sums<Real> pool_at(std::span<const Real> y, std::span<const Real> v, const Real& tau2) {
  pooled_sums<Real> s;
  const Real* const effect = y.data();
  const Real* const at = v.data();
  const std::size_t k = y.size();
  const std::size_t top = most_precise(v);
  const Real origin = effect[top];
  s.largest = 1 / (at[top] + tau2);
  Real offset = 0;
  for (std::size_t i = 0; i < k; ++i) {
    if (i == top) continue;
    const Real w = 1 / (at[i] + tau2);
    const Real ww = w * w;
    s.rest += w;
    s.rest2 += ww;
    s.rest3 += ww * w;
    offset += w * (effect[i] - origin);
  }
  s.w = s.largest + s.rest;
  const Real centre = offset / s.w;
  s.mean = origin + centre;
  const Real u_top = -(s.largest * centre);
  s.q = -u_top * centre;
  s.a2 = u_top * u_top;
  Real square = 0, shift = 0;  // sums of w (u - u_top)^2 and w (u - u_top)
  for (std::size_t i = 0; i < k; ++i) {
    if (i == top) continue;
    const Real w = 1 / (at[i] + tau2);
    const Real r = (effect[i] - origin) - centre;
    const Real u = w * r;
    s.q += u * r;
    s.a2 += u * u;
    const Real d = u - u_top;
    square += w * d * d;
    shift += w * d;
  }
  s.yppp = square - shift * (shift / s.w);
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
  const Real* const effect = y.data();
  const Real* const at = v.data();
  input_range<Real> r{at[0], at[0], Real(0)};
  const std::size_t k = y.size();
  Real offset = 0;
  for (std::size_t i = 0; i < k; ++i) {
    if (at[i] < r.v_min) r.v_min = at[i];
    if (at[i] > r.v_max) r.v_max = at[i];
    offset += effect[i] - effect[0];
  }
  offset /= static_cast<Real>(k);
  for (std::size_t i = 0; i < k; ++i) {
    const Real d = (effect[i] - effect[0]) - offset;
    r.sum_of_squares += d * d;
  }
  return r;
}

}  // namespace metapool::detail
