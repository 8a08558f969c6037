// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/glass_delta.hpp>

#include "effect/two_means_cases.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("Glass's delta as metafor 3.8 prints it, with three of its variances") {
  const auto t = pairs_of_means()[0];
  const tolerance printed_digits{1e-13, 0, 0, "15 printed digits"};
  const auto v = [&](glass_variance which) { return glass_delta{.variance = which}(t).v; };
  CHECK(close(glass_delta{}(t).y, 0.706460478951925, printed_digits));
  CHECK(close(v(glass_variance::large_sample), 0.107432098464587, printed_digits));
  CHECK(close(v(glass_variance::large_sample_squared), 0.0996135177742929, printed_digits));
  CHECK(close(v(glass_variance::unbiased), 0.109643724077453, {1e-12, 0, 0, "rounding of metafor's J"}));
}

TEST_CASE("Glass's delta by its definition in 50 digits, up to 10^9 patients") {
  for (const auto& t : pairs_of_means()) {
    const auto w = widen(t);
    const wide m = w.n2 - 1, j = hedges_j(m), d = (w.mean1 - w.mean2) / w.sd2, y = j * d, base = 1 / w.n1 + 1 / w.n2;
    const auto with = [&](glass_variance which) { return glass_delta{.variance = which}(t); };
    CHECK(close(glass_delta{}(t).y, static_cast<double>(y), digits12));
    CHECK(close(with(glass_variance::large_sample).v, static_cast<double>(wide(base + y * y / (2 * w.n2))), digits12));
    CHECK(close(with(glass_variance::unbiased).v, static_cast<double>(wide(base + (1 - (m - 2) / (m * j * j)) * y * y)), digits12));
    CHECK(close(with(glass_variance::heteroscedastic).v,
                static_cast<double>(wide(w.sd1 * w.sd1 / (w.sd2 * w.sd2 * (w.n1 - 1)) + 1 / m + y * y / (2 * m))), digits12));
    CHECK(close(glass_delta{}(in_unit(t, 8)).y, glass_delta{}(t).y, digits14));
  }
}

TEST_CASE("Glass's delta needs a spread among the controls and three of them") {
  const std::vector<continuous_trial<>> trials{{"no spread", {4, 1, 10}, {5, 0, 10}}, {"two", {4, 1, 10}, {5, 1, 2}}};
  const auto e = effect_sizes(trials, glass_delta{});
  CHECK(e.audit[0].status == study_status::not_defined);
  CHECK(e.audit[1].status == study_status::too_small);
}
