// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/variability_ratio.hpp>

#include "effect/two_means_cases.hpp"
#include "support/close.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("the ratios of spreads and of coefficients of variation in 50 digits") {
  for (const auto& t : pairs_of_means()) {
    const auto w = widen(t);
    const wide b1 = 1 / (2 * (w.n1 - 1)), b2 = 1 / (2 * (w.n2 - 1));
    const wide c1 = w.sd1 * w.sd1 / (w.n1 * w.mean1 * w.mean1), c2 = w.sd2 * w.sd2 / (w.n2 * w.mean2 * w.mean2);
    const wide vr = log(wide(w.sd1 / w.sd2)) + b1 - b2, cvr = vr - log(wide(w.mean1 / w.mean2));
    CHECK(close(variability_ratio{}(t).y, static_cast<double>(vr), digits14));
    CHECK(close(variability_ratio{}(t).v, static_cast<double>(wide(b1 + b2)), digits14));
    const auto e = coefficient_of_variation_ratio{}(t);
    CHECK(close(e.y, static_cast<double>(wide(cvr - (c1 - c2) / 2)), digits12));
    CHECK(close(e.v, static_cast<double>(wide(b1 + b2 + c1 + c2)), digits14));
    CHECK(close(coefficient_of_variation_ratio{cvr_correction::sd}(t).y, static_cast<double>(cvr), digits12));
    CHECK(close(variability_ratio{}(swap_arms(t)).y, -variability_ratio{}(t).y, digits14));
    CHECK(close(coefficient_of_variation_ratio{}(swap_arms(t)).y, -e.y, digits12));
    CHECK(close(variability_ratio{}(in_unit(t, 8, 3)).y, variability_ratio{}(t).y, digits14));
    CHECK(close(coefficient_of_variation_ratio{}(in_unit(t, 8)).y, e.y, digits14));
  }
}

TEST_CASE("spreads as metafor 3.8 prints them") {
  const auto t = pairs_of_means()[0];
  const tolerance printed_digits{1e-13, 0, 0, "15 printed digits"};
  CHECK(close(variability_ratio{}(t).y, -0.1656687929348790, printed_digits));
  CHECK(close(variability_ratio{}(t).v, 0.0495169082125604, printed_digits));
  CHECK(close(coefficient_of_variation_ratio{cvr_correction::sd}(t).y, -0.3252989385267627, printed_digits));
  CHECK(close(coefficient_of_variation_ratio{}(t).v, 0.0536251247333423, printed_digits));
}

TEST_CASE("no spread and negative means have no ratio of spreads") {
  const std::vector<continuous_trial<>> trials{{"no spread", {4, 0, 10}, {5, 1, 10}}, {"negative", {-4, 1, 10}, {-5, 1, 10}}};
  CHECK(effect_sizes(trials, variability_ratio{}).audit[0].status == study_status::not_defined);
  CHECK(effect_sizes(trials, variability_ratio{}).audit[1].status == study_status::pooled);
  CHECK(effect_sizes(trials, coefficient_of_variation_ratio{}).audit[1].status == study_status::not_defined);
}
