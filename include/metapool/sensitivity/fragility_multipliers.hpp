// SPDX-License-Identifier: BSL-1.0
// Multipliers of the equations behind a mean and tau2 under which no set of tables fulfils them.
#pragma once

#include <metapool/sensitivity/fragility_equations.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace metapool::detail {

/// The parts of one set of tables, summed over trials, and what the box adds whatever the multipliers' signs; in units.
struct fragility_cut {
  bounded_parts sum{}, spread{};
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

  /// Multipliers under which all cuts are below 0, by the perceptron's steps; false if none were found.
  bool separate(bounded_parts& lambda) const {
    for (int step = 0; step < 1000; ++step) {
      double worst = -1e-7, length = 0;
      bounded_parts direction{};
      for (const fragility_cut& c : cuts) {
        bounded_parts g;
        double f = 0, size = 0;
        for (std::size_t j = 0; j < g.size(); ++j) {
          g[j] = c.sum[j] + (lambda[j] < 0 ? -c.spread[j] : c.spread[j]);
          f += lambda[j] * g[j];
          const bool stuck = !free[j] || (lambda[j] == 0 && ((j == 1 && g[j] > 0) || (j == 2 && at_zero && g[j] < 0)));
          if (stuck) g[j] = 0;
          size += g[j] * g[j];
        }
        size = std::sqrt(size);
        if (!(size > 0)) return false;
        if (f / size <= worst) continue;
        worst = f / size;
        length = size;
        direction = g;
      }
      if (!(length > 0)) return step > 0;
      for (std::size_t j = 0; j < lambda.size(); ++j) lambda[j] -= (worst + 0.01) * direction[j] / length;
      if (!allow(lambda)) return false;
    }
    return false;
  }
};

}  // namespace metapool::detail
