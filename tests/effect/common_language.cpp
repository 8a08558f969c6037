// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/common_language.hpp>

#include "effect/two_means_cases.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the heights of men and women of McGraw & Wong: in 92 of 100 pairs he is taller") {
  CHECK(close(common_language{}(two_means<double>{69.7, 2.8, 100, 64.3, 2.6, 100}).y, 0.92, printed(2)));
}

TEST_CASE("the common-language effect in 50 digits, its variance by the delta method on means and variances") {
  const auto f = [](const auto& x) { return wide(erfc(wide((x[2] - x[0]) / sqrt(wide(2 * (x[1] + x[3]))))) / 2); };
  for (const auto& t : pairs_of_means()) {
    const auto w = widen(t);
    const wide s1 = w.sd1 * w.sd1, s2 = w.sd2 * w.sd2;
    const std::array<wide, 4> x{w.mean1, s1, w.mean2, s2};
    const auto g = gradient(f, x);
    const wide v = g[0] * g[0] * s1 / w.n1 + g[1] * g[1] * 2 * s1 * s1 / (w.n1 - 1) + g[2] * g[2] * s2 / w.n2 + g[3] * g[3] * 2 * s2 * s2 / (w.n2 - 1);
    const auto e = common_language{}(t);
    CHECK(close(e.y, static_cast<double>(f(x)), digits14));
    CHECK(close(e.v, static_cast<double>(v), digits14));
    CHECK(close(common_language{}(swap_arms(t)).y, 1 - e.y, digits14));
    CHECK(close(common_language{}(in_unit(t, 8)).v, e.v, digits14));
  }
}

TEST_CASE("without any spread there is no probability") {
  CHECK_FALSE(common_language::in_domain(two_means<double>{1, 0, 5, 2, 0, 5}));
}
