// SPDX-License-Identifier: BSL-1.0
#include <metapool/inference/advice.hpp>

#include <metapool/effect/risk_ratio.hpp>
#include <metapool/model/mantel_haenszel.hpp>
#include <metapool/model/random_effects.hpp>

#include "support/published.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace metapool;
using namespace metapool_test;

namespace {

const advice* find(const std::vector<advice>& all, const std::string& method, advice_topic topic = advice_topic::mean) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const advice& a) { return a.method == method && a.topic == topic; });
  return at == all.end() ? nullptr : &*at;
}

situation of(std::size_t k) {
  situation s;
  s.k = k;
  s.largest_share = 1.0 / static_cast<double>(k);
  s.i2 = 0.0;
  s.q_p = 0.5;
  return s;
}

}  // namespace

TEST_CASE("two to four studies call for a prior of tau, five for Hartung-Knapp with a floor") {
  for (std::size_t k = 2; k < 5; ++k) {
    const auto all = advise(of(k));
    REQUIRE(find(all, "Bayesian random effects with a weakly informative prior of tau"));
    CHECK(find(all, "Hartung-Knapp with floor 1")->verdict == verdict::caution);
    CHECK(find(all, "random effects with Wald z")->verdict == verdict::does_not_hold);
  }
  const auto all = advise(of(5));
  CHECK(find(all, "Hartung-Knapp with floor 1")->verdict == verdict::recommended);
  CHECK_FALSE(find(all, "Bayesian random effects with a weakly informative prior of tau"));
  CHECK(find(advise(of(20)), "random effects with Wald z")->verdict == verdict::usable);
  CHECK(find(advise(of(19)), "random effects with Wald z")->verdict == verdict::does_not_hold);
}

TEST_CASE("one study is not pooled, none is an error") {
  const auto all = advise(of(1));
  REQUIRE(all.size() == 1);
  CHECK(contains(describe(all[0]), "nothing to pool"));
  CHECK(contains(message_of<input_error>([] { advise(situation{}); }), "no studies"));
}

TEST_CASE("unequal trials take the plain Hartung-Knapp interval's recommendation away") {
  situation s = of(6);
  CHECK(find(advise(s), "Hartung-Knapp")->verdict == verdict::usable);
  s.largest_share = 0.6;
  CHECK(find(advise(s), "Hartung-Knapp")->verdict == verdict::caution);
  s.largest_share = 0.3;
  s.precision_ratio = 5;
  CHECK(find(advise(s), "Hartung-Knapp")->verdict == verdict::caution);
}

TEST_CASE("few events call for methods that add nothing to zero cells, and Peto's only for rare events in even arms") {
  const auto all = advise(situation_of(msc(), risk_ratio{}));
  CHECK(find(all, "Mantel-Haenszel with nothing added", advice_topic::effect_sizes)->verdict == verdict::recommended);
  const advice* peto = find(all, "Peto", advice_topic::effect_sizes);
  CHECK(peto->verdict == verdict::does_not_hold);
  CHECK(contains(peto->reason, "2.4 to 1"));
  CHECK(contains(find(all, "inverse variance with 0.5 added to zero cells", advice_topic::effect_sizes)->reason, "3 of the trials have a zero cell, 1 no events at all"));
  situation rare = of(6);
  rare.counts = true;
  rare.events = 30;
  rare.patients = 10000;
  rare.arm_ratio = 1.1;
  CHECK(find(advise(rare), "Peto", advice_topic::effect_sizes)->verdict == verdict::usable);
  rare.patients = 1000;
  CHECK(find(advise(rare), "Peto", advice_topic::effect_sizes)->verdict == verdict::does_not_hold);
  CHECK_FALSE(find(advise(situation_of(bcg(), risk_ratio{})), "Peto", advice_topic::effect_sizes));
}

TEST_CASE("heterogeneity takes the common effect away") {
  CHECK_FALSE(find(advise(of(6)), "common effect"));
  CHECK(find(advise(situation_of(bcg(), risk_ratio{})), "common effect")->verdict == verdict::does_not_hold);
}

TEST_CASE("prediction by t holds with many heterogeneous studies alone") {
  situation s = of(26);
  const char* t = "t with k - 2 or k - 1 degrees of freedom";
  CHECK(find(advise(s), t, advice_topic::prediction)->verdict == verdict::does_not_hold);
  s.i2 = 0.4;
  CHECK(find(advise(s), t, advice_topic::prediction)->verdict == verdict::usable);
  CHECK_FALSE(find(advise(of(2)), t, advice_topic::prediction));
}

TEST_CASE("intervals that fell short in the nearest simulated situation are advised against together, with their coverage") {
  situation s = of(5);
  const auto named = [](const std::vector<advice>& all) {
    for (const advice& a : all) {
      if (a.source == "docs/coverage.md") return describe(a);
    }
    return std::string();
  };
  CHECK(contains(named(advise(s)), "does not hold: profile likelihood, Biggerstaff-Tweedie, Henmi-Copas, IVhet"));
  CHECK(contains(named(advise(s)), "90.9, 88.5, 92.0, 88.5 % of 5 trials of equal size"));
  s.precision_ratio = 10;
  CHECK(contains(named(advise(s)), "Sidik-Jonkman robust, profile likelihood, Biggerstaff-Tweedie, Henmi-Copas, IVhet, multiplicative (UWLS)"));
  CHECK(contains(named(advise(s)), "87.4, 89.2, 85.6, 87.5, 86.1, 81.0 % of 5 trials of unequal size"));
  CHECK(named(advise(of(20))).empty());
  s.k = 40;
  s.largest_share = 0.2;
  CHECK(contains(named(advise(s)), "does not hold: multiplicative (UWLS)"));  // more trials do not mend it
}
