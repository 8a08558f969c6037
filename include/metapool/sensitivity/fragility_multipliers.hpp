// SPDX-License-Identifier: BSL-1.0
// Multipliers of the equations behind a mean and tau2 under which no set of tables fulfils them.
#pragma once

#include <metapool/sensitivity/fragility_equations.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// One set of tables at one corner of a box: times the multipliers, what they add up to at least.
struct fragility_cut {
  bounded_parts sum{};  ///< in units
  std::vector<std::size_t> chosen{};
};

/// Looks for multipliers under which every cut found so far is below 0.
struct fragility_multipliers {
  std::vector<fragility_cut> cuts{};
  std::array<bool, 4> free{};
  bool at_zero = false;  ///< tau2 = 0, where E2 <= 0 instead of E2 = 0

  /// Sets multipliers to what they may be, of length 1; false if nothing is left. N's is not below 0, that of E2 at tau2 = 0 not above.
  bool allow(bounded_parts& l) const {
    double length = 0;
    for (std::size_t j = 0; j < l.size(); ++j) {
      if (!free[j] || (j == 1 && l[j] < 0) || (j == 2 && at_zero && l[j] > 0)) l[j] = 0;
      length += l[j] * l[j];
    }
    if (!(length > 1e-20)) return false;
    for (double& e : l) e /= std::sqrt(length);
    return true;
  }

  /// Multipliers under which all cuts are well below 0; false if none were found. Away from the point nearest to 0 of all means of the cuts, each of length 1, by exchange of weight
  /// between two cuts at a time (Mitchell, Demyanov & Malozemov 1974 SIAM J Control 12:19, doi:10.1137/0312003); what signs forbid is no part of the point.
  /// less: what is taken from N of each cut before, in units.
  bool separate(bounded_parts& lambda, double less = 0) const {
    std::vector<bounded_parts> g;
    g.reserve(cuts.size());
    for (const fragility_cut& c : cuts) {
      g.push_back(c.sum);
      g.back()[1] -= less;
      double length = 0;
      for (std::size_t j = 0; j < free.size(); ++j) {
        if (!free[j]) g.back()[j] = 0;
        length += g.back()[j] * g.back()[j];
      }
      if (!(length > 0)) return false;
      for (double& e : g.back()) e /= std::sqrt(length);
    }
    std::vector<double> share(g.size(), 0.0);
    share.back() = 1;
    bounded_parts p = g.back();
    for (int step = 0; step < 200; ++step) {
      bounded_parts q = p;
      if (q[1] > 0) q[1] = 0;
      if (at_zero && q[2] < 0) q[2] = 0;
      double length2 = 0, least = 2, most = -2;
      for (const double e : q) length2 += e * e;
      if (length2 < 1e-8) return false;
      std::size_t to = 0, from = 0;
      for (std::size_t c = 0; c < g.size(); ++c) {
        double f = 0;
        for (std::size_t j = 0; j < q.size(); ++j) f += q[j] * g[c][j];
        if (f < least) {
          least = f;
          to = c;
        }
        if (share[c] > 0 && f > most) {
          most = f;
          from = c;
        }
      }
      if (least > 0.8 * length2) {
        for (std::size_t j = 0; j < q.size(); ++j) lambda[j] = -q[j];
        return allow(lambda);
      }
      double distance2 = 0;
      for (std::size_t j = 0; j < q.size(); ++j) distance2 += (g[from][j] - g[to][j]) * (g[from][j] - g[to][j]);
      if (!(distance2 > 0)) return false;
      const double move = (std::min)(share[from], (most - least) / distance2);
      share[from] -= move;
      share[to] += move;
      for (std::size_t j = 0; j < p.size(); ++j) p[j] += move * (g[to][j] - g[from][j]);
    }
    return false;
  }

  /// The same if none exist, for the least `less` not above `most` under which there are, to a tenth; that is set.
  bool nearly_separate(bounded_parts& lambda, double& less, double most) const {
    bounded_parts found{};
    double high = most;
    if (!free[1] || !separate(found, high)) return false;
    double low = less;
    while (high - low > 0.1 * high) {
      const double middle = (low + high) / 2;
      bounded_parts l{};
      if (separate(l, middle)) {
        high = middle;
        found = l;
      } else {
        low = middle;
      }
    }
    less = high;
    lambda = found;
    return true;
  }
};

}  // namespace metapool::detail
