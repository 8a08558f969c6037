// SPDX-License-Identifier: BSL-1.0
// Pooled estimates that are a ratio of two sums over the trials, with a variance of a few more: what an interval that holds no effect says of the sums.
#pragma once

#include <metapool/sensitivity/fragility_equations.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace metapool::detail {

/// What is summed, in this order. The estimate is the first sum by the second, or its logarithm, and its variance is the rest, weighted, by the second squared.
enum class ratio_kind {
  inverse_variance,  ///< w y, w
  risk_ratio,        ///< R, S and Greenland and Robins' P, by the ratio
  odds_ratio,        ///< R, S and Robins, Breslow and Greenland's PR and QS; with P + Q = 1 their PS + QR is R + S - PR - QS
  risk_difference    ///< R, S and Sato's P, times the ratio, and J
};

using ratio_terms = std::array<double, 4>;

/// A linear function of the sums.
struct ratio_form {
  ratio_terms on{};
  double constant = 0;

  double operator()(const ratio_terms& t) const {
    double f = constant;
    for (std::size_t j = 0; j < t.size(); ++j) f += on[j] * t[j];
    return f;
  }
  /// Of the same with no term cancelling another.
  double size(const ratio_terms& t) const {
    double sum = std::fabs(constant);
    for (std::size_t j = 0; j < t.size(); ++j) sum += std::fabs(on[j] * t[j]);
    return sum;
  }
  void add(double times, const ratio_form& f) {
    for (std::size_t j = 0; j < on.size(); ++j) on[j] += times * f.on[j];
    constant += times * f.constant;
  }
};

/// The ratio r of the first two sums, R and S, and omega: V, the variance of the estimate times S^2.
using ratio_point = std::array<double, 2>;

struct ratio_interval {
  ratio_point low{}, high{};
  double end(std::size_t of_ratio) const { return of_ratio == 0 ? low[0] : high[0]; }
};

/// Every set of tables fulfils E1 = R - r S = 0 and E2 = V(r) - omega = 0 at its own point, and where the goal is reached N is not below 0: d S + z sqrt(omega) for an interval that is not below
/// no effect, d being the estimate less no effect; -d S + z sqrt(omega) for one that is not above; -d S - z sqrt(omega) for one that is below. By inverse variance, where V = S, and d S = R,
/// the ratio is not needed.
struct fragility_ratio {
  ratio_kind kind = ratio_kind::inverse_variance;
  bool gain = false;    ///< the goal is an interval below no effect; otherwise one that includes it (by inverse variance: or lies above)
  double critical = 0;  ///< z
  double null = 0;      ///< no effect, on the scale of the estimate; 0 by inverse variance

  bool logarithm() const { return kind == ratio_kind::risk_ratio || kind == ratio_kind::odds_ratio; }
  bool with_ratio() const { return kind != ratio_kind::inverse_variance; }
  double distance(double ratio) const { return (logarithm() ? std::log(ratio) : ratio) - null; }
  double no_effect() const { return logarithm() ? std::exp(null) : null; }

  /// V at a ratio.
  ratio_terms variance(double ratio) const {
    const double x = 1 / ratio;
    switch (kind) {
      case ratio_kind::inverse_variance: break;
      case ratio_kind::risk_ratio: return {0, 0, x, 0};
      case ratio_kind::odds_ratio: return {x / 2, x / 2, (x * x - x) / 2, (1 - x) / 2};
      case ratio_kind::risk_difference: return {0, 0, ratio, 1};
    }
    return {0, 1, 0, 0};
  }

  /// E1, N, E2 as numbered in bounded_parts, at an end of the ratio and some omega, with what a multiple of them, by a negative number or not, may lie above the chord between the ends.
  ratio_form part(std::size_t j, const ratio_interval& b, double ratio, double omega, bool negative) const {
    ratio_form f;
    if (j == 0 && with_ratio()) {
      f.on = {1, -ratio, 0, 0};
    } else if (j == 1) {
      f.constant = (gain ? -critical : critical) * std::sqrt(omega);
      if (!with_ratio()) {
        f.on[0] = gain ? -1 : 1;
      } else if (gain || b.low[0] >= no_effect()) {
        f.on[1] = -distance(ratio);
      } else {
        f.on[1] = distance(ratio) + distance_bend(b);
      }
    } else if (j == 2) {
      f.on = variance(ratio);
      f.constant = -omega;
      if (negative && logarithm()) {
        const ratio_terms gap = variance_bend(b);
        for (std::size_t t = 0; t < gap.size(); ++t) f.on[t] -= gap[t];
      }
    }
    return f;
  }

  /// The omega at which a multiple of N and E2 is largest.
  double worst_omega(const ratio_interval& b, const bounded_parts& multipliers) const {
    const double low = b.low[1], high = b.high[1], n = multipliers[1] * critical, e = multipliers[2];
    if (gain) return -n * std::sqrt(low) - e * low > -n * std::sqrt(high) - e * high ? low : high;
    if (!(e > 0)) return high;
    const double root = n / (2 * e);
    return root * root > low ? (std::min)(root * root, high) : low;
  }

  /// A multiple of all.
  ratio_form form(const ratio_interval& b, double ratio, const bounded_parts& multipliers) const {
    const double omega = worst_omega(b, multipliers);
    ratio_form f;
    for (std::size_t j = 0; j < 3; ++j) {
      if (multipliers[j] != 0) f.add(multipliers[j], part(j, b, ratio, omega, multipliers[j] < 0));
    }
    return f;
  }

  /// How far the logarithm may lie above its chord: its second derivative times the square of the width by 8.
  double distance_bend(const ratio_interval& b) const {
    const double wide = b.high[0] - b.low[0];
    return logarithm() ? wide * wide / (8 * b.low[0] * b.low[0]) : 0;
  }

  /// How far V of a logarithm may lie below its chord, of sums that are not below 0.
  ratio_terms variance_bend(const ratio_interval& b) const {
    const double a = b.low[0], z = b.high[0], wide = z - a, root = std::sqrt(a) + std::sqrt(z);
    const double first = wide * wide / (a * z * root * root);  // of 1/r: (1/sqrt a - 1/sqrt z)^2
    if (kind == ratio_kind::risk_ratio) return {0, 0, first, 0};
    const double second = (std::min)(0.75 * wide * wide / (a * a * a * a), wide * (a + z) / (a * a * z * z));  // of 1/r^2: by 6/a^4, and never more than from end to end
    return {first / 2, first / 2, (second - first) / 2, -first / 2};
  }
};

}  // namespace metapool::detail
