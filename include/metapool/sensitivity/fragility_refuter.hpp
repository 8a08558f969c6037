// SPDX-License-Identifier: BSL-1.0
// Whether a box of tau2 and means holds the answer of any set of tables a few changes away.
#pragma once

#include <metapool/math/pack.hpp>
#include <metapool/sensitivity/fragility_bends.hpp>
#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_enclosures.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>
#include <metapool/sensitivity/fragility_multipliers.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace metapool::detail {

/// Refutes boxes of tau2 and means one after the other (fragility_bounds says how). Holds references: what it is made of outlives it.
class fragility_refuter {
 public:
  /// dimensions: 2, or 3 for an estimator that needs the common-effect mean too.
  fragility_refuter(fragility_choices& choices, const fragility_equations& equations, std::size_t dimensions)
      : choices_(choices), equations_(equations), dimensions_(dimensions), enclosures_(choices, equations), extra_(choices.y.size(), 0.0) {
    for (std::vector<double>& each : bend_) each.assign(choices.y.size(), 0);
  }

  /// The tables that stood against the last box.
  const std::vector<fragility_cut>& cuts() const { return search_.cuts; }

  /// False too, at once, if the tables of a cut reach the goal. The box may become smaller.
  template <class Attempt>
  bool refuted(bounded_box& b, const Attempt& attempt) {
    const bounded_tau2 kind = equations_.method.tau2;
    if (!b.ranges.empty() || restricted_) choices_.allow(b.ranges);
    restricted_ = !b.ranges.empty();
    enclosures_.invert(b);
    if (!b.enclosed) {
      if (equations_.with_rho()) enclosures_.rho(b);
      for (std::size_t d = 1; d < dimensions_; ++d) {
        if (!enclosures_.mean(b, d)) return true;
      }
      b.enclosed = true;
    }
    search_.free = {true, equations_.gain || b.high[1] <= 0, kind != bounded_tau2::fixed, kind == bounded_tau2::dersimonian_laird};
    search_.at_zero = b.high[0] == 0 && kind != bounded_tau2::fixed;
    measure(b);
    bounded_parts& lambda = b.multipliers;  // in units
    if (!search_.allow(lambda)) lambda = {search_.free[1] ? 0.0 : 1.0, search_.free[1] ? 1.0 : 0.0, 0, 0};
    search_.cuts.clear();
    std::size_t first = 0;
    const std::size_t corners = std::size_t(1) << dimensions_;
    for (int round = 0; round < 16; ++round) {
      bounded_parts used;
      for (std::size_t j = 0; j < used.size(); ++j) used[j] = lambda[j] / unit_[j];
      add_bends(used);
      bool below = true;
      for (std::size_t tried = 0; tried < corners && below; ++tried) {
        const std::size_t corner = (first + tried) % corners;
        const bounded_point point = b.corner(corner);
        const double largest = largest_at(point, corner % 2 == 1, used);  // the first dimension is tau2
        // the equations hold to rounding errors only
        if (largest + equations_.constant(point, b, used) < -1e-9) continue;
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
  /// How far the parts of all choices bend within the box, and the unit of each part.
  void measure(bounded_box& b) {
    choices_.each_place([&](const auto& kind, std::size_t place) {
      std::decay_t<decltype(kind)> y{}, v{}, ix{}, iz{};
      load(y, &choices_.y[place]);
      load(v, &choices_.v[place]);
      load(ix, &enclosures_.inverse_low[place]);
      load(iz, &enclosures_.inverse_high[place]);
      fragility_bends<std::decay_t<decltype(kind)>> bends;
      bends.find(equations_, b, y, v, ix, iz);
      store(&bend_[0][place], bends.tau2_e1);
      y = bends.tau2_n + bends.mean_n;
      store(&bend_[1][place], y);
      y = bends.tau2_e2 + bends.mean_e2 + bends.q_e2;
      store(&bend_[2][place], y);
    });
    unit_ = {};
    std::array<bounded_parts, 3> sums{};
    for (const auto& trial : choices_.of) {
      for (const fragility_choice& c : trial) {
        if (!c.pooled) continue;
        if (c.cost > 0) break;
        const double ix = 1 / (c.v + b.low[0]), iz = 1 / (c.v + b.high[0]);
        fragility_bends<double> bends;
        bends.find(equations_, b, c.y, c.v, ix, iz);
        sums[0][0] += bends.tau2_e1;
        sums[0][1] += bends.tau2_n;
        sums[0][2] += bends.tau2_e2;
        sums[1][1] += bends.mean_n;
        sums[1][2] += bends.mean_e2;
        sums[2][2] += bends.q_e2;
        for (std::size_t corner = 0; corner < std::size_t(1) << dimensions_; ++corner) {
          const bounded_parts f = equations_.at(c, b.corner(corner), corner % 2 == 1 ? iz : ix);
          for (std::size_t j = 0; j < unit_.size(); ++j) unit_[j] = (std::max)(unit_[j], std::fabs(f[j]));
        }
      }
    }
    const double k = static_cast<double>(equations_.k);
    if (equations_.method.test == bounded_test::wald) unit_[1] = (std::max)(unit_[1], (equations_.middle + b.high[0]) * equations_.critical2() / k);
    for (double& u : unit_) u = u > 0 ? k * u : 1;
    for (std::size_t d = 0; d < 3; ++d) {
      b.bend[d] = 0;
      for (std::size_t j = 0; j < unit_.size(); ++j) b.bend[d] += sums[d][j] / unit_[j];
    }
  }

  /// The largest sum of the parts times multipliers, bends added.
  double largest_at(const bounded_point& point, bool high, const bounded_parts& multipliers) {
    const std::vector<double>& inverse = high ? enclosures_.inverse_high : enclosures_.inverse_low;
    return choices_.largest([&](std::size_t place, auto& out) {
      std::decay_t<decltype(out)> y{}, v{}, i{};
      load(y, &choices_.y[place]);
      load(v, &choices_.v[place]);
      load(i, &inverse[place]);
      equations_.weighted_at(point, multipliers, y, v, i, out);
      load(i, &extra_[place]);
      out = out + i;
    });
  }

  void add_bends(const bounded_parts& used) {
    choices_.each_place([&](const auto& kind, std::size_t place) {
      std::decay_t<decltype(kind)> sum{}, part{}, c{};
      fill(sum, 0.0);
      for (std::size_t j = 0; j < bend_.size(); ++j) {
        load(part, &bend_[j][place]);
        fill(c, std::fabs(used[j]));
        sum = sum + c * part;
      }
      store(&extra_[place], sum);
    });
  }

  void add_cut(const bounded_box& b, std::size_t corner) {
    fragility_cut c;
    c.chosen = choices_.chosen;
    const bounded_point point = b.corner(corner);
    for (std::size_t i = 0; i < choices_.of.size(); ++i) {
      const fragility_choice& x = choices_.of[i][c.chosen[i]];
      if (!x.pooled) continue;
      const double ix = 1 / (x.v + b.low[0]), iz = 1 / (x.v + b.high[0]);
      const bounded_parts f = equations_.at(x, point, corner % 2 == 1 ? iz : ix);
      fragility_bends<double> bends;
      bends.find(equations_, b, x.y, x.v, ix, iz);
      for (std::size_t j = 0; j < unit_.size(); ++j) c.sum[j] += f[j];
      c.spread[0] += bends.tau2_e1;
      c.spread[1] += bends.tau2_n + bends.mean_n;
      c.spread[2] += bends.tau2_e2 + bends.mean_e2 + bends.q_e2;
    }
    for (std::size_t j = 0; j < unit_.size(); ++j) {
      bounded_parts plus{}, minus{};
      plus[j] = 1;
      minus[j] = -1;
      const double high = equations_.constant(point, b, plus), low = -equations_.constant(point, b, minus);
      c.sum[j] = (c.sum[j] + (high + low) / 2) / unit_[j];
      c.spread[j] = (c.spread[j] + (high - low) / 2) / unit_[j];
    }
    search_.cuts.push_back(std::move(c));
  }

  fragility_choices& choices_;
  const fragility_equations& equations_;
  std::size_t dimensions_;
  fragility_enclosures enclosures_;
  std::vector<double> extra_;  ///< what the bends add to each choice
  fragility_multipliers search_{};
  std::array<std::vector<double>, 3> bend_{};
  bool restricted_ = false;
  bounded_parts unit_{};
};

}  // namespace metapool::detail
