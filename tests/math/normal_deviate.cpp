// SPDX-License-Identifier: BSL-1.0
#include <metapool/math/normal.hpp>
#include <metapool/math/normal_deviate.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>

using metapool::detail::deviate_of_centred_probability;

TEST_CASE("The deviate of a centred probability has that probability below it, on each of its three branches") {
  for (const double q : {0.0, 1e-9, 0.1, 0.3, 0.425, 0.4250001, 0.49, 0.5 - 1e-9, 0.5 - 1e-13, 0.5 - 0x1p-53}) {
    CAPTURE(q);
    const double z = deviate_of_centred_probability(-q);
    const double p = 0.5 - q;  // dp / p is about -z dz in the tail
    CHECK(std::fabs(metapool::detail::normal_cdf(z) - p) <= 4e-16 * (1 + z * z) * p);
    CHECK(deviate_of_centred_probability(q) == -z);
  }
}
