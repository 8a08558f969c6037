// SPDX-License-Identifier: BSL-1.0
// The maximum of the likelihood in tau2 for several data sets side by side, from the spectrum of their common variances.
#pragma once

#include <metapool/math/roots.hpp>
#include <metapool/tau2/lane_root.hpp>
#include <metapool/tau2/likelihood.hpp>
#include <metapool/tau2/spectrum.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace metapool::detail {

/// The maximum of the (restricted) likelihood in tau2, where it is proved to be the only one.
///
/// The bounds are those of maxima_search on the cells between fixed knots, geometric in v_min + tau2, up to v_max - 2 v_min, and beyond it without
/// end. The weights at the knots are the same for all data sets, so that a proof costs no division.
template <class Real>
class likelihood_in_lanes {
 public:
  likelihood_in_lanes(const variance_spectrum<Real>& spectrum, std::span<const Real> v, likelihood_kind kind)
      : m_(spectrum.values().begin(), spectrum.values().end()), v_(v.begin(), v.end()), restricted_(kind == likelihood_kind::restricted) {
    using std::pow;
    v_min_ = v[0];
    v_max_ = v[0];
    for (const Real& x : v) {
      if (x < v_min_) v_min_ = x;
      if (x > v_max_) v_max_ = x;
    }
    knots_.reserve(50);
    powers_.reserve(100 * m_.size());
    add_knot(Real(0));
    const Real tail = v_max_ - 2 * v_min_;
    if (!(tail > 0)) return;
    const Real ratio = (v_min_ + tail) / v_min_;
    int cells = 1;
    for (Real x = 1; x * Real(1.5) < ratio && cells < 48; x *= Real(1.5)) ++cells;
    for (int i = 1; i < cells; ++i) add_knot(Real(v_min_ * (pow(ratio, Real(Real(i) / Real(cells))) - 1)));
    add_knot(tail);
  }

  /// squares: c^2 of each contrast, n rows of `lanes`; total: their sums, the sums of squares about the plain mean.
  void run(const Real* squares, const Real (&total)[lanes], lane_array<Real>& tau2, lane_array<bool>& known) const {
    const std::size_t n = m_.size();
    Real maxima[lanes], open[lanes], lower[lanes] = {}, upper[lanes] = {}, start[lanes] = {}, root[lanes] = {}, first[lanes];
    Real a0[lanes], d0[lanes];                                                    // at the left end of a cell
    Real cell[lanes] = {};                                                        // the one with the root
    const auto at_knot = [&](const knot& at, Real (&a)[lanes], Real (&d)[lanes]) {
      const Real* const power = powers_.data() + at.powers;
      Real sum[lanes] = {}, slope[lanes] = {};
      for (std::size_t j = 0; j < n; ++j) {
        const Real w2 = power[2 * j], w3 = power[2 * j + 1];
#pragma GCC unroll 8
        for (std::size_t l = 0; l < lanes; ++l) {
          sum[l] += squares[j * lanes + l] * w2;
          slope[l] += squares[j * lanes + l] * w3;
        }
      }
      for (std::size_t l = 0; l < lanes; ++l) {
        a[l] = sum[l];
        d[l] = 2 * slope[l];
      }
    };
    at_knot(knots_[0], a0, d0);
    for (std::size_t l = 0; l < lanes; ++l) {
      first[l] = a0[l] - knots_[0].g;
      maxima[l] = first[l] > 0 ? Real(0) : Real(1);
      open[l] = -1;
    }
    for (std::size_t c = 0; c + 1 < knots_.size(); ++c) {
      const Real g0 = knots_[c].g, dg0 = knots_[c].dg;
      const Real g1 = knots_[c + 1].g, dg1 = knots_[c + 1].dg;
      const Real index = static_cast<Real>(c);
      Real a1[lanes], d1[lanes];
      at_knot(knots_[c + 1], a1, d1);
      for (std::size_t l = 0; l < lanes; ++l) {
        // how far each condition of `search` in maxima_search holds, and the least of those that leave a cell open
        const Real falls = d1[l] * g0 - dg0 * a1[l];
        const Real rises = dg1 * a0[l] - d0[l] * g1;
        const Real above = a0[l] - g1, below = g0 - a1[l];
        const Real steep = falls > rises ? falls : rises;
        const Real near = above < below ? above : below;
        const Real doubt = -steep < near ? -steep : near;
        open[l] = doubt > open[l] ? doubt : open[l];
        const Real left = a0[l] - g0 < falls ? a0[l] - g0 : falls;
        const Real right = a1[l] - g1;
        const Real starts = left > 0 ? Real(1) : Real(0);
        const Real here = right > 0 ? Real(0) : starts;
        maxima[l] += here;
        cell[l] += here * index;
      }
      for (std::size_t l = 0; l < lanes; ++l) {
        a0[l] = a1[l];
        d0[l] = d1[l];
      }
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      if (!(maxima[l] == (first[l] > 0 ? 1 : 2))) continue;
      root[l] = 1;
      // where g/a is 1, by the cubic through both ends and slopes of its inverse
      const knot& left = knots_[static_cast<std::size_t>(cell[l])];
      const knot& right = knots_[static_cast<std::size_t>(cell[l]) + 1];
      Real la = 0, ld = 0, ra = 0, rd = 0;
      for (std::size_t j = 0; j < n; ++j) {
        const Real square = squares[j * lanes + l];
        la += square * powers_[left.powers + 2 * j];
        ld += square * powers_[left.powers + 2 * j + 1];
        ra += square * powers_[right.powers + 2 * j];
        rd += square * powers_[right.powers + 2 * j + 1];
      }
      const Real r0 = left.g / la, r1 = right.g / ra;
      lower[l] = left.t;
      upper[l] = right.t;
      start[l] = inverse_cubic<Real>(left.t, right.t, 1 - r0, 1 - r1, (left.dg - r0 * 2 * ld) / la, (right.dg - r1 * 2 * rd) / ra);
    }
    // beyond the last knot a/g falls, and no root lies beyond the bound of maxima_search
    const knot& last = knots_.back();
    const Real divisor = static_cast<Real>(restricted_ ? n : n + 1);
    Real origin[lanes];
    bool wanted[lanes], found[lanes];
    for (std::size_t l = 0; l < lanes; ++l) {
      using std::sqrt;
      const bool here = a0[l] - last.g > 0;
      const Real s = total[l] / divisor;
      const Real top = (s + sqrt(s * s + 4 * s * (v_max_ - v_min_))) / 2 * Real(1.000001) - v_min_;
      const Real r = last.g / a0[l];
      const Real guess = last.t + (1 - r) * a0[l] / (r * d0[l] - last.dg);
      maxima[l] += here ? Real(1) : Real(0);
      lower[l] = here ? last.t : lower[l];
      upper[l] = here ? top : upper[l];
      start[l] = here ? guess : start[l];
      root[l] = here ? Real(1) : root[l];
      const bool usable = (start[l] > lower[l]) & (start[l] < upper[l]);
      start[l] = usable ? start[l] : lower[l] + (upper[l] - lower[l]) / 2;
      origin[l] = v_min_;
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      const bool single = maxima[l] == 1 && open[l] < 0 && total[l] <= (std::numeric_limits<Real>::max)() && first[l] <= (std::numeric_limits<Real>::max)();
      wanted[l] = single && root[l] > 0 && lower[l] < upper[l];
      known[l] = single && !(root[l] > 0);
    }
    newton_in_lanes([&](const Real (&t)[lanes], Real (&value)[lanes], Real (&slope)[lanes]) { score_ratio(squares, t, value, slope); }, origin, lower, upper, start,
                    wanted, found);
    for (std::size_t l = 0; l < lanes; ++l) {
      tau2[l] = found[l] ? start[l] : Real(0);
      known[l] = known[l] || found[l];
    }
  }

 private:
  struct knot {
    Real t{}, g{}, dg{};
    std::size_t powers = 0;  // where its w^2, w^3 of each contrast begin
  };

  void add_knot(const Real& t) {
    knot at;
    at.t = t;
    at.powers = powers_.size();
    for (const Real& m : m_) {
      const Real w = 1 / (m + t);
      powers_.push_back(w * w);
      powers_.push_back(w * w * w);
    }
    for (const Real& x : restricted_ ? m_ : v_) {
      const Real w = 1 / (x + t);
      at.g += w;
      at.dg += w * w;
    }
    knots_.push_back(at);
  }

  /// 1 - g/a and its derivative.
  void score_ratio(const Real* squares, const Real (&at)[lanes], Real (&value)[lanes], Real (&slope)[lanes]) const {
    Real t[lanes], a[lanes] = {}, d[lanes] = {}, g[lanes] = {}, dg[lanes] = {};
    for (std::size_t l = 0; l < lanes; ++l) t[l] = at[l];
    for (std::size_t j = 0; j < m_.size(); ++j) {
      const Real m = m_[j];
#pragma GCC unroll 8
      for (std::size_t l = 0; l < lanes; ++l) {
        const Real w = 1 / (m + t[l]);
        const Real ww = w * w;
        const Real part = squares[j * lanes + l] * ww;
        g[l] += w;
        dg[l] += ww;
        a[l] += part;
        d[l] += part * w;
      }
    }
    if (!restricted_) {
      for (std::size_t l = 0; l < lanes; ++l) g[l] = dg[l] = 0;
      for (const Real& v : v_) {
        for (std::size_t l = 0; l < lanes; ++l) {
          const Real w = 1 / (v + t[l]);
          g[l] += w;
          dg[l] += w * w;
        }
      }
    }
    for (std::size_t l = 0; l < lanes; ++l) {
      const Real ratio = g[l] / a[l];
      value[l] = 1 - ratio;
      slope[l] = (dg[l] - ratio * (2 * d[l])) / a[l];
    }
  }

  std::vector<Real> m_, v_;
  bool restricted_;
  Real v_min_{}, v_max_{};
  std::vector<knot> knots_{};
  std::vector<Real> powers_{};
};

}  // namespace metapool::detail
