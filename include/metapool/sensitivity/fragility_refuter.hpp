// SPDX-License-Identifier: BSL-1.0
// Whether a box of tau2 and means holds the answer of any set of tables a few changes away.
#pragma once

#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>
#include <metapool/sensitivity/fragility_multipliers.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Refutes boxes of tau2 and means one after the other (fragility_bounds says how). Holds references: what it is made of outlives it.
class fragility_refuter {
 public:
  /// places: choices of all trials together. dimensions: 2, or 3 for an estimator that needs the common-effect mean too.
  fragility_refuter(fragility_choices& choices, const fragility_equations& equations, std::size_t places, std::size_t dimensions)
      : choices_(choices), equations_(equations), places_(places), dimensions_(dimensions) {}

  /// The tables that stood against the last box.
  const std::vector<fragility_cut>& cuts() const { return search_.cuts; }

  /// False too, at once, if the tables of a cut reach the goal.
  template <class Attempt>
  bool refuted(bounded_box& b, const Attempt& attempt) {
    const bounded_tau2 kind = equations_.method.tau2;
    search_.free = {true, equations_.gain || b.high[1] <= 0, kind != bounded_tau2::fixed, kind == bounded_tau2::dersimonian_laird};
    search_.at_zero = b.high[0] == 0 && kind != bounded_tau2::fixed;
    if (equations_.with_rho() && !(b.rho_high > 0)) enclose_rho(b);
    fill(b);
    bounded_parts& lambda = b.multipliers;  // in units
    if (!search_.allow(lambda)) lambda = {search_.free[1] ? 0.0 : 1.0, search_.free[1] ? 1.0 : 0.0, 0, 0};
    search_.cuts.clear();
    std::size_t first = 0;
    for (int round = 0; round < 16; ++round) {
      bounded_parts used;
      for (std::size_t j = 0; j < used.size(); ++j) used[j] = lambda[j] / unit_[j];
      for (std::size_t i = 0; i < places_; ++i) {
        extra_[i] = 0;
        for (std::size_t j = 0; j < used.size(); ++j) extra_[i] += std::fabs(used[j]) * spread_[i][j];
      }
      bool below = true;
      for (std::size_t tried = 0; tried < at_.size() && below; ++tried) {
        const std::size_t corner = (first + tried) % at_.size();
        const auto& at = at_[corner];
        const double largest = choices_.largest(b.ranges, [&](const fragility_choice&, std::size_t i) {
          return extra_[i] + used[0] * at[i][0] + used[1] * at[i][1] + used[2] * at[i][2] + used[3] * at[i][3];
        });
        // the equations hold to rounding errors only
        if (largest + equations_.constant(b.corner(corner), b, used) < -1e-9) continue;
        below = false;
        first = corner;
        add_cut(b, corner);
        if (attempt(search_.cuts.back().chosen)) return false;
      }
      if (below) return true;
      if (!search_.separate(lambda)) return false;
    }
    return false;
  }

 private:
  /// The interval of sum w^2 / sum w: r is above all if sum (w^2 - r w) <= 0 for all choices_. Each step takes the ratio of the choices that fail.
  void enclose_rho(bounded_box& b) {
    for (const bool upper : {true, false}) {
      double r = upper ? 0 : b.rho_high;
      for (int step = 0; step < 50; ++step) {
        const auto worst = [&](const fragility_choice& c) {  // of the weights within the box
          const auto [low, high] = std::minmax({equations_.weight(c, b.low[0]), equations_.weight(c, b.high[0])});
          if (!upper) return (std::min)((std::max)(low, r / 2), high);
          return low * (low - r) > high * (high - r) ? low : high;
        };
        const double excess = choices_.largest(b.ranges, [&](const fragility_choice& c, std::size_t) {
          const double w = worst(c);
          return upper ? w * (w - r) : w * (r - w);
        });
        if (!(excess > 0)) break;
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < choices_.of.size(); ++i) {
          const fragility_choice& c = choices_.of[i][choices_.chosen[i]];
          if (!c.pooled) continue;
          const double w = worst(c);
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

  /// Values of all choices at the corners, and the unit of each part.
  void fill(bounded_box& b) {
    const std::size_t corners = std::size_t(1) << dimensions_;
    at_.resize(corners);
    for (auto& values : at_) values.resize(places_);
    spread_.assign(places_, {});
    extra_.resize(places_);
    unit_ = {};
    std::array<bounded_parts, 3> bends{};
    std::array<bounded_point, 8> points{};
    for (std::size_t corner = 0; corner < corners; ++corner) points[corner] = b.corner(corner);
    std::size_t place = 0;
    for (const auto& trial : choices_.of) {
      for (const fragility_choice& c : trial) {
        if (c.pooled) {
          const double ix = 1 / (c.v + b.low[0]), iz = 1 / (c.v + b.high[0]);
          const auto bend = equations_.bend(c, b, ix, iz);
          for (std::size_t j = 0; j < unit_.size(); ++j) {
            for (std::size_t d = 0; d < 3; ++d) {
              spread_[place][j] += bend[d][j];
              if (c.cost == 0) bends[d][j] += bend[d][j];
            }
          }
          for (std::size_t corner = 0; corner < corners; ++corner) {
            at_[corner][place] = equations_.at(c, points[corner], corner % 2 == 1 ? iz : ix);  // the first dimension is tau2
            if (c.cost > 0) continue;
            for (std::size_t j = 0; j < unit_.size(); ++j) unit_[j] = (std::max)(unit_[j], std::fabs(at_[corner][place][j]));
          }
        }
        ++place;
      }
    }
    const double k = static_cast<double>(equations_.k);
    if (equations_.method.test == bounded_test::wald) unit_[1] = (std::max)(unit_[1], (equations_.middle + b.high[0]) * equations_.critical2() / k);
    for (double& u : unit_) u = u > 0 ? k * u : 1;
    for (std::size_t d = 0; d < 3; ++d) {
      b.bend[d] = 0;
      for (std::size_t j = 0; j < unit_.size(); ++j) b.bend[d] += bends[d][j] / unit_[j];
    }
  }

  void add_cut(const bounded_box& b, std::size_t corner) {
    fragility_cut c;
    c.chosen = choices_.chosen;
    for (std::size_t j = 0; j < unit_.size(); ++j) {
      bounded_parts plus{}, minus{};
      plus[j] = 1;
      minus[j] = -1;
      const double high = equations_.constant(b.corner(corner), b, plus), low = -equations_.constant(b.corner(corner), b, minus);
      c.sum[j] = (high + low) / 2;
      c.spread[j] = (high - low) / 2;
      std::size_t begin = 0;
      for (std::size_t i = 0; i < choices_.of.size(); ++i) {
        const std::size_t place = begin + c.chosen[i];
        begin += choices_.of[i].size();
        if (!choices_.of[i][c.chosen[i]].pooled) continue;
        c.sum[j] += at_[corner][place][j];
        c.spread[j] += spread_[place][j];
      }
      c.sum[j] /= unit_[j];
      c.spread[j] /= unit_[j];
    }
    search_.cuts.push_back(std::move(c));
  }

  fragility_choices& choices_;
  const fragility_equations& equations_;
  std::size_t places_, dimensions_;
  fragility_multipliers search_{};
  std::vector<std::vector<bounded_parts>> at_{};  ///< by corner and choice
  std::vector<bounded_parts> spread_{};
  std::vector<double> extra_{};
  bounded_parts unit_{};
};

}  // namespace metapool::detail
