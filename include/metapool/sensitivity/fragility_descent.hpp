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

/// Looks at a small box around a hint, then at one around the best tables that stood against the last: finding an answer in this way takes much less than all boxes.
/// Finding none says nothing.
struct fragility_descent {
  const fragility_choices& choices;
  const fragility_equations& equations;
  fragility_refuter& refuter;
  std::size_t dimensions = 2;
  const double& tried_tau2;  ///< of the tables that were attempted last

  template <class Attempt>
  bool reached(bounded_point at, const bounded_box& whole, const Attempt& attempt) {
    for (int step = 0; step < 4; ++step) {
      bounded_box small = whole;
      for (std::size_t d = 0; d < dimensions; ++d) {
        const double room = d == 0 ? 0.1 * (equations.middle + at[0]) : 0.005 * (whole.high[d] - whole.low[d]);
        small.low[d] = (std::min)((std::max)(at[d] - room, whole.low[d]), whole.high[d]);
        small.high[d] = (std::min)((std::max)(at[d] + room, whole.low[d]), whole.high[d]);
      }
      bounded_point best = at;
      double most = -std::numeric_limits<double>::infinity();
      bool arrived = false;
      refuter.refuted(small, [&](const std::vector<std::size_t>& chosen) {
        if (attempt(chosen)) return arrived = true;
        const bounded_point p = point_of(chosen);
        const double n = nearness(chosen, p);
        if (n > most) {
          most = n;
          best = p;
        }
        return false;
      });
      if (arrived) return true;
      if (best == at) return false;
      at = best;
    }
    return false;
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
