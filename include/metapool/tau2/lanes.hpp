// SPDX-License-Identifier: BSL-1.0
// Between-study variances of many effect vectors that share their variances, several side by side.
#pragma once

#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/lane_q.hpp>
#include <metapool/tau2/lane_search.hpp>
#include <metapool/tau2/maximum_likelihood.hpp>
#include <metapool/tau2/paule_mandel.hpp>
#include <metapool/tau2/reml.hpp>
#include <metapool/tau2/spectrum.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// Whether the lanes know an estimator; every other one is called for each data set by itself.
template <class Estimator>
inline constexpr bool in_lanes = std::is_same_v<Estimator, reml> || std::is_same_v<Estimator, maximum_likelihood> || std::is_same_v<Estimator, paule_mandel> ||
                                 std::is_same_v<Estimator, dersimonian_laird>;

/// What is known of each of `lanes` data sets.
template <class Real>
struct lane_fits {
  lane_array<Real> tau2{};
  lane_array<Real> mean{};    ///< weights 1 / (v + tau2)
  lane_array<Real> weight{};  ///< sum of the weights: the classical variance of the mean is 1 / weight
  lane_array<Real> q{};       ///< sum of w (y - mean)^2
};

/// Fits of random effects to `lanes` effect vectors at a time, all with the same variances v.
///
/// DL, PM, REML and ML in double, long double or float go side by side on the spectrum of v (spectrum.hpp), when k <= 64 and v covers no more than 8 decades. Where one maximum of
/// the likelihood is not proved by the bounds of lane_search.hpp, and for every other estimator, the data set is given to the estimator
/// itself: the answer is the estimator's, to 12 digits of v_min + tau2, whichever way. It depends neither on the lane nor on the other data sets. The input is not checked.
/// The object is constant after construction: threads may share it.
template <class Real, class Estimator>
class fits_in_lanes {
 public:
  fits_in_lanes(std::span<const Real> v, const Estimator& estimator) : v_(v.begin(), v.end()), estimator_(estimator), top_(most_precise(v)) {
    if constexpr (in_lanes<Estimator> && std::is_floating_point_v<Real>) {
      Real v_max = v[0];
      for (const Real& x : v) {
        if (x > v_max) v_max = x;
      }
      side_by_side_ = v.size() >= 2 && v.size() <= 64 && v_max <= v[top_] * Real(1e8);
      if (side_by_side_) {
        spectrum_.emplace(v);
        if constexpr (std::is_same_v<Estimator, reml>) search_.emplace(*spectrum_, v, likelihood_kind::restricted);
        if constexpr (std::is_same_v<Estimator, maximum_likelihood>) search_.emplace(*spectrum_, v, likelihood_kind::full);
      }
    }
  }

  std::size_t k() const { return v_.size(); }
  const Estimator& estimator() const { return estimator_; }
  std::span<const Real> v() const { return v_; }

  /// y: k rows of `lanes` effects. Throws what the estimator throws.
  lane_fits<Real> fit(const Real* y) const {
    lane_fits<Real> r;
    lane_array<bool> known{};
    if constexpr (in_lanes<Estimator> && std::is_floating_point_v<Real>) {
      if (side_by_side_) estimate(y, r, known);
    }
    std::vector<Real> one;
    for (std::size_t l = 0; l < lanes; ++l) {
      if (known[l]) continue;
      one.resize(k());
      for (std::size_t i = 0; i < k(); ++i) one[i] = y[i * lanes + l];
      r.tau2[l] = estimator_(std::span<const Real>(one), std::span<const Real>(v_)).tau2;
    }
    pool(y, r);
    return r;
  }

 private:
  void estimate(const Real* y, lane_fits<Real>& r, lane_array<bool>& known) const {
    const std::size_t n = k() - 1;
    Real squares[63 * lanes], offset[64 * lanes];
    for (std::size_t i = 0; i < k(); ++i) {
      for (std::size_t l = 0; l < lanes; ++l) offset[i * lanes + l] = y[i * lanes + l] - y[top_ * lanes + l];
    }
    Real total[lanes] = {};
    for (std::size_t j = 0; j < n; ++j) {
      const Real* const row = spectrum_->row(j).data();
      Real c[lanes] = {};
      for (std::size_t i = 0; i < k(); ++i) {
        const Real u = row[i];
#pragma GCC unroll 8
        for (std::size_t l = 0; l < lanes; ++l) c[l] += u * offset[i * lanes + l];
      }
      for (std::size_t l = 0; l < lanes; ++l) {
        squares[j * lanes + l] = c[l] * c[l];
        total[l] += c[l] * c[l];
      }
    }
    if constexpr (std::is_same_v<Estimator, dersimonian_laird>) {
      lane_moments(spectrum_->values(), squares, r.tau2, known);
    } else if constexpr (std::is_same_v<Estimator, paule_mandel>) {
      lane_paule_mandel(spectrum_->values(), squares, r.tau2, known);
    } else {
      search_->run(squares, total, r.tau2, known);
    }
  }

  /// Mean, sum of weights and Q, as pool_at.
  void pool(const Real* y, lane_fits<Real>& r) const {
    Real t[lanes], weight[lanes], offset[lanes] = {}, centre[lanes], q[lanes];
    Real kept[64 * lanes];  // the weights of the first pass, so that the second has no divisions
    const std::size_t most = k() < 64 ? k() : 64;
    for (std::size_t l = 0; l < lanes; ++l) {
      t[l] = r.tau2[l];
      weight[l] = 1 / (v_[top_] + t[l]);
    }
    const auto weigh = [&](std::size_t i, Real* w) {
      const Real v = v_[i];
      for (std::size_t l = 0; l < lanes; ++l) w[l] = 1 / (v + t[l]);
    };
    Real further[lanes];
    for (std::size_t i = 0; i < k(); ++i) {
      Real* const w = i < most ? kept + i * lanes : further;
      weigh(i, w);
      if (i == top_) continue;
#pragma GCC unroll 8
      for (std::size_t l = 0; l < lanes; ++l) {
        weight[l] += w[l];
        offset[l] += w[l] * (y[i * lanes + l] - y[top_ * lanes + l]);
      }
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      centre[l] = offset[l] / weight[l];
      q[l] = 0;
    }
    for (std::size_t i = 0; i < k(); ++i) {
      const Real* const w = i < most ? kept + i * lanes : further;
      if (i >= most) weigh(i, further);
#pragma GCC unroll 8
      for (std::size_t l = 0; l < lanes; ++l) {
        const Real d = (y[i * lanes + l] - y[top_ * lanes + l]) - centre[l];
        q[l] += d * d * w[l];
      }
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      r.mean[l] = y[top_ * lanes + l] + centre[l];
      r.weight[l] = weight[l];
      r.q[l] = q[l];
    }
  }

  std::vector<Real> v_;
  Estimator estimator_;
  std::size_t top_;
  bool side_by_side_ = false;
  std::optional<variance_spectrum<Real>> spectrum_{};
  std::optional<likelihood_in_lanes<Real>> search_{};
};

}  // namespace metapool::detail
