// SPDX-License-Identifier: BSL-1.0
#include <metapool/effect/standardized_mean_difference.hpp>

#include "support/close.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {
continuous_trial<> trial(const char* label, double m1, double s1, double n1, double m2, double s2, double n2) {
  return {.label = label, .treated = {.mean = m1, .sd = s1, .total = n1}, .control = {.mean = m2, .sd = s2, .total = n2}};
}
}  // namespace

TEST_CASE("Hedges' exact correction has its closed forms at small m and its series at large m") {
  const double root_pi = std::sqrt(std::acos(-1.0));
  CHECK(close(hedges_j(2.0), 1 / root_pi, digits14));                       // Gamma(1) / Gamma(1/2)
  CHECK(close(hedges_j(3.0), root_pi / 2 / std::sqrt(1.5), digits14));      // Gamma(3/2) / Gamma(1)
  CHECK(close(hedges_j(4.0), 1 / std::sqrt(2.0) / (root_pi / 2), digits14));  // Gamma(2) / Gamma(3/2)
  for (double m : {10.0, 150.0}) {
    CHECK(close(hedges_j(m), std::exp(std::lgamma(m / 2) - std::lgamma((m - 1) / 2)) / std::sqrt(m / 2), digits12));
  }
  for (double m : {1e6, 1e9, 1e15}) CHECK(close(hedges_j(m), 1 - 0.75 / m, {m == 1e6 ? 1e-12 : 1e-13, 0, 0, "terms of order 1/m^2, and rounding"}));
  CHECK(close(1 - hedges_j(1e4), 0.75e-4, {1e-4, 0, 0, "the next term of the series"}));
  // the usual approximation is right to 3 digits from m = 10 on
  CHECK(close(standardized_mean_difference{hedges_correction::approximate}.factor(10.0), 1 - 3.0 / 39, digits15));
  CHECK(close(hedges_j(10.0), 1 - 3.0 / 39, {1e-3, 0, 0, "an approximation"}));
  CHECK(standardized_mean_difference{hedges_correction::none}.factor(10.0) == 1.0);
}

TEST_CASE("g and its variances by hand") {
  const two_means<double> t{103, 5, 12, 100, 7, 16};
  const double m = 26, s = std::sqrt((11 * 25.0 + 15 * 49.0) / 26), d = 3 / s, j = 1 - 3 / (4 * m - 1), g = j * d;
  const double base = 1.0 / 12 + 1.0 / 16;
  const auto with = [&](smd_variance v) { return standardized_mean_difference{hedges_correction::approximate, v}(t); };
  CHECK(close(with(smd_variance::large_sample).y, g, digits14));
  CHECK(close(with(smd_variance::large_sample).v, base + g * g / 56, digits14));
  CHECK(close(with(smd_variance::large_sample_squared).v, j * j * (base + d * d / 56), digits14));
  CHECK(close(with(smd_variance::unbiased).v, base + (1 - 24 / (26 * j * j)) * g * g, digits14));
  CHECK(close(with(smd_variance::average).v, with(smd_variance::large_sample).v, digits15));  // one study is its own average
  CHECK(close(standardized_mean_difference{hedges_correction::none}(t).y, d, digits14));
  CHECK(close(standardized_mean_difference{}(t).y, hedges_j(m) * d, digits14));
}

TEST_CASE("swapped arms turn g's sign, and a change of unit leaves it") {
  const standardized_mean_difference smd;
  const auto e = smd(two_means<double>{103, 5, 12, 100, 7, 16});
  CHECK(close(smd(two_means<double>{100, 7, 16, 103, 5, 12}).y, -e.y, digits15));
  CHECK(close(smd(two_means<double>{103e6, 5e6, 12, 100e6, 7e6, 16}).y, e.y, digits14));
  CHECK(close(smd(two_means<double>{103e6, 5e6, 12, 100e6, 7e6, 16}).v, e.v, digits14));
}

TEST_CASE("the average variance takes the mean g of all studies, weighted by their size, without those that have none") {
  const std::vector<continuous_trial<>> trials{trial("a", 1, 1, 10, 0, 1, 10), trial("b", 3, 1, 20, 0, 1, 20), trial("no spread", 3, 0, 20, 0, 0, 20),
                                               {.label = "no numbers"}};
  const standardized_mean_difference smd{hedges_correction::none, smd_variance::average};
  const auto e = effect_sizes(trials, smd);
  REQUIRE(e.size() == 2);
  const double average = (20 * 1.0 + 40 * 3.0) / 60;
  CHECK(close(e.v[0], 0.2 + average * average / 40, digits14));
  CHECK(close(e.v[1], 0.1 + average * average / 80, digits14));
  CHECK(e.audit[2].status == study_status::too_small);
  CHECK(e.audit[3].status == study_status::not_reported);
}

TEST_CASE("g needs four patients and a spread that counts: that of a single patient does not") {
  CHECK(standardized_mean_difference::defined(two_means<double>{0, 0, 1, 0, 2, 3}));
  CHECK_FALSE(standardized_mean_difference::defined(two_means<double>{0, 2, 1, 0, 0, 3}));
  CHECK_FALSE(standardized_mean_difference::defined(two_means<double>{0, 0, 3, 0, 2, 1}));
  CHECK_FALSE(standardized_mean_difference::defined(two_means<double>{0, 0, 9, 0, 0, 9}));
  CHECK_FALSE(standardized_mean_difference::defined(two_means<double>{0, 1, 2, 0, 1, 1}));
  const auto e = standardized_mean_difference{}(two_means<double>{1, 0, 1, 0, 2, 3});  // s = 2, m = 2
  CHECK(close(e.y, hedges_j(2.0) / 2, digits14));
}
