// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/profiles.hpp>

#include <metapool/effect/effects.hpp>
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/analyse.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

/// A constructed set with zero cells in four of six trials, one of them double-zero.
std::vector<binary_trial<>> sparse() {
  return {trial("1", 0, 30, 2, 9), trial("2", 0, 6, 2, 26), trial("3", 0, 28, 0, 16), trial("4", 1, 29, 2, 25), trial("5", 1, 20, 3, 26), trial("6", 0, 21, 1, 11)};
}

struct meta_with_dl : profile::meta {
  dersimonian_laird tau2{};
};

}  // namespace

TEST_CASE("the profile of metafor gives metafor 5.1's answers by default") {
  const auto a = analyse(bcg(), risk_ratio{}, profile::metafor{});
  CHECK(close(a.random_mean.estimate, -0.714532342158139, reference));
  CHECK(close(a.random_mean.lower, -1.06689763881035, reference));
  CHECK(close(a.random_mean.p, 7.05425810164165e-05, reference));
  CHECK(close(a.i2, 0.92221384521269, reference));
  REQUIRE(a.prediction);
  CHECK(close(a.prediction->lower, -1.86669221790289, reference));
  CHECK(close(a.prediction->upper, 0.437627533586608, reference));
  CHECK(close(a.common_mean.estimate, -0.430285163654091, reference));
  CHECK(close(a.common_mean.se, 0.0404987517108638, reference));

  const auto few = analyse(sparse(), risk_ratio{}, profile::metafor{});  // double-zero studies kept
  CHECK(few.random.k() == 6);
  CHECK(close(few.random_mean.estimate, -1.11485305833816, reference));
  CHECK(close(few.random_mean.se, 0.572956086350338, reference));
  CHECK(close(few.prediction->upper, 0.00812023563152575, reference));
}

TEST_CASE("the profile of meta gives meta 8.4's inverse-variance answers by default") {
  const auto a = analyse(bcg(), risk_ratio{}, profile::meta{});
  CHECK(close(a.random_mean.estimate, -0.714532342158139, reference));
  REQUIRE(a.prediction);
  CHECK(close(a.prediction->lower, -1.9953419585091, at_scale(digits5, 1)));  // the case's own tolerance
  CHECK(close(a.i2, (152.233008082373 - 12) / 152.233008082373, reference));

  const auto few = analyse(sparse(), risk_ratio{}, meta_with_dl{});  // one of six trials is double-zero and dropped
  CHECK(few.random.k() == 5);
  CHECK(close(few.random_mean.estimate, -1.16745963615564, reference));
  CHECK(close(few.random_mean.se, 0.598206133791014, reference));
  CHECK(few.common.model == model::mantel_haenszel);
}

TEST_CASE("the profile of RevMan 5 gives what RevMan 5 stored for aspirin after myocardial infarction") {
  // Fleiss (1993) Stat Methods Med Res 2:121; results as RevMan 5 wrote them into the file that R's meta carries (Fleiss1993.rm5)
  const std::vector<binary_trial<>> aspirin{trial("MRC-1", 49, 615, 67, 624),  trial("CDP", 44, 758, 64, 771),     trial("MRC-2", 102, 832, 126, 850),
                                            trial("GASP", 32, 317, 38, 309),   trial("PARIS", 85, 810, 52, 406),   trial("AMIS", 246, 2267, 219, 2257),
                                            trial("ISIS-2", 1570, 8587, 1720, 8600)};
  const auto a = analyse(aspirin, odds_ratio{}, profile::revman5{});
  CHECK(close(a.common_mean.natural().estimate, 0.8968655609130709, digits14));
  CHECK(close(a.common.q, 9.946055983220074, digits12));
  CHECK(close(a.i2, (a.random.q - 6) / a.random.q, digits14));
  CHECK_FALSE(a.prediction);
}

TEST_CASE("the profile of RevMan 5 takes tau2 from Q around the Mantel-Haenszel estimate") {
  const auto a = analyse(bcg(), risk_ratio{}, profile::revman5{});  // meta 8.4, method = "MH", MH.exact, DL; no trial has a zero cell
  CHECK(close(a.common_mean.estimate, -0.453709604683754, reference));
  CHECK(close(a.random_mean.estimate, -0.714186119568731, reference));
  CHECK(close(a.random_mean.se, 0.178913379672946, reference));
  CHECK(close(*a.random.tau2, 0.309496853763867, reference));
  const auto few = analyse(sparse(), risk_ratio{}, profile::revman5{});
  CHECK(contains(few.common.notes.front(), "3 tables"));  // 0.5 added before summing, to the tables that count
}

TEST_CASE("the profile of RevMan Web has Hartung and Knapp's interval only where Cochrane's guidance has it") {
  const auto a = analyse(bcg(), risk_ratio{}, profile::revman_web{});
  CHECK(close(a.random_mean.lower, -1.10844371368555, reference));
  CHECK(close(a.random_mean.p, 0.00192001509605729, reference));
  CHECK(close(a.prediction->lower, -2.00905765037111, reference));
  CHECK(close(a.prediction->upper, 0.579992966054834, reference));
  CHECK(close(a.i2, 0.92221384521269, reference));

  const auto few = analyse(sparse(), risk_ratio{}, profile::revman_web{});  // tau2 = 0
  CHECK(few.random_mean.method == "Wald z");
  REQUIRE(few.random_mean.notes.size() == 1);
  CHECK(contains(few.random_mean.notes.front(), "tau2 is 0"));
  const auto all = bcg();
  const auto two = analyse(std::vector<binary_trial<>>{all[3], all[7]}, risk_ratio{}, profile::revman_web{});
  CHECK(*two.random.tau2 > 0);
  CHECK(contains(two.random_mean.notes.front(), "no more than two studies"));
  CHECK_FALSE(two.prediction);
}

TEST_CASE("the profile of Stata gives the output of meta summarize on its example data") {
  // A listing of meta summarize for Stata's metaset.dta, posted on Statalist (forum thread 1696829); inputs have three decimals there, which allows 2 to 3 digits.
  const std::vector<std::vector<double>> rows{{1.480, -0.352, 3.311}, {0.999, -0.933, 2.931}, {1.272, 0.427, 2.117},  {1.001, 0.750, 1.252}, {1.179, -0.527, 2.884},
                                              {1.939, 0.427, 3.452},  {2.377, 1.005, 3.750},  {0.694, -0.569, 1.956}, {1.099, -0.147, 2.345}, {1.805, -0.151, 3.761}};
  std::vector<double> y, v;
  for (const auto& r : rows) {
    y.push_back(r[0]);
    const double se = (r[2] - r[1]) / (2 * 1.959963984540054);
    v.push_back(se * se);
  }
  const auto a = analyse(known_effects<double>(y, v), profile::stata{});
  CHECK(close(*a.random.tau2, 0.0157, tolerance{0, 0, 0.0003, "inputs with three decimals"}));
  CHECK(close(100 * a.i2, 5.30, tolerance{0, 0, 0.1, "inputs with three decimals"}));
  CHECK(close(a.random_mean.estimate, 1.138, tolerance{0, 0, 0.001, "inputs with three decimals"}));
  CHECK(close(a.random_mean.lower, 0.857, tolerance{0, 0, 0.001, "inputs with three decimals"}));
  CHECK(close(a.random_mean.upper, 1.418, tolerance{0, 0, 0.001, "inputs with three decimals"}));
  CHECK(close(a.random_mean.statistic, 7.95, tolerance{0, 0, 0.01, "inputs with three decimals"}));
  CHECK(close(a.heterogeneity.q, 6.34, tolerance{0, 0, 0.01, "inputs with three decimals"}));
  CHECK(close(*a.heterogeneity.p, 0.7054, tolerance{0, 0, 0.001, "inputs with three decimals"}));
  REQUIRE(a.prediction);
  CHECK(*a.prediction->df == 8);
}
