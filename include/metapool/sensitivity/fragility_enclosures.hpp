// SPDX-License-Identifier: BSL-1.0
// What the means and weights of all tables a few changes away can be, tau2 lying in an interval.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <vector>

namespace metapool::detail {

/// Intervals of quotients of sums over trials: a quotient lies below r if numerator minus r times denominator does below 0 for all choices, each trial taking the tau2
/// that is worst for it. Holds references: what it is made of outlives it.
class fragility_enclosures {
 public:
  fragility_enclosures(fragility_choices& choices, const fragility_equations& equations)
      : inverse_low(choices.y.size(), 0.0), inverse_high(choices.y.size(), 0.0), choices_(choices), equations_(equations) {}

  std::vector<double> inverse_low, inverse_high;  ///< 1 / (v + tau2) at the ends of the box, of all choices

  /// To be called before the others of a box.
  void invert(const bounded_box& b) {
    for (const bool high : {false, true}) {
      const double tau2 = high ? b.high[0] : b.low[0];
      double& now = high ? inverted_high_ : inverted_low_;
      if (now == tau2) continue;
      now = tau2;
      double* to = high ? inverse_high.data() : inverse_low.data();
      choices_.each_place([&](const auto& kind, std::size_t place) {
        std::decay_t<decltype(kind)> v{}, t{};
        load(v, &choices_.v[place]);
        fill(t, tau2);
        v = v + t;
        fill(t, 1.0);
        v = t / v;
        store(to + place, v);
      });
    }
  }

  /// The interval of sum w^2 / sum w: r is above all if sum (w^2 - r w) <= 0 for all choices. Each step takes the ratio of the choices that fail.
  void rho(bounded_box& b) {
    const bool of_q = equations_.method.tau2 == bounded_tau2::dersimonian_laird;
    for (const bool upper : {true, false}) {
      double r = upper ? 0 : b.rho_high;
      for (int step = 0; step < 50; ++step) {
        // of the weights within the box: an end where the term is convex, otherwise the one nearest to r / 2
        const auto worst = [&](auto& w, const auto& low, const auto& high) {
          std::decay_t<decltype(w)> c{}, f{};
          if (!upper) {
            fill(c, r / 2);
            choose(w, c < low, low, c);
            choose(w, high < w, high, w);
            return;
          }
          fill(c, r);
          w = low * (low - c);
          f = high * (high - c);
          choose(w, f < w, low, high);
        };
        const double excess = choices_.largest([&](std::size_t place, auto& out) {
          std::decay_t<decltype(out)> low{}, high{}, c{};
          weights(b, of_q, place, low, high);
          worst(out, low, high);
          fill(c, r);
          c = upper ? out - c : c - out;
          out = out * c;
        });
        if (!(excess > 0)) break;
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < choices_.of.size(); ++i) {
          const fragility_choice& c = choices_.of[i][choices_.chosen[i]];
          if (!c.pooled) continue;
          const std::array<double, 2> range = weights(b, of_q, c);
          double w = 0;
          worst(w, range[0], range[1]);
          sum += w;
          squares += w * w;
        }
        const double next = squares / sum * (upper ? 1 + 1e-7 : 1 - 1e-7);
        if (step == 49) {  // not settled: what always holds
          r = upper ? std::numeric_limits<double>::infinity() : 0;
        } else {
          r = next;
        }
      }
      (upper ? b.rho_high : b.rho_low) = r;
    }
  }

  /// Takes from the box the means that no choices have: r is above all if sum w (y - r) < 0 for all. False if none are left.
  bool mean(bounded_box& b, std::size_t dimension) {
    const bool of_q = dimension == 2;
    for (const bool upper : {true, false}) {
      const double side = upper ? 1 : -1;
      double& bound = upper ? b.high[dimension] : b.low[dimension];
      double r = upper ? b.low[dimension] : b.high[dimension];
      for (int step = 1; step <= 50 && side * (bound - r) >= 0; ++step) {
        const double excess = choices_.largest([&](std::size_t place, auto& out) {
          std::decay_t<decltype(out)> low{}, high{}, y{}, c{};
          weights(b, of_q, place, low, high);
          load(y, &choices_.y[place]);
          fill(c, r);
          y = y - c;
          fill(c, side);
          y = y * c;
          low = low * y;
          high = high * y;
          choose(out, low < high, high, low);
        });
        if (excess < -1e-9) {
          bound = r;
          break;
        }
        double sum = 0, total = 0;
        for (std::size_t i = 0; i < choices_.of.size(); ++i) {
          const fragility_choice& c = choices_.of[i][choices_.chosen[i]];
          if (!c.pooled) continue;
          const double w = weights(b, of_q, c)[side * (c.y - r) > 0 ? 1 : 0];
          sum += w * (c.y - r);
          total += w;
        }
        r += sum / total + side * 1e-6 * step;
      }
    }
    return b.low[dimension] <= b.high[dimension];
  }

 private:
  /// The lesser and the greater weight that the choices from a place on have within the box; of the mean of Q 1/v.
  template <class Numbers>
  void weights(const bounded_box& b, bool of_q, std::size_t place, Numbers& low, Numbers& high) const {
    Numbers c{}, other{};
    if (of_q) {
      load(other, &choices_.v[place]);
      fill(c, 1.0);
      low = c / other;
      high = low;
      return;
    }
    load(low, &inverse_low[place]);
    load(other, &inverse_high[place]);
    fill(c, equations_.middle + b.low[0]);
    low = low * c;
    fill(c, equations_.middle + b.high[0]);
    other = other * c;
    choose(high, low < other, other, low);
    choose(low, low < other, low, other);
  }
  std::array<double, 2> weights(const bounded_box& b, bool of_q, const fragility_choice& c) const {
    if (of_q) return {1 / c.v, 1 / c.v};
    const double low = (equations_.middle + b.low[0]) / (c.v + b.low[0]), high = (equations_.middle + b.high[0]) / (c.v + b.high[0]);
    return {(std::min)(low, high), (std::max)(low, high)};
  }

  fragility_choices& choices_;
  const fragility_equations& equations_;
  double inverted_low_ = -1, inverted_high_ = -1;  ///< for which tau2 the inverses are
};

}  // namespace metapool::detail
