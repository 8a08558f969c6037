// SPDX-License-Identifier: BSL-1.0
// A quick search for tables that reach the goal of fragility, near those that are known to.
#pragma once

#include <metapool/sensitivity/fragility_choices.hpp>
#include <metapool/sensitivity/fragility_equations.hpp>
#include <metapool/sensitivity/fragility_refuter.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace metapool::detail {

/// Looks at the tables that stand against a small box around a point, then around that of the best of these: finding an answer in this way takes much less than all boxes.
/// Finding none says nothing.
struct fragility_descent {
  const fragility_choices& choices;
  const fragility_equations& equations;
  fragility_refuter& refuter;
  const double& tried_tau2;  ///< of the tables that were attempted last
  double mean_room = 0;      ///< to either side of a mean
  double tau2_room = 0.1;    ///< to either side of tau2, by middle + tau2

  /// True at the first tables for which attempt(chosen) holds; `at` is then their point.
  template <class Attempt>
  bool reached(bounded_point& at, const Attempt& attempt) const {
    for (int step = 0; step < 4; ++step) {
      bounded_box small;
      for (std::size_t d = 0; d < at.size(); ++d) {
        const double room = d == 0 ? tau2_room * (equations.middle + at[0]) : mean_room;
        small.low[d] = d == 0 ? (std::max)(0.0, at[0] - room) : at[d] - room;
        small.high[d] = at[d] + room;
      }
      small.multipliers = {0, 1, 0, 0};
      small.enclosed = true;
      small.rho_low = small.rho_high = rho_at(at);
      bounded_point best = at;
      double most = -std::numeric_limits<double>::infinity();
      bool arrived = false;
      const auto try_each = [&](const std::vector<std::size_t>& chosen) {
        arrived = attempt(chosen);
        const bounded_point p = point_of(chosen);
        const double n = nearness(chosen, p);
        if (arrived || n > most) {
          most = n;
          best = p;
        }
        return arrived;
      };
      refuter.refuted(small, try_each, false);
      if (best == at && !arrived) return false;
      at = best;
      if (arrived) return true;
    }
    return false;
  }

  /// sum w^2 / sum w of the trials as they are.
  double rho_at(const bounded_point& p) const {
    double w = 0, w2 = 0;
    for (const auto& trial : choices.of) {
      for (const fragility_choice& c : trial) {
        if (!c.pooled) continue;
        if (c.cost > 0) break;
        w += equations.weight(c, p[0]);
        w2 += equations.weight(c, p[0]) * equations.weight(c, p[0]);
      }
    }
    return w > 0 ? w2 / w : 0;
  }

  /// tau2 as tried last, and the means of these choices.
  bounded_point point_of(const std::vector<std::size_t>& chosen) const {
    bounded_point p{tried_tau2, 0, 0};
    double w = 0, u = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const fragility_choice& c = choices.of[i][chosen[i]];
      if (!c.pooled) continue;
      w += 1 / (c.v + p[0]);
      u += 1 / c.v;
      p[1] += c.y / (c.v + p[0]);
      p[2] += c.y / c.v;
    }
    p[1] /= w;
    p[2] /= u;
    return p;
  }

  /// N of these choices there, relative to the weights: 0 where the goal is just reached.
  double nearness(const std::vector<std::size_t>& chosen, const bounded_point& p) const {
    double sum = equations.constant(p, {}, {0, 1, 0, 0}), w = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      const fragility_choice& c = choices.of[i][chosen[i]];
      if (!c.pooled) continue;
      sum += equations.at(c, p, 1 / (c.v + p[0]))[1];
      w += (equations.middle + p[0]) / (c.v + p[0]);
    }
    return sum / w;
  }
};

}  // namespace metapool::detail
