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
#include <utility>
#include <vector>

namespace metapool::detail {

/// What choices add at a corner of a box, with all bends; those that are the same at every corner come by place.
template <class Numbers>
struct fragility_at_corner {
  fragility_weighted<Numbers> weighted;
  fragility_bends<Numbers> bends;
  const double *y, *v, *inverse, *extra;
  fragility_at_corner(const fragility_equations& equations, const bounded_box& b, const bounded_point& p, const fragility_terms& terms, const fragility_choices& choices, const double* x,
                      const double* bent)
      : weighted(equations, p, terms), bends(equations, b, terms), y(choices.y.data()), v(choices.v.data()), inverse(x), extra(bent) {}

  void operator()(std::size_t place, Numbers& out) const {
    Numbers effect{}, variance{}, x{}, bend{};
    load(effect, y + place);
    load(variance, v + place);
    load(x, inverse + place);
    weighted(effect, variance, x, out);
    bends.in_mean(weighted.scale, x, bend);
    choose(bend, bend > bends.zero, bend, bends.zero);
    out = out + bend;
    load(bend, extra + place);
    out = out + bend;
  }
};

/// Sets what the bends add at every corner.
template <class Numbers>
struct fragility_bend_anywhere {
  fragility_bends<Numbers> bends;
  const double *y, *v, *x_low, *x_high, *chord;
  double* extra;
  fragility_bend_anywhere(const fragility_equations& equations, const bounded_box& b, const fragility_terms& terms, const fragility_choices& choices, const double* low, const double* high,
                          const double* below, double* to)
      : bends(equations, b, terms), y(choices.y.data()), v(choices.v.data()), x_low(low), x_high(high), chord(below), extra(to) {}

  void operator()(std::size_t place) const {
    Numbers effect{}, variance{}, below{}, low{}, high{}, out{};
    load(effect, y + place);
    load(variance, v + place);
    load(below, chord + place);
    load(low, x_low + place);
    load(high, x_high + place);
    bends.add(effect, variance, below, low, high, out);
    store(extra + place, out);
  }
};

/// Refutes boxes of tau2 and means one after the other (fragility_bounds says how). Holds references: what it is made of outlives it.
class fragility_refuter {
 public:
  /// dimensions: 2, or 3 for an estimator that needs the common-effect mean too.
  fragility_refuter(fragility_choices& choices, const fragility_equations& equations, std::size_t dimensions)
      : choices_(choices), equations_(equations), dimensions_(dimensions), enclosures_(choices, equations) {}

  /// The tables that stood against the last box.
  const std::vector<fragility_cut>& cuts() const { return search_.cuts; }

  /// False too, at once, if the tables of a cut reach the goal. The box may become smaller, and lose choices that no tables with their answer in it have.
  template <class Attempt>
  bool refuted(bounded_box& b, const Attempt& attempt, bool fewer = true) {
    choices_.use(b.left);
    for (;;) {
      enclosures_.invert(b);
      if (!b.enclosed) {
        if (equations_.with_rho() && !enclosures_.rho(b)) return true;
        for (std::size_t d = 1; d < dimensions_; ++d) {
          if (!enclosures_.mean(b, d)) return true;
        }
        b.enclosed = true;
      }
      const answer a = search(b, attempt, fewer);
      if (a != answer::narrowed || !fewer) return a == answer::refuted;
      const std::size_t before = choices_.left();
      this->leave_out(b);
      choices_.use(b.left);
      if (choices_.left() == 0) return true;
      if (5 * choices_.left() > 4 * before) return false;
      b.enclosed = false;
    }
  }

 private:
  enum class answer { open, narrowed, refuted, reached };
  static constexpr double margin = 1e-9;  // the equations hold to rounding errors only

  template <class Attempt>
  answer search(bounded_box& b, const Attempt& attempt, bool fewer) {
    const bounded_tau2 kind = equations_.method.tau2;
    search_.free = {true, equations_.gain || b.high[1] <= 0, kind != bounded_tau2::fixed, kind == bounded_tau2::dersimonian_laird};
    search_.at_zero = b.high[0] == 0 && kind != bounded_tau2::fixed;
    search_.cuts.clear();
    measure(b);
    bounded_parts lambda;  // in units
    for (std::size_t j = 0; j < lambda.size(); ++j) lambda[j] = b.multipliers[j] * unit_[j];
    if (!search_.allow(lambda)) lambda = {search_.free[1] ? 0.0 : 1.0, search_.free[1] ? 1.0 : 0.0, 0, 0};
    std::size_t first = 0;
    double less = 0;  // if nothing refutes the box, the least value that bounds N from above
    for (int round = 0; round < 16; ++round) {
      bounded_parts used;
      for (std::size_t j = 0; j < used.size(); ++j) used[j] = lambda[j] / unit_[j];
      bend(b, used);
      const double allowed = less > 0 ? 1.3 * less * lambda[1] : -margin;
      bool below = true, refuted = true;
      for (std::size_t tried = 0; tried < corners() && below; ++tried) {
        const std::size_t corner = (first + tried) % corners();
        above_[corner] = at_corner(b, corner, used);
        refuted = refuted && above_[corner] < -margin;
        if (above_[corner] < allowed) continue;
        below = false;
        first = corner;
        add_cut(b, corner, used);
        if (attempt(search_.cuts.back().chosen)) return answer::reached;
      }
      if (below) {
        b.multipliers = used;
        return refuted ? answer::refuted : answer::narrowed;
      }
      if (less == 0 && search_.separate(lambda)) continue;
      if (!fewer || !search_.nearly_separate(lambda, less, 0.05)) break;
    }
    return answer::open;
  }

  std::size_t corners() const { return std::size_t(1) << dimensions_; }

  /// The largest value at a corner, with bends.
  double at_corner(const bounded_box& b, std::size_t corner, const bounded_parts& used) {
    const bounded_point point = b.corner(corner);
    const std::vector<double>& inverse = corner % 2 == 1 ? enclosures_.inverse_high : enclosures_.inverse_low;  // the first dimension is tau2
    return choices_.largest<fragility_at_corner>(values_[corner], equations_, b, point, equations_.terms(used), choices_, inverse.data(), extra_.data()) + equations_.constant(point, b, used);
  }

  /// Leaves out the choices with which no tables stand against the multipliers that were looked at last.
  void leave_out(bounded_box& b) {
    std::array<std::vector<double>, 8> limit;
    for (std::size_t corner = 0; corner < corners(); ++corner) {
      if (above_[corner] < -margin) continue;
      const double constant = equations_.constant(b.corner(corner), b, b.multipliers);
      limit[corner] = choices_.others(values_[corner]);
      for (double& e : limit[corner]) e = -margin - constant - e;
    }
    b.left = choices_.left_if([&](std::size_t, std::size_t group, std::size_t place) {
      for (std::size_t corner = 0; corner < corners(); ++corner) {
        if (!limit[corner].empty() && values_[corner].at[place] >= limit[corner][group]) return true;
      }
      return false;
    });
  }

  /// The unit of each part: what the trials as they are give.
  void measure(const bounded_box& b) {
    unit_ = {};
    for (const auto& trial : choices_.of) {
      for (const fragility_choice& c : trial) {
        if (!c.pooled) continue;
        if (c.cost > 0) break;
        for (std::size_t corner = 0; corner < corners(); ++corner) {
          const bounded_point p = b.corner(corner);
          const bounded_parts f = equations_.at(c, p, 1 / (c.v + p[0]));
          for (std::size_t j = 0; j < unit_.size(); ++j) unit_[j] = (std::max)(unit_[j], std::fabs(f[j]));
        }
      }
    }
    const double k = static_cast<double>(equations_.k);
    if (equations_.method.test == bounded_test::wald) unit_[1] = (std::max)(unit_[1], (equations_.middle + b.high[0]) * equations_.critical2() / k);
    for (double& u : unit_) u = u > 0 ? k * u : 1;
  }

  /// What the bends add to each choice, whatever the corner.
  void bend(const bounded_box& b, const bounded_parts& used) {
    extra_.resize(choices_.y.size());
    const fragility_terms terms = equations_.terms(used);
    choices_.each_place<fragility_bend_anywhere>(equations_, b, terms, choices_, enclosures_.inverse_low.data(), enclosures_.inverse_high.data(), enclosures_.chord.data(), extra_.data());
  }

  void add_cut(bounded_box& b, std::size_t corner, const bounded_parts& used) {
    fragility_cut c;
    c.chosen = choices_.chosen;
    const bounded_point point = b.corner(corner);
    const fragility_chord<double> below(b);
    const fragility_bends<double> bends(equations_, b, equations_.terms(used));
    b.bend = {};
    for (std::size_t i = 0; i < choices_.of.size(); ++i) {
      const fragility_choice& x = choices_.of[i][c.chosen[i]];
      if (!x.pooled) continue;
      const double low = 1 / (x.v + b.low[0]), high = 1 / (x.v + b.high[0]);
      double chord = 0, in_tau2 = 0, in_mean = 0;
      below(x.v, low, high, chord);
      const bounded_parts f = bent_parts(equations_, b, point, used, x, chord);
      for (std::size_t j = 0; j < unit_.size(); ++j) c.sum[j] += f[j];
      bends.add(x.y, x.v, chord, low, high, in_tau2);
      bends.in_mean(equations_.middle + point[0], corner % 2 == 1 ? high : low, in_mean);
      const double in_q = (std::max)(0.0, bends.q_bend / x.v);
      b.bend[0] += in_tau2 - in_q;
      b.bend[1] += (std::max)(0.0, in_mean);
      b.bend[2] += in_q;
    }
    for (std::size_t j = 0; j < unit_.size(); ++j) {
      bounded_parts one{};
      one[j] = used[j] < 0 ? -1 : 1;
      c.sum[j] = (c.sum[j] + one[j] * equations_.constant(point, b, one)) / unit_[j];
    }
    search_.cuts.push_back(std::move(c));
  }

  fragility_choices& choices_;
  const fragility_equations& equations_;
  std::size_t dimensions_;
  fragility_enclosures enclosures_;
  std::vector<double> extra_{};
  std::array<fragility_values, 8> values_{};
  std::array<double, 8> above_{};  ///< largest values at the corners
  fragility_multipliers search_{};
  bounded_parts unit_{};
};

}  // namespace metapool::detail
