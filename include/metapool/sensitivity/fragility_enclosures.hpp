// SPDX-License-Identifier: BSL-1.0
// What the means and weights of all tables a few changes away can be, tau2 lying in an interval.
#pragma once

#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>
#include <metapool/sensitivity/fragility_weights.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Intervals of quotients of sums over trials: if the numerator less r times the denominator is at most e for all choices, each trial taking the tau2 that is worst for it,
/// no quotient lies above r + e / denominator. Holds references: what it is made of outlives it.
class fragility_enclosures {
 public:
  fragility_enclosures(fragility_choices& choices, const fragility_equations& equations) : choices_(choices), equations_(equations) {}

  std::vector<double> inverse_low{}, inverse_high{};  ///< 1 / (v + tau2) at the ends of the box, of all choices
  std::vector<double> chord{};                        ///< how far it lies below its chord

  /// To be called before the others of a box, the choices being those in use.
  void invert(const bounded_box& b) {
    if (uses_ == choices_.uses && inverted_low_ == b.low[0] && inverted_high_ == b.high[0]) return;
    uses_ = choices_.uses;
    inverted_low_ = b.low[0];
    inverted_high_ = b.high[0];
    for (std::vector<double>* each : {&inverse_low, &inverse_high, &chord}) each->resize(choices_.y.size());
    choices_.each_place<fragility_inverses>(b, choices_.v.data(), inverse_low.data(), inverse_high.data(), chord.data());
  }

  /// The interval of sum w^2 / sum w. False if no choices are left.
  bool rho(bounded_box& b) {
    const bool of_q = equations_.method.tau2 == bounded_tau2::dersimonian_laird;
    const fragility_weights<double> weights = weights_of(b, of_q);
    const range all = range_of(b, of_q);
    if (!(b.rho_high > 0)) {
      b.rho_low = all.least;
      b.rho_high = all.most;
    }
    const std::array<double, 2> now = rho_now(b);
    for (const bool upper : {true, false}) {
      double& bound = upper ? b.rho_high : b.rho_low;
      double r = b.rho_low < now[upper ? 1 : 0] && now[upper ? 1 : 0] < b.rho_high ? now[upper ? 1 : 0] : bound;
      for (int step = 0; step < 6; ++step) {
        const double e = choices_.largest<fragility_over_rho>(weights, equations_, b, r, upper);
        if (e == -std::numeric_limits<double>::infinity()) return false;
        const double end = r + (upper ? 1 : -1) * (e > 0 ? e / all.sum_low : e / all.sum_high);
        bound = upper ? (std::min)(bound, end * (1 + 1e-9)) : (std::max)(bound, end * (1 - 1e-9));
        double sum = 0, squares = 0;
        for_chosen(weights, [&](const fragility_choice&, double low, double high) {
          const double w = upper ? (low * (low - r) < high * (high - r) ? high : low) : (std::min)((std::max)(low, r / 2), high);
          sum += w;
          squares += w * w;
        });
        r = squares / sum;
        if (std::fabs(r - bound) < 0.05 * r) break;
      }
    }
    return true;
  }

  /// Takes from the box the means that no choices have. False if none are left.
  bool mean(bounded_box& b, std::size_t dimension) {
    const fragility_weights<double> weights = weights_of(b, dimension == 2);
    const range all = range_of(b, dimension == 2);
    for (const bool upper : {true, false}) {
      const double side = upper ? 1 : -1;
      double& bound = upper ? b.high[dimension] : b.low[dimension];
      double& guess = guesses_[dimension][upper ? 1 : 0];
      double r = b.low[dimension] < guess && guess < b.high[dimension] ? guess : bound;
      for (int step = 0; step < 6; ++step) {
        const double e = choices_.largest<fragility_over_mean>(weights, equations_, b, choices_.y.data(), r, side);
        if (e == -std::numeric_limits<double>::infinity()) return false;
        const double now = r + side * ((e > 0 ? e / all.sum_low : e / all.sum_high) + 1e-9);
        bound = upper ? (std::min)(bound, now) : (std::max)(bound, now);
        if (b.low[dimension] > b.high[dimension]) return false;
        double sum = 0, total = 0;
        for_chosen(weights, [&](const fragility_choice& c, double low, double high) {
          const double w = side * (c.y - r) > 0 ? high : low;
          sum += w * (c.y - r);
          total += w;
        });
        r += sum / total;
        if (std::fabs(r - bound) < 0.1 * (b.high[dimension] - b.low[dimension])) break;
      }
      guess = bound;
    }
    return true;
  }

 private:
  struct range {
    double least = 0, most = 0, sum_low = 0, sum_high = 0;  ///< of single weights, and of sums over trials
  };

  fragility_weights<double> weights_of(const bounded_box& b, bool of_q) const {
    return {equations_, b, of_q, inverse_low.data(), inverse_high.data(), choices_.v.data()};
  }

  /// The least and the greatest sum w^2 / sum w of the trials as they are at the ends of the box.
  std::array<double, 2> rho_now(const bounded_box& b) const {
    std::array<double, 2> of{};
    for (const bool high : {false, true}) {
      double w = 0, w2 = 0;
      for (const auto& trial : choices_.of) {
        for (const fragility_choice& c : trial) {
          if (!c.pooled) continue;
          if (c.cost > 0) break;
          const double each = equations_.weight(c, high ? b.high[0] : b.low[0]);
          w += each;
          w2 += each * each;
        }
      }
      of[high ? 1 : 0] = w > 0 ? w2 / w : 0;
    }
    return {(std::min)(of[0], of[1]), (std::max)(of[0], of[1])};
  }

  /// A weight falls with the variance.
  range range_of(const bounded_box& b, bool of_q) const {
    range r;
    r.least = std::numeric_limits<double>::infinity();
    for (const fragility_choices::range& v : choices_.ranges) {
      if (!(v.least <= v.most)) continue;
      double least = 1 / v.most, most = 1 / v.least;
      if (!of_q) {
        const double low = equations_.middle + b.low[0], high = equations_.middle + b.high[0];
        least = (std::min)(low / (v.most + b.low[0]), high / (v.most + b.high[0]));
        most = (std::max)(low / (v.least + b.low[0]), high / (v.least + b.high[0]));
      }
      r.least = (std::min)(r.least, least);
      r.most = (std::max)(r.most, most);
      r.sum_low += v.out ? 0 : least;
      r.sum_high += most;
    }
    return r;
  }

  /// f(choice, low, high) of the pooled choices of the last largest sum, with their weights.
  template <class F>
  void for_chosen(const fragility_weights<double>& weights, const F& f) const {
    for (std::size_t i = 0; i < choices_.of.size(); ++i) {
      const fragility_choice& c = choices_.of[i][choices_.chosen[i]];
      if (!c.pooled) continue;
      const double low = weights.of_q ? 1 / c.v : weights.scale_low / (c.v + inverted_low_), high = weights.of_q ? 1 / c.v : weights.scale_high / (c.v + inverted_high_);
      f(c, (std::min)(low, high), (std::max)(low, high));
    }
  }

  fragility_choices& choices_;
  const fragility_equations& equations_;
  std::array<std::array<double, 2>, 3> guesses_{};  ///< of the ends of the means: those of the last box
  std::size_t uses_ = 0;
  double inverted_low_ = -1, inverted_high_ = -1;  ///< for which tau2 the inverses are
};

}  // namespace metapool::detail
