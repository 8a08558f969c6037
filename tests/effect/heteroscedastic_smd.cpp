// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/heteroscedastic_smd.hpp>

#include "effect/two_means_cases.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the difference standardised by the average variance in 50 digits, its variance by the delta method but for J") {
  const auto f = [](const auto& x) { return wide((x[0] - x[2]) / sqrt(wide((x[1] + x[3]) / 2))); };
  for (const auto& t : pairs_of_means()) {
    const auto w = widen(t);
    const wide s1 = w.sd1 * w.sd1, s2 = w.sd2 * w.sd2;
    const std::array<wide, 4> x{w.mean1, s1, w.mean2, s2};
    const auto g = gradient(f, x);
    const wide v = g[0] * g[0] * s1 / (w.n1 - 1) + g[1] * g[1] * 2 * s1 * s1 / (w.n1 - 1) + g[2] * g[2] * s2 / (w.n2 - 1) + g[3] * g[3] * 2 * s2 * s2 / (w.n2 - 1);
    CHECK(close(heteroscedastic_smd{hedges_correction::none}(t).v, static_cast<double>(v), digits14));
    CHECK(close(heteroscedastic_smd{}(t).y, static_cast<double>(wide(hedges_j(wide(w.n1 + w.n2 - 2)) * f(x))), digits12));
    CHECK(close(heteroscedastic_smd{}(swap_arms(t)).y, -heteroscedastic_smd{}(t).y, digits14));
    CHECK(close(heteroscedastic_smd{}(swap_arms(t)).v, heteroscedastic_smd{}(t).v, digits14));
    CHECK(close(heteroscedastic_smd{}(in_unit(t, 8)).y, heteroscedastic_smd{}(t).y, digits14));
  }
  CHECK(close(heteroscedastic_smd{}(pairs_of_means()[0]).y, 0.779318444348025, {1e-13, 0, 0, "metafor 3.8, 15 printed digits"}));
  CHECK_FALSE(heteroscedastic_smd::in_domain(two_means<double>{1, 0, 5, 2, 0, 5}));
}
