// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace metapool {

/// How an iteration ended. Closed forms converge in 0 iterations with residual 0.
template <class Real = double>
struct convergence {
  bool converged = true;
  std::size_t iterations = 0;
  Real residual{};  ///< the equation's value at the answer (the score, or Q - (k - 1)), on its own scale
};

}  // namespace metapool
