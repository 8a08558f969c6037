// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/ratio_of_means.hpp>

#include "effect/two_means_cases.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the log ratio of means and its variances in 50 digits; the variance is the delta method's") {
  const auto f = [](const auto& x) { return wide(log(wide(x[0] / x[1]))); };
  for (const auto& t : pairs_of_means()) {
    const auto w = widen(t);
    const auto g = gradient(f, std::array<wide, 2>{w.mean1, w.mean2});
    const wide v1 = g[0] * g[0] * w.sd1 * w.sd1 / w.n1, v2 = g[1] * g[1] * w.sd2 * w.sd2 / w.n2;
    const wide y = log(wide(w.mean1 / w.mean2));
    CHECK(close(ratio_of_means{}(t).y, static_cast<double>(wide(y + (v1 - v2) / 2)), digits14));
    CHECK(close(ratio_of_means{.correction = ratio_correction::none}(t).y, static_cast<double>(y), digits14));
    CHECK(close(ratio_of_means{}(t).v, static_cast<double>(wide(v1 + v2)), digits14));
    CHECK(close(ratio_of_means{}(swap_arms(t)).y, -ratio_of_means{}(t).y, digits14));
    CHECK(close(ratio_of_means{}(in_unit(t, 1024)).y, ratio_of_means{}(t).y, digits14));
  }
}

TEST_CASE("ratios of means as metafor 3.8 prints them, with separate and with pooled variances") {
  const auto t = pairs_of_means()[0];
  const tolerance printed_digits{1e-13, 0, 0, "15 printed digits"};
  CHECK(close(ratio_of_means{.correction = ratio_correction::none}(t).y, 0.15963014559188393, printed_digits));
  CHECK(close(ratio_of_means{}(t).v, 0.00410821652078193, printed_digits));
  CHECK(close(ratio_of_means{.variance = rom_variance::pooled}(t).v, 0.0038640163364449, printed_digits));
}

TEST_CASE("means of two signs, or zero, have no ratio; two negative ones have") {
  const auto trial = [](double mean1, double mean2) { return continuous_trial<>{"s", {mean1, 1, 10}, {mean2, 2, 10}}; };
  const auto e = effect_sizes(std::vector{trial(-8, -4), trial(-8, 4), trial(0, 4), trial(3, 0)}, ratio_of_means{});
  REQUIRE(e.size() == 1);
  CHECK(close(e.y[0], std::log(2.0) + (1.0 / 640 - 4.0 / 160) / 2, digits14));
  for (std::size_t i : {1u, 2u, 3u}) CHECK(e.audit[i].status == study_status::not_defined);
  CHECK(describe(e.audit[1]) == "not pooled: the effect is not defined for these numbers");
}
