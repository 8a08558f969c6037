// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/phi_coefficient.hpp>

#include "effect/delta_method.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
const auto phi = [](const auto& x) {
  return wide((x[0] * x[3] - x[1] * x[2]) / sqrt(wide((x[0] + x[1]) * (x[2] + x[3]) * (x[0] + x[2]) * (x[1] + x[3]))));
};
}  // namespace

TEST_CASE("phi and both of its variances are the definition and the delta method in 50 digits") {
  for (const auto& t : tables()) {
    const auto e = phi_coefficient{}(t);
    CHECK(close(e.y, static_cast<double>(phi(cells(t))), digits14));
    CHECK(close(e.v, one_multinomial(phi, cells(t)), digits14));
    CHECK(close(phi_coefficient{phi_sampling::stratified}(t).v, two_binomials(phi, t), digits14));
    CHECK(close(phi_coefficient{}(swap_arms(t)).y, -e.y, digits14));
    CHECK(close(phi_coefficient{}(swap_events(t)).v, e.v, digits14));
  }
}

TEST_CASE("phi of tables with zero cells: a perfect association has no variance, a margin without patients no phi") {
  CHECK(phi_coefficient{}(two_by_two<double>{7, 0, 0, 3}).y == 1.0);
  CHECK(phi_coefficient{}(two_by_two<double>{7, 0, 0, 3}).v == 0.0);
  const auto e = phi_coefficient{}(two_by_two<double>{0, 5, 3, 9});
  CHECK(close(e.y, -0.2988071523335984, {1e-15, 0, 0, "metafor 3.8, 16 printed digits"}));
  CHECK(close(e.v, 0.0108418367346939, {1e-13, 0, 0, "metafor 3.8, 15 printed decimals"}));
  const std::vector<binary_trial<>> trials{{"double zero", {0, 5}, {0, 9}}};
  CHECK(effect_sizes(trials, phi_coefficient{}).audit[0].status == study_status::double_zero);
  CHECK(effect_sizes(trials, phi_coefficient{}, no_correction{.double_zeros = double_zero::keep}).audit[0].status == study_status::zero_cell);
}
