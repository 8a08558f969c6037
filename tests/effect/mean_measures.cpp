// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/mean_measures.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
const std::vector<group_mean<>> studies{{"a", 3, 1.5, 10}, {"negative", -2, 2, 20}, {"no mean", {}, 2, 5}, {"one", 4, 1, 1}, {"no spread", 4, 0, 9}};
template <class Measure>
effect<double> first(const Measure& m) {
  const auto e = effect_sizes(studies, m);
  return {e.y[0], e.v[0]};
}
}  // namespace

TEST_CASE("means, spreads and coefficients of variation of one group are metafor's") {
  CHECK(first(raw_mean{}).y == 3.0);
  CHECK(close(first(raw_mean{}).v, 0.225, digits14));
  CHECK(close(first(log_mean{}).y, 1.09861228866811, digits14));
  CHECK(close(first(log_mean{}).v, 0.025, digits14));
  CHECK(close(first(log_sd{}).y, 0.46102066366372, digits14));
  CHECK(close(first(log_sd{}).v, 1.0 / 18, digits14));
  CHECK(close(first(log_cv{}).y, -0.63759162500439, digits14));
  CHECK(close(first(log_cv{}).v, 0.0805555555555555, digits14));
}

TEST_CASE("studies without the mean, with too few patients or out of the logarithm's domain are told of") {
  const auto statuses = [](const auto& measure) {
    std::vector<study_status> s;
    for (const auto& a : effect_sizes(studies, measure).audit) s.push_back(a.status);
    return s;
  };
  using s = study_status;
  CHECK(statuses(raw_mean{}) == std::vector<s>{s::pooled, s::pooled, s::not_reported, s::pooled, s::zero_variance});
  CHECK(statuses(log_mean{}) == std::vector<s>{s::pooled, s::not_defined, s::not_reported, s::pooled, s::zero_variance});
  CHECK(statuses(log_sd{}) == std::vector<s>{s::pooled, s::pooled, s::pooled, s::too_small, s::not_defined});
  CHECK(statuses(log_cv{}) == std::vector<s>{s::pooled, s::not_defined, s::not_reported, s::too_small, s::not_defined});
  CHECK(describe(effect_sizes(studies, log_mean{}).audit[1]) == "not pooled: the effect is not defined for these numbers");
}

TEST_CASE("a unit of the outcome shifts the logarithms and leaves the coefficient of variation") {
  const std::vector<group_mean<>> scaled{{"a", 3 * 8, 1.5 * 8, 10}};
  CHECK(close(effect_sizes(scaled, log_cv{}).y[0], first(log_cv{}).y, digits14));
  CHECK(close(effect_sizes(scaled, log_mean{}).y[0] - first(log_mean{}).y, std::log(8.0), digits14));
  CHECK(close(effect_sizes(scaled, log_mean{}).v[0], first(log_mean{}).v, digits14));
}
