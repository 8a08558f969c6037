// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/smd_from_table.hpp>

#include "effect/delta_method.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the odds ratio becomes a standardised mean difference by a factor of sqrt(3) / pi or 1 / 1.65") {
  for (const auto& t : tables()) {
    const auto w = widen(t);
    const wide log_or = log(wide(w.a / w.b * w.d / w.c)), v = 1 / w.a + 1 / w.b + 1 / w.c + 1 / w.d;
    const wide s = sqrt(wide(3)) / acos(wide(-1));
    CHECK(close(smd_from_odds_ratio{}(t).y, static_cast<double>(wide(log_or * s)), digits14));
    CHECK(close(smd_from_odds_ratio{}(t).v, static_cast<double>(wide(v * s * s)), digits14));
    const smd_from_odds_ratio normal{latent_distribution::normal};
    CHECK(close(normal(t).y, static_cast<double>(wide(log_or / wide("1.65"))), digits14));
    CHECK(close(normal(t).v, static_cast<double>(wide(v / wide("1.65") / wide("1.65"))), digits14));
  }
}

TEST_CASE("the probit difference in 50 digits, close risks included, and its variance by the delta method") {
  const auto f = [](const auto& x) { return wide(metapool::detail::probit_of_counts(x[0], x[1]) - metapool::detail::probit_of_counts(x[2], x[3])); };
  for (const auto& t : tables()) {
    const auto e = probit_difference{}(t);
    CHECK(close(e.y, static_cast<double>(f(cells(t))), digits12));
    CHECK(close(e.v, two_binomials(f, t), digits12));
    CHECK(close(probit_difference{}(swap_arms(t)).y, -e.y, digits12));
    CHECK(close(probit_difference{}(swap_events(t)).y, -e.y, digits12));
  }
  const auto e = probit_difference{}(two_by_two<double>{4, 119, 11, 128});
  CHECK(close(e.y, -0.4340761642154138, {1e-14, 0, 0, "metafor 3.8, 16 printed digits"}));
  CHECK(close(e.v, 0.0724626266222364, {1e-14, 0, 0, "metafor 3.8, 15 printed digits"}));
}
