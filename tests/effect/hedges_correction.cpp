// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/hedges_correction.hpp>

#include "effect/measures.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("m (J^2 - 1) + 2 keeps 12 digits for every size and correction") {
  for (double m : {2.0, 3.0, 10.0, 40.0, 63.0, 64.0, 65.0, 200.0, 1e4, 1e9, 1e15}) {
    const wide w = m, j = hedges_j(w), near = 1 - 3 / (4 * w - 1);
    CHECK(close(metapool::detail::hedges_excess(hedges_correction::exact, m), static_cast<double>(wide(w * (j * j - 1) + 2)), digits12));
    CHECK(close(metapool::detail::hedges_excess(hedges_correction::approximate, m), static_cast<double>(wide(w * (near * near - 1) + 2)), digits12));
    CHECK(metapool::detail::hedges_excess(hedges_correction::none, m) == 2.0);
  }
}
