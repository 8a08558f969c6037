// SPDX-License-Identifier: BSL-1.0
// Fragility indices as printed. Programs search greedily: one change after the other. The least number of changes is smaller.
#include <metapool/effect/odds_ratio.hpp>
#include <metapool/effect/risk_ratio.hpp>
#include <metapool/inference/wald.hpp>
#include <metapool/sensitivity/fragility.hpp>
#include <metapool/tau2/dersimonian_laird.hpp>
#include <metapool/tau2/reml.hpp>

#include "support/close.hpp"
#include "support/published.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace metapool;
using namespace metapool_test;

TEST_CASE("BCG vaccine, risk ratio by REML: the example of metafrag, Linden (2022) Stata J 22:77") {
  // The help of the command prints an index of 28: 8 events more among the treated and 9 fewer among the controls of one trial, 11 more among the treated of another.
  const auto greedy = fragility(bcg(), risk_ratio{}, reml{}, wald_z{}, {.search = fragility_search::greedy});
  CHECK(greedy.significant);
  CHECK(greedy.greedy == 28u);
  REQUIRE(greedy.changes.size() == 2);
  CHECK(greedy.changes[0].label == "Aronson 1948");
  CHECK(greedy.changes[0].treated == 8);
  CHECK(greedy.changes[0].control == -9);
  CHECK(greedy.changes[1].label == "Comstock & Webster 1969");
  CHECK(greedy.changes[1].treated == 11);
  CHECK(greedy.changes[1].control == 0);
  // One change fewer does it, which the exact search finds (10 and -9, 7 and -1) and proves the least (sensitivity/fragility_proofs.cpp); here it is shown that it does.
  auto changed = bcg();
  for (auto& t : changed) {
    const bool first = t.label == greedy.changes[0].label, second = t.label == greedy.changes[1].label;
    *t.treated.events += first ? 10 : second ? 7 : 0;
    *t.control.events -= first ? 9 : second ? 1 : 0;
  }
  CHECK(infer(random_effects(effect_sizes(bcg(), risk_ratio{}), reml{}), wald_z{}).upper < 0);
  CHECK(infer(random_effects(effect_sizes(changed, risk_ratio{}), reml{}), wald_z{}).upper > 0);
}

TEST_CASE("five trials, odds ratio by DerSimonian and Laird: frag.ma of R's fragility (Lin and Chu 2022)") {
  // 13 changes of 1040 patients, p = 0.00115 before, as a program that was made to agree with frag.ma records it
  const std::vector<binary_trial<double>> trials{trial("1", 12, 100, 20, 100), trial("2", 8, 90, 15, 92), trial("3", 20, 150, 28, 148),
                                                 trial("4", 5, 60, 11, 62), trial("5", 15, 120, 24, 118)};
  CHECK(close(infer(random_effects(effect_sizes(trials, odds_ratio{}), dersimonian_laird{}), wald_z{}).p, 0.00115, printed(5)));
  const auto r = fragility(trials, odds_ratio{}, dersimonian_laird{}, wald_z{});
  CHECK(r.greedy == 13u);
  CHECK(close(13 / r.patients, 0.0125, printed(4)));
  CHECK(r.index == 11u);
  CHECK(r.proven);
}
